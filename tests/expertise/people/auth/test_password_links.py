"""Links that set a password: good once, for a while, for one person, and telling nobody who has an account."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from expertise.base import clock
from expertise.mail.letters.templates import render
from expertise.mail.model import OutgoingLetter
from expertise.mail.outbound.outbox import NewLetter, queue
from expertise.people.auth import (
    password_links,
    password_reset,
    rate_limits,
    sessions,
    sign_in,
)
from expertise.people.auth.rate_limits import SignInRefused
from expertise.people.manage import accounts
from expertise.people.model import PasswordLink, Person

HASH = sign_in.hash_password("old")
EMAIL = "approver@example.kz"


@pytest.fixture
def person(transactions, time):
    with transactions.write() as session:
        return accounts.add_person(
            session, name="Approver", email=EMAIL, language="kk", now=clock.now(), password_hash=HASH
        )


@pytest.fixture
def issue(transactions, person):
    def issue(purpose=password_links.INVITATION):
        with transactions.write() as session:
            return password_links.issue(session, person, purpose, clock.now())

    return issue


def look(transactions, token):
    with transactions.read() as session:
        return password_links.find_valid(session, token, clock.now())


def use(transactions, token, password_hash="new hash"):
    with transactions.write() as session:
        return password_links.use(session, token, password_hash, clock.now())


def ask(transactions, email, address="203.0.113.7"):
    """Ask as the page does, and answer as the worker does."""
    with transactions.write() as session:
        refused = password_reset.ask_reset(session, email, address, clock.now())
    if refused is not None:
        return refused
    with transactions.write() as session:
        [asked] = password_reset.waiting(session, 10)
        session.delete(asked)
        return password_reset.answer_reset(session, asked.email, clock.now())


def test_pass_sets_the_password_and_ends_every_session(transactions, person, issue):
    token = issue().token
    with transactions.write() as session:
        open_session = sessions.start_session(session, person.id, clock.now())
    assert look(transactions, token) == password_links.ValidLink(person.id, "Approver", EMAIL, "invitation")
    assert use(transactions, token) == person.id
    with transactions.read() as session:
        assert session.get(Person, person.id).password == "new hash"
        assert sessions.session_owner(session, open_session, clock.now()) is None


def test_pass_is_good_once(transactions, issue):
    token = issue().token
    assert use(transactions, token) is not None
    assert look(transactions, token) is None
    assert use(transactions, token, "other hash") is None


def test_pass_used_by_eight_at_once_works_once(transactions, person, issue):
    token, together, answers = issue().token, threading.Barrier(8), {}

    def go(number):
        together.wait()
        answers[f"hash {number}"] = use(transactions, token, f"hash {number}")

    threads = [threading.Thread(target=go, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [name for name, answer in answers.items() if answer is not None]
    with transactions.read() as session:
        assert winners == [session.get(Person, person.id).password]


@pytest.mark.parametrize(
    ("purpose", "lasts"),
    [(password_links.INVITATION, timedelta(days=14)), (password_links.PASSWORD_RESET, timedelta(hours=1))],
)
def test_pass_ends(transactions, issue, time, purpose, lasts):
    issued = issue(purpose)
    assert issued.ends_at == clock.now() + lasts
    time.move(lasts - timedelta(seconds=1))
    assert look(transactions, issued.token) is not None
    time.move(timedelta(seconds=1))
    assert look(transactions, issued.token) is None
    assert use(transactions, issued.token) is None


def test_new_pass_ends_the_older_ones(transactions, issue):
    old, new = issue(password_links.PASSWORD_RESET), issue(password_links.INVITATION)
    assert look(transactions, old.token) is None
    assert look(transactions, new.token) is not None


@pytest.mark.parametrize("token", ["", "x" * 43, "\udc80\x00", "%"])
def test_unknown_pass_is_none(transactions, person, token):
    assert look(transactions, token) is None
    assert use(transactions, token) is None


def test_deactivated_person_has_no_pass(transactions, person, issue):
    token = issue().token
    with transactions.write() as session:
        accounts.deactivate_person(session, session.get(Person, person.id))
    assert use(transactions, token) is None
    with transactions.write() as session:
        accounts.reactivate_person(session, session.get(Person, person.id))
    assert use(transactions, token) is None, "what was sent before stays void"


def test_nobody_has_no_pass(transactions, time):
    with transactions.write() as session, pytest.raises(ValueError, match="in the database"):
        password_links.issue(session, Person(id=10**9), password_links.INVITATION, clock.now())


def test_database_holds_no_token(transactions, issue):
    issued = issue()
    with transactions.read() as session:
        kept = session.scalar(select(PasswordLink.token))
    assert len(kept) == 64 and kept != issued.token
    assert len(issued.token) == 43
    assert issued.token not in repr(issued)


def test_reset_is_for_who_has_a_password_to_forget(transactions, person):
    with transactions.write() as session:
        invited = accounts.add_person(session, name="B", email="b@example.kz", language="ru", now=clock.now())
        waiting = password_links.issue(session, invited, password_links.INVITATION, clock.now())
    assert ask(transactions, f" {EMAIL.upper()} ").person_id == person.id
    assert ask(transactions, "b@example.kz") is None
    assert look(transactions, waiting.token) is not None, "a stranger cannot void an invitation"
    assert ask(transactions, "nobody@example.kz") is None
    with transactions.write() as session:
        session.get(Person, person.id).active = False
    assert ask(transactions, EMAIL) is None


def test_known_and_unknown_cost_the_same_statements(transactions, person, sent):
    sent.clear()
    assert ask(transactions, EMAIL) is not None
    known, sent[:] = list(sent), []
    assert ask(transactions, "nobody@example.kz") is None
    assert sent == known
    with transactions.read() as session:
        assert session.scalar(select(func.count()).select_from(PasswordLink)) == 1


@pytest.mark.parametrize("email", [EMAIL, "nobody@example.kz", "\x00", ""])
def test_resets_are_limited_alike(transactions, person, time, email):
    for number in range(password_reset.PER_ACCOUNT):
        assert not isinstance(ask(transactions, email, f"203.0.113.{number}"), SignInRefused)
    assert ask(transactions, email, "198.51.100.1") == SignInRefused("too_many", 15)
    time.move(rate_limits.WINDOW)
    assert not isinstance(ask(transactions, email), SignInRefused)


def test_resets_from_one_address_and_in_all_are_limited(transactions, person, monkeypatch):
    monkeypatch.setattr(password_reset, "PER_ADDRESS", 2)
    monkeypatch.setattr(password_reset, "IN_ALL", 3)
    for number in range(2):
        assert ask(transactions, f"person{number}@example.kz") is None
    assert ask(transactions, EMAIL) == SignInRefused("too_many", 15)
    assert ask(transactions, "person2@example.kz", "203.0.113.8") is None
    assert ask(transactions, EMAIL, "203.0.113.9") == SignInRefused("too_many", 15)


def test_asking_for_a_reset_leaves_the_way_in_open(transactions, person):
    for _ in range(password_reset.PER_ACCOUNT + 1):
        ask(transactions, EMAIL)
    with transactions.write() as session:
        assert isinstance(sign_in.sign_in(session, EMAIL, "old", "", clock.now()), sign_in.SignedIn)


@pytest.mark.parametrize("purpose", list(password_links.LASTS))
def test_letter_is_what_the_outbox_takes(transactions, issue, purpose):
    issued, link = issue(purpose), "https://komek.example/password/token"
    with transactions.write() as session:
        queue(session, [NewLetter(**password_links.letter_fields(issued, link, clock.now()))] * 2, clock.now())
        row = session.scalars(select(OutgoingLetter)).one()
    assert (row.letter, row.recipient_id, row.case_id, row.expires_at) == (
        purpose,
        issued.person_id,
        None,
        issued.ends_at,
    )
    for language in ("kk", "ru", "en"):
        written = render(row.letter, language, row.context)
        assert link in written.text and "Komek" in written.subject


def test_passes_that_are_over_are_forgotten(transactions, issue, time):
    issue(password_links.PASSWORD_RESET)
    time.move(timedelta(hours=1) + password_links.KEPT)
    with transactions.write() as session:
        password_links.forget_links(session, clock.now())
        assert session.scalar(select(func.count()).select_from(PasswordLink)) == 0
