"""The list of cases by each of its columns: complete page by page, in order, empty values last, marks that hold."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest

from expertise.base import clock
from expertise.cases import desk
from expertise.cases.actions.assign import AssignmentRequest
from expertise.cases.desk import Request, Unit
from expertise.reports import worklists
from expertise.reports.list_order import SORTS, ListOrder, SortNames
from expertise.reports.worklists import Filters
from expertise.web.lists.columns import COLUMNS
from tests.support.environment import done, on_sqlite
from tests.support.main_line import REQUEST

NAMES = SortNames(
    "ru",
    {"expertise_request": 1, "expert_offer": 0, "deliverable": 2},
    {"requester": 0, "coordinator": 1},
    {("expertise_request", "draft"): 0, ("expertise_request", "submitted"): 1},
)


@pytest.fixture
def filled(env, time):
    """Cases that differ in every column, some with nothing in it, some alike."""
    env.grant("requester", "requester", "KZ-47")
    for number in range(3):
        env.walk("register")
        env.begin({"title": f"Draft {number}"})
        env.begin({**REQUEST, "title": "alike", "region": "KZ-47", "topic": "water_supply"})
        if number:
            time.move(timedelta(hours=5))
    env.walk("send_for_endorsement")  # with a budget
    env.walk("deliverable.accept")
    asked = Request(env.actor("coordinator"), env.walk("register"))
    done(env.transactions.run(lambda db: desk.assign(Unit(db, env.services), asked, AssignmentRequest("claim"))))
    return env


def read(env, by, order, size):
    found, after = [], None
    while True:
        with env.transactions.read() as session:
            page = worklists.listing(session, env.actor(by), Filters(parts=True), clock.now(), after, size, order=order)
        found += [row.id for row in page.cases]
        after = page.after
        if after is None:
            return found, page.total


@pytest.mark.parametrize("column", sorted(SORTS))
def test_every_column_sorts_both_ways_to_the_last_page(filled, column):
    for by in ("requester", "coordinator", "manager"):
        for text in (column, f"-{column}"):
            order = ListOrder.of(text, NAMES)
            whole, total = read(filled, by, order, 1000)
            assert len(whole) == len(set(whole)) == total >= 5
            assert read(filled, by, order, 2)[0] == whole, (by, text)


@pytest.mark.parametrize("column", ["title", "due", "changed", "reference"])
def test_values_ascend_and_empty_ones_are_last_both_ways(filled, column):
    name = {"due": "due_at", "changed": "changed_at"}.get(column, column)
    with filled.transactions.read() as session:
        for text in (column, f"-{column}"):
            order = ListOrder.of(text, NAMES)
            rows = worklists.listing(session, filled.actor("requester"), Filters(), clock.now(), order=order).cases
            values = [getattr(row, name) for row in rows]
            there = [value for value in values if value is not None]
            assert values == there + [None] * (len(values) - len(there))
            if column != "title":  # text is sorted as the database's language goes
                assert there == sorted(there, reverse=text.startswith("-"))


@on_sqlite
def test_a_mark_that_is_none_of_this_order_begins_at_the_start(filled):
    order = ListOrder.of("due", NAMES)
    whole = read(filled, "requester", order, 1000)[0]

    def behind(mark):
        with filled.transactions.read() as session:
            actor = filled.actor("requester")
            page = worklists.listing(session, actor, Filters(parts=True), clock.now(), mark, 1000, order=order)
        return [row.id for row in page.cases]

    def packed(*values):
        return base64.urlsafe_b64encode(json.dumps(values).encode()).decode()

    far = "9999-12-31T23:59:59-14:00"
    nonsense = ("", "x", "%%", "é", packed(), packed(1), packed("x", 1), packed("2026-01-01", 1), packed(None, "x"))
    for mark in (*nonsense, packed(None, 2**70), packed(far, 1), packed(None, None), "[" * 999, packed(["a"], 1)):
        assert behind(mark) == whole, mark
    assert behind(packed(None, 2**40)) == []


def test_every_column_of_the_page_sorts_and_no_other():
    assert COLUMNS.keys() == SORTS.keys()
    assert ListOrder.of("head", NAMES) is None and ListOrder.of("--due", NAMES) is None
