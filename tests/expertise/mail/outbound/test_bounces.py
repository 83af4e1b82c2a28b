"""Letters that come back, and addresses that take none."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from expertise.base import clock
from expertise.mail.model import LetterLog, MailAddress, OutgoingLetter
from expertise.mail.outbound import claims, results, suppression


@pytest.fixture
def sent(env, post):
    """Letters that the server has taken; gives their ids."""

    def send(number, start=0):
        post(number, start=start)
        with env.write() as session:
            letters = [claims.begin(session, one, clock.now()) for one in claims.claim(session, clock.now())]
            for letter in letters:
                results.accepted(session, letter, "250", clock.now())
        return [letter.id for letter in letters]

    return send


def bounce(env, letter, kind="hard", answer="5.1.1 unknown"):
    with env.write() as session:
        return results.bounced(session, letter, kind, answer, clock.now())


def suppressed(env):
    with env.read() as session:
        return [found.address for found in suppression.suppressed(session)]


def letter(env, number):
    with env.read() as session:
        wanted = select(OutgoingLetter.state, OutgoingLetter.answer).where(OutgoingLetter.id == number)
        return tuple(session.execute(wanted).one())


def log(env, number):
    with env.read() as session:
        wanted = select(LetterLog.what, LetterLog.note).where(LetterLog.letter_id == number).order_by(LetterLog.id)
        return [tuple(row) for row in session.execute(wanted)]


def test_hard_bounce_ends_the_letter_and_the_second_one_the_address(env, sent):
    first, second = sent(2)
    assert bounce(env, first)
    assert letter(env, first) == ("bounced", "5.1.1 unknown")
    assert suppressed(env) == []
    assert bounce(env, second)
    assert suppressed(env) == ["reader1@example.kz"]


def test_the_same_bounce_counts_once(env, sent):
    (only,) = sent(1)
    assert [bounce(env, only), bounce(env, only), bounce(env, only)] == [True, False, False]
    assert log(env, only) == [("accepted", "250"), ("bounced", "5.1.1 unknown")]
    assert suppressed(env) == []


def test_soft_bounce_is_noted_and_nothing_else(env, sent):
    (only,) = sent(1)
    for _ in range(5):
        assert bounce(env, only, results.SOFT, "4.2.2 mailbox full")
    assert letter(env, only)[0] == "accepted"
    assert log(env, only)[1:] == [("delayed", "4.2.2 mailbox full")] * 5
    assert suppressed(env) == []


def test_letter_that_never_left_cannot_come_back(env, post):
    post()
    assert not bounce(env, 1)
    assert letter(env, 1) == ("queued", None)


def test_refusals_of_long_ago_are_forgotten(env, sent, time):
    first, second = sent(2)
    bounce(env, first)
    time.move(suppression.MEMORY)
    bounce(env, second)
    assert suppressed(env) == []


def test_bounce_is_that_of_the_address_the_letter_went_to(env, post, sent, time):
    (only,) = sent(1)
    with env.write() as session:
        session.execute(OutgoingLetter.__table__.update().values(address="other@example.kz"))
    bounce(env, only)
    with env.read() as session:
        assert session.scalars(select(MailAddress.address)).all() == ["reader1@example.kz"]


def test_lifted_address_begins_anew(env, post, sent, time):
    for one in sent(2):
        bounce(env, one)
    with env.write() as session:
        assert suppression.lift(session, "Reader1@example.kz", 2, clock.now())
        assert not suppression.lift(session, "reader1@example.kz", 2, clock.now())
    assert suppressed(env) == []
    time.move(timedelta(hours=1))
    (again,) = sent(1, start=2)
    bounce(env, again)
    assert suppressed(env) == []
    with env.read() as session:
        assert tuple(session.execute(select(MailAddress.score, MailAddress.lifted_by_id)).one()) == (1, 2)


@pytest.mark.parametrize(
    "answer",
    [
        "5.2.2 smtp; 552 5.2.2 Over quota",
        "4.4.7 smtp; delivery time expired",
        "5.4.7 message expired after 5 days",
        "5.3.4 message size exceeds fixed limit",
        "552 message exceeds fixed maximum message size",
        "5.7.1 smtp; 550 5.7.1 message rejected as spam",
        "550 5.7.26 unauthenticated email is not accepted due to DMARC policy",
        "554 5.7.1 Service unavailable; client host blocked using zen.example.org",
        "550 spam message rejected. Please visit http://help.mail.example/notspam",
        "5.0.0 smtp; 550 mailbox is full",
        "552 mailbox full",
        "550 5.2.3 message too long",
        "5.6.1 media not supported",
        "5.5.2 syntax error",
        "5.3.0 system not accepting network messages",
        "452 4.2.2 жәшік толы",
        "Недоставленное сообщение: 550 ящик получателя переполнен",
        "Хат жеткізілмеді: пошта жәшігі толып кетті",
        "550 5.1.8 sender address rejected",
        "554 transaction failed",
    ],
)
def test_what_is_not_the_addresss_fault_shuts_no_address(env, sent, answer):
    for one in sent(3):
        assert bounce(env, one, answer=answer)
        assert letter(env, one) == ("bounced", answer)
    assert suppressed(env) == []


@pytest.mark.parametrize(
    "answer",
    [
        "5.1.1 smtp; 550 5.1.1 user unknown",
        "5.1.10 smtp; 550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found",
        "5.4.1 smtp; 550 5.4.1 Recipient address rejected: Access denied",
        "550 no such user",
        "5.0.0 smtp; 550 Sorry, no mailbox here by that name.",
        "5.2.1 smtp; 550 5.2.1 The email account is disabled",
        "5.1.2 bad destination system address",
        "550 5.7.1 user unknown",
        "Недоставленное сообщение: 550 нет такого ящика",
        "Недоставленное сообщение",
        "550",
    ],
)
def test_a_dead_address_is_shut_the_second_time(env, sent, answer):
    for one in sent(2):
        assert bounce(env, one, answer=answer)
    assert suppressed(env) == ["reader1@example.kz"]
