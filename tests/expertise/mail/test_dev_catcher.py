"""The demonstration's mail server."""

from __future__ import annotations

import smtplib
import socket

import pytest

from expertise.mail import dev_catcher
from expertise.mail.outbound.delivery import BatchResult, send_batch
from tests.support.mailed import Post

LETTER = "To: reader@example.kz\r\nSubject: {}\r\nDate: Mon, 02 Mar 2026 11:00:00 +0500\r\n\r\nSalem\r\n"


@pytest.fixture
def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def caught_in(tmp_path, port):
    folder = tmp_path / "caught"
    server = dev_catcher.MailCatcher(folder, port)
    server.start()
    yield folder
    server.stop()


def test_letter_from_the_outbox_is_caught(env, post, time, caught_in, port):
    post()
    assert send_batch(env, Post(f"smtp://127.0.0.1:{port}"), time.instant) == BatchResult(sent=1)
    (letter,) = dev_catcher.caught(caught_in)
    assert letter.sender == "Komek <komek@komek.example.kz>"
    assert (letter.to, letter.subject) == ("reader1@example.kz", "ER-2026-0001: жаңа өтінім түсті")
    assert letter.at == time.instant
    assert "Мерзімі: 05.03.2026, 18:00" in letter.text
    assert "<dd" in letter.html
    assert dev_catcher.find(caught_in, letter.name) == letter


def test_newest_first_and_only_so_many(caught_in, port, monkeypatch):
    monkeypatch.setattr(dev_catcher, "SHOWN", 2)
    with smtplib.SMTP("127.0.0.1", port, timeout=5) as line:
        for number in range(3):
            line.sendmail("a@example.kz", "b@example.kz", LETTER.format(number))
    assert [letter.subject for letter in dev_catcher.caught(caught_in)] == ["2", "1"]
    assert not list(caught_in.glob("*.part"))


@pytest.mark.parametrize("content", [b"", b"\xff\x00", b"Subject: x\r\nDate: never\r\n\r\n\xff", b"no header"])
def test_strange_letters_are_shown_too(tmp_path, content):
    name = dev_catcher.save(tmp_path, content)
    assert [letter.name for letter in dev_catcher.caught(tmp_path)] == [name]


@pytest.mark.parametrize(
    "name", ["", "../secret", "x", "2026030206000000000-0", "20260302060000000000-00000000", "\x00"]
)
def test_only_names_are_looked_up(tmp_path, name):
    (tmp_path.parent / "secret.eml").write_text("secret")
    assert dev_catcher.find(tmp_path, name) is None


def test_no_folder_no_letters(tmp_path):
    assert dev_catcher.caught(tmp_path / "nothing") == []
