"""The environment on both databases; the clock stands still, in child processes as well."""

from __future__ import annotations

import socket
from email import message_from_bytes

import pytest

from expertise.mail.dev_catcher import MailCatcher
from tests.support.databases import KINDS, database
from tests.support.environment import MAIN_CAST_AT_ONCE, environment


@pytest.fixture(params=KINDS)
def env(request, tmp_path, time):
    with database(request.param, tmp_path, MAIN_CAST_AT_ONCE) as engine:
        yield environment(engine, any_hour=True)


class Post:
    """A mail server of this test; `names` are the Message-IDs it took, in no order."""

    def __init__(self, folder, port):
        self.folder = folder
        self.url = f"smtp://127.0.0.1:{port}"
        self.catcher = MailCatcher(folder, port)

    def names(self):
        return [message_from_bytes(path.read_bytes())["Message-ID"] for path in self.folder.glob("*.eml")]


@pytest.fixture
def post(tmp_path):
    server = Post(tmp_path / "caught", free_port())
    server.catcher.start()
    yield server
    server.catcher.stop()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
