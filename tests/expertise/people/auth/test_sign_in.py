"""Passwords, sessions and the limits on guessing."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from expertise.base import clock
from expertise.people.auth import rate_limits, sessions, sign_in
from expertise.people.manage import accounts
from expertise.people.model import FailedSignIn, Person, SignIn

EMAIL, PASSWORD = "coordinator@example.kz", "жеті өзен 7"
HASH = sign_in.hash_password(PASSWORD)
SOMEWHERE = "203.0.113.7"


@pytest.fixture
def person(transactions, time):
    with transactions.write() as session:
        return accounts.add_person(
            session, name="Coordinator", email=EMAIL, language="kk", now=clock.now(), password_hash=HASH
        )


@pytest.fixture
def organisation(transactions):
    names = {"en": "Akimat of Kyzylorda Region", "ru": "Акимат", "kk": "Әкімдік"}
    with transactions.write() as session:
        return accounts.add_organisation(session, key="akimat-of-test", names=names).id


def attempt(transactions, email=EMAIL, password=PASSWORD, address=SOMEWHERE):
    with transactions.write() as session:
        return sign_in.sign_in(session, email, password, address, clock.now())


def holder(transactions, token):
    with transactions.write() as session:
        return sign_in.find_session(session, token, clock.now())


def test_right_password_opens_a_session(transactions, person):
    answer = attempt(transactions)
    assert isinstance(answer, sign_in.SignedIn)
    assert answer.person_id == person.id
    assert holder(transactions, answer.token) == person.id


@pytest.mark.parametrize("email", ["Coordinator@Example.KZ", "  coordinator@example.kz\n"])
def test_address_is_read_as_people_type_it(transactions, person, email):
    assert isinstance(attempt(transactions, email=email), sign_in.SignedIn)


def test_password_is_the_same_in_both_unicode_forms(transactions, person):
    with transactions.write() as session:
        accounts.set_password(session, session.get(Person, person.id), sign_in.hash_password("саи\u0306"))
    assert isinstance(attempt(transactions, password="са\u0439"), sign_in.SignedIn)


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (EMAIL, "wrong"),
        (EMAIL, ""),
        (EMAIL, PASSWORD + "x" * 5000),
        (EMAIL, "\udc80\x00"),
        ("nobody@example.kz", PASSWORD),
        ("", ""),
        ("nul\x00@example.kz", PASSWORD),
        ("\udc80@example.kz", PASSWORD),
        ("x" * 100_000, PASSWORD),
    ],
)
def test_everything_wrong_gets_one_answer(transactions, person, email, password):
    assert attempt(transactions, email=email, password=password) == sign_in.SignInRefused("wrong")


@pytest.mark.parametrize("change", [{"active": False}, {"password": None}, {"password": "damaged"}])
def test_account_that_may_not_sign_in_looks_like_none(transactions, person, change):
    with transactions.write() as session:
        for name, value in change.items():
            setattr(session.get(Person, person.id), name, value)
    assert attempt(transactions) == sign_in.SignInRefused("wrong")


def test_unknown_account_costs_the_same_work(transactions, person, monkeypatch, sent):
    hashed = []
    verify = sign_in.verify
    monkeypatch.setattr(sign_in, "verify", lambda *given: hashed.append(given[0][:30]) or verify(*given))
    sent.clear()
    attempt(transactions, password="wrong")
    known, sent[:] = list(sent), []
    attempt(transactions, email="nobody@example.kz", password="wrong")
    assert sent == known
    assert len(hashed) == 2
    assert hashed[0] == hashed[1]  # same algorithm, same cost: $argon2id$v=19$m=19456,t=2,p=


def test_cost_of_a_hash_is_what_the_design_says():
    assert HASH.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_no_more_than_two_hashes_at_a_time():
    assert sign_in._AT_A_TIME._initial_value == 2


def test_tenth_wrong_guess_is_the_last_one(transactions, person, time):
    for number in range(sign_in.PER_ACCOUNT):
        assert attempt(transactions, password="wrong", address=f"203.0.113.{number}").code == "wrong"
    assert attempt(transactions) == sign_in.SignInRefused("too_many", 15)
    time.move(timedelta(minutes=10, seconds=30))
    assert attempt(transactions) == sign_in.SignInRefused("too_many", 5)
    time.move(timedelta(minutes=5))
    assert isinstance(attempt(transactions), sign_in.SignedIn)


def test_limit_hits_unknown_accounts_alike(transactions, time):
    for _ in range(sign_in.PER_ACCOUNT):
        attempt(transactions, email="nobody@example.kz")
    assert attempt(transactions, email="nobody@example.kz").code == "too_many"


def test_spraying_from_one_address_is_stopped(transactions, person, monkeypatch):
    monkeypatch.setattr(sign_in, "PER_ADDRESS", 4)
    for number in range(4):
        assert attempt(transactions, email=f"person{number}@example.kz").code == "wrong"
    assert attempt(transactions).code == "too_many"
    assert isinstance(attempt(transactions, address="203.0.113.8"), sign_in.SignedIn)


def test_one_customer_of_ipv6_is_one_address(transactions, person, monkeypatch):
    monkeypatch.setattr(sign_in, "PER_ADDRESS", 2)
    for number in range(2):
        attempt(transactions, email=f"person{number}@example.kz", address=f"2001:db8::{number}")
    assert attempt(transactions, address="2001:db8::ffff").code == "too_many"
    assert isinstance(attempt(transactions, address="2001:db8:0:1::1"), sign_in.SignedIn)


def test_spraying_from_everywhere_is_stopped(transactions, person, monkeypatch):
    monkeypatch.setattr(sign_in, "IN_ALL", 3)
    for number in range(3):
        attempt(transactions, email=f"person{number}@example.kz", address=f"203.0.113.{number}")
    assert attempt(transactions, address="198.51.100.1").code == "too_many"


def test_right_password_takes_its_count_back(transactions, person):
    for _ in range(3):
        attempt(transactions, password="wrong")
    attempt(transactions)
    with transactions.read() as session:
        assert session.scalar(select(func.count()).select_from(FailedSignIn)) == 3 + 3  # address and all, not account


def test_guess_is_counted_before_it_is_made(transactions, person):
    with transactions.write() as session:
        begun = sign_in.count_guess(session, EMAIL, SOMEWHERE, clock.now())
    with transactions.read() as session:
        assert session.scalar(select(func.count()).select_from(FailedSignIn)) == 3
    assert begun.check(PASSWORD)


def test_crowd_of_guesses_at_once_does_not_slip_under_the_limit(transactions, person):
    answers, together = [], threading.Barrier(16)

    def guess(number):
        together.wait()
        with transactions.write() as session:
            answers.append(sign_in.count_guess(session, EMAIL, f"203.0.113.{number}", clock.now()))

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(answer, sign_in.Attempt) for answer in answers) == sign_in.PER_ACCOUNT


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("жеті өзен 7", "too_short"),
        ("x" * 1001, "too_long"),
        ("abababababababab", "easy_to_guess"),
        ("Coordinator@Example.kz ", "easy_to_guess"),
        ("жеті өзен, жеті тау", None),
        ("correct horse battery", None),
    ],
)
def test_password_that_is_chosen(password, code):
    problem = sign_in.password_problem(password, EMAIL, "Coordinator")
    assert (problem and problem.code) == code


def test_what_others_know_of_a_person_is_known(transactions, person, organisation):
    with transactions.write() as session:
        session.get(Person, person.id).organisation_id = organisation
        session.flush()
        assert sign_in.known_of(session, person.id)[:2] == ("Coordinator", EMAIL)
        assert "Akimat of Kyzylorda Region" in sign_in.known_of(session, person.id)


def test_unknown_account_never_enters(transactions, time):
    with transactions.write() as session:
        begun = sign_in.count_guess(session, "nobody@example.kz", SOMEWHERE, clock.now())
        with pytest.raises(ValueError, match="cannot enter"):
            sign_in.enter(session, begun, clock.now())


def test_old_guesses_are_forgotten(transactions, person, time):
    attempt(transactions, password="wrong")
    time.move(rate_limits.LONGEST_WINDOW)
    with transactions.write() as session:
        sign_in.forget_attempts(session, clock.now())
        assert session.scalar(select(func.count()).select_from(FailedSignIn)) == 0


def test_table_holds_no_token_and_no_address(transactions, person):
    answer = attempt(transactions)
    attempt(transactions, password="wrong")
    with transactions.read() as session:
        kept = [row.token for row in session.scalars(select(SignIn))]
        subjects = [row.subject for row in session.scalars(select(FailedSignIn))]
    assert all(len(text) == 64 and set(text) <= set("0123456789abcdef") for text in kept + subjects)
    assert answer.token not in kept
    assert len(answer.token) == 43  # 256 bits in base64


def test_secrets_do_not_show_in_logs(transactions, person):
    answer = attempt(transactions)
    with transactions.write() as session:
        begun = sign_in.count_guess(session, EMAIL, SOMEWHERE, clock.now())
    assert answer.token not in repr(answer)
    assert "argon2" not in repr(begun)


def test_session_ends_after_half_an_hour_of_silence(transactions, person, time):
    token = attempt(transactions).token
    time.move(timedelta(minutes=29))
    assert holder(transactions, token) == person.id
    time.move(timedelta(minutes=29))
    assert holder(transactions, token) == person.id
    time.move(timedelta(minutes=30))
    assert holder(transactions, token) is None


def test_session_ends_after_twelve_hours_in_any_case(transactions, person, time):
    token = attempt(transactions).token
    for _ in range(35):
        time.move(timedelta(minutes=20))
        assert holder(transactions, token) == person.id
    time.move(timedelta(minutes=20))
    assert holder(transactions, token) is None


def test_visits_are_written_once_a_minute(transactions, person, time, sent):
    token = attempt(transactions).token
    sent.clear()
    for _ in range(12):
        time.move(timedelta(seconds=10))
        holder(transactions, token)
    assert sum(statement.startswith("UPDATE") for statement in sent) == 2


def test_reader_learns_that_a_touch_is_due_and_writes_nothing(transactions, person, time):
    token = attempt(transactions).token
    time.move(timedelta(seconds=59))
    with transactions.read() as session:
        early = sessions.session_owner(session, token, clock.now())
        assert (early.person_id, early.touch_due) == (person.id, False)
    time.move(timedelta(seconds=1))
    with transactions.read() as session:
        assert sessions.session_owner(session, token, clock.now()) == replace(early, touch_due=True)


def test_signing_out_ends_this_session_only(transactions, person):
    one, other = attempt(transactions).token, attempt(transactions).token
    with transactions.write() as session:
        sign_in.end_session(session, one)
    assert holder(transactions, one) is None
    assert holder(transactions, other) == person.id


@pytest.mark.parametrize("token", ["", "x", "\udc80", "a" * 100_000])
def test_unknown_token_is_nobody(transactions, person, token):
    assert holder(transactions, token) is None


def test_ended_sessions_are_forgotten(transactions, person, time):
    attempt(transactions)
    time.move(timedelta(minutes=30))
    living = attempt(transactions).token
    with transactions.write() as session:
        sessions.forget_sessions(session, clock.now())
        assert [row.token for row in session.scalars(select(SignIn))] == [sessions.digest(living)]


def test_one_network_of_ipv6_closes_sign_in_for_nobody_else(transactions, person):
    """A customer with a /48 has 65,536 networks /64: all of them together get a small part of the guesses in all."""

    def guess(address, number):
        with transactions.write() as session:
            return sign_in.count_guess(session, f"person{number}@example.kz", address, clock.now())

    answers = [guess(f"2001:db8:1:{number:x}::1", number) for number in range(300)]
    taken = sum(isinstance(answer, sign_in.Attempt) for answer in answers)
    assert taken == sign_in.PER_ADDRESS * rate_limits.WIDER[48] < sign_in.IN_ALL / 4
    assert isinstance(guess("2001:db8:2:1::1", 1000), sign_in.Attempt), "another customer of the provider"
    answers = [guess(f"2001:db8:{number + 3:x}::1", 2000 + number) for number in range(300)]
    taken += 1 + sum(isinstance(answer, sign_in.Attempt) for answer in answers)
    assert taken == sign_in.PER_ADDRESS * rate_limits.WIDER[32] < sign_in.IN_ALL / 2
    assert isinstance(attempt(transactions), sign_in.SignedIn), "the owner, from elsewhere"
