"""Roles that a definition declares: granted, of an organisation that a field names, of a person whom a field names."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from expertise.base import clock
from expertise.cases.desk import Done
from expertise.cases.model import CaseParty
from expertise.cases.queries import CASES
from expertise.cases.reach import BY_DEADLINE, branches, listed, waiting, with_others
from expertise.people.absences import NewAbsence, record
from expertise.people.manage import accounts
from expertise.people.model import Person
from tests.support import declared_roles
from tests.support.people import Member
from workflows.refusals import FourEyes, Invalid, WrongRole

BANKERS = {
    "banker": Member("lender", "en", "lender-ebrd"),
    "teller": Member("lender", "ru", "lender-ebrd"),
    "guest": Member("expert", "ru", "lender-ebrd"),
    "rival": Member("lender", "ru", "lender-eib"),
    "member": Member("", "kk"),
    "second": Member("", "ru"),
    "elder": Member("", "ru"),
}


@pytest.fixture
def voice(env, tmp_path):
    with declared_roles.known():
        env.add(BANKERS)
        yield declared_roles.under(env, tmp_path)


@pytest.fixture
def board(voice):
    voice.grant("member", "board", "KZ-43")
    voice.grant("second", "board")
    voice.grant("elder", "council")
    return voice


def begin(env, **more):
    return env.file({"title": "Roof", "region": "KZ-43", **more}, workflow="voice").reference


def at_work(env, led_by="expert"):
    reference = begin(env)
    env.take("requester", reference, "submit")
    env.take("member", reference, "route", {"body": "EBRD", "led_by": env.actor(led_by).key})
    return reference


def worklist(env, name, of=waiting):
    with env.transactions.read() as session:
        return session.scalars(listed([CASES.c.reference], of(env.actor(name)), BY_DEADLINE, 50)).all()


def test_a_granted_role_reaches_the_workflow_that_declares_it_and_no_other(board):
    other, reference = board.begin(), begin(board)
    board.take("requester", other, "submit")
    board.take("requester", reference, "submit")
    for name in ("member", "second", "elder"):
        assert board.reach(name) == {reference}
    assert worklist(board, "member") == worklist(board, "second") == [reference]
    assert worklist(board, "elder") == []
    assert [(reader) for letter, reader in board.letters(reference)] == ["member", "second"]
    assert board.look("member", reference).roles == {"board"}


def test_a_granted_role_reaches_its_region(board):
    reference = board.file({"title": "Roof", "region": "KZ-47"}, "neighbour", workflow="voice").reference
    board.take("neighbour", reference, "submit")
    assert not board.sees("member", reference) and board.sees("second", reference)


def test_the_people_of_the_named_body_have_its_role_until_another_is_named(board):
    reference = at_work(board)
    assert {name: board.sees(name, reference) for name in ("banker", "teller", "guest", "rival")} == {
        "banker": True,
        "teller": True,
        "guest": False,  # nobody who acts for the body
        "rival": False,
    }
    assert worklist(board, "banker") == [reference]
    told = [reader for letter, reader in board.letters(reference) if letter == "case_to_you"]
    assert told == ["banker", "teller"]
    board.take("member", reference, "take_back")
    assert worklist(board, "banker") == [] and worklist(board, "banker", with_others) == [reference]
    board.take("member", reference, "route", {"body": "EIB"})
    assert not board.sees("banker", reference) and board.sees("rival", reference)
    with board.transactions.read() as session:
        ended = select(CaseParty.organisation_id, CaseParty.until, CaseParty.source).where(CaseParty.role == "servant")
        rows = session.execute(ended.order_by(CaseParty.id)).all()
    assert [row.until is None for row in rows] == [False, True]
    assert {row.source for row in rows} == {"field:body"}


def test_the_named_person_has_the_role_without_a_grant_of_it(board):
    reference = at_work(board)
    assert board.look("expert", reference).roles == {"chair"}
    assert not board.sees("other_expert", reference)
    assert isinstance(board.fire("expert", reference, "take_back"), Done)
    assert worklist(board, "expert") == [] and worklist(board, "expert", with_others) == [reference]
    assert worklist(board, "expert", branches) == [reference]


def test_a_body_is_named_by_an_organisation_as_well(env, tmp_path):
    with declared_roles.known():
        named = declared_roles.VOICE.replace("body: {type: lender,", "body: {type: organisation,")
        declared_roles.under(env, tmp_path, named).grant("coordinator", "board")
        reference = begin(env)
        env.take("requester", reference, "submit")
        env.take("coordinator", reference, "route", {"body": "akimat-kz-47"})
        assert worklist(env, "neighbour") == [reference]
        env.take("neighbour", reference, "reply", {"answer": "It is ours."})
        assert env.sees("neighbour", reference) and env.case(reference).state == "judged"


def test_nobody_sees_a_draft_by_being_named_in_it(board):
    reference = begin(board, body="EBRD")
    assert not board.sees("banker", reference) and worklist(board, "banker", branches) == []
    board.take("requester", reference, "submit")
    assert board.sees("banker", reference)


def test_who_acts_in_a_declared_role_is_bound_by_four_eyes_and_quorum(board):
    board.grant("banker", "board")
    reference = at_work(board)
    assert isinstance(board.fire("member", reference, "reply", {"answer": "x"}), WrongRole)
    board.take("banker", reference, "reply", {"answer": "The roof is mended."})
    assert board.fire("banker", reference, "accept").code == FourEyes.code
    board.take("member", reference, "accept")
    assert board.case(reference).state == "judged"
    board.take("elder", reference, "accept")
    assert board.case(reference).state == "closed"
    assert {event.role for event in board.events(reference)} == {"requester", "board", "servant", "council"}


def test_a_deputy_has_the_declared_role_of_the_absent(board):
    with board.transactions.write() as session:
        wish = NewAbsence(date(2026, 1, 1), date(2027, 12, 31), deputy_id=board.actor("deputy").person_id)
        person = session.get_one(Person, board.actor("member").person_id)
        assert not isinstance(record(session, person, wish, recorded_by_id=person.id, now=clock.now()), Invalid)
    reference = begin(board)
    board.take("requester", reference, "submit")
    assert "board" in board.look("deputy", reference).roles
    assert ("request_received", "deputy") in board.letters(reference)
    board.take("deputy", reference, "route", {"body": "EBRD"})
    assert board.events(reference)[-1].instead_of == board.actor("member").key


def test_a_role_limited_by_its_definition_is_granted_so(voice):
    with voice.transactions.write() as session:
        person = session.scalar(select(Person).where(Person.name == "elder"))
        for role, region, workflow, field in (
            ("council", "KZ-43", None, "region"),
            ("council", None, "expertise_request", "workflow"),
            ("servant", None, None, "role"),
            ("chair", None, None, "role"),
            ("nothing", None, None, "role"),
        ):
            refused = accounts.grant_role(session, person, role, region, workflow=workflow)
            assert isinstance(refused, Invalid) and refused.errors[0][0] == field, role
        assert not isinstance(accounts.grant_role(session, person, "council", workflow="voice"), Invalid)
        assert not isinstance(accounts.grant_role(session, person, "board", "KZ-43"), Invalid)
