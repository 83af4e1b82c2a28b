"""A step whose target facts choose, in a real case: what is foretold happens, and the trail says why."""

from __future__ import annotations

from datetime import timedelta

import pytest

from expertise.base import clock
from expertise.cases.events import WHY
from expertise.text.branches import JudgedFact, describe_choice
from expertise.text.messages import describe
from expertise.text.translator import TRANSLATORS
from tests.support.changed_definitions import under
from tests.support.environment import done
from workflows.refusals import NotReady

LARGE = """  large:
    label: {kk: Құны кемінде 5 млн еуро, ru: Стоимость не менее 5 млн евро, en: The cost is at least 5 million euros}
    field: total_cost
    at_least: {amount: 5000000, currency: EUR}
  plan_adds_up:"""
TO = "from: concept\n    to: appraised"
CHOOSES = "from: concept\n    to: [{if: large, state: in_preparation}, {else: appraised}]"
IDEA = {"title": "Water", "region": "KZ-43", "topic": "waste", "problem": "Old", "objectives": "New"}
NOTE = {"options": "One", "expected_outputs": "Two", "borrower": "City"}
LAPSE = """transitions:
  lapse:
    label: {kk: Мерзім бойынша жылжыту, ru: Двигать по сроку, en: Move by time}
    done: {kk: Мерзімі өтті, ru: Срок истёк, en: Time was over}
    from: concept
    to: [{if: large, state: in_preparation}, {else: dropped}]
    by: clock
    tells: {coordinator: case_to_you, requester: case_progress}
"""


def money(amount, currency="EUR"):
    return {"amount": str(amount), "currency": currency}


@pytest.fixture
def chosen(env, tmp_path):
    """The environment in which a concept note goes one of two ways."""

    def under_(*more):
        changes = [("  plan_adds_up:", LARGE), (TO, CHOOSES), *more]
        return under(env, tmp_path, {"project_proposal": changes})

    return under_


def concept(env, cost):
    reference = done(env.file(IDEA, "requester", workflow="project_proposal")).reference
    env.take("requester", reference, "put_forward")
    env.take("coordinator", reference, "pass_screening")
    done(env.edit("requester", reference, {**NOTE, "total_cost": cost}))
    return reference


def offered(env, reference, step="submit_concept", by="requester"):
    return next(each for each in env.look(by, reference).offered if each.step.key == step)


@pytest.mark.parametrize(
    ("cost", "state"),
    [
        ("4999999.99", "appraised"),
        ("5000000.00", "in_preparation"),
        ("5000000.01", "in_preparation"),
        ("0", "appraised"),
    ],
)
def test_what_is_foretold_happens_and_the_trail_says_why(chosen, cost, state):
    env = chosen()
    reference = concept(env, money(cost if cost != "0" else "1"))
    preview = offered(env, reference).preview
    assert preview.target == state
    assert env.take("requester", reference, "submit_concept").state == state
    assert env.case(reference).due_at == preview.deadline.due_at
    event = env.look("coordinator", reference).events[0]
    [why] = event.values[WHY]
    assert (why["fact"], why["holds"]) == ("large", state == "in_preparation")
    definition = env.look("coordinator", reference).definition
    for language, words in {"kk": "еуро", "ru": "евро", "en": "euros"}.items():
        [said] = describe_choice(JudgedFact.of_event([why]), definition, TRANSLATORS[language])
        assert words in said and "5" in said
    env.verify()


def test_another_currency_is_refused_with_both_amounts(chosen):
    env = chosen()
    reference = concept(env, money("9000000000", "KZT"))
    refused = env.fire("requester", reference, "submit_concept")
    assert isinstance(refused, NotReady)
    definition = env.look("requester", reference).definition
    [item] = describe(refused, definition, TRANSLATORS["en"]).items
    assert "KZT" in item.text and "5,000,000" in item.text
    assert [each.kind for refusal in offered(env, reference).verdict.refusals for each in refusal.missing] == ["fact"]


def test_the_clock_goes_where_the_facts_lead(chosen, time):
    env = chosen(
        ("\ntransitions:\n", f"\n{LAPSE}"),
        ("      within: 30 working days\n", "      within: 30 working days\n      then: lapse\n"),
    )
    for cost, state in (("6000000", "in_preparation"), ("6", "dropped")):
        reference = concept(env, money(cost))
        time.go(env.case(reference).due_at + timedelta(days=1))
        env.sweep()
        assert env.case(reference).state == state


def test_a_correction_is_not_barred_by_a_fact_that_only_chose(chosen):
    env = chosen()
    reference = concept(env, money("6000000"))
    env.take("requester", reference, "submit_concept")
    assert env.case(reference).state == "in_preparation"
    done(env.edit("coordinator", reference, {"total_cost": money("7")}))
    assert clock.now() is not None and env.case(reference).fields["total_cost"]["amount"] == "7.00"


def test_several_persons_decide_and_the_last_vote_goes_the_chosen_way(chosen):
    votes = (
        "    from: appraised\n    to: [{if: large, state: concept}, {else: in_preparation}]\n"
        "    by: [coordinator, manager]\n    quorum: 2\n"
    )
    env = chosen(("    from: appraised\n    to: in_preparation\n    by: coordinator\n", votes))
    reference = concept(env, money("6"))
    env.take("requester", reference, "submit_concept")
    asked = {"appraisal_score": 5, "appraisal_reason": "Good"}
    assert env.take("coordinator", reference, "start_preparation", asked).state == "appraised"
    assert WHY not in env.look("manager", reference).events[0].values
    assert offered(env, reference, "start_preparation", "manager").preview.target == "in_preparation"
    assert env.take("manager", reference, "start_preparation", asked).state == "in_preparation"
    assert env.look("manager", reference).events[0].values[WHY]
