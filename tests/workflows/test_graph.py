"""The way that usually lies ahead of a case, and which of its main steps is the main one."""

import pytest

from expertise import registry
from workflows.definition import Definition
from workflows.graph import leads_on, way_ahead

DEFINITIONS = registry.load()
SHIPPED = [(definition, state) for definition in DEFINITIONS.values() for state in definition.states]


def _open(definition: Definition) -> list[str]:
    return [key for key, state in definition.states.items() if state.final is None]


def test_a_request_goes_to_its_good_end_and_not_by_the_exceptions() -> None:
    way = way_ahead(DEFINITIONS["expertise_request"], "draft")
    assert way[-4:] == ["final_report", "accepted", "follow_up", "closed"]
    assert {"returned", "no_expert_found", "cancelled"}.isdisjoint(way)
    assert way_ahead(DEFINITIONS["expertise_request"], "no_expert_found")[0] == "expert_search"


def test_a_recommendation_is_checked_before_it_ends() -> None:
    way = way_ahead(DEFINITIONS["recommendation_follow_up"], "issued")
    assert way == [
        "waiting_first",
        "first_check",
        "waiting_second",
        "second_check",
        "waiting_third",
        "third_check",
        "implemented",
    ]


@pytest.mark.parametrize(("definition", "state"), SHIPPED, ids=lambda each: getattr(each, "key", each))
def test_every_way_ends_well_or_goes_nowhere(definition: Definition, state: str) -> None:
    way = way_ahead(definition, state)
    assert len(way) == len(set(way)) and state not in way
    assert not way or definition.states[way[-1]].final == "succeeded"


@pytest.mark.parametrize("definition", DEFINITIONS.values(), ids=DEFINITIONS)
def test_no_filled_button_ends_a_case_that_another_would_lead_on(definition: Definition) -> None:
    for state in _open(definition):
        mains = [step for step in definition.steps_from[state] if leads_on(definition, step, state)]
        ends = {definition.states[definition.target_of(step, state)].final is not None for step in mains}
        assert len(ends) <= 1, (definition.key, state, [step.key for step in mains])


def test_closing_is_no_main_step_before_the_follow_up() -> None:
    request = DEFINITIONS["expertise_request"]
    close, follow = (request.transitions[key] for key in ("close", "start_follow_up"))
    assert leads_on(request, follow, "accepted") and not leads_on(request, close, "accepted")
    assert leads_on(request, close, "follow_up")


@pytest.mark.parametrize("definition", DEFINITIONS.values(), ids=DEFINITIONS)
def test_a_condition_stands_in_the_checklist_and_not_in_a_hint(definition: Definition) -> None:
    """A hint is always there, so it must not ask for what may be done already."""
    for step in definition.transitions.values():
        if step.needs and step.hint is not None:
            assert not step.hint["en"].startswith("First "), step.key
