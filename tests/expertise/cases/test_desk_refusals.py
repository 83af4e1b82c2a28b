"""Who may not, when not, and why not: each refusal is a value, and nothing was written."""

from __future__ import annotations

import pytest

from tests.expertise.cases.scenery import REQUEST, done, on_sqlite
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
def refused(house):
    """Attempts a step and hands back the refusal, after seeing that nothing was written."""

    def attempt(by, reference, step, raw=None, **more):
        before = house.row(reference), house.counts()
        answer = house.attempt(by, reference, step, raw, **more)
        assert (house.row(reference), house.counts()) == before
        return answer

    return attempt


def test_a_stale_page_moves_nothing(house, refused):
    reference = house.walk("register")
    assert refused("coordinator", reference, "register", seen=1) == Stale(1, 2, house.row(reference).changed_at)
    assert refused("coordinator", reference, "register", seen=99).code == "stale"
    assert house.try_edit("requester", house.begin(), {"title": "New"}, seen=7).code == "stale"


@on_sqlite
def test_a_step_from_the_wrong_state(house, refused):
    reference = house.walk("register")
    assert refused("requester", reference, "submit") == WrongState("submitted", ("draft",))
    assert refused("coordinator", reference, "close", {"outcome": "x"}).code == "wrong_state"
    assert refused("coordinator", reference, "teleport") == UnknownStep("teleport")


@on_sqlite
def test_a_step_by_the_wrong_role(house, refused):
    reference = house.walk("register")
    assert refused("requester", reference, "register") == WrongRole(("coordinator",))
    for watching in ("auditor", "administrator", "manager", "approver"):
        assert refused(watching, reference, "register").code == "wrong_role"
    offered = house.part(house.walk("offer.accept"), "offer")
    assert refused("coordinator", offered, "accept", {"no_conflict": True}).code == "wrong_role"
    assert refused("coordinator", offered, "expire").code == "wrong_role"  # the clock's own step
    whole = house.walk("offer.accept")
    assert refused("coordinator", whole, "mobilise", {"expert": "expert"}).code == "wrong_role"  # the part's own


@on_sqlite
def test_the_wrong_role_is_told_before_the_values_are_looked_at(house, refused):
    reference = house.walk("offer_assignment")
    assert refused("approver", reference, "offer_assignment", {"expert": "no\0body"}).code == "wrong_role"


def test_nobody_approves_what_they_asked_for(house, refused):
    reference = house.begin(by="twofold")
    house.take("twofold", reference, "submit")
    for step in ("register", "confirm_complete"):
        house.take("coordinator", reference, step)
    done(house.try_edit("coordinator", reference, {"causes": [{"cause": "x"}], "objectives": "x", "expert_days": 1}))
    done(house.try_edit("coordinator", reference, {"required_outputs": "x", "terms_of_reference": "x"}))
    house.take("coordinator", reference, "finish_analysis")
    house.take("coordinator", reference, "find_eligible", {"eligible_reason": "x"})
    for step in ("start_terms", "send_for_endorsement"):
        house.take("coordinator", reference, step)
    house.take("colleague", reference, "endorse")
    assert refused("twofold", reference, "approve_terms") == FourEyes("requester")
    assert refused("twofold", reference, "refuse_terms", {"comment": "x"}) == FourEyes("requester")
    house.take("approver", reference, "approve_terms")


@on_sqlite
def test_whoever_endorsed_does_not_approve(house, refused):
    reference = house.walk("endorse")
    house.take("twofold", reference, "endorse")
    assert refused("twofold", reference, "approve_terms") == FourEyes("requester")
    offers = {offered.step.key: offered.verdict for offered in house.look("twofold", reference).offered}
    assert offers["approve_terms"].refusals == (FourEyes("requester"),)


def test_another_oblast_finds_nothing_by_any_verb(house, refused):
    reference = house.walk("confirm_complete")
    for stranger in ("neighbour", "distant", "expert", "nobody"):
        assert house.look(stranger, reference) is None
        assert refused(stranger, reference, "withdraw", {"comment": "x"}) == NotFound()
        assert refused(stranger, reference, "withdraw", {"comment": "x"}, seen=99) == NotFound()  # not even "stale"
        assert house.try_edit(stranger, reference, {"findings": "x"}) == NotFound()
        assert house.try_comment(stranger, reference, "Hello") == NotFound()
    assert house.attempt("neighbour", "ER-2026-9999", "submit") == NotFound()  # the same answer as for no case


@on_sqlite
def test_only_some_open_cases_and_parts_open_by_themselves_never(house):
    before = house.counts()
    for nobody in ("approver", "manager", "expert", "auditor", "nobody"):
        assert house.try_open(by=nobody) == WrongRole(("requester", "coordinator"))
    assert house.try_open({}, "coordinator", workflow="expert_offer") == WrongRole(())
    assert house.counts() == before


@on_sqlite
def test_fields_are_edited_by_whom_the_state_lets(house):
    reference = house.walk("confirm_complete")
    assert house.try_edit("requester", reference, {"title": "New"}) == WrongRole(("coordinator",))
    assert house.try_edit("approver", reference, {"findings": "New"}).code == "wrong_role"
    assert house.try_edit("coordinator", reference, {"title": "New"}).errors[0][0] == "title"
    closed = house.walk()
    assert house.try_edit("coordinator", closed, {"findings": "New"}) == WrongRole(())


@on_sqlite
def test_what_is_missing_is_named_with_who_can_mend_it(house, refused):
    reference = house.begin({"title": "Only a title"})
    missing = refused("requester", reference, "submit").missing
    definition = house.shop.kinds.current("expertise_request")
    required = definition.transitions["submit"].requires
    assert [each.name for each in missing] == [name for name in required if name != "title"]


@on_sqlite
def test_a_reason_is_asked_for(house, refused):
    reference = house.walk("confirm_complete")
    for step in ("return_for_completion", "withdraw"):
        by = "requester" if step == "withdraw" else "coordinator"
        for raw in ({}, {"comment": ""}, {"comment": " \n"}, {"comment": None}):
            answer = refused(by, reference, step, raw)
            assert answer == NotReady((Missing("answer", "comment", (by,)),))


def test_open_parts_stand_in_the_way_and_are_named(house, refused):
    reference = house.walk("offer.accept")
    offer = house.part(reference, "offer")
    for step in ("offer_assignment", "declare_no_expert", "revise_terms", "cancel"):
        raw = {"expert": "other_expert"} if step == "offer_assignment" else {"comment": "x"}
        answer = refused("coordinator", reference, step, raw)
        assert answer.missing[0].kind == "fact" and answer.missing[0].detail == (offer,)
    house.take("expert", reference, "offer.decline", {"comment": "No time"})
    house.take("coordinator", reference, "offer_assignment", {"expert": "other_expert"})


def test_one_winner_and_the_title_of_the_request_stays(house):
    reference = house.begin()
    done(house.try_edit("requester", reference, {"title": "Mine"}, seen=1))
    assert house.try_edit("colleague", reference, {"title": "Mine, too"}, seen=1).code == "stale"
    assert house.row(reference).title == "Mine" != REQUEST["title"]
