"""Absences on the page, the warning and the "for …" on the desk."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from expertise.people.model import Absence, Grant, Person
from tests.expertise.web.cases.test_cases import REQUEST
from tests.support.statements import listening

AWAY = {"since": "01.01.2020", "until": "31.12.2099", "cause": "leave"}


@pytest.fixture
def administering(app):
    """`administering("expert")` makes that person an administrator as well."""

    def give(name):
        with app.extensions["komek"].transactions.write() as session:
            number = session.scalar(select(Person.id).where(Person.email == f"{name}@example.kz"))
            session.add(Grant(person_id=number, role="administrator"))

    return give


@pytest.fixture
def noted(app):
    def rows():
        with app.extensions["komek"].transactions.read() as session:
            found = list(session.scalars(select(Absence).order_by(Absence.id)))
            session.expunge_all()
        return found

    return rows


def test_one_records_the_own_absence_once_and_ends_it(visit, keys, noted):
    approver = visit("approver")
    sent = {**approver.hidden("/absences"), **AWAY, "deputy": keys["coordinator"], "role": "approver", "note": "Hike"}
    for _ in range(2):
        assert approver.client.post("/absences", data=sent).status_code == 303
    [absence] = noted()
    assert (absence.role, absence.cause, absence.note) == ("approver", "leave", "Hike")
    page = approver.see("/absences").text
    assert "01.01.2020" in page and "Coordinator" in page and "Hike" in page
    assert "Hike" not in visit("coordinator").see("/absences").text
    assert visit("coordinator").send(f"/absences/{absence.id}/end", {}, page="/absences").status_code == 404
    for _ in range(2):
        assert approver.send(f"/absences/{absence.id}/end", {}, page="/absences").status_code == 303
    assert noted()[0].ended_at is not None and "over" in approver.see("/absences").text


def test_the_administrator_records_for_everybody(visit, keys, noted, administering):
    administering("expert")
    admin = visit("expert")
    answer = admin.send("/absences", AWAY)
    assert answer.status_code == 422 and "Person: Fill this in." in answer.text
    assert admin.send("/absences", {**AWAY, "person": keys["approver"]}).status_code == 303
    assert "Approver" in admin.see("/absences").text
    [absence] = noted()
    assert admin.send(f"/absences/{absence.id}/end", {}, page="/absences").status_code == 303
    assert "Nobody is away." in admin.see("/absences").text
    assert admin.send("/absences/999999/end", {}, page="/absences").status_code == 404
    assert admin.send(f"/absences/{2**70}/end", {}, page="/absences").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"since": ""}, "First day: Fill this in."),
        ({"since": "30.02.2026"}, "There is no such day in the calendar."),
        ({"since": "\x00"}, "First day: Fill this in."),
        ({"until": "31.12.2019"}, "The last day is before the first one."),
        ({"cause": "whim"}, "Choose one of the answers in the list."),
        ({"region": "KZ-99"}, "Choose one of the answers in the list."),
        ({"role": "auditor"}, "Choose one of the answers in the list."),
        ({"deputy": "nobody"}, "Choose one of the answers in the list."),
        ({"deputy": "approver"}, "Nobody can be their own deputy."),
        ({"deputy": "requester"}, "Choose one of the answers in the list."),
        ({"note": "n" * 1_000_000}, "at most 300 characters"),
    ],
    ids=str,
)
def test_a_wrong_absence_comes_back_with_what_was_typed(visit, keys, noted, wrong, words):
    wrong = {**wrong, "deputy": keys.get(wrong.get("deputy", ""), wrong.get("deputy", ""))}
    answer = visit("approver").send("/absences", {**AWAY, "note": "Hike", **wrong})
    assert answer.status_code == 422 and words in answer.text
    assert f'value="{wrong.get("note", "Hike")[:300]}' in answer.text
    assert noted() == []


def test_a_deputy_who_is_away_is_taken_knowingly_only(visit, keys, noted):
    visit("coordinator").send("/absences", AWAY)
    approver = visit("approver")
    wish = {**AWAY, "deputy": keys["coordinator"]}
    answer = approver.send("/absences", wish)
    assert answer.status_code == 422 and "I want it nevertheless" in answer.text
    assert approver.send("/absences", {**wish, "knowing": "yes"}).status_code == 303
    assert len(noted()) == 2


def test_the_coordinator_is_warned_while_nobody_stands_in(visit, keys, noted):
    assert "nobody stands in" not in visit("coordinator").see("/").text
    approver = visit("approver")
    approver.send("/absences", AWAY)
    page = visit("coordinator").see("/").text
    assert "Away without a deputy" in page and "Approver – approver" in page and "31.12.2099" in page
    for name in ("approver", "requester"):
        assert "nobody stands in" not in visit(name).see("/").text
    approver.send(f"/absences/{noted()[0].id}/end", {}, page="/absences")
    approver.send("/absences", {**AWAY, "deputy": keys["coordinator"]})
    assert "nobody stands in" not in visit("coordinator").see("/").text


def test_the_desk_of_a_deputy_says_for_whom_and_asks_nothing_more_for_it(app, visit, keys):
    requester = visit("requester")
    for number in range(2):
        requester.take(requester.begin({**REQUEST, "title": f"Waste {number}"}), "submit")
    visit("coordinator").send("/absences", {**AWAY, "deputy": keys["approver"]})
    deputy = visit("approver")
    few = statements(app, lambda: deputy.see("/"))
    page = deputy.see("/").text
    assert page.count("for: Coordinator") == 2
    assert "for: " not in visit("coordinator").see("/").text
    for number in range(3):
        requester.take(requester.begin({**REQUEST, "title": f"Water {number}"}), "submit")
    assert statements(app, lambda: deputy.see("/")) == few
    assert len(re.findall("for: Coordinator", deputy.see("/").text)) == 5


def statements(app, work):
    """How many statements it took."""
    with listening(app.extensions["komek"].transactions.engine) as seen:
        work()
    return len(seen)
