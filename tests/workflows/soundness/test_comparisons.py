"""Comparisons that can never hold, facts about nothing, and an administrator who decides: with line and remedy."""

from __future__ import annotations

import pytest

from tests.workflows.samples import OFFER, REQUEST, definition_of, text_of, universe_of
from workflows import check

FIELDS = """fields:
  days: {type: number, min: 1, max: 90, label: LABEL}
  any: {type: number, label: LABEL}
  cost: {type: money, label: LABEL}
  loan: {type: money, max: 1000, label: LABEL}
  plan: {type: table, label: LABEL, columns: {sum: {type: money, label: LABEL}, points: {type: number, label: LABEL}}}
"""
EMPTY = """  empty: {type: number, label: LABEL}
  sought: {type: case, of: request, label: LABEL}
"""
FILLED = "days, any, cost, loan, plan"


def report(*facts, needs=None, by="approver", fields=FIELDS):
    stated = "".join(f"  f{place}: {{label: LABEL, {fact}}}\n" for place, fact in enumerate(facts, 1))
    wanted = needs if needs is not None else [f"f{place}" for place in range(1, len(facts) + 1)]
    changes = (
        ("uses: [scoring]\n", "uses: [scoring]\n" + (f"facts:\n{stated}" if facts else "")),
        ("fields:\n", fields),
        ("requester: [title, contact, kind, causes]", f"requester: [title, contact, kind, causes, {FILLED}]"),
        ("needs: [scoring.complete]", f"needs: [{', '.join(['scoring.complete', *wanted])}]"),
        ("    by: approver\n    not_by: [requester", f"    by: {by}\n    not_by: [requester"),
    )
    found = check(definition_of(REQUEST, *changes), universe_of(definition_of(OFFER)))
    return found, text_of(REQUEST, *changes).splitlines()


@pytest.mark.parametrize(
    "facts",
    [
        ("at_least: [days, 6]", "at_most: [days, 2]"),
        ("at_least: [days, 5]", "at_most: [days, 4]"),
        ("same: [any, 5]", "same: [any, 6]"),
        ("same: [days, 5]", "at_most: [days, 3]"),
        ("at_most: [any, days]", "at_least: [any, 91]"),
        ("at_most: [any, -1]", "at_most: [days, any]"),
        ("same: [days, any]", "at_least: [any, 100]"),
        ("at_most: [10, any]", "at_most: [any, 9]"),
    ],
)
def test_comparisons_that_exclude_each_other_are_a_fault_of_the_step(facts):
    found, lines = report(*facts)
    (fault,) = found.errors
    assert (fault.code, fault.where) == ("impossible_needs", "transitions.start_search.needs")
    assert lines[fault.line - 1].startswith("  start_search:")
    assert "'f1' and 'f2'" in fault.message and fault.remedy
    assert str(fault).startswith(f"request.yaml:{fault.line}: ")


def test_three_comparisons_can_exclude_each_other_though_no_two_do():
    found, _ = report("at_most: [any, days]", "at_most: [plan.points, any]", "at_least: [plan.points, 91]")
    assert [fault.code for fault in found.errors] == ["impossible_needs"]


@pytest.mark.parametrize(
    ("fact", "code"),
    [
        ("at_least: [days, 91]", "impossible_fact"),
        ("same: [days, -1]", "impossible_fact"),
        ("at_most: [days, -5]", "impossible_fact"),
        ("at_most: [5, 3]", "empty_comparison"),
        ("at_most: [3, 5]", "empty_comparison"),
        ("same: [days, days]", "empty_comparison"),
    ],
)
def test_a_comparison_that_cannot_hold_or_says_nothing_is_a_fault(fact, code):
    found, lines = report(fact)
    (fault,) = found.errors
    assert (fault.code, fault.where) == (code, "facts.f1")
    assert lines[fault.line - 1].startswith("  f1:")


@pytest.mark.parametrize(
    "facts",
    [
        ("at_least: [days, 2]", "at_most: [days, 6]"),
        ("at_least: [days, 5]", "at_most: [days, 5]"),
        ("at_most: [loan, cost]", "same: [plan.sum, cost]"),
        ("at_most: [any, -1]",),
        ("at_least: [days, 90]", "at_most: [any, days]"),
        ("at_least: [plan.points, 1000]",),
        ("at_most: [days, 0]",),
    ],
)
def test_comparisons_that_leave_a_value_are_sound(facts):
    assert report(*facts)[0].errors == ()


def test_comparisons_of_different_steps_may_exclude_each_other():
    found, _ = report("at_least: [days, 6]", "at_most: [days, 2]", needs=["f1"])
    assert {fault.code for fault in found.errors} == {"unused_fact"}


@pytest.mark.parametrize(
    ("fact", "name"),
    [
        ("at_least: [empty, 5]", "empty"),
        ("at_most: [days, empty]", "empty"),
        ("link: sought, is: live", "sought"),
    ],
)
def test_a_fact_about_a_field_that_nothing_fills_is_a_fault(fact, name):
    found, lines = report(fact, fields=FIELDS + EMPTY)
    fault = next(fault for fault in found.errors if fault.code == "never_filled")
    assert f"'{name}'" in fault.message and fault.remedy
    assert lines[fault.line - 1].startswith("  f1:")


@pytest.mark.parametrize("by", ["administrator", "[approver, administrator]"])
def test_an_administrator_decides_no_step(by):
    found, lines = report(by=by)
    fault = next(fault for fault in found.errors if fault.code == "administrator_decides")
    assert fault.where == "transitions.approve.by"
    assert lines[fault.line - 1].strip() == f"by: {by}"


def test_an_administrator_extends_no_deadline():
    extended = definition_of(
        REQUEST,
        (
            "deadline: {within: 30 calendar days}",
            "deadline: {within: 30 calendar days, extend: {by: administrator, times: 1, at_most: 5 calendar days}}",
        ),
    )
    found = check(extended, universe_of(definition_of(OFFER)))
    assert "administrator_decides" in {fault.code for fault in found.errors}
