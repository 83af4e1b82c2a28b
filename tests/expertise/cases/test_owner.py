"""Whose case it is: the requester's organisation, or the akimat of the region for which the team filed it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from expertise.cases import desk
from expertise.people.model import Organisation


@pytest.fixture
def begin(env):
    def open_one(who, **fields):
        actor = env.actor(who)
        unit = lambda session: desk.open_case(desk.Unit(session, env.services), actor, "expertise_request", fields)  # noqa: E731
        return env.transactions.run(unit).reference

    return open_one


@pytest.fixture
def owner(env):
    def key(reference):
        owned = select(Organisation.key).where(Organisation.id == env.case(reference).organisation_id)
        with env.transactions.read() as session:
            return session.scalar(owned)

    return key


def _move(env, who, reference, region):
    actor, seen = env.actor(who), env.case(reference).version
    done = env.transactions.run(
        lambda session: desk.edit(
            desk.Unit(session, env.services), desk.Request(actor, reference, seen), {"region": region}
        )
    )
    assert isinstance(done, desk.Done)


def test_a_requester_s_case_stays_with_the_own_organisation(env, begin, owner):
    env.grant("requester", "requester", "KZ-47")
    reference = begin("requester", region="KZ-43")
    assert owner(reference) == "akimat-kz-43"
    _move(env, "requester", reference, "KZ-47")
    assert owner(reference) == "akimat-kz-43"


def test_what_the_team_files_belongs_to_the_akimat_of_the_region(env, begin, owner):
    reference = begin("coordinator", region="KZ-43")
    assert owner(reference) == "akimat-kz-43"


def test_it_follows_the_region_while_nobody_of_the_oblast_has_acted(env, begin, owner):
    env.grant("coordinator", "coordinator", "KZ-47")
    env.grant("requester", "requester", "KZ-47")
    reference = begin("coordinator", title="Water")
    assert owner(reference) is None
    for region, expected in (("KZ-43", "akimat-kz-43"), ("KZ-47", "akimat-kz-47"), ("KZ-43", "akimat-kz-43")):
        _move(env, "coordinator", reference, region)
        assert owner(reference) == expected
    _move(env, "requester", reference, "KZ-47")
    assert owner(reference) == "akimat-kz-43"
