"""A configured scanner decides: clean is taken, a virus is refused, silence is no consent."""

from __future__ import annotations

import io
import socket
import socketserver
import struct
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from expertise import config
from expertise.cases.actions import attachments
from expertise.cases.actions.attachments import Upload
from expertise.files import scanner
from expertise.files.scanner import ScannerAway
from workflows.refusals import Problem


class Clamd(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Speaks as clamd does, and keeps what it was sent."""

    daemon_threads = True
    answer: bytes | None = None

    def __init__(self, path):
        self.received = []
        super().__init__(str(path), Talk)


class Talk(socketserver.StreamRequestHandler):
    def handle(self):
        assert self.rfile.read(10) == b"zINSTREAM\0"
        content = b""
        while length := struct.unpack(">L", self.rfile.read(4))[0]:
            content += self.rfile.read(length)
        self.server.received.append(content)
        found = b"stream: Win.Test FOUND\0" if b"evil" in content else b"stream: OK\0"
        self.wfile.write(found if self.server.answer is None else self.server.answer)


@dataclass
class Limits:
    data: Path
    clamav: object
    upload_bytes: int = 1024 * 1024


@pytest.fixture
def clamd(tmp_path):
    with Clamd(tmp_path / "clamd.ctl") as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def limits(tmp_path, clamd):
    return Limits(tmp_path / "data", tmp_path / "clamd.ctl")


def kept(limits):
    return [path for path in limits.data.rglob("*") if path.is_file()]


def test_a_clean_file_is_taken_and_was_seen_whole(clamd, limits):
    content = "Отчёт. ".encode() * 30_000
    assert isinstance(attachments.take(io.BytesIO(content), "report.txt", limits), Upload)
    assert clamd.received == [content]
    assert len(kept(limits)) == 1


def test_a_virus_is_refused_and_leaves_nothing(limits):
    assert attachments.take(io.BytesIO(b"an evil text"), "report.txt", limits) == Problem("file_virus")
    assert kept(limits) == []


@pytest.mark.parametrize(
    "answer", [b"INSTREAM size limit exceeded. ERROR\0", b"", b"stream: OK but", b"UNKNOWN COMMAND\0", b"\xff\xfe\0"]
)
def test_no_clear_answer_is_no_consent(clamd, limits, answer):
    clamd.answer = answer
    with pytest.raises(ScannerAway):
        attachments.take(io.BytesIO(b"a text"), "report.txt", limits)
    assert kept(limits) == []


def test_nobody_there_is_no_consent(tmp_path, monkeypatch):
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
    for address in (tmp_path / "nowhere.ctl", ("127.0.0.1", port)):
        with pytest.raises(ScannerAway):
            attachments.take(io.BytesIO(b"a text"), "report.txt", Limits(tmp_path / "data", address))


def test_a_scanner_that_says_nothing_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(scanner, "SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as mute, pytest.raises(ScannerAway):
        attachments.take(io.BytesIO(b"a text"), "report.txt", Limits(tmp_path / "data", mute.getsockname()))


def test_the_address_is_a_port_or_a_path():
    read = lambda text: config.read({"KOMEK_CLAMAV": text}).clamav  # noqa: E731
    assert read("127.0.0.1:3310") == ("127.0.0.1", 3310) and read("[::1]:3310") == ("::1", 3310)
    assert read("/run/clamav/clamd.ctl") == Path("/run/clamav/clamd.ctl") and read("") is None
    for wrong in ("3310", "clamd", "host:port", "host:0", "host:99999", ":3310"):
        with pytest.raises(config.WrongSetting, match="KOMEK_CLAMAV"):
            read(wrong)
