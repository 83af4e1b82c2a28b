"""One reach, read in three ways, and as it was read before it was declared: lists, one case in SQL, one case in Python.

400 actors that nobody would think of × 300 such cases, on both databases; the same ones in every run.
"""

from __future__ import annotations

import os
import random
from datetime import timedelta

import pytest
from sqlalchemy import and_, exists, false, insert, or_, select, true

from expertise.base.transaction import Transactions
from expertise.cases import reach
from expertise.cases.model import PublishedDefinition
from expertise.cases.queries import CASES, READ
from expertise.cases.reach import BY_DEADLINE, NEWEST_FIRST, PARTIES, branches, condition, counted, listed, roles_of
from expertise.people.access import CLOCK, IMPORT, Absent, Actor, HeldGrant, load_actor, recipients
from expertise.people.model import Absence, Grant, Organisation, Person
from tests.support.contents import REFERENCE
from tests.support.databases import KINDS, database
from tests.support.days import MONDAY
from workflows import roles as directory
from workflows.roles import BUILT_IN, KIND_OF, Kind, Role

ACTORS, NUMBER = 400, 300
SEED = random.randrange(10**6) if os.environ.get("KOMEK_TEST_EXPLORE") else 23
STAFF, EVERYWHERE = {"coordinator", "approver", "manager", "board", "panel"}, {"auditor", "administrator"}
REGIONS, WORKFLOWS = (None, "KZ-43", "KZ-47", "KZ-75"), ("expertise_request", "loan_referral", "deliverable")
PEOPLE = range(1, 13)
TODAY = MONDAY.date()

#: Roles that definitions declare: name → kind, and the workflows that declare it.
DECLARED = {
    "board": (Kind.GRANT, WORKFLOWS[:2]),
    "panel": (Kind.GRANT, WORKFLOWS[2:]),
    "servant": (Kind.ORGANISATION, WORKFLOWS),
    "witness": (Kind.ORGANISATION, WORKFLOWS[:1]),
    "chair": (Kind.PERSON, WORKFLOWS),
    "member": (Kind.PERSON, WORKFLOWS[1:]),
}
BY_NAME = [role for role, (kind, _) in DECLARED.items() if kind is not Kind.GRANT]
TODAYS = [*BUILT_IN, *DECLARED]


@pytest.fixture(scope="module", autouse=True)
def declared():
    """The roles of DECLARED, known for these tests."""
    before = directory.declared()
    for name, (kind, workflows) in DECLARED.items():
        for workflow in workflows:
            label = dict.fromkeys(("kk", "ru", "en"), name)
            directory.declare(workflow, [Role(name, label, kind, None if kind is Kind.GRANT else "x")])
    yield
    directory.replace_all(before)


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
        "owner_role": None if final else dice.choice([*list(BUILT_IN)[:6], *DECLARED]),
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
    named = [(role, DECLARED[role][0]) for role in BY_NAME]
    for role, kind in (("expert", Kind.PERSON), ("lender", Kind.ORGANISATION), *named):
        column, whoever = ("person_id", PEOPLE) if kind is Kind.PERSON else ("organisation_id", places)
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
    grants = tuple(a_grant(dice) for _ in range(dice.randrange(5)))
    person = dice.choice(PEOPLE)
    return Actor(key=f"p{person}", person_id=person, organisation_id=dice.choice([None, *places]), grants=grants)


def a_grant(dice):
    """A grant as it is held: of a declared role for one of the workflows that declare it."""
    roles = [*list(BUILT_IN)[:6], "board", "panel"]
    role = dice.choice(roles if dice.random() < 0.95 else list(EVERYWHERE))
    workflows = DECLARED[role][1] if role in DECLARED else [None, None, *WORKFLOWS]
    absent = dice.choice([None, None, None, Absent("k", "n", dice.choice(PEOPLE))])
    return HeldGrant(role, dice.choice(REGIONS), dice.choice(workflows), absent)


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


