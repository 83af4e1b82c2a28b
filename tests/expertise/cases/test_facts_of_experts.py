"""What holds of an expert: independent of the requester, without a conflict, within the days of the offer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from expertise import worker
from expertise.cases import desk
from expertise.cases import facts as case_facts
from expertise.cases.actions.correct import CorrectionRequest
from expertise.cases.desk import Done
from expertise.people.model import Organisation, Person
from expertise.text.messages import describe
from expertise.text.translator import TRANSLATORS
from tests.support.main_line import ANALYSIS, REPORT
from workflows.refusals import Missing, NotReady


def facts(answer):
    """The facts that a refusal names, with both sides of a comparison."""
    assert isinstance(answer, NotReady), answer
    assert {missing.kind for missing in answer.missing} == {"fact"}
    return {missing.name: tuple(tuple(side) for side in missing.values) for missing in answer.missing}


@pytest.fixture
def employ(env):
    def at(name, organisation):
        with env.transactions.write() as session:
            home = session.scalar(select(Organisation.id).where(Organisation.key == organisation))
            session.scalars(select(Person).where(Person.name == name)).one().organisation_id = home

    return at


@pytest.fixture
def submit(env):
    def deliverable(reference, days, step="submit"):
        return env.fire("expert", reference, step, {"days_claimed": days}, uploads={"report": REPORT})

    return deliverable


# --- who may be asked -----------------------------------------------------------------------------


def test_who_works_for_the_requester_is_neither_asked_nor_accepted(env, employ):
    reference = env.walk("offer_assignment")
    employ("expert", "akimat-kz-43")
    assert facts(env.fire("coordinator", reference, "offer_assignment", {"expert": "expert"})) == {
        "outside_requester": ()
    }
    employ("expert", "akimat-kz-47")
    env.take("coordinator", reference, "offer_assignment", {"expert": "expert"})
    employ("expert", "akimat-kz-43")  # between the offer and the answer
    offer = env.part(reference, "offer")
    assert facts(env.fire("expert", offer, "accept", {"no_conflict": True})) == {"outside_requester": ()}
    assert env.case(offer).final is None and env.case(reference).state == "expert_search"
    employ("expert", None)
    assert isinstance(env.fire("expert", offer, "accept", {"no_conflict": True}), Done)


def test_a_declared_conflict_stands_for_the_whole_request(env):
    reference = env.walk("offer.accept")
    answer = {"comment": "A relative", "decline_reason": "conflict"}
    env.take("expert", reference, "offer.decline", answer)
    again = env.fire("coordinator", reference, "offer_assignment", {"expert": "expert"})
    assert facts(again) == {"no_conflict_declared": ()}
    env.take("coordinator", reference, "offer_assignment", {"expert": "other_expert"})
    env.take("other_expert", reference, "offer.decline", {"comment": "Busy", "decline_reason": "not_available"})
    env.take("coordinator", reference, "offer_assignment", {"expert": "other_expert"})  # no conflict was declared
    elsewhere = env.walk("offer_assignment")
    env.take("coordinator", elsewhere, "offer_assignment", {"expert": "expert"})


def test_who_prepared_the_request_is_not_asked_to_study_it(env):
    env.grant("coordinator", "expert")
    reference = env.walk("offer_assignment")
    asked = {"expert": env.actor("coordinator").key}
    assert facts(env.fire("coordinator", reference, "offer_assignment", asked)) == {"took_no_part": ()}


def test_the_page_asks_before_it_judges(env):
    """Without a choice nothing can be wrong with it: the step is offered."""
    reference = env.walk("offer_assignment")
    (offered,) = [each for each in env.look("coordinator", reference).offered if each.step.key == "offer_assignment"]
    assert offered.verdict.allowed


# --- days -------------------------------------------------------------------------------------------


def test_days_claimed_stay_within_those_of_the_offer(env, submit):
    reference = env.walk("deliverable.submit")
    first = env.part(reference, "deliverable")
    assert facts(submit(first, ANALYSIS["expert_days"] + 1)) == {"within_contract": ((21,), (20,))}
    assert isinstance(submit(first, 12), Done)
    env.take("coordinator", reference, "ask_deliverable", {"deliverable_kind": "mission_report"})
    second = env.part(reference, "deliverable")
    assert facts(submit(second, 9)) == {"within_contract": ((21,), (20,))}
    assert isinstance(submit(second, 8), Done)
    env.take("requester", reference, "deliverable.return_for_revision", {"comment": "More"})
    assert facts(submit(second, 9, "resubmit")) == {"within_contract": ((21,), (20,))}
    assert isinstance(submit(second, 8, "resubmit"), Done)


def test_the_clock_accepts_no_more_than_was_agreed(env, submit, time):
    reference = env.walk("deliverable.submit")
    assert isinstance(submit(env.part(reference, "deliverable"), 20), Done)
    env.take("coordinator", reference, "ask_deliverable", {"deliverable_kind": "mission_report"})
    second = env.part(reference, "deliverable")
    assert isinstance(submit(second, 1), NotReady)
    assert isinstance(submit(second, None), Done)
    time.move(timedelta(days=40))
    worker.sweep(env.transactions, env.services)
    assert env.case(second).state == "accepted_tacitly" and not env.case(second).fields.get("days_claimed")


def test_work_that_was_refused_claims_nothing(env, submit):
    reference = env.walk("deliverable.submit")
    first = env.part(reference, "deliverable")
    assert isinstance(submit(first, 20), Done)
    env.take("coordinator", reference, "deliverable.reject", {"comment": "No"})
    env.take("coordinator", reference, "ask_deliverable", {"deliverable_kind": "mission_report"})
    assert isinstance(submit(env.part(reference, "deliverable"), 20), Done)


def test_another_expert_has_days_of_their_own(env, submit):
    reference = env.walk("deliverable.submit")
    assert isinstance(submit(env.part(reference, "deliverable"), 15), Done)
    env.take("requester", reference, "deliverable.accept")
    env.take("coordinator", reference, "release_expert", {"comment": "Ill"})
    env.take("coordinator", reference, "offer_assignment", {"expert": "other_expert"})
    env.take("other_expert", reference, "offer.accept", {"no_conflict": True})
    env.take("coordinator", reference, "start_delivery", {"deliverable_kind": "final_report"})
    second = env.part(reference, "deliverable")
    claim = {"days_claimed": 21}
    assert isinstance(env.fire("other_expert", second, "submit", claim, uploads={"report": REPORT}), NotReady)
    claim = {"days_claimed": 20}
    assert isinstance(env.fire("other_expert", second, "submit", claim, uploads={"report": REPORT}), Done)


def test_the_refusal_says_both_numbers(env, submit):
    reference = env.walk("deliverable.submit")
    answer = submit(env.part(reference, "deliverable"), 30)
    assert answer.missing == (Missing("fact", "within_contract", values=((30,), (20,))),)


def test_the_list_of_candidates_says_who_is_barred_and_why(env, employ):
    reference = env.walk("offer_assignment")
    employ("other_expert", "akimat-kz-43")
    definition, case = env.services.definitions.current("expertise_request"), env.case(reference)
    keys = [env.actor(name).key for name in ("expert", "other_expert")]
    with env.transactions.read() as session:
        found = case_facts.barred(session, definition, case, "expert", keys)
    assert found == {keys[1]: [definition.facts["outside_requester"].label]}


def test_the_days_of_an_offer_are_not_corrected_below_those_that_were_claimed(env, submit):
    """The fact is stated by the deliverable; the correction is one of the offer beside it."""
    reference = env.walk("deliverable.submit")
    assert isinstance(submit(env.part(reference, "deliverable"), 12), Done)
    offer = env.part(reference, "offer")

    def correct(days):
        wish, asked = CorrectionRequest(1, "Typing error", {"expert_days": days}), env.actor("coordinator")
        request = desk.Request(asked, offer, env.version(offer))
        return env.transactions.run(lambda s: desk.propose(desk.Unit(s, env.services), request, wish))

    answer = correct("1")
    assert facts(answer) == {"within_contract": ((12,), (1,))}
    assert "days" in describe(answer, env.look("coordinator", offer).definition, TRANSLATORS["en"]).items[0].text
    assert isinstance(correct("12"), Done)
