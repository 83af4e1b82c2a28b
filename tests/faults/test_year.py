"""A year of an office: every rung once, none at night, none stale, the ladder in its order; three days without worker.

2,000 cases with KOMEK_TEST_FULL=1; as many as fit into a minute otherwise.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from datetime import time

import pytest
from sqlalchemy import select

from expertise.audit.model import Event
from expertise.base import clock
from expertise.base.database import table_of
from expertise.base.letter_kinds import AT_ANY_HOUR, LetterKind
from expertise.mail.letters.templates import kind_of
from expertise.reminders.model import Timer
from tests.faults.year import AWAY, BACK, CALENDAR, FIRST, LAST, Year
from tests.support.contents import PUBLISHED
from tests.support.databases import database
from tests.support.environment import environment

pytestmark = pytest.mark.fault

CASES = 2000 if os.environ.get("KOMEK_TEST_FULL") else 60


@pytest.fixture(scope="module")
def year(tmp_path_factory):
    with database("sqlite", tmp_path_factory.mktemp("year"), PUBLISHED) as engine:
        with clock.travelling(CALENDAR.at(FIRST, time(6))):
            played = Year(environment(engine), CASES)
            played.play()
        yield played


@pytest.fixture(scope="module")
def timers(year):
    rows = year.env.rows(table_of(Timer))
    assert len(rows) > CASES
    return rows


@pytest.fixture(scope="module")
def rungs(year):
    """What the trail says that the clock did: case → (act, moment, visit is the one of that moment), in order."""
    event = table_of(Event)
    with year.env.transactions.read() as session:
        wanted = select(event.c.case_id, event.c.act, event.c.at, event.c.to_state)
        rows = session.execute(wanted.order_by(event.c.case_id, event.c.sequence)).all()
    found = defaultdict(list)
    for row in rows:
        found[row.case_id].append(row)
    return found


def local(moment):
    return moment.astimezone(CALENDAR.zone)


def test_every_rung_that_fell_due_took_effect_once(timers, rungs):
    end = CALENDAR.at(LAST, time(21))
    assert [timer for timer in timers if timer.done_at is None and timer.due_at <= end] == []
    done = Counter((timer.case_id, timer.kind) for timer in timers if timer.outcome == "done")
    for kind in ("remind", "escalate"):
        told = Counter(
            {case: sum(row.act.startswith(f"clock:{kind}:") for row in rows) for case, rows in rungs.items()}
        )
        assert +told == Counter({case: number for (case, each), number in done.items() if each == kind})
        assert sum(told.values()) > CASES // 20
    assert {timer.outcome for timer in timers if timer.done_at is not None} <= {"done", "stale"}


def test_nothing_leaves_at_night_or_on_a_free_day(year):
    assert len(year.sent) > CASES
    bound = [sent for sent in year.sent if kind_of(sent.letter) not in AT_ANY_HOUR]
    assert len(bound) > CASES
    late = [sent for sent in bound if not time(8) <= local(sent.at).time() < time(20)]
    free = [sent for sent in bound if not CALENDAR.is_working(CALENDAR.local_day(sent.at))]
    assert (late, free) == ([], [])


def test_no_letter_is_stale(year):
    of_a_stay = [sent for sent in year.sent if sent.visit is not None]
    assert len(of_a_stay) > CASES // 20
    assert [sent for sent in of_a_stay if sent.visit != sent.present] == []


def test_no_letter_leaves_twice(year):
    assert [key for key, number in Counter(sent.key for sent in year.sent).items() if number > 1] == []


def test_the_ladder_is_climbed_in_its_order(timers):
    """Whatever was done of one stay was done in the order in which it fell due."""
    ladders = defaultdict(list)
    for timer in timers:
        if timer.outcome == "done":
            ladders[timer.case_id, timer.visit].append(timer)
    climbed = [ladder for ladder in ladders.values() if len(ladder) > 1]
    assert len(climbed) > CASES // 20
    for ladder in climbed:
        by_effect = sorted(ladder, key=lambda timer: (timer.done_at, timer.due_at))
        assert by_effect == sorted(ladder, key=lambda timer: (timer.due_at, timer.done_at))
        assert all(timer.due_at <= timer.done_at for timer in ladder)


def test_after_three_days_without_worker_there_is_one_digest_and_no_storm(year, timers):
    gone, back = CALENDAR.at(AWAY.date(), AWAY.time()), CALENDAR.at(BACK.date(), BACK.time())
    assert [sent for sent in year.sent if gone < sent.at < back] == []
    missed = [timer for timer in timers if gone < timer.due_at < back]
    assert missed and all(timer.done_at >= back for timer in missed if timer.outcome == "done")
    at_once = [sent for sent in year.sent if back <= sent.at < CALENDAR.at(BACK.date(), time(18))]
    digests = Counter(sent.reader for sent in at_once if kind_of(sent.letter) is LetterKind.DIGEST)
    assert digests and set(digests.values()) == {1}
    reminded = [sent for sent in at_once if kind_of(sent.letter) is LetterKind.REMINDER]
    assert all(number == 1 for number in Counter((sent.case, sent.reader) for sent in reminded).values())


def test_nobody_has_two_digests_on_a_day(year):
    digests = Counter(
        (sent.reader, CALENDAR.local_day(sent.at)) for sent in year.sent if kind_of(sent.letter) is LetterKind.DIGEST
    )
    assert len(digests) > 100 and set(digests.values()) == {1}
