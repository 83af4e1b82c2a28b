"""A deadline on the day or the moment of a field: reminders by days and hours, and it moves with the field."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from expertise.base.database import table_of
from expertise.cases.actions import deadline
from expertise.reminders.model import Timer
from expertise.text.deadlines import describe_plan
from expertise.text.translator import Translator
from tests.support.changed_definitions import under
from tests.support.environment import done

TIMERS = table_of(Timer)
HEARING = Path(__file__).with_name("hearing.yaml")
#: A Saturday, 10:00 in Kyzylorda: nobody moves a hearing to a working day.
HELD_AT = datetime(2026, 3, 28, 5, 0, tzinfo=UTC)
GIVEN = {"title": "A road", "region": "KZ-43", "held_at": "28.03.2026 10:00", "comments_until": "05.04.2026"}


@pytest.fixture
def town(env, tmp_path):
    (tmp_path / HEARING.name).write_text(HEARING.read_text(encoding="utf-8"), encoding="utf-8")
    return under(env, tmp_path, {})


@pytest.fixture
def hearing(town):
    reference = done(town.open("coordinator", "hearing", GIVEN)).reference
    town.take("coordinator", reference, "announce")
    return reference


def rungs(town, reference):
    """The pending timers: (rung, moment), in the order in which they fall due."""
    with town.transactions.read() as session:
        own = select(TIMERS).where(TIMERS.c.case_id == town.case(reference).id, TIMERS.c.done_at.is_(None))
        return [(row.rung, row.due_at) for row in session.execute(own.order_by(TIMERS.c.due_at, TIMERS.c.id))]


def test_it_ends_at_the_moment_and_reminds_by_days_and_by_hours(town, hearing, time):
    assert town.case(hearing).due_at == HELD_AT
    (days, first), *rest = rungs(town, hearing)
    assert (days, town.services.calendar.local_day(first).isoformat()) == ("before-5-working-days", "2026-03-18")
    assert rest == [("before-1-hours", HELD_AT - timedelta(hours=1)), ("lapse", HELD_AT)]
    time.go(HELD_AT - timedelta(minutes=59))
    town.sweep()
    assert town.letters(hearing).count(("deadline_reminder", "coordinator")) == 2
    assert town.case(hearing).state == "announced"
    time.go(HELD_AT)
    town.sweep()
    assert town.case(hearing).state == "held"


def test_a_day_ends_when_its_offices_close_also_on_a_sunday(town, hearing, time):
    time.go(HELD_AT)
    town.sweep()
    due_at = town.case(hearing).due_at
    assert due_at == datetime(2026, 4, 5, 13, 0, tzinfo=UTC)
    time.go(due_at)
    town.sweep()
    assert town.case(hearing).final == "succeeded"
    assert town.verify().broken == ()


def test_it_moves_with_its_field_and_forgets_the_rungs_of_before(town, hearing):
    town.take("coordinator", hearing, "move", {"held_at": "30.03.2026 15:30"})
    moved = datetime(2026, 3, 30, 10, 30, tzinfo=UTC)
    assert town.case(hearing).due_at == moved
    assert rungs(town, hearing)[1:] == [("before-1-hours", moved - timedelta(hours=1)), ("lapse", moved)]


def test_the_page_says_the_name_of_the_field_and_the_moment(town, hearing):
    case, definition = town.case(hearing), town.services.definitions.current("hearing")
    with town.transactions.read() as session:
        plan = deadline.staying(session, town.services, definition, case)
    told = describe_plan(plan, definition, case.state, case.clocks, "Kyzylorda", Translator("kk"))
    assert (told.sentence, told.parts) == ("Өтетін уақыты: 28.03.2026, 10:00 Kyzylorda", [])
    (offered,) = [each for each in town.look("coordinator", hearing).offered if each.step.key == "move"]
    assert offered.preview.target == "announced"
