"""Steps whose target facts choose: how they are written, decided, moved, drawn, and what makes them unsound."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workflows.samples import OFFER, REQUEST, definition_of, text_of, universe_of
from workflows import Finding, Standing, check, decide, fire, read
from workflows.drawing.diagram import mermaid, svg
from workflows.graph import edges
from workflows.refusals import NotReady

FACTS = """facts:
  large: {label: {kk: ірі, ru: крупный, en: large one}, field: cost, at_least: {amount: 1000, currency: EUR}}
  huge: {label: LABEL, field: cost, at_least: {amount: 5000, currency: EUR}}
  tiny: {label: LABEL, field: cost, at_most: {amount: 10, currency: EUR}}
  study: {label: LABEL, field: kind, in: [study]}
  odd: {label: LABEL, any: [huge, study]}
"""
MORE = "  committee: {label: LABEL, with: manager, deadline: {within: 9 working days}}\n"


SETTLE = "  settle: {label: LABEL, from: committee, to: closed, by: manager}\n"


def branching(to="[{if: large, state: committee}, {else: approval}]", *more):
    return (
        ("uses: [scoring]\n", f"uses: [scoring]\n{FACTS}"),
        ("fields:\n", "fields:\n  cost: {type: money, label: LABEL}\n"),
        ("requester: [title, contact, kind, causes]", "requester: [title, contact, kind, causes, cost]"),
        ("  closed: {label", f"{MORE}  closed: {{label"),
        ("transitions:\n", f"transitions:\n{SETTLE}"),
        ("from: search, to: approval, by: part", f"from: search, to: {to}, by: part"),
        *more,
    )


def report_on(to, *more, without=()):
    changes = branching(to, *more)
    facts = "".join(f"{line}\n" for line in FACTS.splitlines() if line.strip().partition(":")[0] not in without)
    changes = (("uses: [scoring]\n", f"uses: [scoring]\n{facts}"), *changes[1:])
    return check(definition_of(REQUEST, *changes), universe_of(definition_of(OFFER)))


def codes(report):
    return {fault.code for fault in report.errors}


ONE = "[{if: large, state: committee}, {else: approval}]"
FEW = ("huge", "tiny", "study", "odd")


def test_a_choice_of_target_is_sound():
    assert report_on(ONE, without=FEW).errors == ()
    three = "[{if: huge, state: committee}, {if: large, state: closed}, {else: approval}]"
    assert report_on(three, without=("tiny", "study", "odd")).errors == ()
    assert report_on("[{if: odd, state: committee}, {else: approval}]", without=("large", "tiny")).errors == ()


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("[{if: large, state: committee}]", "else_misplaced"),
        ("[{else: approval}, {if: large, state: committee}]", "else_misplaced"),
        ("[{else: approval}, {else: committee}]", "else_misplaced"),
        ("[{else: approval}]", "no_choice"),
        ("[{if: large, state: approval}, {else: approval}]", "no_choice"),
        ("[{if: large, state: committee}, {if: large, state: closed}, {else: approval}]", "named_twice"),
        ("[{if: large, state: same}, {else: approval}]", "reserved_name"),
        ("[{when: large, state: committee}, {else: approval}]", "not_a_branch"),
        ("[committee, approval]", "not_a_branch"),
    ],
)
def test_a_choice_that_is_none_cannot_be_read(to, code):
    found = read(text_of(REQUEST, *branching(to)), "request.yaml")
    assert {error.code for error in found.errors} == {code}
    assert {error.where for error in found.errors} == {"transitions.mobilise.to"}


@pytest.mark.parametrize(
    ("to", "code", "without"),
    [
        ("[{if: large, state: comittee}, {else: approval}]", "unknown_state", FEW),
        ("[{if: grand, state: committee}, {else: approval}]", "unknown_fact", ("tiny", "study", "odd")),
        (
            "[{if: large, state: committee}, {if: huge, state: closed}, {else: approval}]",
            "branch_never",
            ("tiny", "study", "odd"),
        ),
    ],
)
def test_a_choice_is_unsound(to, code, without):
    assert code in codes(report_on(to, without=without))


def test_a_branch_that_a_need_decides_is_unsound():
    always = ("by: part, asks: {expert: required}", "by: part, needs: [large], asks: {expert: required}")
    assert codes(report_on(ONE, always, without=FEW)) == {"branch_always"}
    never = ("by: part, asks: {expert: required}", "by: part, needs: [tiny], asks: {expert: required}")
    assert codes(report_on(ONE, never, without=("huge", "study", "odd"))) == {"branch_never"}


def test_a_state_that_only_a_branch_reaches_is_reached_and_needs_a_way_out():
    lost = ("  settle: {label: LABEL, from: committee, to: closed, by: manager}\n", "")
    assert "no_way_out" in codes(report_on(ONE, lost, without=FEW))


def test_a_clock_that_comes_round_by_a_branch_is_unsound():
    round_ = (
        ("to: lapsed, by: clock", "to: [{if: large, state: returned}, {else: lapsed}], by: clock"),
        (
            "from: search, to: [{if: large, state: committee}, {else: approval}], by: part",
            "from: search, to: approval, by: part",
        ),
    )
    changes = (
        ("  committee: {label: LABEL, with: manager, deadline: {within: 9 working days}}\n", ""),
        ("  settle: {label: LABEL, from: committee, to: closed, by: manager}\n", ""),
    )
    assert "clock_cycle" in codes(report_on(ONE, *round_, *changes, without=FEW))


@pytest.fixture(scope="module")
def definition():
    return definition_of(REQUEST, *branching())


def standing(**finding):
    return Standing("search", frozenset({"part"}), facts={"large": Finding(**finding)})


@pytest.mark.parametrize(("holds", "target"), [(True, "committee"), (False, "approval")])
def test_the_fact_chooses_and_the_machine_moves_there(definition, holds, target):
    values = (({"amount": "5.00", "currency": "EUR"},), ({"amount": "1000.00", "currency": "EUR"},))
    verdict = fire(definition, "mobilise", standing(holds=holds, values=values), {"expert": "e-1"})
    assert verdict.allowed and verdict.target == target
    assert verdict.choice.found["large"].values == values
    assert decide(definition, "mobilise", standing(holds=holds)).target == target


def test_a_fact_that_cannot_be_decided_is_refused_with_both_sides(definition):
    values = (({"amount": "5.00", "currency": "KZT"},), ({"amount": "1000.00", "currency": "EUR"},))
    verdict = decide(definition, "mobilise", standing(holds=False, undecided=True, values=values), {"expert": "e-1"})
    [refusal] = verdict.refusals
    assert isinstance(refusal, NotReady)
    assert [(each.kind, each.name, each.values) for each in refusal.missing] == [("fact", "large", values)]


def test_a_fact_about_an_answer_waits_for_it():
    asks = ("by: part, asks: {expert: required}", "by: part, asks: {expert: required, cost: required}")
    definition = definition_of(REQUEST, *branching(ONE, asks))
    open_ = decide(definition, "mobilise", standing(holds=False))
    assert open_.allowed and open_.choice.branch is None and open_.choice.open == ("large",)
    given_ = decide(definition, "mobilise", standing(holds=True), {"expert": "e-1", "cost": {}})
    assert given_.target == "committee"


def test_the_drawing_says_what_chooses(definition):
    assert edges(definition)["search"] >= {"committee", "approval"}
    for drawn in (mermaid(definition, "en"), svg(definition, "en")):
        assert "large one" in drawn and "otherwise" in drawn


@given(st.lists(st.sampled_from(["yes", "no", "undecided"]), min_size=2, max_size=2))
def test_whatever_is_found_the_machine_agrees_with_the_verdict(found):
    three = "[{if: huge, state: committee}, {if: large, state: closed}, {else: approval}]"
    definition = definition_of(REQUEST, *branching(three))
    facts = {
        name: Finding(holds=each == "yes", undecided=each == "undecided")
        for name, each in zip(("huge", "large"), found, strict=True)
    }
    verdict = fire(definition, "mobilise", Standing("search", frozenset({"part"}), facts=facts), {"expert": "e-1"})
    first = next((place for place, each in enumerate(found) if each != "no"), 2)
    if first < 2 and found[first] == "undecided":
        assert not verdict.allowed
    else:
        assert verdict.target == ("committee", "closed", "approval")[first]
