"""Mails are read apart from us: what would hurt hurts a process that nobody needs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from expertise.mail.inbound import child
from expertise.mail.inbound.child import CPU_SECONDS, MEMORY
from expertise.mail.inbound.parsed import UnreadableMail
from expertise.mail.inbound.reader import MailReader, parse

PLAIN = b"From: A <a@example.kz>\nSubject: x\nMessage-ID: <1@example.kz>\n\nDone\n"


def nested(depth):
    part = b"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n"
    inside = b"".join(part % (place, place + 1) for place in range(depth))
    return b"From: a@b.kz\nContent-Type: multipart/mixed; boundary=b0\n\n" + inside


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"From: a@b.kz\nSubject: " + b"=?utf-8?q?=41?= " * 28_000 + b"\n\nx", "headers_too_long"),
        (b"X" * 70_000, "headers_too_long"),
        (nested(250), "too_many_boundaries"),
        (b"From: a@b.kz\n" + b"Content-Type: message/rfc822\n\n" * 5000, "too_deep"),
    ],
)
def test_what_is_built_to_hurt_is_refused(raw, reason):
    assert parse(raw) == UnreadableMail(reason)
    assert parse(PLAIN).text == "Done\n"


def test_a_deep_mail_within_the_limits_is_read():
    assert parse(nested(150)).sender == "a@b.kz"


def test_encoded_words_in_the_header_of_a_part_cost_little():
    part = b"Content-Type: text/plain; name=" + b"=?utf-8?q?=41?= " * 28_000
    found = parse(b"From: a@b.kz\nContent-Type: multipart/mixed; boundary=b\n\n--b\n" + part + b"\n\nDone\n--b--\n")
    assert found.sender == "a@b.kz"


def test_memory_is_limited():
    """25 MB of one attachment fit; ninety do not, and only the reading of that mail dies."""
    attachment = b"Content-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\n"
    line = b"QUJD" * 19 + b"\n"
    assert len(parse(b"From: a@b.kz\n" + attachment + line * 300_000).attachments[0].content) == 17_100_000
    assert parse(b"From: a@b.kz\n" + attachment + line * 1_200_000) == UnreadableMail("too_costly")
    assert parse(PLAIN).sender == "a@example.kz"


def test_the_limits_are_those_of_the_design():
    assert (CPU_SECONDS, MEMORY) == (10, 512 * 2**20)


def test_a_child_that_is_lost_is_replaced():
    reader = MailReader()
    assert reader.read(PLAIN).subject == "x"
    os.kill(reader._child.pid, 9)
    reader._child.wait()
    assert reader.read(PLAIN).subject == "x"
    reader.close()
    assert reader.read(PLAIN).subject == "x"
    reader.close()


def test_who_waits_too_long_gives_up():
    reader = MailReader(patience=0.0)
    assert reader.read(PLAIN) == UnreadableMail("too_costly")
    assert reader._child is None


def test_the_child_knows_no_secret(monkeypatch, tmp_path):
    monkeypatch.setenv("KOMEK_SECRET_KEY", "k" * 40)
    reader = MailReader()
    reader.read(PLAIN)
    assert b"KOMEK" not in Path(f"/proc/{reader._child.pid}/environ").read_bytes()
    reader.close()


def test_a_death_is_told_by_its_kind(monkeypatch):
    def die(_raw):
        os.kill(os.getpid(), 9)

    monkeypatch.setattr(child, "_packed_result", die)
    assert b"too_costly" in child._read_in_child(PLAIN)
    monkeypatch.setattr(child, "_packed_result", lambda _raw: b"")
    assert b"broken" in child._read_in_child(PLAIN)
