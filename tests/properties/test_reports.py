"""Numbers of reports against a plain count: every number is what Python counts, and as long as the list it leads to.

Some of the actors of the reach × its cases, which get states, amounts and months here, on both databases.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from expertise.base import clock
from expertise.cases.queries import CASES, READ
from expertise.cases.reach import reaches
from expertise.people.model import Person
from expertise.reports import counts, list_filters, worklists
from expertise.reports.counts import Selection
from expertise.reports.list_filters import NOBODY, months
from expertise.reports.worklists import Filters
from tests.properties.test_reach import SEED, WORKFLOWS, declared, town  # noqa: F401 fixtures
from tests.support.days import MONDAY

ASKED = 40  # actors
STATES = ("idea", "screened", "appraisal", "completed")
FIRST = date(2025, 4, 1)
SPAN = [months(list_filters.month_after(FIRST, number), 1) for number in range(12)]
YEAR = months(FIRST, 12)
SELECTIONS = [
    Selection(),
    Selection("expertise_request"),
    Selection("deliverable", "KZ-43"),
    Selection(None, "KZ-47"),
    Selection("loan_referral", None, "water_supply"),
    Selection("expertise_request", assignee=NOBODY),
    Selection(assignee="someone"),
    Selection(opened="2025"),
    Selection("loan_referral", opened="2025-06..2026-01"),
    Selection("expertise_request", "KZ-\0"),
]


@pytest.fixture(scope="module")
def filled(town):  # noqa: F811
    """Cases with states, amounts, topics and days that spread over more than a year."""
    transactions, actors = town
    dice = random.Random(SEED)
    with transactions.write() as session:
        session.get_one(Person, 3).key = "someone"
        session.flush()
        for number, final in session.execute(select(CASES.c.id, CASES.c.final)).all():
            opened = MONDAY - timedelta(days=dice.randrange(500), hours=dice.randrange(24))
            money = dice.choice([None, ("KZT", Decimal("1000000.10")), ("EUR", Decimal("12.34"))])
            session.execute(
                update(CASES)
                .where(CASES.c.id == number)
                .values(
                    state="completed" if final else dice.choice(STATES[:3]),
                    opened_at=opened,
                    ended_at=opened + timedelta(days=dice.randrange(200)) if final else None,
                    final=dice.choice(["succeeded", "refused", "withdrawn"]) if final else None,
                    topic=dice.choice([None, "water_supply"]),
                    assignee_id=dice.choice([None, 3, 4]),
                    delegate_id=None,
                    currency=money[0] if money else None,
                    amount=money[1] if money else None,
                    fields={"expert_days": dice.randrange(1, 40)} if dice.random() < 0.7 else {},
                )
            )
    with transactions.read() as session:
        rows = session.execute(select(*READ)).all()
    return transactions, actors[:ASKED], rows


def chosen(rows, actor, selection):
    """The rows that a person would count by hand."""
    sides = {name: getattr(selection, name) for name in ("workflow", "region", "topic")}
    assigned = {None: lambda _row: True, NOBODY: lambda row: row.assignee_id is None}
    fits = assigned.get(selection.assignee, lambda row: row.assignee_id == 3)
    return [
        row
        for row in rows
        if reaches(actor, row)
        and all(value is None or getattr(row, name) == value for name, value in sides.items())
        and fits(row)
        and (selection.workflow is not None or row.parent_id is None)
        and (selection.opened is None or within(row.opened_at, list_filters.period_of(selection.opened)))
    ]


def is_late(row, now):
    return row.final is None and row.due_at is not None and row.due_at < now


def within(moment, period):
    begin, end = period.instants
    return moment is not None and begin <= moment < end


def listed(session, actor, selection, now, **more):
    """How many rows the list of a number has."""
    sides = {name: value for name, value in selection.address.items() if name in ("workflow", "region", "topic")}
    more = {name: value for name, value in selection.address.items() if name not in sides} | more
    filters = Filters(**sides, parts=selection.workflow is not None, late=more.pop("show", "") == "late", more=more)
    return worklists.listing(session, actor, filters, now).total


def every(filled):
    transactions, actors, rows = filled
    with transactions.read() as session:
        for actor in actors:
            for selection in SELECTIONS:
                yield session, actor, selection, chosen(rows, actor, selection)


def test_counts_by_state_are_those_of_a_plain_count(filled):
    now, asked = clock.now(), 0
    for session, actor, selection, mine in every(filled):
        numbers, late, amounts = Counter(), Counter(), defaultdict(Decimal)
        for row in mine:
            key = (row.workflow, row.state, row.region, row.final, row.owner_role, row.currency)
            numbers[key] += 1
            late[key] += is_late(row, now)
            amounts[key] += row.amount or 0
        found = counts.by_state(session, actor, selection, now)
        keys = [(row.workflow, row.state, row.region, row.final, row.owner_role, row.currency) for row in found]
        assert sorted(map(repr, keys)) == sorted(map(repr, numbers)), actor
        for key, row in zip(keys, found, strict=True):
            assert (row.number, row.late, row.amount) == (numbers[key], late[key], amounts[key]), (actor, selection)
        asked += len(found)
    assert asked > ASKED


def test_counts_by_month_are_those_of_a_plain_count(filled):
    for session, actor, selection, mine in every(filled):
        opened = counts.by_month(session, actor, selection, SPAN, WORKFLOWS)
        ended = counts.ended_by_month(session, actor, selection, SPAN)
        for found, key, column in ((opened, "workflow", "opened_at"), (ended, "final", "ended_at")):
            expected = Counter(
                (place, getattr(row, key))
                for row in mine
                for place, month in enumerate(SPAN)
                if within(getattr(row, column), month)
            )
            assert {(row.place, row.key): row.number for row in found} == expected, (actor, selection)


def test_expert_days_are_those_of_cases_with_an_expert(filled):
    for session, actor, selection, mine in every(filled):
        number, days = Counter(), Counter()
        for row in mine:
            if any(party.role == "expert" for party in row.parties):
                number[row.region, row.topic] += 1
                days[row.region, row.topic] += row.fields.get("expert_days", 0)
        found = counts.expert_days(session, actor, selection, "expert_days")
        assert {(row.region, row.topic): row.number for row in found} == number
        assert {(row.region, row.topic): row.days for row in found} == {key: days[key] for key in number}


def test_the_list_of_a_number_has_as_many_cases(filled):
    now = clock.now()
    for session, actor, selection, mine in every(filled):
        if len(mine) < 20 or selection.opened:
            continue
        ask = (session, actor, selection, now)
        for state in STATES:
            here = [row for row in mine if row.state == state]
            assert listed(*ask, states=state) == len(here)
            assert listed(*ask, states=state, show="late") == sum(is_late(row, now) for row in here)
        assert listed(*ask, states="idea,screened") == sum(row.state in ("idea", "screened") for row in mine)
        for role in ("coordinator", "requester"):
            assert listed(*ask, role=role) == sum(row.owner_role == role for row in mine)
        for outcome in ("succeeded", "refused"):
            expected = [row for row in mine if row.final == outcome and within(row.ended_at, YEAR)]
            assert listed(*ask, outcome=outcome, ended=YEAR.text) == len(expected)
        for month in SPAN:
            assert listed(*ask, opened=month.text) == sum(within(row.opened_at, month) for row in mine)
        assert listed(*ask, opened="2025") == sum(within(row.opened_at, months(date(2025, 1, 1), 12)) for row in mine)
        assert listed(*ask, without="region") == sum(row.region is None for row in mine)
        assert listed(*ask, currency="EUR") == sum(row.currency == "EUR" for row in mine)
        experts = [row for row in mine if any(party.role == "expert" for party in row.parties)]
        assert listed(*ask, party="expert") == len(experts)


@pytest.mark.parametrize(
    "nonsense",
    [
        {"opened": "2025-13"},
        {"ended": "x"},
        {"without": "fields"},
        {"states": "\0"},
        {"role": "a\0"},
        {"opened": "2026..2025"},
    ],
)
def test_nonsense_finds_nothing(filled, nonsense):
    transactions, actors, _rows = filled
    widest = replace(actors[0], machine="clock")
    with transactions.read() as session:
        assert listed(session, widest, Selection(), clock.now(), **nonsense) == 0
        assert listed(session, widest, Selection(), clock.now()) > 0
