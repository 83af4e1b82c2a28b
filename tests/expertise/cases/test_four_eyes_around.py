"""A case, its whole and its parts are one work: who stands on one side of it there does not decide on the other."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from expertise.people.model import Grant, Person
from tests.support.environment import done
from workflows.refusals import FourEyes


@pytest.fixture
def experts(env):
    """The requester and the colleague know the trade as well."""
    with env.transactions.write() as session:
        for name in ("requester", "colleague"):
            person = session.scalar(select(Person.id).where(Person.name == name))
            session.add(Grant(person_id=person, role="expert"))


def test_who_asked_for_the_work_does_not_take_it_on(env, experts):
    reference = env.walk("offer_assignment")
    env.take("coordinator", reference, "offer_assignment", {"expert": "requester"})
    offer = env.part(reference, "offer")
    answer = env.fire("requester", offer, "accept", {"no_conflict": True})
    assert answer == FourEyes("requester")
    assert "accept" not in {each.step.key for each in env.look("requester", offer).offered if each.verdict.allowed}


def test_who_did_the_work_does_not_accept_it_as_a_whole(env, experts):
    reference = env.walk("offer_assignment")
    env.take("coordinator", reference, "offer_assignment", {"expert": "colleague"})
    for who, step, asked in (
        ("colleague", "offer.accept", {"no_conflict": True}),
        ("coordinator", "start_delivery", {"deliverable_kind": "final_report"}),
        ("colleague", "deliverable.submit", {}),
        ("requester", "deliverable.accept", {}),
        ("coordinator", "complete_delivery", {}),
    ):
        env.take(who, reference, step, asked)
    assert env.fire("colleague", reference, "accept_final") == FourEyes("expert")
    assert done(env.fire("requester", reference, "accept_final"))
