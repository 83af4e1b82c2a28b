"""Who sees what. What a person may not see does not exist for them."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select, text, update

from expertise.base import clock
from expertise.cases import queries
from expertise.cases.model import Case
from expertise.cases.parties import in_role, replaced, write_parties
from expertise.people.access import CLOCK, PART
from expertise.people.reach import Party
from tests.support import waiting
from tests.support.environment import done
from tests.support.main_line import REQUEST
from tests.support.people import PEOPLE

WATCH = {"auditor", "administrator"}
TEAM = {"coordinator", "deputy", "approver", "manager"}
OBLAST = {"requester", "colleague", "twofold"}  # the last one is of the team as well


@pytest.fixture
def seen_by(env):
    """Everybody who sees the case."""
    return lambda reference: {name for name in PEOPLE if env.sees(name, reference)}


def test_a_draft_is_private_until_it_is_sent(env, seen_by):
    reference = env.begin()
    assert seen_by(reference) == OBLAST | WATCH
    env.take("requester", reference, "submit")
    assert seen_by(reference) == OBLAST | WATCH | TEAM


def test_a_draft_of_the_team_is_its_author_s_and_the_oblast_s_for_which_it_is_filed(env, seen_by):
    reference = env.begin(by="coordinator")
    assert seen_by(reference) == {"coordinator"} | OBLAST | WATCH


def test_another_oblast_sees_nothing_of_a_whole_life(env, seen_by):
    reference = env.walk()
    family = [reference, *(env.part(reference, part) for part in ("offer", "deliverable", "recommendation"))]
    for one in family:
        assert seen_by(one).isdisjoint({"neighbour", "distant", "nobody", "other_expert"})


def test_an_expert_sees_only_the_own(env, seen_by):
    reference = env.walk("offer.accept")
    offer = env.part(reference, "offer")
    assert "expert" in seen_by(offer) and "other_expert" not in seen_by(offer)
    assert "expert" not in seen_by(reference)  # an offer is no assignment yet
    env.take("expert", reference, "offer.accept", {"no_conflict": True})
    assert "expert" in seen_by(reference)


def test_a_sealed_offer_is_hidden_from_the_oblast(env, seen_by):
    reference = env.walk("offer.accept")
    offer = env.part(reference, "offer")
    assert seen_by(offer) == TEAM | WATCH | {"expert", "twofold"}
    assert env.look("requester", reference).panels == ()
    assert [panel.part.key for panel in env.look("coordinator", reference).panels] == ["offer"]
    assert env.look("expert", offer).parent is None
    assert env.look("coordinator", offer).parent.reference == reference


def test_to_whom_an_offer_went_is_not_in_the_history_that_the_oblast_reads(env):
    reference = env.walk("offer.accept")
    key = env.actor("expert").key
    assert key in repr(env.look("coordinator", reference).events)
    assert key not in repr(env.look("requester", reference).events)


def test_roles_end_with_the_case_not_with_the_name(env):
    """A region of the grant and one of the case must meet."""
    env.grant("requester", "requester", "KZ-47")
    elsewhere = env.begin({**REQUEST, "region": "KZ-47"})
    env.take("requester", elsewhere, "submit")
    assert env.sees("distant", elsewhere) and not env.sees("coordinator", elsewhere)
    assert env.look("distant", elsewhere).roles == {"coordinator"}
    assert env.look("approver", elsewhere).roles == {"approver"}
    assert env.look("twofold", elsewhere).roles == {"requester", "approver"}


def test_machines_see_everything_and_a_part_is_held_after_its_whole(env):
    offer = env.part(env.walk("offer.accept"), "offer")
    with env.undone() as session:
        for machine in (CLOCK, PART):
            assert queries.lock(session, machine, offer).reference == offer
        assert queries.claim(session, env.case(offer).id).reference == offer


def test_lists_and_single_cases_agree(env):
    """`seen_by` is the one condition: whatever it lists can be opened, and nothing else can."""
    for until in ("submit", "register", "offer.accept", "deliverable.accept"):
        env.walk(until)
    done(env.file(REQUEST, by="coordinator"))
    with env.transactions.read() as session:
        everything = set(session.scalars(select(Case.reference)))
        for name in PEOPLE:
            listed = {row.reference for row in session.execute(queries.seen_by(env.actor(name)))}
            assert listed == {each for each in everything if env.sees(name, each)}


#: SQLite has one writer: whoever reads to write has waited before.
@pytest.mark.parametrize("engine", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_a_step_that_waited_for_the_lock_sees_the_parties_of_now(env):
    """Whoever is released while they wait for the case does not act on it as its expert any more."""
    reference = env.walk("deliverable.accept")
    expert, other = env.actor("expert"), env.actor("other_expert")
    answers = []

    def wait():
        with env.transactions.write() as session:
            answers.append(queries.lock(session, expert, reference))

    waiter = threading.Thread(target=wait)
    with env.transactions.write() as session:
        case = queries.lock(session, env.actor("approver"), reference)
        assert in_role(case.parties, "expert").person_id == expert.person_id
        waiter.start()
        _until_somebody_waits(env)
        theirs = replaced(case.parties, {"expert": Party("expert", person_id=other.person_id, source="field:expert")})
        write_parties(session, case.id, case.parties, theirs, clock.now())
        session.execute(update(Case).where(Case.id == case.id).values(version=case.version + 1))
    waiter.join()
    assert answers == [None]
    with env.transactions.write() as session:
        assert queries.lock(session, other, reference).parties == theirs


def _until_somebody_waits(env):
    here = "datname = current_database() AND wait_event_type = 'Lock'"
    locked = text(f"SELECT count(*) FROM pg_stat_activity WHERE {here}")

    def look():
        with env.transactions.read() as session:
            return session.scalar(locked)

    waiting.until(look, 10)
