"""The environment on both databases, a clock that stands still, and a mail server that catches letters."""

from __future__ import annotations

import io
import socket
from dataclasses import dataclass
from pathlib import Path

import pytest

from expertise.base import clock
from expertise.cases.desk import Upload
from expertise.files import storage
from expertise.files.inspection import inspect
from expertise.mail.dev_catcher import MailCatcher, caught
from expertise.mail.outbound import delivery
from tests.support.databases import KINDS, database
from tests.support.environment import MAIN_CAST_AT_ONCE, environment
from tests.support.golden import PDF
from tests.support.mailed import Post


@pytest.fixture(params=KINDS)
def env(request, tmp_path, time):
    with database(request.param, tmp_path, MAIN_CAST_AT_ONCE) as engine:
        yield environment(engine, any_hour=True)


@pytest.fixture
def post(env, tmp_path):
    """Carries everything that waits to a real mail server when called; `post.caught()` are the letters it took."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    catcher = MailCatcher(tmp_path / "caught", port)
    catcher.start()

    def carry():
        while delivery.send_batch(env.transactions, Post(f"smtp://127.0.0.1:{port}"), clock.now()).sent:
            pass

    carry.caught = lambda: caught(tmp_path / "caught")
    yield carry
    catcher.stop()


@dataclass
class Disk:
    """The two settings that storage reads."""

    data: Path
    upload_bytes: int = 1024 * 1024


@pytest.fixture
def upload(tmp_path):
    """A file as the web door takes it in: stored, hashed, inspected."""

    def take(name, content=PDF):
        stored = storage.put(io.BytesIO(content), Disk(tmp_path))
        judged = inspect(stored.path, name, stored.size)
        return Upload(stored.sha256, stored.size, judged.clean_name, judged.media_type)

    return take
