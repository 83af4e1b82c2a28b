"""An event asks for letters; the worker finds who gets them, in batches, each once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from expertise import worker
from expertise.cases import desk
from expertise.cases.model import CaseParty
from expertise.cases.notify import expand
from expertise.cases.notify.model import Intent
from expertise.cases.services import Unit
from expertise.mail.model import OutgoingLetter
from tests.support.environment import done, on_sqlite
from tests.support.people import add_person
from tests.support.statements import listening


@pytest.fixture
def resting(env):
    """The environment with a worker that does nothing until `expand` is called."""
    env.transactions.resting = True
    return env


def intents(env):
    with env.transactions.read() as session:
        return session.execute(select(Intent.__table__).order_by(Intent.id)).all()


def test_a_step_writes_one_row_and_no_letter(resting):
    reference = resting.walk("submit")
    before = len(resting.letters(reference))
    resting.take("requester", reference, "submit", {})
    (row,) = intents(resting)
    case = resting.case(reference)
    assert (row.case_id, row.sequence, row.visit, row.version, row.state) == (
        case.id,
        case.sequence,
        case.visit,
        case.version,
        case.state,
    )
    assert (row.organisation_id, row.region, row.due_at) == (case.organisation_id, case.region, case.due_at)
    assert len(resting.letters(reference)) == before
    assert resting.transactions.expand() == 1
    assert intents(resting) == [] and len(resting.letters(reference)) > before
    assert resting.transactions.expand() == 0


def test_a_comment_is_kept_as_a_private_value_only(resting):
    reference = resting.walk("confirm_complete")
    resting.transactions.expand()
    said = "Қолдау хатын қосыңыз."
    assert isinstance(resting.comment("requester", reference, said), desk.Done)
    assert said not in str(intents(resting))
    resting.transactions.expand()
    with resting.transactions.read() as session:
        context = session.scalars(select(OutgoingLetter.context).order_by(OutgoingLetter.id.desc())).first()
    assert context["comment"] == said


@on_sqlite
def test_the_statements_do_not_grow_with_letters(resting):
    def expanding():
        with listening(resting.transactions.engine) as sent:
            resting.transactions.expand()
        return len(sent)

    for _ in range(2):
        resting.walk("register")
    few = expanding()
    with resting.transactions.write() as session:
        for number in range(20):
            add_person(session, f"reader{number}", like="coordinator")
    for _ in range(8):
        resting.walk("register")
    assert expanding() <= few  # the second time names of organisations are known already


def test_recipients_are_those_of_the_expansion(resting, time):
    reference = resting.walk("submit")
    resting.take("requester", reference, "submit", {})
    with resting.transactions.write() as session:
        add_person(session, "newcomer", like="coordinator")
    time.move(timedelta(seconds=5))
    resting.transactions.expand()
    assert "newcomer" in {name for _letter, name in resting.letters(reference)}


def test_owner_and_expert_are_those_of_the_event(resting):
    """The case has moved on to somebody else before the letters are written."""
    reference = resting.walk("offer.accept")
    resting.transactions.expand()
    offer = resting.part(reference, "offer")
    resting.take("expert", reference, "offer.accept", {"no_conflict": True})
    assert {row.case_id for row in intents(resting)} & {resting.case(offer).id, resting.case(reference).id}
    with resting.transactions.write() as session:
        session.execute(update(CaseParty).values(person_id=resting.actor("other_expert").person_id))
    resting.transactions.expand()
    assert "other_expert" not in {name for _letter, name in resting.letters(offer) + resting.letters(reference)}


def test_what_is_taken_back_before_it_is_written_is_never_written(resting):
    reference = resting.part(resting.walk("deliverable.accept"), "deliverable")
    resting.transactions.expand()
    actor, seen = replace(resting.actor("requester"), way="mail"), resting.version(reference)
    before, run = resting.letters(reference), resting.transactions.run
    request, again = desk.Request(actor, reference, seen), desk.Request(actor, reference, seen + 1)
    done(run(lambda s: desk.fire(Unit(s, resting.services), request, "accept", {})))
    assert resting.case(reference).id in {row.case_id for row in intents(resting)}
    done(run(lambda s: desk.undo(Unit(s, resting.services), again)))
    resting.transactions.expand()
    assert resting.letters(reference) == before


def test_one_broken_intent_holds_up_no_other(resting, caplog):
    first, second = resting.walk("register"), resting.walk("register")
    with resting.transactions.write() as session:
        bad = session.scalar(select(Intent.id).order_by(Intent.id))
        session.execute(
            update(Intent).where(Intent.id == bad).values(letters=[["coordinator", "no such letter", None]])
        )
    resting.transactions.expand()
    assert [row.id for row in intents(resting)] == [bad]
    assert resting.letters(second) and resting.case(first)
    assert "letters that event" in caplog.text


def test_a_batch_has_a_limit(resting):
    for _ in range(3):
        resting.walk("register")
    total = len(intents(resting))
    with resting.transactions.write() as session:
        assert len(expand.expand(Unit(session, resting.services), limit=2)) == 2
    assert len(intents(resting)) == total - 2
    assert worker.notify(resting.transactions, resting.services) == total - 2
