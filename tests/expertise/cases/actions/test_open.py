"""A part is born: what it has from its whole, what belongs to it alone, and what is kept from whom."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from expertise.base.crash import CrashpointReached
from expertise.cases import desk
from expertise.cases.queries import CASES
from expertise.reminders.model import Timer
from tests.support.environment import done
from tests.support.main_line import ANALYSIS, REQUEST
from workflows.refusals import NotReady

OUR = ("organisation_id", "region", "topic", "title")


def columns(row, names=OUR):
    return tuple(getattr(row, name) for name in names)


def test_a_part_inherits_from_its_whole(env):
    reference = env.walk("deliverable.submit")
    whole, part = env.case(reference), env.case(env.part(reference, "deliverable"))
    assert columns(part, (*OUR, "expert_id")) == columns(whole, (*OUR, "expert_id"))
    assert (part.parent_id, part.part, part.state, part.visit, part.version) == (whole.id, "deliverable", "due", 1, 1)
    assert part.fields == {
        "title": REQUEST["title"],
        "region": "KZ-43",
        "topic": "waste",
        "deliverable_kind": "final_report",
        "expert": env.actor("expert").key,
    }
    assert part.opened_by_id == env.actor("coordinator").person_id
    assert ("deliverable_asked", "expert") in env.letters(part.reference)
    assert ("case_progress", "requester") in env.letters(reference)


def test_what_a_step_asks_for_the_part_goes_to_the_part_only(env):
    reference = env.walk("deliverable.submit")
    whole = env.case(reference)
    assert "deliverable_kind" not in whole.fields
    env.take("coordinator", reference, "ask_deliverable", {"deliverable_kind": "mission_report", "due_note": "2 pages"})
    second = env.case(env.part(reference, "deliverable"))
    assert (second.fields["deliverable_kind"], second.fields["due_note"]) == ("mission_report", "2 pages")
    assert "due_note" not in env.case(reference).fields
    env.take("coordinator", reference, "ask_deliverable", {"deliverable_kind": "training_materials"})
    assert "due_note" not in env.case(env.part(reference, "deliverable")).fields  # not that of the one before
    assert env.case(reference).state == "delivery" and env.case(reference).visit == whole.visit


def test_a_sealed_part_has_no_oblast_and_knows_what_the_expert_must_know(env):
    reference = env.walk("offer.accept")
    whole, offer = env.case(reference), env.case(env.part(reference, "offer"))
    assert offer.organisation_id is None and (offer.region, offer.topic) == (whole.region, whole.topic)
    assert offer.expert_id == env.actor("expert").person_id and whole.expert_id is None
    assert offer.fields["terms_of_reference"] == ANALYSIS["terms_of_reference"]
    assert "contact_email" not in offer.fields and "problem" not in offer.fields
    assert env.letters(offer.reference) == [("offer_sent", "expert")]
    assert "expert" not in env.case(reference).fields


def test_a_part_has_a_trail_and_timers_of_its_own(env):
    offer = env.case(env.part(env.walk("offer.accept"), "offer"))
    first = env.look("coordinator", offer.reference).events
    assert [(event.sequence, event.act, event.to_state) for event in first] == [(1, "person:case:open", "sent")]
    with env.transactions.read() as session:
        rungs = session.scalars(select(Timer.rung).where(Timer.case_id == offer.id).order_by(Timer.due_at)).all()
    assert rungs == ["before-2-working-days", "on-the-day", "lapse"]


def test_a_part_carries_the_step_of_its_whole(env):
    reference = env.walk("offer.accept")
    before = env.case(reference)
    env.take("expert", reference, "offer.accept", {"no_conflict": True})
    whole, offer = env.case(reference), env.case(env.part(reference, "offer"))
    assert (offer.state, whole.state) == ("accepted", "mobilised")
    assert whole.expert_id == offer.expert_id and whole.version == before.version + 1
    event = env.look("coordinator", reference).events[0]
    assert (event.act, event.actor, event.role, event.machine) == ("part:step:mobilise", "part", "part", True)
    assert ("expert_mobilised", "requester") in env.letters(reference)
    assert whole.acted == before.acted  # a part is no person


def test_a_refused_carry_undoes_both(env):
    """The request was cancelled behind the back of its offer: neither of them moves."""
    reference = env.walk("offer.accept")
    with env.transactions.write() as session:
        session.execute(update(CASES).where(CASES.c.reference == reference).values(state="lapsed"))
    offer = env.part(reference, "offer")
    before = env.case(reference), env.case(offer), env.counts()
    refused = env.fire("expert", offer, "accept", {"no_conflict": True})
    assert (refused.code, refused.state) == ("wrong_state", "lapsed")
    assert (env.case(reference), env.case(offer), env.counts()) == before


def test_a_carry_that_fails_half_way_undoes_both(env, monkeypatch):
    reference = env.walk("offer.accept")
    offer = env.part(reference, "offer")
    before = env.case(reference), env.case(offer), env.counts()
    told = []

    def fail_the_second_time(*args, **options):
        told.append(args)
        if len(told) == 2:
            raise CrashpointReached("while the parent is written")

    monkeypatch.setattr(desk.intents, "ask", fail_the_second_time)
    with pytest.raises(CrashpointReached):
        env.fire("expert", offer, "accept", {"no_conflict": True})
    assert (env.case(reference), env.case(offer), env.counts()) == before


def test_a_returned_deliverable_sends_its_whole_back_to_work(env):
    reference = env.walk("deliverable.accept")
    assert env.case(reference).state == "comments"
    env.take("coordinator", reference, "deliverable.return_for_revision", {"comment": "More"})
    assert env.case(reference).state == "delivery"
    assert isinstance(env.fire("coordinator", reference, "complete_delivery"), NotReady)
    env.take("expert", reference, "deliverable.resubmit")
    env.take("requester", reference, "deliverable.accept")
    env.take("coordinator", reference, "complete_delivery")


def test_a_part_of_a_later_version_of_the_whole_keeps_what_it_had(env):
    reference = env.walk("offer.accept")
    offer = env.part(reference, "offer")
    env.take("coordinator", reference, "offer.recall", {"comment": "Changed our minds"})
    env.take("coordinator", reference, "revise_terms", {"comment": "Anew"})
    done(env.edit("coordinator", reference, {"terms_of_reference": "Other terms"}))
    assert env.case(offer).fields["terms_of_reference"] == ANALYSIS["terms_of_reference"]
    assert env.letters(offer)[-1] == ("offer_recalled", "expert")
