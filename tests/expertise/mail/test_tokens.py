"""What a letter lets its reader do, and how long."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from expertise.base import clock
from expertise.mail import tokens
from expertise.mail.model import MailToken, OutgoingLetter
from expertise.mail.outbound import claims

SECRET = "k" * 40
NAME = "<0123456789abcdef0123456789abcdef@komek.example.kz>"


@pytest.fixture
def sent(env, post):
    """Claims the one letter that is queued and writes down its tokens; gives them and the letter."""

    def send(**changes):
        post(**changes)
        with env.write() as session:
            (letter,) = claims.claim(session, clock.now())
            carried = tokens.letter_tokens(SECRET, letter.message_id)
            tokens.store(session, letter, carried, clock.now())
        return letter, carried

    return send


def find(env, purpose, text):
    with env.read() as session:
        return tokens.find(session, purpose, text, clock.now())


def test_tokens_fit_an_address_and_differ_by_purpose_letter_and_secret():
    texts = {
        tokens.text_of(secret, purpose, name)
        for secret in (SECRET, "l" * 40)
        for purpose in (tokens.REPLY, tokens.BOUNCE, tokens.ACT, tokens.STOP)
        for name in (NAME, NAME.replace("0", "1"))
    }
    assert len(texts) == 16
    assert all(re.fullmatch("[a-z2-7]{32}", text) for text in texts)
    assert tokens.text_of(SECRET, "reply", NAME) == tokens.text_of(SECRET, "reply", NAME)


def test_codes_have_six_digits():
    codes = {tokens.code_of(SECRET, f"<{number}@x.kz>") for number in range(200)}
    assert all(re.fullmatch("[0-9]{6}", code) for code in codes)
    assert len(codes) > 190


def test_there_is_no_token_without_a_secret():
    with pytest.raises(ValueError, match="secret"):
        tokens.letter_tokens("", NAME)


def test_what_a_letter_carries_is_found_again(env, sent, time):
    letter, carried = sent(context={"case_reference": "ER-2026-0001", "case_version": 4})
    for purpose in (tokens.REPLY, tokens.BOUNCE, tokens.ACT):
        text = getattr(carried, purpose)
        found = find(env, purpose, text)
        assert (found.letter_id, found.person_id, found.case_id, found.case_version) == (letter.id, 1, 1, 4)
        assert (found.letter, found.context["case_reference"], found.used_at) == (letter.letter, "ER-2026-0001", None)
        assert find(env, purpose, f" {text.upper()}\n") == found
        others = {tokens.REPLY, tokens.BOUNCE, tokens.ACT, tokens.STOP} - {purpose}
        assert [find(env, other, text) for other in others] == [None] * 3
    assert find(env, tokens.REPLY, "a" * 32) is None


def test_only_hashes_are_kept(env, sent):
    _, carried = sent()
    with env.read() as session:
        kept = " ".join(str(value) for row in session.execute(select(MailToken.__table__)) for value in row)
    assert not any(text in kept for text in (carried.reply, carried.bounce, carried.act, carried.code))


def test_second_attempt_carries_the_same(env, sent, time):
    letter, carried = sent()
    before = find(env, tokens.ACT, carried.act)
    time.move(timedelta(hours=1))
    with env.write() as session:
        tokens.store(session, letter, tokens.letter_tokens(SECRET, letter.message_id), clock.now())
    assert find(env, tokens.ACT, carried.act) == before


def test_letter_about_no_case_opens_no_page(env, sent):
    _, carried = sent(case_id=None, context={"case_version": 3})
    assert find(env, tokens.ACT, carried.act) is None
    assert find(env, tokens.REPLY, carried.reply).case_version is None


DUE = datetime.fromisoformat("2026-03-05T13:00:00+00:00")


def test_page_is_good_for_a_week_after_its_deadline(env, sent, time):
    _, carried = sent()
    time.go(DUE + tokens.AFTER_DEADLINE - timedelta(seconds=1))
    assert not find(env, tokens.ACT, carried.act).expired
    time.move(timedelta(seconds=1))
    found = find(env, tokens.ACT, carried.act)
    assert found.expired
    with env.write() as session:
        assert not tokens.consume(session, found, clock.now())
    assert not find(env, tokens.REPLY, carried.reply).expired


def test_token_is_used_once(env, sent, time):
    _, carried = sent()
    found = find(env, tokens.ACT, carried.act)
    with env.write() as session:
        assert tokens.consume(session, found, clock.now())
        assert not tokens.consume(session, found, clock.now())
    assert find(env, tokens.ACT, carried.act) == replace(found, used_at=clock.now())


def test_code_of_the_letter_fits_and_no_other(env, sent):
    _, carried = sent()
    found = find(env, tokens.ACT, carried.act)
    wrong = f"{(int(carried.code) + 1) % 1_000_000:06d}"
    with env.write() as session:
        assert not tokens.code_fits(session, found, carried.act, wrong)
        assert tokens.code_fits(session, found, carried.act.upper(), f" {carried.code} ")
        assert not tokens.code_fits(session, find(env, tokens.REPLY, carried.reply), carried.reply, carried.code)


def test_nobody_tries_all_codes(env, sent):
    _, carried = sent()
    found = find(env, tokens.ACT, carried.act)
    with env.write() as session:
        tried = [tokens.code_fits(session, found, carried.act, "000000") for _ in range(tokens.TRIES)]
        assert not any(tried)
        assert not tokens.code_fits(session, found, carried.act, carried.code)
    assert find(env, tokens.ACT, carried.act).tries == tokens.TRIES


def test_page_waits_for_a_deadline_that_moved(env, sent, time):
    letter, carried = sent()
    later = DUE + timedelta(days=30)
    with env.write() as session:
        tokens.prolong(session, letter.case_id, later.isoformat())
        tokens.prolong(session, letter.case_id, DUE.isoformat())
    time.go(later + tokens.AFTER_DEADLINE - timedelta(seconds=1))
    assert not find(env, tokens.ACT, carried.act).expired


def test_what_is_long_over_is_forgotten(env, sent, time):
    _, carried = sent()
    time.go(DUE + tokens.AFTER_DEADLINE + tokens.KEPT)
    with env.write() as session:
        tokens.forget(session, clock.now())
    assert find(env, tokens.ACT, carried.act) is None
    assert find(env, tokens.REPLY, carried.reply) is not None
    with env.read() as session:
        assert session.scalar(select(OutgoingLetter.id)) is not None
