"""Nobody learns from the work of an answer who has an account: the same statements, rows, hashes and pages for all.

Work is counted, not timed: a quiet machine would measure what a busy one hides.
"""

from __future__ import annotations

import re
from collections import Counter

import pytest
from sqlalchemy import func, select

from expertise.base import clock
from expertise.base.database import Base
from expertise.mail.model import OutgoingLetter
from expertise.people.auth import password_links, sign_in
from expertise.people.model import PasswordLink, Person
from tests.support.statements import listening

KNOWN = "requester@example.kz"
OTHERS = (
    "nobody@example.kz",
    "invited@example.kz",
    "gone@example.kz",
    "Nobody@Example.KZ ",
    "кто-то@мысал.қаз",
    "x" * 240 + "@example.kz",
)


@pytest.fixture
def transactions(app):
    found = app.extensions["komek"].transactions
    with found.write() as db:
        for name, active in (("invited", True), ("gone", False)):
            db.add(Person(name=name, email=f"{name}@example.kz", language="en", active=active, created_at=clock.now()))
        db.flush()
        db.scalars(select(Person).where(Person.name == "gone")).one().password = "a hash"
        password_links.issue(
            db, db.scalars(select(Person).where(Person.name == "invited")).one(), "invitation", clock.now()
        )
    return found


@pytest.fixture
def work(app, transactions, visit, monkeypatch):
    """Send a form from an address of its own; returns all that was done: status, page, statements, rows, hashes."""
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    hashed = Counter()
    check = sign_in._HASHER.verify

    def counted(stored, given):
        hashed["hash"] += 1  # whosever it is
        return check(stored, given)

    monkeypatch.setattr(sign_in, "_HASHER", type("Counting", (), {"verify": staticmethod(counted)})())
    numbers = iter(range(1, 250))

    def sizes():
        with transactions.read() as db:
            return {name: db.scalar(select(func.count()).select_from(table)) for name, table in tables.items()}

    tables = Base.metadata.tables

    def send(url, **form):
        before, client = sizes(), app.test_client()
        hashed.clear()
        with listening(transactions.engine) as statements:
            answer = client.post(
                url,
                data=form,
                headers={"Accept-Language": "en"},
                environ_overrides={"REMOTE_ADDR": f"10.0.0.{next(numbers)}"},
            )
        rows = {name: count - before[name] for name, count in sizes().items() if count != before[name]}
        page = re.sub(r'value="[^"]*"', "", answer.text)
        return answer.status_code, page, statements, rows, dict(hashed)

    return send


@pytest.mark.parametrize("url", ["/sign-in", "/sign-in/forgotten", "/sign-in/letter"])
@pytest.mark.parametrize("email", OTHERS)
def test_known_and_unknown_accounts_cost_the_same(work, url, email):
    known = work(url, email=KNOWN, password="a wrong password")
    assert work(url, email=email, password="a wrong password") == known
    assert sum(known[4].values()) == (1 if url == "/sign-in" else 0)


@pytest.mark.parametrize("url", ["/sign-in", "/sign-in/forgotten", "/sign-in/letter"])
def test_a_request_writes_no_letter_and_no_link_itself(work, url):
    *_, rows, _ = work(url, email=KNOWN, password="a wrong password")
    assert not {"outbox", "passes", "histories", "history_events"} & rows.keys()


def test_a_refused_request_costs_the_same_too(work):
    for url in ("/sign-in/forgotten", "/sign-in/letter"):
        for _ in range(3):
            work(url, email=KNOWN), work(url, email="nobody@example.kz")
        known = work(url, email=KNOWN)
        assert known[0] == 429 and work(url, email="nobody@example.kz") == known


def test_the_worker_writes_to_those_only_who_have_an_account(work, answer, look, transactions):
    for email in (KNOWN, *OTHERS):
        for url in ("/sign-in/forgotten", "/sign-in/letter"):
            work(url, email=email)
    assert [answer(), answer()] == [2 * (1 + len(OTHERS)), 0]
    assert sorted(each.letter for each in look(OutgoingLetter)) == ["password_reset", "sign_in_link"]
    assert sorted(each.purpose for each in look(PasswordLink)) == ["invitation", "password_reset"]


def test_a_passkey_is_asked_for_without_a_name(work):
    """The start of a sign-in by passkey takes no address, so nothing about one can be learned."""
    answers = {work("/passkeys/sign_in", email=email)[0] for email in (KNOWN, "nobody@example.kz")}
    assert len(answers) == 1
