"""Facts over values: how they are written, what makes them unsound, and what the comparisons say."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.workflows.samples import OFFER, REQUEST, definition_of, text_of, universe_of
from workflows import check, read
from workflows.facts import Operand, as_stored, compare, total

FIELDS = """fields:
  cost: {type: money, label: LABEL}
  loan: {type: money, label: LABEL}
  ready: {type: number, label: LABEL}
  bank: {type: lender, label: LABEL}
  other: {type: case, of: request, label: LABEL}
  road: {type: decimal, unit: km, label: LABEL}
  share: {type: percent, label: LABEL}
  work: {type: duration, unit: working_days, label: LABEL}
  spell: {type: duration, label: LABEL}
  plan: {type: table, label: LABEL, columns: {amount: {type: money, label: LABEL}, what: {type: text, label: LABEL}}}
"""
EDIT = ("requester: [title, contact, kind, causes]", "requester: [title, contact, kind, causes, {}]")
ALL = "cost, loan, ready, bank, other, plan, road, share, work, spell"


def changed(fact, field=None, needs="[scoring.complete, holds]"):
    stated = f"uses: [scoring]\nfacts:\n  holds: {{label: LABEL, {fact}}}\n"
    fields = FIELDS if field is None else f"fields:\n  {field}\n{FIELDS[8:]}"
    return (
        ("uses: [scoring]\n", stated),
        ("fields:\n", fields),
        (EDIT[0], EDIT[1].format(ALL if field is None else f"{ALL}, extra")),
        ("needs: [scoring.complete]", f"needs: {needs}"),
    )


SOUND = [
    "same: [plan.amount, cost]",
    "at_most: [loan, cost]",
    "at_least: [ready, 80]",
    "person: expert, not_employed_by: owner",
    "person: expert, not_acted_as: [requester], not_declared: {part: offer, field: kind, value: study}",
    "link: other, is: live",
    "link: other, in: [checking, closed]",
    "field: kind, in: [study]",
    "field: cost, at_least: {amount: 5000000, currency: EUR}",
    "at_most: [cost, {amount: 5000000, currency: EUR}]",
    "field: ready, at_least: 80",
    "field: road, at_least: {amount: 5, unit: km}",
    "field: road, at_least: 5",
    "field: share, at_least: 80",
    "field: work, at_most: 5",
    "at_most: [plan.amount, cost]",
    "party: bank, can: answer",
]


@pytest.mark.parametrize("fact", SOUND)
def test_every_word_can_be_said(fact):
    report = check(definition_of(REQUEST, *changed(fact)), universe_of(definition_of(OFFER)))
    assert report.errors == ()


@pytest.mark.parametrize(
    ("fact", "code"),
    [
        ("same: [cost, loans]", "unknown_field"),
        ("link: other, in: [checked]", "unknown_state"),
        ("field: kind, in: [sleep]", "unknown_option"),
        ("field: kind, in: [study, advice]", "empty_comparison"),
        ("field: kinds, in: [study]", "unknown_field"),
        ("field: cost, in: [study]", "fact_type"),
        ("field: share, at_least: 101", "impossible_fact"),
        ("field: share, at_least: {amount: 5, unit: km}", "fact_type"),
        ("field: road, at_least: {amount: 5, unit: ha}", "fact_type"),
        ("field: road, at_least: {amount: 5, currency: EUR}", "fact_type"),
        ("field: cost, at_least: {amount: 5, unit: km}", "fact_type"),
        ("field: spell, at_least: 5", "fact_type"),
        ("at_most: [road, share]", "fact_type"),
        ("at_most: [ready, share]", "fact_type"),
        ("all: [nothing]", "unknown_fact"),
        ("any: [holds]", "fact_circle"),
        ("same: [plan.sum, cost]", "unknown_field"),
        ("same: [parts.offer.days, ready]", "unknown_field"),
        ("same: [parts.offers.kind, ready]", "unknown_field"),
        ("same: [parent.ready, ready]", "unknown_field"),
        ("at_most: [loan, 80]", "fact_type"),
        ("at_most: [loan, ready]", "fact_type"),
        ("at_most: [plan.what, cost]", "fact_type"),
        ("at_most: [title, ready]", "fact_type"),
        ("person: title, not_employed_by: owner", "fact_type"),
        ("link: title, is: live", "fact_type"),
        ("party: other, can: answer", "fact_type"),
        ("person: nobody, not_employed_by: owner", "unknown_field"),
        ("person: expert, not_acted_as: [wizard]", "unknown_role"),
        ("person: expert, not_declared: {part: offer, field: kind, value: none}", "unknown_field"),
        ("person: expert, not_declared: {part: offers, field: kind, value: study}", "unknown_field"),
    ],
)
def test_what_is_not_there_is_a_fault(fact, code):
    report = check(definition_of(REQUEST, *changed(fact)), universe_of(definition_of(OFFER)))
    assert {fault.code for fault in report.errors} == {code}


def test_a_fact_that_no_step_needs_and_a_case_of_no_workflow_are_faults():
    universe = universe_of(definition_of(OFFER))
    unused = definition_of(REQUEST, *changed(SOUND[0], needs="[scoring.complete]"))
    assert {fault.code for fault in check(unused, universe).errors} == {"unused_fact"}
    lost = definition_of(REQUEST, *changed(SOUND[0], field="extra: {type: case, of: nothing, label: LABEL}"))
    assert {fault.code for fault in check(lost, universe).errors} == {"unknown_workflow"}


@pytest.mark.parametrize(
    ("fact", "code"),
    [
        ("same: [cost]", "not_two_sides"),
        ("same: [cost, loan, ready]", "not_two_sides"),
        ("same: [cost, 1.5]", "not_an_operand"),
        ("same: [a.b.c, cost]", "not_an_operand"),
        ("same: [parts.offer, cost]", "not_an_operand"),
        ("same: [cost + loan, cost]", "not_an_operand"),
        ("same: [cost, loan], at_most: [cost, loan]", "not_one_word"),
        ("alike: expert", "not_one_word"),
        ("person: expert", "wrong_arguments"),
        ("link: other", "wrong_arguments"),
        ("party: bank", "wrong_arguments"),
        ("party: bank, can: answer, alike: expert", "wrong_arguments"),
        ("same: [cost, loan], is: live", "wrong_arguments"),
        ("when: always", "unknown_key"),
    ],
)
def test_what_cannot_be_said_is_refused_with_its_place(fact, code):
    reading = read(text_of(REQUEST, *changed(fact)), "sample.yaml")
    assert reading.definition is None
    assert {fault.code for fault in reading.errors} == {code}
    assert all(fault.where.startswith("facts.holds") for fault in reading.errors)


def eur(amount):
    return {"amount": amount, "currency": "EUR"}


def test_sums_are_exact_and_each_currency_stands_for_itself():
    assert total([eur("0.10")] * 3) == {"EUR": Decimal("0.30")}
    assert total([1, 2, None, True, "x"]) == {None: 3}
    mixed = total([eur("1"), {"amount": "2", "currency": "KZT"}])
    assert as_stored(mixed) == (eur("1.00"), {"amount": "2.00", "currency": "KZT"})
    assert as_stored({}) == (0,)
    assert not compare("at_most", mixed, total([eur("9")])) and not compare("same", mixed, mixed)
    assert compare("same", {}, {}) and compare("at_most", {}, total([eur("1")]))
    assert not compare("at_most", total([eur("1")]), {})
    assert compare("at_least", total([80]), total([80])) and not compare("at_least", total([79]), total([80]))


def test_an_operand_knows_the_fields_on_which_it_depends():
    assert Operand(path=("plan", "amount")).own == "plan" and Operand(number=5).own is None
    assert Operand(path=("parent", "deliverable", "days")).beside == "days"
    assert Operand(path=("parent", "days")).own is None


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("extra: {type: expert, label: LABEL, matches: {languages: kind, days: ready}}", None),
        ("extra: {type: expert, label: LABEL, matches: {days: nothing}}", "unknown_field"),
        ("extra: {type: expert, label: LABEL, matches: {days: title}}", "match_type"),
        ("extra: {type: expert, label: LABEL, matches: {since: title}}", "match_type"),
        ("extra: {type: text, label: LABEL, matches: {days: ready}}", "match_misplaced"),
    ],
)
def test_an_expert_is_matched_by_fields_of_the_right_type(field, code):
    report = check(definition_of(REQUEST, *changed(SOUND[0], field=field)), universe_of(definition_of(OFFER)))
    assert {fault.code for fault in report.errors} == ({code} if code else set())
