"""One reach, read in three ways, and as it was read before it was declared: lists, one case in SQL, one case in Python.

400 actors that nobody would think of × 300 such cases, on both databases; the same ones in every run.
"""

from __future__ import annotations

import os
import random
from datetime import timedelta

import pytest
from sqlalchemy import and_, false, insert, or_, select, true

from expertise.base.transaction import Transactions
from expertise.cases import reach
from expertise.cases.model import PublishedDefinition
from expertise.cases.queries import CASES, READ
from expertise.cases.reach import BY_DEADLINE, NEWEST_FIRST, PARTIES, branches, condition, counted, listed, roles_of
from expertise.people.access import CLOCK, IMPORT, Absent, Actor, HeldGrant
from expertise.people.model import Organisation, Person
from expertise.people.reach import REACHES
from tests.support.contents import REFERENCE
from tests.support.databases import KINDS, database
from tests.support.days import MONDAY

ACTORS, NUMBER = 400, 300
SEED = random.randrange(10**6) if os.environ.get("KOMEK_TEST_EXPLORE") else 23
STAFF, EVERYWHERE = {"coordinator", "approver", "manager"}, {"auditor", "administrator"}
REGIONS, WORKFLOWS = (None, "KZ-43", "KZ-47", "KZ-75"), ("expertise_request", "loan_referral", "deliverable")
PEOPLE = range(1, 13)


@pytest.fixture(scope="module", params=KINDS)
def town(request, tmp_path_factory):
    """Sessions on a database full of cases."""
    dice = random.Random(SEED)
    with database(request.param, tmp_path_factory.mktemp("reach"), REFERENCE) as engine:
        transactions = Transactions(engine)
        with transactions.write() as session:
            places = list(session.scalars(select(Organisation.id).order_by(Organisation.id).limit(4)))
            session.add(PublishedDefinition(digest="d", workflow="w", version=1, text="", published_at=MONDAY))
            for number in PEOPLE:
                made = {"name": "x", "email": f"{number}@example.kz", "language": "kk", "created_at": MONDAY}
                session.add(Person(id=number, **made))
            session.flush()
            for number in range(1, NUMBER + 1):
                session.execute(insert(CASES).values(a_case(dice, number, places)))
                for party in some_parties(dice, number, places):
                    session.execute(insert(PARTIES).values(party))
        yield transactions, [an_actor(dice, places) for _ in range(ACTORS)]


def a_case(dice, number, places):
    final = dice.choice([None, None, None, "succeeded"])
    parent = dice.choice([None, None, dice.randrange(1, number)]) if number > 1 else None
    return {
        "id": number,
        "reference": f"X-{number}",
        "workflow": dice.choice(WORKFLOWS),
        "digest": "d",
        "state": "s",
        "visit": dice.choice([1, 1, 2, 5]),
        "final": final,
        "ended_at": MONDAY if final else None,
        "owner_role": None if final else dice.choice([each.role for each in REACHES][:6]),
        "due_at": dice.choice([None, MONDAY + timedelta(days=dice.randrange(-9, 9))]),
        "organisation_id": dice.choice([None, *places]),
        "opened_by_id": dice.choice([None, *PEOPLE]),
        "region": dice.choice(REGIONS),
        "parent_id": parent,
        "part": "p" if parent else None,
        "fields": {},
        "clocks": {},
        "head": b"",
        "entered_at": MONDAY,
        "opened_at": MONDAY,
        "changed_at": MONDAY + timedelta(hours=dice.randrange(50)),
    }


def some_parties(dice, number, places):
    """Parties of now and of before; at most one of now for each role, as it is today."""
    for role, column, whoever in (("expert", "person_id", PEOPLE), ("lender", "organisation_id", places)):
        for until in dice.choice([(), (None,), (MONDAY,), (MONDAY, None)]):
            yield {
                "case_id": number,
                "role": role,
                column: dice.choice(list(whoever)),
                "source": "field:x",
                "since": MONDAY,
                "until": until,
                "waiting": False,
            }


def an_actor(dice, places):
    """Also with roles of absent people or without an organisation; and those who are no person."""
    if dice.random() < 0.03:
        return dice.choice([CLOCK, IMPORT])
    roles = [each.role for each in REACHES]
    grants = tuple(
        HeldGrant(
            dice.choice(roles[:6] if dice.random() < 0.95 else roles),
            dice.choice(REGIONS),
            dice.choice([None, None, *WORKFLOWS]),
            dice.choice([None, None, None, Absent("k", "n", dice.choice(PEOPLE))]),
        )
        for _ in range(dice.randrange(5))
    )
    person = dice.choice(PEOPLE)
    return Actor(key=f"p{person}", person_id=person, organisation_id=dice.choice([None, *places]), grants=grants)


def test_lists_the_condition_and_python_reach_the_same_cases(town):
    transactions, actors = town
    with transactions.read() as session:
        rows = session.execute(select(*READ).order_by(CASES.c.id)).all()
        for actor in actors:
            one = set(session.scalars(select(CASES.c.id).where(condition(actor))))
            assert one == {row.id for row in rows if reach.reaches(actor, row)}, actor
            assert one == set(session.scalars(select(BEFORE.c.id).where(visible(actor)))), actor
            ids = [row.id for row in rows if row.id in one]
            newest = sorted((row for row in rows if row.id in one), key=lambda row: (row.changed_at, row.id))[::-1]
            for limit in (7, NUMBER + 1):
                shown = session.execute(listed([CASES.c.id], branches(actor), NEWEST_FIRST, limit)).scalars()
                assert list(shown) == [row.id for row in newest[:limit]], actor
            assert session.scalar(counted(branches(actor), NUMBER + 1)) == len(ids)


