"""The calendar of deadlines and its feed: what falls when, for whom, and as long as the address is good."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import select, update

from expertise.base import clock
from expertise.cases.model import Case
from expertise.people.model import CalendarFeed, Person
from expertise.reports import deadline_feed
from tests.expertise.web.cases.test_held_step import FILLED

ADDRESS = re.compile(r"<code>(?:https?://[^/<]+)(/deadlines/feed/[\w-]+\.ics)</code>")


@pytest.fixture
def filed(visit):
    """A request that waits for the coordinator."""
    requester = visit("requester")
    reference = requester.begin(FILLED)
    assert requester.take(reference, "submit").status_code == 303
    return reference


@pytest.fixture
def due(app, filed):
    with app.extensions["komek"].transactions.read() as session:
        return session.scalar(select(Case.due_at).where(Case.reference == filed))


def feed_of(visitor):
    page = visitor.send("/deadlines/feed", {}, page="/deadlines")
    assert page.status_code == 200 and page.headers["Cache-Control"] == "no-store"
    return ADDRESS.search(page.text)[1]


def month_of(app, moment):
    return f"{app.extensions['komek'].services.calendar.local_day(moment):%Y-%m}"


def test_a_deadline_stands_on_its_day_for_whoever_must_act(app, visit, filed, due):
    day = app.extensions["komek"].services.calendar.local_day(due)
    own, all_ = f"/deadlines?month={day:%Y-%m}", f"/deadlines?month={day:%Y-%m}&whose=all"
    page = visit("coordinator").see(own).text
    assert f'id="d-{day}"' in page and page.count(filed) >= 2
    assert filed not in visit("requester").see(own).text
    assert filed in visit("requester").see(all_).text
    for other in ("neighbour", "expert"):
        assert filed not in visit(other).see(all_).text
    assert filed not in visit("coordinator").see("/deadlines?month=2020-01").text


def test_a_month_shows_its_holidays_and_leads_to_those_beside_it(visit):
    page = visit("coordinator").see("/deadlines?month=2026-03").text
    assert "Nauryz" in page and "month=2026-02" in page and "month=2026-04" in page
    for nonsense in ("2026-13", "2026", "x", "2026-01..2026-03"):
        assert visit("coordinator").see(f"/deadlines?month={nonsense}").status_code == 200


def test_the_feed_has_the_deadlines_of_its_person_without_a_session(app, visit, filed, due):
    address = feed_of(visit("coordinator"))
    answer = visit().see(address)
    assert answer.status_code == 200 and answer.mimetype == "text/calendar"
    (event,) = Calendar.from_ical(answer.data).walk("VEVENT")
    assert event["dtstart"].dt == due and filed in event["summary"] and event["url"].endswith(f"/cases/{filed}")
    assert event["uid"].startswith("case-") and visit().see(address).data == answer.data
    assert all(len(line) <= 75 for line in answer.data.split(b"\r\n")) and b"\n" not in answer.data.replace(
        b"\r\n", b""
    )
    visit("coordinator").take(filed, "register")
    (later,) = Calendar.from_ical(visit().see(address).data).walk("VEVENT")
    assert later["uid"] != event["uid"] and int(later["sequence"]) > int(event["sequence"])
    assert b"VEVENT" not in visit().see(feed_of(visit("expert"))).data


def test_a_long_title_in_kazakh_is_folded_by_octets(app, visit):
    requester = visit("requester")
    reference = requester.begin({**FILLED, "title": "Қызылорда қаласының сумен жабдықтау жүйесі, " * 3})
    requester.take(reference, "submit")
    answer = visit().see(feed_of(visit("coordinator")))
    assert all(len(line) <= 75 for line in answer.data.split(b"\r\n"))
    (event,) = Calendar.from_ical(answer.data).walk("VEVENT")
    assert "Қызылорда қаласының сумен" in event["description"]


def test_the_address_is_kept_as_a_hash_and_ends_with_the_next_one(app, visit, filed):
    coordinator = visit("coordinator")
    first, second = feed_of(coordinator), feed_of(coordinator)
    assert visit().see(first).status_code == 404 and visit().see(second).status_code == 200
    with app.extensions["komek"].transactions.read() as session:
        (row,) = session.scalars(select(CalendarFeed)).all()
        assert len(row.digest) == 64 and row.digest not in second
    assert "<code>" not in coordinator.see("/deadlines").text
    assert coordinator.send("/deadlines/feed/end", {}, page="/deadlines").status_code == 303
    assert visit().see(second).status_code == 404


def test_the_feed_answers_by_the_rights_of_now(app, visit, filed):
    address = feed_of(visit("coordinator"))
    with app.extensions["komek"].transactions.write() as session:
        session.execute(update(Person).where(Person.name == "Coordinator").values(active=False))
    assert visit().see(address).status_code == 404


def test_too_many_requests_are_refused_for_a_while(app, visit, filed):
    address = feed_of(visit("coordinator"))
    stranger = visit()
    for _ in range(deadline_feed.PER_FEED):
        assert stranger.see(address).status_code == 200
    refused = stranger.see(address)
    assert refused.status_code == 429 and int(refused.headers["Retry-After"]) > 0
    with clock.travelling(clock.now() + timedelta(minutes=16)):
        assert stranger.see(address).status_code == 200
    feed_of(visit("coordinator"))
    for _ in range(deadline_feed.PER_NETWORK):
        assert stranger.see(address).status_code == 404
    assert stranger.see(address).status_code == 429
