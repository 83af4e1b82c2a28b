"""An auditor's look at a case is written down before the page is given, and the team sees it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from expertise.audit.model import AccessLogEntry
from expertise.people.model import Grant, Person
from tests.expertise.web.cases.test_cases import REQUEST


@pytest.fixture
def auditor(app, visit):
    with app.extensions["komek"].transactions.write() as session:
        session.scalar(select(Person).where(Person.email == "neighbour@example.kz")).organisation_id = None
        number = session.scalar(select(Person.id).where(Person.email == "neighbour@example.kz"))
        session.scalar(select(Grant).where(Grant.person_id == number)).role = "auditor"
    return visit("neighbour")


def readings(app):
    with app.extensions["komek"].transactions.read() as session:
        return [
            tuple(row)
            for row in session.execute(select(AccessLogEntry.role, AccessLogEntry.file).order_by(AccessLogEntry.id))
        ]


def test_a_look_is_written_down_and_shown_to_the_team(app, visit, auditor):
    requester, coordinator = visit("requester"), visit("coordinator")
    reference = requester.begin(REQUEST)
    requester.take(reference, "submit")
    page = auditor.see(f"/cases/{reference}").text
    assert readings(app) == [("auditor", None)]
    assert f'action="/cases/{reference}/comments"' not in page
    assert "take no part in it: 1" in coordinator.see(f"/cases/{reference}/history").text
    assert "take no part in it" not in requester.see(f"/cases/{reference}/history").text
    assert readings(app) == [("auditor", None)]  # who has a part in it reads as a matter of course


def test_what_is_refused_or_not_there_was_not_read(app, visit, auditor):
    reference = visit("requester").begin(REQUEST)
    for url in ("/cases/ER-1999-0001", f"/cases/{reference}/edit", f"/cases/{reference}/steps/submit"):
        assert auditor.see(url).status_code in (403, 404)
    assert readings(app) == []


def test_what_cannot_be_noted_is_not_shown(app, visit, auditor, monkeypatch):
    reference = visit("requester").begin(REQUEST)
    monkeypatch.setattr("expertise.audit.access_log.note", broken)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    answer = auditor.see(f"/cases/{reference}")
    assert answer.status_code == 500 and REQUEST["title"] not in answer.text


def broken(*_):
    raise OSError("the disk is full")
