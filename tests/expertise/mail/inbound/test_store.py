"""Mail is kept once, by whichever route it comes and however often, before anybody looks at it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from expertise.base import clock
from expertise.inbox.process import receive_mail
from expertise.mail.inbound import store
from expertise.mail.inbound.model import InboundMail
from expertise.mail.inbound.store import Envelope
from tests.support.environment import together

MAIL = b"From: a@example.kz\r\nSubject: x\r\nMessage-ID: <1@example.kz>\r\n\r\nDone\r\n"
BY_IMAP = Envelope("imap")


def count(transactions):
    with transactions.read() as session:
        return session.scalar(select(func.count()).select_from(InboundMail))


def test_the_same_mail_ten_times_by_three_routes_is_one(transactions, time):
    stamped = b"Return-Path: <a@example.kz>\nDelivered-To: r.x@komek.kz\nReceived: from a by b\n\tfor c; today\n"
    lines = MAIL.replace(b"\r\n", b"\n")
    routes = {"imap": MAIL, "lmtp": stamped + lines, "pipe": b"From a@example.kz Mon Mar  2\n" + lines}
    taken = [receive_mail(transactions, raw, Envelope(name)) for name, raw in [*routes.items()] * 3]
    taken.append(receive_mail(transactions, MAIL, BY_IMAP))
    assert [one.repeated for one in taken] == [False] + [True] * 9
    assert {one.id for one in taken} == {taken[0].id}
    assert count(transactions) == 1


def test_routes_that_bring_it_at_one_moment_agree(transactions):
    taken = together(4, lambda _place: receive_mail(transactions, MAIL, BY_IMAP))
    assert sorted(one.repeated for one in taken) == [False, True, True, True]
    assert count(transactions) == 1


@pytest.mark.parametrize(
    "other",
    [
        MAIL.replace(b"Done", b"Done!"),
        MAIL.replace(b"<1@", b"<2@"),
        b"Authentication-Results: mx; dmarc=fail\r\n" + MAIL,
        MAIL.replace(b"\r\n\r\n", b"\r\n\r\nReceived: in the text\r\n"),
    ],
)
def test_whatever_else_differs_is_another_mail(transactions, other):
    receive_mail(transactions, MAIL, BY_IMAP)
    assert not receive_mail(transactions, other, BY_IMAP).repeated


def test_what_came_is_given_back_byte_for_byte(transactions):
    raw = bytes(range(256)) * 40
    taken = receive_mail(transactions, raw, Envelope("pipe", "<a\0@example.kz>", "r.x@komek.kz" * 50))
    with transactions.read() as session:
        mail = session.get(InboundMail, taken.id)
        assert (store.raw_of(mail), mail.size) == (raw, len(raw))
        assert mail.sender == "a@example.kz"
        assert len(mail.recipient) == 320


def test_of_a_mail_that_is_too_large_the_head_is_kept(transactions):
    taken = receive_mail(transactions, MAIL + b"x" * store.LARGEST, BY_IMAP)
    with transactions.read() as session:
        mail = session.get(InboundMail, taken.id)
        assert mail.size > store.LARGEST
        assert store.raw_of(mail).startswith(MAIL) and len(store.raw_of(mail)) == 64 * 1024


def test_the_empty_mail_is_a_mail(transactions):
    assert not receive_mail(transactions, b"", BY_IMAP).repeated
    assert receive_mail(transactions, b"", BY_IMAP).repeated


def test_a_mail_waits_until_somebody_says_what_became_of_it(transactions, time):
    first, second = (receive_mail(transactions, MAIL + extra, BY_IMAP).id for extra in (b"1", b"2"))
    with transactions.write() as session:
        assert list(store.unsettled(session, clock.now())) == [first, second]
        assert store.settle(session, first, "commented", clock.now(), reason="r" * 90)
        assert not store.settle(session, first, "applied", clock.now())
        assert list(store.unsettled(session, clock.now())) == [second]
        assert store.locked(session, first) is None
        assert store.locked(session, second).id == second
        assert len(session.get(InboundMail, first).reason) == 40


def test_a_mail_that_kills_who_looks_at_it_is_looked_at_less_and_less(transactions, time):
    taken = receive_mail(transactions, MAIL, BY_IMAP)
    for tries in range(1, 4):
        with transactions.write() as session:
            assert store.begin_attempt(session, taken.id, clock.now()) == tries
            assert not store.unsettled(session, clock.now() + store.PAUSE * tries - timedelta(seconds=1))
            assert store.unsettled(session, clock.now() + store.PAUSE * tries)
    with transactions.write() as session:
        store.settle(session, taken.id, "quarantined", clock.now())
        assert store.begin_attempt(session, taken.id, clock.now()) is None


def test_another_recipient_of_the_same_mail_is_noted_once(transactions):
    raw = b"From: a@b.kz\nTo: r.header@komek.kz\n\nDone\n"
    first = receive_mail(transactions, raw, Envelope("lmtp", "a@b.kz", "r.one@komek.kz", ("r.two@komek.kz",)))
    for recipient in ("r.three@komek.kz", "R.TWO@komek.kz", "r.header@komek.kz", "", "r.three@komek.kz"):
        assert receive_mail(transactions, raw, Envelope("lmtp", "a@b.kz", recipient)).id == first.id
    with transactions.write() as session:
        mail = session.get_one(InboundMail, first.id)
        assert (mail.recipient, mail.verdict) == (
            "r.one@komek.kz",
            {"recipients": ["r.two@komek.kz", "r.three@komek.kz"]},
        )
        mail.state, mail.reason = "commented", None
    receive_mail(transactions, raw, Envelope("lmtp", "a@b.kz", "r.two@komek.kz"))
    with transactions.read() as session:
        assert session.get_one(InboundMail, first.id).state == "commented"
    receive_mail(transactions, raw, Envelope("lmtp", "a@b.kz", "r.four@komek.kz"))
    with transactions.read() as session:
        mail = session.get_one(InboundMail, first.id)
        assert (mail.state, mail.verdict["state_before"]) == ("received", "commented")
