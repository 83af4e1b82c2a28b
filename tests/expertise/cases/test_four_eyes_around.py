"""A case, its whole and its parts are one work: who stands on one side of it there does not decide on the other."""

from __future__ import annotations

from sqlalchemy import select, update

from expertise.base.write_set import WriteSet, flush
from expertise.cases.parties import write_actors
from expertise.people.model import Person
from tests.support.environment import done
from workflows.refusals import FourEyes, NotReady


def test_who_asked_for_the_work_is_not_offered_it(env):
    env.grant("requester", "expert")
    reference = env.walk("offer_assignment")
    refused = env.fire("coordinator", reference, "offer_assignment", {"expert": "requester"})
    assert isinstance(refused, NotReady)
    assert {each.name for each in refused.missing} == {"outside_requester", "took_no_part"}


def test_who_asked_for_the_work_does_not_take_it_on(env):
    """Whoever acted on the requester's side after the offer: the desk holds on its own."""
    reference = env.walk("offer.accept")
    writes, request = WriteSet(), env.case(reference)
    write_actors(writes, request.id, request.id, "requester", [env.actor("expert").key])
    with env.transactions.write() as session:
        assert flush(session, writes)
    offer = env.part(reference, "offer")
    assert env.fire("expert", offer, "accept", {"no_conflict": True}) == FourEyes("requester")
    assert "accept" not in {each.step.key for each in env.look("expert", offer).offered if each.verdict.allowed}


def test_who_did_the_work_does_not_accept_it_as_a_whole(env):
    """The expert has gone over to the akimat since."""
    reference = env.walk("accept_final")
    env.grant("expert", "requester")
    with env.transactions.write() as session:
        home = select(Person.organisation_id).where(Person.name == "requester").scalar_subquery()
        session.execute(update(Person).where(Person.name == "expert").values(organisation_id=home))
    assert env.fire("expert", reference, "accept_final") == FourEyes("expert")
    assert done(env.fire("requester", reference, "accept_final"))
