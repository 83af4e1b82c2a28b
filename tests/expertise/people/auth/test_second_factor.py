"""Codes of a telephone and on paper: right ones once, wrong ones counted."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy import select, text

from expertise.base import clock
from expertise.people.access import HeldGrant
from expertise.people.auth import (
    rate_limits,
    recovery_codes,
    second_factor,
    sessions,
    sign_in,
    totp,
)
from expertise.people.auth.encryption import decrypt, encrypt
from expertise.people.auth.rate_limits import SignInRefused
from expertise.people.manage import accounts
from expertise.people.model import Person, RecoveryCode, SecondFactor

KEY = "k" * 32
WRONG = SignInRefused("wrong")
HASH = sign_in.hash_password("right")


@pytest.fixture
def person(transactions, time):
    with transactions.write() as session:
        return accounts.add_person(
            session, name="Approver", email="a@example.kz", language="kk", now=clock.now(), password_hash=HASH
        )


@pytest.fixture
def secret(transactions, person):
    """Of a telephone that has been confirmed, a minute ago."""
    with transactions.write() as session:
        begun = second_factor.begin(session, person, KEY)
        before = clock.now() - timedelta(minutes=1)
        assert len(second_factor.confirm(session, person, at(begun.secret, before), KEY, before)) == 10
    return begun.secret


def at(secret, moment):
    return totp.code(secret, int(moment.timestamp()) // totp.STEP)


def check(transactions, person, code, key=KEY):
    with transactions.write() as session:
        return second_factor.check(session, person, code, key, clock.now())


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_the_standard(seconds, code):
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # RFC 6238, appendix B, in Base32; the last six digits
    assert totp.code(secret, seconds // 30) == code
    assert totp.matching_step(secret, code, datetime.fromtimestamp(seconds, UTC)) == seconds // 30


@pytest.mark.parametrize("seconds", [-30, 0, 30])
def test_clock_of_the_telephone_may_be_one_step_off(transactions, person, secret, seconds):
    assert check(transactions, person, at(secret, clock.now() + timedelta(seconds=seconds))) is None


@pytest.mark.parametrize("seconds", [-60, 60])
def test_two_steps_off_is_wrong(transactions, person, secret, seconds, time):
    time.move(timedelta(hours=1))
    assert check(transactions, person, at(secret, clock.now() + timedelta(seconds=seconds))) == WRONG


def test_code_is_right_once(transactions, person, secret, time):
    code = at(secret, clock.now())
    assert check(transactions, person, f" {code[:3]} {code[3:]} ") is None
    assert check(transactions, person, code) == WRONG
    time.move(timedelta(seconds=30))
    assert check(transactions, person, code) == WRONG
    assert check(transactions, person, at(secret, clock.now())) is None


def test_code_that_confirmed_the_telephone_signs_nobody_in(transactions, person):
    with transactions.write() as session:
        code = at(second_factor.begin(session, person, KEY).secret, clock.now())
        second_factor.confirm(session, person, code, KEY, clock.now())
    assert check(transactions, person, code) == WRONG


def test_one_code_given_sixteen_times_at_once_passes_once(transactions, person, secret, monkeypatch):
    monkeypatch.setattr(second_factor, "PER_PERSON", 100)
    answers, code, together = [], at(secret, clock.now()), threading.Barrier(16)

    def guess():
        together.wait()
        answers.append(check(transactions, person, code))

    threads = [threading.Thread(target=guess) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers, key=str) == [None, *[WRONG] * 15]


@pytest.mark.parametrize("code", ["", "000000", "12345", "x" * 5000, "\udc80\x00", "١٢٣٤٥٦", "ӘҚЫ"])
def test_anything_else_is_wrong(transactions, person, secret, code):
    assert check(transactions, person, code) == WRONG


def test_sixth_guess_within_a_quarter_of_an_hour_is_not_looked_at(transactions, person, secret, time):
    for _ in range(second_factor.PER_PERSON):
        assert check(transactions, person, "000000") == WRONG
    assert check(transactions, person, at(secret, clock.now())) == SignInRefused("too_many", 15)
    time.move(rate_limits.WINDOW)
    assert check(transactions, person, at(secret, clock.now())) is None
    assert check(transactions, person, "000000") == WRONG, "a right code takes the count back"


def test_crowd_of_guesses_does_not_slip_under_the_limit(transactions, person, secret):
    answers, together = [], threading.Barrier(12)

    def guess():
        together.wait()
        answers.append(check(transactions, person, "000000").code)

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count("wrong") == second_factor.PER_PERSON


def test_begun_factor_is_not_asked_for_and_opens_nothing(transactions, person):
    with transactions.write() as session:
        first = second_factor.begin(session, person, KEY).secret
        assert not second_factor.has(session, person.id)
    assert check(transactions, person, at(first, clock.now())) == WRONG
    with transactions.write() as session:
        second = second_factor.begin(session, person, KEY).secret
        assert second_factor.confirm(session, person, at(first, clock.now()), KEY, clock.now()) == WRONG
        second_factor.confirm(session, person, at(second, clock.now()), KEY, clock.now())
        assert second_factor.has(session, person.id)


def test_confirmed_factor_is_replaced_only_after_it_was_removed(transactions, person, secret):
    with transactions.write() as session:
        assert second_factor.begin(session, person, KEY) is None
        assert second_factor.confirm(session, person, at(secret, clock.now()), KEY, clock.now()) == WRONG
        second_factor.remove(session, person)
        assert not second_factor.has(session, person.id)
        assert recovery_codes.left(session, person.id) == 0
        assert second_factor.begin(session, person, KEY).secret != secret


def test_codes_on_paper_work_once_each_however_typed(transactions, person, secret):
    with transactions.write() as session:
        codes = second_factor.renew_codes(session, person)
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"([2-9a-z]{4}-){3}[2-9a-z]{4}", code) for code in codes)
    assert check(transactions, person, codes[0].upper()) is None
    assert check(transactions, person, codes[0]) == WRONG
    assert check(transactions, person, codes[1].replace("-", " ")) is None
    with transactions.read() as session:
        assert recovery_codes.left(session, person.id) == 8


def test_new_codes_make_the_old_ones_void(transactions, person, secret):
    with transactions.write() as session:
        old = second_factor.renew_codes(session, person)[0]
        second_factor.renew_codes(session, person)
    assert check(transactions, person, old) == WRONG


def test_codes_of_somebody_else_are_wrong(transactions, person, secret):
    with transactions.write() as session:
        other = accounts.add_person(session, name="B", email="b@example.kz", language="ru", now=clock.now())
        begun = second_factor.begin(session, other, KEY)
        codes = second_factor.confirm(session, other, at(begun.secret, clock.now()), KEY, clock.now())
        assert second_factor.renew_codes(session, Person(id=10**9)) == ()
    assert check(transactions, person, codes[0]) == WRONG


def test_another_secret_key_leaves_the_codes_on_paper(transactions, person, secret):
    with transactions.write() as session:
        codes = second_factor.renew_codes(session, person)
    assert check(transactions, person, at(secret, clock.now()), "other" * 8) == WRONG
    assert check(transactions, person, codes[0], "other" * 8) is None


def test_database_holds_no_secret_and_no_code(transactions, person, secret):
    with transactions.write() as session:
        codes = second_factor.renew_codes(session, person)
        kept = session.scalar(select(SecondFactor.secret)) + "".join(session.scalars(select(RecoveryCode.hash)))
        assert session.execute(text("SELECT count(*) FROM recovery_codes")).scalar_one() == 10
    assert secret not in kept
    assert not any(code in kept or code.replace("-", "") in kept for code in codes)
    assert secret not in repr(second_factor.PendingSecondFactor(secret, "otpauth://…"))


def test_sealed_text_opens_with_its_key_and_purpose_only():
    sealed = encrypt("secret", KEY, "one")
    assert decrypt(sealed, KEY, "one") == "secret"
    assert decrypt(sealed, KEY, "two") is None
    assert decrypt(sealed, "other" * 8, "one") is None
    assert decrypt("damaged", KEY, "one") is None


def test_factor_is_needed_by_who_decides():
    def held(*roles):
        return [HeldGrant(role) for role in roles]

    assert not second_factor.needed_for([])
    assert not second_factor.needed_for(held("requester", "expert", "manager", "lender"))
    for role in ("approver", "coordinator", "auditor", "administrator"):
        assert second_factor.needed_for(held("requester", role))


def test_picture_is_an_element_that_the_content_policy_lets_through():
    picture = totp.picture(totp.uri(totp.new_secret(), "оператор@example.kz"))
    root = ET.fromstring(picture)
    assert root.tag == "svg"
    names = {name for node in root.iter() for name in node.attrib}
    assert names <= {"width", "height", "viewBox", "fill", "transform", "stroke", "d"}, "no style, no class, no script"
    assert "#fff" in picture and "#000" in picture


def test_uri_names_house_and_account():
    assert totp.uri("ABC", "a@example.kz") == (
        "otpauth://totp/Komek%3Aa%40example.kz?secret=ABC&issuer=Komek&algorithm=SHA1&digits=6&period=30"
    )


def test_who_has_a_factor_enters_half_way(transactions, person, secret):
    with transactions.write() as session:
        entered = sign_in.sign_in(session, person.email, "right", "", clock.now())
        assert not entered.complete
        assert sessions.session_owner(session, entered.token, clock.now()) is None
        assert sessions.awaiting_second_factor(session, entered.token, clock.now()) == person.id
