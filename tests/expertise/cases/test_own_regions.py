"""For which region a person files: as a requester for the own oblast, as a coordinator for any that they hold."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from expertise.base import clock
from expertise.cases.desk import Done
from expertise.people.absences import NewAbsence, record
from expertise.people.model import Organisation, Person
from workflows.refusals import Invalid, Problem

FOREIGN = (("region", (Problem("foreign_region"),)),)


@pytest.fixture
def move(env):
    def to(name, organisation):
        with env.transactions.write() as session:
            home = session.scalar(select(Organisation.id).where(Organisation.key == organisation))
            session.scalars(select(Person).where(Person.name == name)).one().organisation_id = home

    return to


@pytest.mark.parametrize("workflow", ["expertise_request", "project_proposal"])
def test_a_requester_files_for_the_own_oblast_only(env, workflow):
    foreign = {"title": "T", "region": "KZ-47"}
    refused = env.file(foreign, "requester", workflow=workflow)
    assert isinstance(refused, Invalid) and refused.errors == FOREIGN
    assert isinstance(env.file({**foreign, "region": "KZ-43"}, "requester", workflow=workflow), Done)
    assert isinstance(env.file(foreign, "neighbour", workflow=workflow), Done)


def test_nor_moves_a_draft_there_afterwards(env):
    reference = env.begin()
    assert env.edit("requester", reference, {"region": "KZ-47"}).errors == FOREIGN
    assert env.case(reference).region == "KZ-43"
    assert isinstance(env.edit("requester", reference, {"region": "KZ-43", "title": "Another"}), Done)
    returned = env.walk("confirm_complete")
    env.take("coordinator", returned, "return_for_completion", {"comment": "More"})
    assert env.edit("requester", returned, {"region": "KZ-10"}).errors == FOREIGN


def test_a_grant_names_other_regions(env, move):
    """Own are the regions of the grants; a grant for all regions means that of the organisation."""
    move("nobody", "akimat-kz-43")
    env.grant("nobody", "requester", "KZ-47")
    for region, may in (("KZ-43", False), ("KZ-47", True)):
        assert isinstance(env.file({"region": region}, "nobody"), Done) is may
    env.grant("nobody", "requester", "KZ-10")
    assert isinstance(env.file({"region": "KZ-10"}, "nobody"), Done)
    env.grant("nobody", "requester")
    assert isinstance(env.file({"region": "KZ-43"}, "nobody"), Done)
    assert env.file({"region": "KZ-71"}, "nobody").errors == FOREIGN


def test_an_organisation_of_the_country_files_for_every_oblast(env, move):
    move("nobody", "project-team")
    env.grant("nobody", "requester")
    assert isinstance(env.file({"region": "KZ-71"}, "nobody"), Done)


def test_a_coordinator_files_for_any_region_they_hold(env):
    assert isinstance(env.file({"region": "KZ-43"}, "coordinator"), Done)
    assert env.file({"region": "KZ-47"}, "coordinator").errors == FOREIGN
    env.grant("coordinator", "coordinator", "KZ-47")
    reference = env.begin({"region": "KZ-47"}, "coordinator")
    assert isinstance(env.edit("coordinator", reference, {"region": "KZ-43"}), Done)
    assert env.edit("coordinator", reference, {"region": "KZ-10"}).errors == FOREIGN
    env.grant("coordinator", "coordinator")
    assert isinstance(env.edit("coordinator", reference, {"region": "KZ-10"}), Done)


def test_who_does_both_files_for_another_oblast_as_its_coordinator(env):
    env.grant("requester", "coordinator", "KZ-47")
    reference = env.begin({"title": "T", "region": "KZ-47"})
    with env.transactions.read() as session:
        owner = session.scalar(select(Organisation.key).where(Organisation.id == env.case(reference).organisation_id))
    assert owner == "akimat-kz-47"
    assert env.edit("requester", env.begin(), {"region": "KZ-47"}).errors == FOREIGN


def test_a_deputy_files_for_the_regions_of_the_absent(env):
    today = env.services.calendar.local_day(clock.now())
    deputy, absent = env.actor("coordinator"), env.actor("distant")
    assert env.file({"region": "KZ-47"}, "coordinator").errors == FOREIGN
    with env.transactions.write() as session:
        wish = NewAbsence(today, today + timedelta(days=9), deputy_id=deputy.person_id)
        person = session.get(Person, absent.person_id)
        assert record(session, person, wish, recorded_by_id=absent.person_id, now=clock.now())
    assert isinstance(env.file({"region": "KZ-47"}, "coordinator"), Done)


def test_a_grant_for_one_workflow_opens_no_other(env):
    env.grant("nobody", "coordinator", "KZ-43", workflow="loan_referral")
    assert not isinstance(env.file({"region": "KZ-43"}, "nobody"), Done)
    assert isinstance(env.file({"region": "KZ-43"}, "nobody", workflow="loan_referral"), Done)


def test_a_region_that_does_not_exist_is_unknown_for_everybody(env):
    assert env.file({"region": "KZ-99"}).errors == (("region", (Problem("unknown_region"),)),)