def test_letters_go_to_exactly_those_who_have_the_role(town):
    """Grants of regions, workflows and days, people without access, and deputies: recipients as `roles_of` says."""
    transactions, _actors = town
    dice = random.Random(SEED + 1)
    with transactions.write() as session:
        settle(session, dice)
        actors = {number: load_actor(session, number, TODAY) for number in PEOPLE}
        assert sum(actor is None for actor in actors.values()) == 2
        assert any(grant.absent for actor in actors.values() if actor for grant in actor.grants)
        for row in session.execute(select(*READ).limit(150)).all():
            found = {(each.role, each.person_id) for each in recipients(session, TODAYS, row, TODAY)}
            there = [role for role in TODAYS if role in BUILT_IN or row.workflow in DECLARED[role][1]]
            wanted = {
                (role, number)
                for number, actor in actors.items()
                if actor is not None
                for role in actor.roles_in(row) & set(there)
            }
            assert found == wanted, row.id
        session.rollback()


def settle(session, dice):
    """Give the people grants of all kinds, organisations and deputies; take access from two of them."""
    places = list(session.scalars(select(Organisation.id).order_by(Organisation.id).limit(4)))
    for person in session.scalars(select(Person)):
        person.organisation_id, person.active = dice.choice([None, *places]), person.id not in (3, 7)
        for role in dice.sample([role for role in KIND_OF if role not in BY_NAME], 4):
            scope = {"region": dice.choice(REGIONS), "workflow": dice.choice([None, *WORKFLOWS])}
            until = dice.choice([None, None, TODAY, TODAY - timedelta(days=1)])
            session.add(Grant(person_id=person.id, role=role, until=until, **scope))
    for number in range(1, 12, 2):
        away = {"since": TODAY, "until": TODAY, "cause": "leave", "note": "", "recorded_by_id": 1, "created_at": MONDAY}
        session.add(Absence(person_id=number, deputy_id=number + 1, region=dice.choice(REGIONS), **away))
    session.flush()


# --- as it was read while expert and lender were columns of the case ----------------------------


def _party(role, column):
    mine = (PARTIES.c.case_id == CASES.c.id, PARTIES.c.role == role, PARTIES.c.until.is_(None))
    return select(column).where(*mine).correlate(CASES).scalar_subquery().label(f"{role}_id")


BEFORE = select(
    *CASES.c,
    *(_party(role, PARTIES.c.person_id) for role in ("expert", "chair", "member")),
    *(_party(role, PARTIES.c.organisation_id) for role in ("lender", "servant", "witness")),
).subquery()
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
    found += [and_(SENT, named(actor, role)) for role in BY_NAME]
    return or_(*found)


def named(actor, role):
    """The condition of a case that names the actor, or the organisation for which they act, in a declared role."""
    acts = actor.has("requester") or actor.has("lender")
    mine = {Kind.PERSON: actor.person_id, Kind.ORGANISATION: actor.organisation_id if acts else None}[DECLARED[role][0]]
    column = {Kind.PERSON: PARTIES.c.person_id, Kind.ORGANISATION: PARTIES.c.organisation_id}[DECLARED[role][0]]
    there = (PARTIES.c.case_id == BEFORE.c.id, PARTIES.c.role == role, PARTIES.c.until.is_(None), column == mine)
    return exists().where(*there) if mine is not None else false()


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
    found += [and_(SENT, BEFORE.c.owner_role == role, named(actor, role)) for role in BY_NAME]
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
    found += [and_(SENT, BEFORE.c.owner_role != role, named(actor, role)) for role in BY_NAME]
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
    if case.visit > 1 or case.parent_id is not None or case.opened_by_id is None:
        acts = actor.has("requester") or actor.has("lender")
        mine = {"chair": actor.person_id, "member": actor.person_id}
        mine |= dict.fromkeys(("servant", "witness"), actor.organisation_id if acts else None)
        roles |= {role for role, number in mine.items() if None is not number == getattr(case, f"{role}_id")}
    return roles
