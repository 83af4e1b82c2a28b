"""The page of the calendar, the warning on the administrator's desk, and the form that grants more time."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape

import pytest
from sqlalchemy import select

from expertise import worker
from expertise.base import clock
from expertise.calendars.model import COUNTRY, CalendarChange, CalendarDay
from expertise.calendars.public_holidays import fill
from expertise.people.model import Grant, Person
from tests.expertise.web.cases.test_cases import REQUEST
from tests.support.days import MONDAY
from workflows.calendar import published_through

DECREE = "Decree No. 7 of 02.03.2026"
DIFFERENT = "Both days must be different days of one year."


@pytest.fixture
def env(app):
    env = app.extensions["komek"]
    with env.transactions.write() as session:
        fill(session)
        holders = dict(session.execute(select(Person.email, Person.id)).all())
        session.add(Grant(person_id=holders["neighbour@example.kz"], role="administrator"))
        session.add(Grant(person_id=holders["expert@example.kz"], role="auditor"))
    return env


@pytest.fixture
def admin(env, visit):
    return visit("neighbour")


def rows(env, table):
    with env.transactions.read() as session:
        return session.execute(select(table.__table__)).all()


def test_the_administrator_moves_days_on_a_decree_once(env, admin):
    sent = {
        **admin.hidden("/calendar?year=2026"),
        "off": "03.07.2026",
        "worked": "27.06.2026",
        "source": DECREE,
    }
    sent |= {"organisation": "", "year": "2026"}
    for _ in range(2):
        answer = admin.client.post("/calendar/days", data=sent)
        assert (answer.status_code, answer.location) == (303, "/calendar?year=2026")
    [change] = rows(env, CalendarChange)
    assert (change.source, change.year, [day["day"] for day in change.after]) == (
        DECREE,
        2026,
        ["2026-07-03", "2026-06-27"],
    )
    page = admin.see("/calendar?year=2026").text
    assert page.count(DECREE) == 3  # two days, one change
    assert "03.07.2026" in page and "27.06.2026" in page and "Neighbour" in page


def test_an_organisation_has_its_own_days(env, admin):
    sent = {"off": "03.07.2026", "source": DECREE, "organisation": "akimat-kz-43", "year": "2026"}
    admin.send("/calendar/days", sent, page="/calendar?organisation=akimat-kz-43")
    assert "03.07.2026" in admin.see("/calendar?year=2026&organisation=akimat-kz-43").text
    assert "03.07.2026" not in admin.see("/calendar?year=2026").text
    assert [row.organisation_id for row in rows(env, CalendarDay) if row.source == DECREE] != [0]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"off": "", "worked": "", "source": DECREE}, "Fill this in."),
        ({"off": "03.07.2026", "source": ""}, "Decree or order: Fill this in."),
        ({"off": "30.02.2026", "source": DECREE}, "There is no such day in the calendar."),
        ({"off": "03.07.2126", "source": DECREE}, "There is no such day in the calendar."),
        (
            {"off": "03.07.2026", "worked": "03.07.2026", "source": DECREE},
            DIFFERENT,
        ),
        (
            {"off": "31.12.2026", "worked": "02.01.2027", "source": DECREE},
            DIFFERENT,
        ),
        ({"off": "04.07.2026", "source": DECREE}, "It is so already"),
        ({"off": "03.07.2026", "source": "D" * 301}, "At most 300 characters."),
    ],
)
def test_what_is_wrong_is_said_and_stays_on_the_page(env, admin, typed, said):
    answer = admin.send("/calendar/days", {"organisation": "", "year": "2026", **typed}, page="/calendar?year=2026")
    assert answer.status_code == 422
    assert said in answer.text
    assert typed["off"] in answer.text and rows(env, CalendarChange) == []


def test_a_year_is_confirmed_and_that_is_taken_back(env, admin):
    year = published_through("KZ") + 1
    page = f"/calendar?year={year}"
    assert "are not confirmed" in admin.see(page).text
    for confirmed, expected in (("yes", "are confirmed"), ("no", "are not confirmed")):
        answer = admin.send("/calendar/years", {"year": year, "confirmed": confirmed, "source": DECREE}, page=page)
        assert answer.status_code == 303 and expected in admin.see(page).text


def test_the_auditor_reads_and_changes_nothing(env, visit):
    auditor = visit("expert")
    page = auditor.see("/calendar?year=2026")
    assert page.status_code == 200 and "<form" in page.text and "Decree or order" not in page.text


def test_the_administrator_is_warned_before_an_unconfirmed_year_begins(env, visit):
    last = published_through("KZ")
    warning = f"The working days of {last + 1} are not confirmed yet."
    for month, warned in ((6, False), (9, True), (12, True)):
        with clock.travelling(datetime(last, month, 15, 6, tzinfo=UTC)):
            assert (warning in visit("neighbour").see("/").text) is warned, month


def returned(visit):
    """A request that was sent back to its requester on Monday, 2 March: ten working days, which may be extended."""
    requester, coordinator = visit("requester"), visit("coordinator")
    reference = requester.begin(REQUEST)
    assert requester.take(reference, "submit").status_code == 303
    for step, said in (("register", {}), ("return_for_completion", {"comment": "More."})):
        assert coordinator.take(reference, step, said).status_code == 303, step
    return f"/cases/{reference}"


def test_more_time_is_granted_on_its_page_and_explained_on_the_case(env, visit):
    with clock.travelling(MONDAY):
        case = returned(visit)
        coordinator, requester = visit("coordinator"), visit("requester")
        shown = coordinator.see(case).text
        assert "10 working days from 02.03.2026" in shown and "18:00 Kyzylorda" in shown
        assert f"{case}/extension" in shown and f"{case}/extension" not in requester.see(case).text
        assert requester.see(f"{case}/extension").status_code == 403
        page = f"{case}/extension"
        refused = coordinator.send(page, {"days": "", "until": "", "comment": "Flood in the oblast."}, page=page)
        assert refused.status_code == 422 and "Flood in the oblast." in refused.text
        late = coordinator.send(page, {"days": "99", "comment": "Flood."}, page=page)
        assert late.status_code == 422 and "The largest possible value is 10." in late.text and "99" in late.text
        done = coordinator.send(page, {"days": "5", "comment": "Flood in the oblast."}, page=page)
        assert (done.status_code, done.location) == (303, case)
        shown = coordinator.see(case).text
    assert "added: 5 working days" in shown and "1 of 2 times" in shown
    assert "Deadline extended" in shown and "Flood in the oblast." in shown


def test_a_decree_in_the_middle_is_told_in_the_trail_and_in_the_explanation(env, visit, admin):
    with clock.travelling(MONDAY):
        case = returned(visit)
        admin = visit("neighbour")
        sent = {"off": "05.03.2026", "source": DECREE, "organisation": "", "year": "2026"}
        assert admin.send("/calendar/days", sent, page="/calendar").status_code == 303
        assert worker.follow(env.transactions, env.services) == 1
        shown = visit("coordinator").see(case).text
    assert "Due date moved by the calendar" in shown and "the calendar" in shown
    assert DECREE in shown and "05.03 – day off" in shown


def test_a_deadline_in_an_unconfirmed_year_is_marked(env, visit):
    last = published_through("KZ")
    with clock.travelling(datetime(last, 12, 30, 6, tzinfo=UTC)):
        requester = visit("requester")
        reference = requester.begin(REQUEST)
        requester.take(reference, "submit")
        shown = requester.see(f"/cases/{reference}").text
    assert f"The working days of {last + 1} are not confirmed yet" in shown


def test_all_changes_of_a_year_can_be_read_page_by_page(env, admin):
    with env.transactions.write() as session:
        for number in range(1, 121):
            change = CalendarChange(
                year=2026,
                organisation_id=COUNTRY,
                by="x",
                source=f"Decree {number:03}",
                before=[],
                after=[],
                at=clock.now(),
            )
            session.add(change)
    seen, url = [], "/calendar?year=2026"
    for _page in range(5):
        page = admin.see(url).text
        seen += re.findall(r"Decree (\d{3})", page)
        more = re.search(r'href="(/calendar[^"]*before=[^"]*)"', page)
        if more is None:
            break
        url = unescape(more[1])
    assert seen == [f"{number:03}" for number in range(120, 0, -1)]
