"""People and cases that letters are about."""

from __future__ import annotations

from datetime import timedelta

import pytest

from expertise.base import clock
from expertise.cases.model import Case, PublishedDefinition
from expertise.mail.outbox import Wanted, queue
from expertise.people.model import Person

CONTEXT = {
    "case_reference": "ER-2026-0001",
    "case_title": "Қатты тұрмыстық қалдықтарды басқару",
    "state": {"kk": "Құжаттарды тексеру", "ru": "Проверка комплектности", "en": "Completeness check"},
    "organisation": {"kk": "Әкімдік", "ru": "Акимат", "en": "Akimat"},
    "region": {"kk": "Қызылорда облысы", "ru": "Кызылординская область", "en": "Kyzylorda Region"},
    "due": "2026-03-05T13:00:00+00:00",
    "link": "https://komek.example.kz/cases/ER-2026-0001",
}


@pytest.fixture
def house(transactions, time):
    """Transactions on a database with three readers (kk, ru, en) and one case in its first state."""
    with transactions.write() as session:
        for number, language in enumerate(("kk", "ru", "en"), 1):
            session.add(
                Person(
                    id=number,
                    name=f"Reader {number}",
                    email=f"reader{number}@example.kz",
                    language=language,
                    created_at=clock.now(),
                )
            )
        session.add(PublishedDefinition(digest="d", workflow="w", version=1, text="", published_at=clock.now()))
        session.flush()
        session.add(case())
    return transactions


def case():
    now = clock.now()
    return Case(
        id=1,
        reference="ER-2026-0001",
        workflow="w",
        digest="d",
        state="check",
        entered_at=now,
        fields={},
        clocks={},
        acted={},
        votes={},
        head=b"",
        opened_at=now,
        changed_at=now,
    )


@pytest.fixture
def letter():
    """Makes a `Wanted`; importlib mode leaves tests no module to import it from."""
    return wanted


@pytest.fixture
def post(house):
    """Queue letters: `post(3)` queues three; keywords change what is wanted."""

    def queue_letters(number=1, start=0, **changes):
        with house.write() as session:
            queue(session, [wanted(start + place, **changes) for place in range(number)], clock.now())

    return queue_letters


def wanted(place=0, **changes):
    given = {
        "dedupe_key": f"case:1:{place}",
        "letter": "request_received",
        "recipient_id": 1,
        "case_id": 1,
        "epoch": None,
        "context": CONTEXT,
        "not_before": clock.now(),
        "expires_at": clock.now() + timedelta(days=14),
    }
    return Wanted(**given | changes)
