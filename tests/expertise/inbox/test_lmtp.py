"""Mail handed over by LMTP is stored before it is acknowledged."""

from __future__ import annotations

import smtplib
import socket

import pytest
from sqlalchemy import select

from expertise.base.errors import DatabaseAway
from expertise.inbox import lmtp, process
from expertise.inbox.lmtp import LmtpListener
from expertise.mail.inbound.model import InboundMail

MAIL = b"From: manager@team.test\r\nTo: r.abc@komek.test\r\nMessage-ID: <1@team.test>\r\nSubject: Re\r\n\r\nDONE\r\n"


@pytest.fixture
def speaking(transactions):
    """An LMTP conversation with the listener."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ear = LmtpListener(transactions, "komek.test", "127.0.0.1", port)
    ear.start()
    line = smtplib.LMTP("127.0.0.1", port)
    yield line
    line.close()
    ear.stop()


def stored(transactions):
    with transactions.read() as session:
        wanted = select(InboundMail.source, InboundMail.sender, InboundMail.recipient).order_by(InboundMail.id)
        return [tuple(row) for row in session.execute(wanted)]


def test_a_mail_is_stored_when_the_server_hears_so(transactions, speaking):
    assert speaking.sendmail("manager@team.test", ["r.abc@komek.test"], MAIL) == {}
    assert stored(transactions) == [("lmtp", "manager@team.test", "r.abc@komek.test")]


def test_the_same_mail_again_is_the_same(transactions, speaking):
    for _ in range(3):
        speaking.sendmail("manager@team.test", ["r.abc@komek.test"], MAIL)
    assert len(stored(transactions)) == 1


def test_a_bounce_comes_from_nobody(transactions, speaking):
    speaking.sendmail("<>", ["b.abc@KOMEK.test"], MAIL)
    assert stored(transactions) == [("lmtp", "", "b.abc@KOMEK.test")]


def test_each_recipient_is_answered(speaking):
    speaking.docmd("LHLO", "mx")
    speaking.mail("manager@team.test")
    assert speaking.rcpt("r.abc@komek.test")[0] == 250
    assert speaking.rcpt("r.def@komek.test")[0] == 250
    assert speaking.data(MAIL)[0] == 250
    assert speaking.getreply()[0] == 250
    assert speaking.noop()[0] == 250


def test_nobody_uses_komek_as_a_relay(transactions, speaking):
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        speaking.sendmail("manager@team.test", ["somebody@elsewhere.test"], MAIL)
    assert stored(transactions) == []


def test_without_the_database_the_server_keeps_the_mail(transactions, speaking, monkeypatch):
    def away(*_):
        raise DatabaseAway("no answer")

    with monkeypatch.context() as patched:
        patched.setattr(lmtp, "receive_mail", away)
        with pytest.raises(smtplib.SMTPDataError) as refused:
            speaking.sendmail("manager@team.test", ["r.abc@komek.test"], MAIL)
        assert refused.value.smtp_code == 451
    assert lmtp.receive_mail is process.receive_mail
    assert speaking.sendmail("manager@team.test", ["r.abc@komek.test"], MAIL) == {}
    assert len(stored(transactions)) == 1


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("Иван@team.test".encode("cp1251"), "Иван@team.test"),
        ("Иван@team.test".encode(), "Иван@team.test"),
        (b"\xff\xfe\x81\x98@team.test", None),
        (b"a\xed\xa0\x80@team.test", None),
        (b'"a b"@team.test', '"a b"@team.test'),
    ],
)
def test_an_envelope_of_any_bytes_is_stored(transactions, speaking, address, kept):
    speaking.docmd("LHLO", "mx")
    speaking.send(b"MAIL FROM:<" + address + b">\r\n")
    assert speaking.getreply()[0] == 250
    assert speaking.rcpt("r.abc@komek.test")[0] == 250
    speaking.send(b"RCPT TO:<" + address.partition(b"@")[0] + b"@komek.test>\r\n")
    assert speaking.getreply()[0] == 250
    assert speaking.data(MAIL)[0] == 250
    ((source, sender, recipient),) = stored(transactions)
    assert (source, recipient) == ("lmtp", "r.abc@komek.test")
    assert sender == kept if kept else sender.endswith("@team.test")


def test_a_fault_of_ours_sends_no_mail_back(speaking, monkeypatch):
    def fails(*_arguments):
        raise RuntimeError("a fault")

    monkeypatch.setattr(lmtp, "receive_mail", fails)
    with pytest.raises(smtplib.SMTPDataError) as refused:
        speaking.sendmail("manager@team.test", ["r.abc@komek.test"], MAIL)
    assert refused.value.smtp_code == 451
