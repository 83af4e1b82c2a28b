"""Notices and requests become letters, on both databases."""

from __future__ import annotations

from sqlalchemy import func, select

from expertise import account_notices, asked_letters
from expertise.account_notices import NoticeContext
from expertise.base import clock
from expertise.mail.model import OutgoingLetter
from expertise.people.auth import password_reset
from expertise.people.change_model import AccountNotice, LetterRequest, PendingChange
from expertise.people.manage import accounts, organisation_leads, pending_changes
from expertise.people.manage.pending_changes import Guarded
from expertise.people.model import Person

URL = "https://komek.example"


def add(transactions, name, role):
    with transactions.write() as session:
        person = accounts.add_person(
            session, name=name, email=f"{name}@example.kz", language="kk", now=clock.now(), password_hash="made here"
        )
        accounts.grant_role(session, person, role)
        return person.id


def test_what_is_noted_becomes_letters_once(transactions, time):
    one, two, three = (add(transactions, name, "administrator") for name in ("one", "two", "three"))
    with transactions.write() as session:
        person = session.get(Person, three)
        assert organisation_leads.change_email(session, person, "new@example.kz", clock.now()) is None
        pending_changes.ask(session, person, Guarded.TELEPHONE, {}, asked_by_id=one, now=clock.now())
    context = NoticeContext(URL, {}, clock.now(), clock.now().date())
    for expected in (2, 0):
        with transactions.write() as session:
            assert account_notices.is_waiting(session) == bool(expected)
            assert account_notices.queue_letters(session, context) == expected
    with transactions.read() as session:
        rows = session.scalars(select(OutgoingLetter).order_by(OutgoingLetter.id)).all()
        told = [(row.letter, row.recipient_id, row.address) for row in rows]
        assert session.scalar(select(func.count()).select_from(AccountNotice)) == 0
    report = [("account_reported", one, None), ("account_reported", two, None)]
    assert told == [
        ("account_changed", three, None),
        ("account_changed", three, "three@example.kz"),
        *report,
        ("account_changed", three, None),
        *report,
    ]


def test_a_change_is_made_once_and_by_two(transactions, time):
    one, two = (add(transactions, name, "administrator") for name in ("one", "two"))
    member, today = add(transactions, "member", "requester"), clock.now().date()
    with transactions.write() as session:
        person = session.get(Person, member)
        values = {"role": "approver", "since": today}
        number = pending_changes.ask(session, person, Guarded.ROLE, values, asked_by_id=one, now=clock.now()).id
        assert pending_changes.is_guarded(session, member, clock.now())
    for expected in (None, "change_over"):
        with transactions.write() as session:
            refused = pending_changes.confirm(session, number, None, clock.now(), today)
            assert (refused and refused.errors[0][1][0].code) == expected
    with transactions.read() as session:
        assert session.get(PendingChange, number).outcome == "confirmed"
        assert two is not None


def test_requests_become_letters_to_those_who_have_an_account(transactions, time):
    add(transactions, "known", "requester")
    with transactions.write() as session:
        for email in ("known@example.kz", "nobody@example.kz"):
            assert password_reset.ask_reset(session, email, "203.0.113.7", clock.now()) is None
            assert password_reset.ask_sign_in_link(session, email, "203.0.113.7", clock.now()) is None
    for expected in (4, 0):
        with transactions.write() as session:
            assert asked_letters.answer(session, URL, "k" * 40, clock.now()) == expected
    with transactions.read() as session:
        letters = session.scalars(select(OutgoingLetter.letter)).all()
        assert sorted(letters) == ["password_reset", "sign_in_link"]
        assert session.scalar(select(func.count()).select_from(LetterRequest)) == 0
