"""Who may not, when not, and why not: each refusal is a value, and nothing was written."""

from __future__ import annotations

import pytest

from tests.support.environment import done, on_sqlite
from tests.support.main_line import REQUEST
from workflows.refusals import (
    FourEyes,
    Missing,
    NotFound,
    NotReady,
    Stale,
    UnknownStep,
    WrongRole,
    WrongState,
)


@pytest.fixture
def refused(env):
    """Attempt a step and return the refusal, after checking that nothing was written."""

    def attempt(by, reference, step, raw=None, **more):
        before = env.case(reference), env.counts()
        answer = env.fire(by, reference, step, raw, **more)
        assert (env.case(reference), env.counts()) == before
        return answer

    return attempt


def test_a_stale_page_moves_nothing(env, refused):
    reference = env.walk("register")
    assert refused("coordinator", reference, "register", seen=1) == Stale(1, 2, env.case(reference).changed_at)
    assert refused("coordinator", reference, "register", seen=99).code == "stale"
    assert env.edit("requester", env.begin(), {"title": "New"}, seen=7).code == "stale"


@on_sqlite
def test_a_step_from_the_wrong_state(env, refused):
    reference = env.walk("register")
    assert refused("requester", reference, "submit") == WrongState("submitted", ("draft",))
    assert refused("coordinator", reference, "close", {"outcome": "x"}).code == "wrong_state"
    assert refused("coordinator", reference, "teleport") == UnknownStep("teleport")


@on_sqlite
def test_a_step_by_the_wrong_role(env, refused):
    reference = env.walk("register")
    assert refused("requester", reference, "register") == WrongRole(("coordinator",))
    for watching in ("auditor", "administrator", "manager", "approver"):
        assert refused(watching, reference, "register").code == "wrong_role"
    offered = env.part(env.walk("offer.accept"), "offer")
    assert refused("coordinator", offered, "accept", {"no_conflict": True}).code == "wrong_role"
    assert refused("coordinator", offered, "expire").code == "wrong_role"  # the clock's own step
    whole = env.walk("offer.accept")
    assert refused("coordinator", whole, "mobilise", {"expert": "expert"}).code == "wrong_role"  # the part's own


@on_sqlite
def test_the_wrong_role_is_told_before_the_values_are_looked_at(env, refused):
    reference = env.walk("offer_assignment")
    assert refused("approver", reference, "offer_assignment", {"expert": "no\0body"}).code == "wrong_role"


def test_nobody_approves_what_they_asked_for(env, refused):
    reference = env.begin(by="twofold")
    env.take("twofold", reference, "submit")
    for step in ("register", "confirm_complete"):
        env.take("coordinator", reference, step)
    done(env.edit("coordinator", reference, {"causes": [{"cause": "x"}], "objectives": "x", "expert_days": 1}))
    done(env.edit("coordinator", reference, {"required_outputs": "x", "terms_of_reference": "x"}))
    env.take("coordinator", reference, "finish_analysis")
    env.take("coordinator", reference, "find_eligible", {"eligible_reason": "x"})
    for step in ("start_terms", "send_for_endorsement"):
        env.take("coordinator", reference, step)
    env.take("colleague", reference, "endorse")
    assert refused("twofold", reference, "approve_terms") == FourEyes("requester")
    assert refused("twofold", reference, "refuse_terms", {"comment": "x"}) == FourEyes("requester")
    env.take("approver", reference, "approve_terms")


@on_sqlite
def test_whoever_endorsed_does_not_approve(env, refused):
    reference = env.walk("endorse")
    env.take("twofold", reference, "endorse")
    assert refused("twofold", reference, "approve_terms") == FourEyes("requester")
    offers = {offered.step.key: offered.verdict for offered in env.look("twofold", reference).offered}
    assert offers["approve_terms"].refusals == (FourEyes("requester"),)


def test_another_oblast_finds_nothing_by_any_verb(env, refused):
    reference = env.walk("confirm_complete")
    for stranger in ("neighbour", "distant", "expert", "nobody"):
        assert env.look(stranger, reference) is None
        assert refused(stranger, reference, "withdraw", {"comment": "x"}) == NotFound()
        assert refused(stranger, reference, "withdraw", {"comment": "x"}, seen=99) == NotFound()  # not even "stale"
        assert env.edit(stranger, reference, {"findings": "x"}) == NotFound()
        assert env.comment(stranger, reference, "Hello") == NotFound()
    assert env.fire("neighbour", "ER-2026-9999", "submit") == NotFound()  # the same answer as for no case


@on_sqlite
def test_only_some_open_cases_and_parts_open_by_themselves_never(env):
    before = env.counts()
    for nobody in ("approver", "manager", "expert", "auditor", "nobody"):
        assert env.file(by=nobody) == WrongRole(("requester", "coordinator"))
    assert env.file({}, "coordinator", workflow="expert_offer") == WrongRole(())
    assert env.counts() == before


@on_sqlite
def test_fields_are_edited_by_whom_the_state_lets(env):
    reference = env.walk("confirm_complete")
    assert env.edit("requester", reference, {"title": "New"}) == WrongRole(("coordinator",))
    assert env.edit("approver", reference, {"findings": "New"}).code == "wrong_role"
    assert env.edit("coordinator", reference, {"title": "New"}).errors[0][0] == "title"
    closed = env.walk()
    assert env.edit("coordinator", closed, {"findings": "New"}) == WrongRole(())


@on_sqlite
def test_what_is_missing_is_named_with_who_can_mend_it(env, refused):
    reference = env.begin({"title": "Only a title"})
    missing = refused("requester", reference, "submit").missing
    definition = env.services.definitions.current("expertise_request")
    required = definition.transitions["submit"].requires
    assert [each.name for each in missing] == [name for name in required if name != "title"]


@on_sqlite
def test_a_reason_is_asked_for(env, refused):
    reference = env.walk("confirm_complete")
    for step in ("return_for_completion", "withdraw"):
        by = "requester" if step == "withdraw" else "coordinator"
        for raw in ({}, {"comment": ""}, {"comment": " \n"}, {"comment": None}):
            answer = refused(by, reference, step, raw)
            assert answer == NotReady((Missing("answer", "comment", (by,)),))


def test_open_parts_stand_in_the_way_and_are_named(env, refused):
    reference = env.walk("offer.accept")
    offer = env.part(reference, "offer")
    for step in ("offer_assignment", "declare_no_expert", "revise_terms", "cancel"):
        raw = {"expert": "other_expert"} if step == "offer_assignment" else {"comment": "x"}
        answer = refused("coordinator", reference, step, raw)
        assert answer.missing[0].kind == "fact" and answer.missing[0].detail == (offer,)
    env.take("expert", reference, "offer.decline", {"comment": "No time"})
    env.take("coordinator", reference, "offer_assignment", {"expert": "other_expert"})


def test_one_winner_and_the_title_of_the_request_stays(env):
    reference = env.begin()
    done(env.edit("requester", reference, {"title": "Mine"}, seen=1))
    assert env.edit("colleague", reference, {"title": "Mine, too"}, seen=1).code == "stale"
    assert env.case(reference).title == "Mine" != REQUEST["title"]
