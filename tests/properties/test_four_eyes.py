"""Whoever may do what, is away, stands in, and however many must agree: nobody decides on both sides of a case.

Walks every workflow of the application: which steps are guarded, and the way there, are read from the definitions.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from functools import cache, partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from expertise.base import clock
from expertise.base.transaction import Transactions
from expertise.calendars.cache import Calendars
from expertise.cases.actions.idempotency import Done
from expertise.cases.parties import replaced, write_parties
from expertise.cases.services import Services
from expertise.people.model import Grant, Person
from expertise.people.reach import Party
from expertise.registry import Registry
from tests.properties.case_sides import DAYS, TEAM, Away, Right
from tests.properties.route_finder import Guide, NoWay, guarded
from tests.properties.scenarios import Definitions, Scene
from tests.support.contents import definitions
from tests.support.databases import database
from tests.support.days import MONDAY
from tests.support.environment import Environment
from tests.support.people import CAST
from workflows.refusals import FourEyes

#: Heavy exploring is for whoever has time; see tests/conftest.py.
EXAMPLES = 1500 if os.environ.get("KOMEK_TEST_EXPLORE") else 100
NAMES = ("requester", "colleague", "coordinator", "deputy", "approver", "manager", "expert", "twofold")
GUARDED = guarded(definitions())
#: Where a case stands when people begin to disagree about it, and who is its expert: one who asked for the work, too.
TANGLED = ("requester", "colleague")
STAGES = [(goal, "expert") for goal, _ in GUARDED]
STAGES += [(goal, name) for goal, step in GUARDED if "expert" in step.by + step.not_by for name in TANGLED]
WATCHED = Counter()

names = st.sampled_from(NAMES)
limits = {
    "region": st.sampled_from([None, "KZ-43", "KZ-43", "KZ-47"]),
    "workflow": st.sampled_from([*[None] * len(definitions()), *definitions()]),
}
#: Second roles, of those above all who have acted already by the time.
rights = st.builds(
    Right,
    st.sampled_from(["requester", "coordinator", "expert", *NAMES]),
    st.sampled_from(["approver", "approver", "requester", "coordinator", "expert"]),
    **limits,
    days=st.sampled_from(["", "", "", *DAYS]),
)
aways = st.builds(
    Away,
    st.sampled_from(["approver", "coordinator", "twofold", "deputy"]),
    names,
    role=st.sampled_from([None, None, "coordinator", "approver"]),
    **limits,
    days=st.sampled_from(["today", "today", *DAYS]),
    ended=st.sampled_from([False, False, False, True]),
).filter(lambda away: away.person != away.deputy)
tries = st.lists(st.tuples(names, st.sampled_from([0, 0, 0, 1, 2])), min_size=12, max_size=20)


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """An environment without cases; cases are brought to a stage when one is asked for, and stay there."""
    with clock.travelling(MONDAY), database("sqlite", tmp_path_factory.mktemp("sides"), CAST) as engine:
        transactions = Transactions(engine)
        known = Registry(definitions(), transactions.read)
        env = Environment(transactions, Services(known, Calendars(), "https://k.example.kz"))
        with transactions.write() as session:
            for name in TANGLED:
                person = session.scalar(select(Person.id).where(Person.name == name))
                session.add(Grant(person_id=person, role="expert"))
        yield env, cache(partial(lead, env))


def lead(env, goal, expert):
    """To the goal; with an expert of whom four eyes would make an end before, it is the usual one."""
    try:
        return Guide(env, expert).lead(goal)
    except NoWay:
        if expert == "expert":
            raise
        return lead(env, goal, "expert")


def scene(session, env, reference, quorum=1):
    services = replace(env.services, definitions=Definitions(env.services.definitions, quorum))
    return Scene(session, services, reference, [Right(name, "expert") for name in TANGLED], watched=WATCHED)


@settings(max_examples=EXAMPLES)
@given(
    st.sampled_from(STAGES),
    st.integers(1, 3),
    st.lists(rights, min_size=3, max_size=8, unique_by=lambda right: (right.person, right.role)),
    st.lists(aways, min_size=2, max_size=5),
    st.sets(names, max_size=4),
    tries,
)
def whatever_happens(town, stage, quorum, extra, absent, moved, tried):
    env, led = town
    reference = led(*stage)
    with env.undone() as session:
        here = scene(session, env, reference, quorum)
        for right in extra:
            if right.person not in TANGLED or right.role != "expert":
                here.give(right)
        for away in absent:
            here.send_away(away)
        for name in moved:
            here.move(name)
        for name, number in tried:
            offered = here.offered()
            if not offered:
                break
            here.try_step(name, offered[number % len(offered)])


def test_nobody_stands_on_both_sides(town):
    WATCHED.clear()
    whatever_happens(town)
    assert all(WATCHED[kind] >= 3 for kind in ("four eyes", "voted", "deputy", "free", "quorum")), WATCHED


@pytest.mark.parametrize(("goal", "step"), GUARDED, ids=[str(goal) for goal, _ in GUARDED])
def test_every_guarded_step_holds(town, goal, step):
    """Of each side: who acted there may not, for nobody; nor may a stranger instead of them. A stranger may."""
    env, led = town
    reference = led(goal, "expert")
    for other in step.not_by:
        with env.undone() as session:
            behind = sorted(scene(session, env, reference).side(other))
        assert behind, f"nobody has acted as {other} on the way to {goal}"
        for name in behind:
            for deputise in (False, True):
                assert isinstance(tried_by(town, reference, step, name, deputise=deputise), FourEyes), (other, name)
        if step.by[0] in TEAM:
            assert isinstance(tried_by(town, reference, step, "nobody", instead_of=behind[0]), FourEyes)
    assert isinstance(tried_by(town, reference, step, "nobody"), Done)


def tried_by(town, reference, step, name, *, deputise=False, instead_of=None):
    """What somebody hears who has the right: an own one, as a deputy, or as the deputy of `instead_of`."""
    env, _led = town
    role = step.by[0]
    with env.undone() as session:
        here = scene(session, env, reference)
        holder = instead_of or ("manager" if deputise and role in TEAM and name != "manager" else name)
        if not any(right.person == holder and right.role == role for right in here.rights):
            here.give(Right(holder, role))
        if holder != name:
            here.send_away(Away(holder, name, role=role))
        if role == "requester":
            here.move(name)
        if role == "expert":  # past the desk: whoever it is, the offer is theirs
            case = here.case()
            theirs = replaced(
                case.parties, {"expert": Party("expert", person_id=here.ids[name], source="field:expert")}
            )
            write_parties(session, case.id, case.parties, theirs, clock.now())
        return here.try_step(name, step)