def test_roles_in_a_case_are_what_they_were(town):
    """A role reaches its case; only the team's does not reach a draft of others."""
    transactions, actors = town
    with transactions.read() as session:
        rows = session.execute(select(*READ)).all()
        before = {row.id: row for row in session.execute(select(BEFORE))}
    pairs = 0
    for actor in actors:
        for row in rows:
            roles = roles_of(row, actor)
            assert roles == roles_before(before[row.id], actor), (actor, row.id)
            if roles - STAFF or (roles and (row.visit > 1 or row.parent_id)):
                assert reach.reaches(actor, row)
                pairs += 1
    assert pairs > ACTORS


@pytest.mark.parametrize("limit", [5, NUMBER])
def test_a_worklist_has_what_it_had_in_its_order(town, limit):
    transactions, actors = town
    late = (BEFORE.c.due_at.asc().nulls_last(), BEFORE.c.id)
    with transactions.read() as session:
        for actor in actors:
            for now, then in ((reach.waiting, waiting_for), (reach.with_others, with_others)):
                wanted = select(BEFORE.c.id).where(BEFORE.c.final.is_(None), or_(*then(actor)))
                expected = session.scalars(wanted.order_by(*late).limit(limit)).all()
                assert session.scalars(listed([CASES.c.id], now(actor), BY_DEADLINE, limit)).all() == expected, actor


# --- as it was read while expert and lender were columns of the case ----------------------------


def _party(role, column):
    mine = (PARTIES.c.case_id == CASES.c.id, PARTIES.c.role == role, PARTIES.c.until.is_(None))
    return select(column).where(*mine).correlate(CASES).scalar_subquery().label(f"{role}_id")


BEFORE = select(*CASES.c, _party("expert", PARTIES.c.person_id), _party("lender", PARTIES.c.organisation_id)).subquery()
SENT = or_(BEFORE.c.visit > 1, BEFORE.c.parent_id.is_not(None), BEFORE.c.opened_by_id.is_(None))


def visible(actor):
    if actor.machine is not None or any(actor.has(role) for role in EVERYWHERE):
        return true()
    found = [false()]
    team = {(grant.region, grant.workflow) for grant in actor.grants if grant.role in STAFF}
    if team:
        found.append(and_(SENT, or_(*(within(region, workflow) for region, workflow in sorted(team, key=str)))))
        found.append(BEFORE.c.opened_by_id == actor.person_id)
    if actor.has("requester") and actor.organisation_id is not None:
        found.append(BEFORE.c.organisation_id == actor.organisation_id)
    if actor.has("lender") and actor.organisation_id is not None:
        found.append(BEFORE.c.lender_id == actor.organisation_id)
    if actor.has("expert"):
        found.append(BEFORE.c.expert_id == actor.person_id)
    return or_(*found)


def within(region, workflow):
    sides = {BEFORE.c.region: region, BEFORE.c.workflow: workflow}
    return and_(true(), *(column == wanted for column, wanted in sides.items() if wanted is not None))


def waiting_for(actor):
    found = [false()]
    own = or_(SENT, BEFORE.c.opened_by_id == actor.person_id)
    for grant in actor.grants:
        if grant.role in STAFF:
            found.append(and_(within(grant.region, grant.workflow), BEFORE.c.owner_role == grant.role, own))
        elif grant.role == "requester" and actor.organisation_id is not None:
            found.append(and_(BEFORE.c.organisation_id == actor.organisation_id, BEFORE.c.owner_role == "requester"))
        elif grant.role == "lender" and actor.organisation_id is not None:
            found.append(and_(BEFORE.c.lender_id == actor.organisation_id, BEFORE.c.owner_role == "lender"))
        elif grant.role == "expert":
            found.append(and_(BEFORE.c.expert_id == actor.person_id, BEFORE.c.owner_role == "expert"))
    return found


def with_others(actor):
    organisation, person = actor.organisation_id, actor.person_id
    found = [false()]
    if actor.has("requester") and organisation is not None:
        found.append(and_(BEFORE.c.organisation_id == organisation, BEFORE.c.owner_role != "requester"))
    if actor.has("expert"):
        found.append(and_(BEFORE.c.expert_id == person, BEFORE.c.owner_role != "expert"))
    if actor.has("lender") and organisation is not None:
        found.append(and_(BEFORE.c.lender_id == organisation, BEFORE.c.owner_role != "lender"))
    return found


def roles_before(case, actor):
    if actor.machine is not None:
        return frozenset({actor.machine})
    roles = {
        grant.role
        for grant in actor.grants
        if (grant.role in STAFF and grant.reaches(case.region, case.workflow))
        or grant.role in EVERYWHERE
        or (grant.role == "requester" and None is not case.organisation_id == actor.organisation_id)
        or (grant.role == "lender" and None is not case.lender_id == actor.organisation_id)
        or (grant.role == "expert" and None is not case.expert_id == actor.person_id)
    }
    if actor.person_id is not None and actor.person_id == case.opened_by_id and case.visit == 1 and not case.parent_id:
        roles |= {grant.role for grant in actor.grants if grant.role in STAFF}
    return roles
