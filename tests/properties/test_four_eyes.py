"""Whoever may do what, is away, stands in, and however many must agree: nobody decides on both sides of a case."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, or_, select
from sqlalchemy.orm import Session

from expertise.audit.model import Event
from expertise.base import clock
from expertise.base.database import Base, prepare, table_of
from expertise.base.transaction import Transactions
from expertise.calendars.reading import Calendars
from expertise.cases import desk
from expertise.cases.desk import Done
from expertise.cases.kind import Shop
from expertise.cases.queries import CASES
from expertise.people.access import load_actor
from expertise.people.model import Absence, Grant, Organisation, Person
from expertise.people.seed import load_reference
from expertise.register import Register
from tests.expertise.cases.scenery import PEOPLE, House, furnish, workflows
from tests.laws.town import Troupe
from tests.properties.sides import DAYS, TODAY, Away, Place, Right, own, side, stood_in_for, voices
from tests.support.days import MONDAY
from workflows.refusals import AlreadyVoted, FourEyes

NAMES = ("requester", "colleague", "coordinator", "deputy", "approver", "manager", "expert", "twofold")
#: Where a case stands when people begin to disagree about it: the next step of the usual walk.
USUAL = ("endorse", "approve_terms", "offer.accept", "deliverable.accept", "accept_final")
#: The same, with an expert who asked for the work, or belongs to those who did: (stage, expert).
TANGLED = (("offer.accept", "requester"), ("deliverable.accept", "colleague"), ("accept_final", "colleague"))
STAGES = (*((stage, "expert") for stage in USUAL), *TANGLED)
ASKED = {
    ("expertise_request", "endorse"): {},
    ("expertise_request", "ask_changes"): {"comment": "Тағы"},
    ("expertise_request", "approve_terms"): {},
    ("expertise_request", "send_back_terms"): {"comment": "Тағы"},
    ("expertise_request", "send_for_endorsement"): {},
    ("expertise_request", "accept_final"): {},
    ("expert_offer", "accept"): {"no_conflict": True},
    ("deliverable", "accept"): {},
    ("deliverable", "return_for_revision"): {"comment": "Тағы"},
}
EVENTS = table_of(Event)
WATCHED = Counter()

names = st.sampled_from(NAMES)
limits = {
    "region": st.sampled_from([None, "KZ-43", "KZ-43", "KZ-47"]),
    "workflow": st.sampled_from([None, None, "expertise_request", "project_proposal"]),
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


class Kinds:
    """The workflows as they are, but `quorum` must agree on the terms."""

    def __init__(self, real, quorum):
        self.real, self.quorum = real, quorum

    def current(self, workflow):
        return self._changed(self.real.current(workflow))

    def pinned(self, digest):
        return self._changed(self.real.pinned(digest))

    def _changed(self, definition):
        changed = {
            key: replace(step, quorum=self.quorum)
            for key, step in definition.transitions.items()
            if key in ("approve_terms", "endorse")
        }
        return replace(definition, transitions={**definition.transitions, **changed})


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """A case at every stage, brought there by the usual people, or with another expert."""
    engine = prepare(create_engine(f"sqlite:///{tmp_path_factory.mktemp('sides') / 'town.sqlite'}"))
    Base.metadata.create_all(engine)
    transactions = Transactions(engine)
    with clock.travelling(MONDAY):
        with transactions.write() as session:
            load_reference(session)
        furnish(transactions)
        kinds = Register(workflows(), transactions.read)
        house = House(transactions, Shop(kinds, Calendars(), "https://komek.example.kz"))
        references = {}
        for stage, expert in sorted(STAGES):
            whole, part = walk(house, stage, expert), stage.rpartition(".")[0]
            references[stage, expert] = house.part(whole, part) if part else whole
        yield house, references
    engine.dispose()


def walk(house, stage, expert):
    """Everybody who may be an expert is one here; the offer goes to this one."""
    if expert != "expert":
        with house.transactions.write() as session:
            person = session.scalar(select(Person.id).where(Person.name == expert))
            if session.scalar(select(Grant.id).where(Grant.person_id == person, Grant.role == "expert")) is None:
                session.add(Grant(person_id=person, role="expert"))
    return Troupe(house.transactions, house.shop, {"expert": expert}).walk(stage)


@dataclass
class Scene:
    """One case, with people whose rights and absences are known to the desk and, apart from it, to us."""

    session: Session
    shop: Shop
    reference: str
    rights: list[Right]
    aways: list[Away]
    homes: dict[str, int]

    def case(self):
        return self.session.execute(select(CASES).where(CASES.c.reference == self.reference)).one()

    def events(self, *, around: bool):
        """Of this case; `around`: of its whole and its parts as well."""
        case, table = self.case(), CASES.c
        family = table.id == case.id
        if around:
            family = or_(family, table.parent_id == case.id, table.id == case.parent_id)
        ids = select(table.id).where(family)
        return self.session.execute(select(EVENTS).where(EVENTS.c.case_id.in_(ids)).order_by(EVENTS.c.sequence)).all()

    def try_step(self, key: str, number: int) -> bool:
        """Let somebody try one of the steps of the state, and judge the answer; False when there is none."""
        case = self.case()
        steps = self.shop.kinds.pinned(case.digest).steps_from.get(case.state, ())
        known = [step for step in steps if (case.workflow, step.key) in ASKED]
        if not known:
            return False
        step, person = known[number % len(known)], self.session.scalar(select(Person.id).where(Person.key == key))
        actor, raw = load_actor(self.session, person, TODAY), ASKED[case.workflow, step.key]
        around, here = self.events(around=True), self.events(around=False)
        answer = desk.fire(self.session, self.shop, actor, self.reference, step.key, raw, case.version)
        if isinstance(answer, Done):
            self._judge_done(case, step, key, around, here)
        elif isinstance(answer, FourEyes):
            WATCHED["four eyes"] += 1
            behind = {key}.union(*(self._stood_in_for(case, key, role) for role in step.by))
            assert behind & side(around, answer.role), "refused for nothing"
        elif isinstance(answer, AlreadyVoted):
            WATCHED["voted"] += 1
        return True

    def _judge_done(self, case, step, key, around, here):
        event = self.events(around=False)[-1]
        assert event.actor == key and event.role in step.by
        if own(self.rights, self.homes, key, event.role, self._place(case)):
            assert event.instead_of is None
        else:
            assert event.instead_of in self._stood_in_for(case, key, event.role)
            WATCHED["deputy"] += 1
        persons = {event.actor, event.instead_of} - {None}
        for other in step.not_by:
            assert persons.isdisjoint(side(around, other)), (step.key, other)
            WATCHED["free"] += 1
        voted = voices(here, step.key)
        assert all(persons.isdisjoint(each) for each in voted)
        if self.case().state != case.state:
            assert len(voted) + 1 >= step.quorum
            WATCHED["quorum"] += step.quorum > 1

    def _place(self, case):
        assignee = self.session.scalar(select(Person.key).where(Person.id == case.assignee_id))
        return Place(case.workflow, case.region, case.organisation_id, assignee)

    def _stood_in_for(self, case, key, role):
        return stood_in_for(self.rights, self.aways, key, role, self._place(case))


def arrange(session, house, stage, quorum, extra, absent, moved) -> Scene:
    """Give the extra roles and note the absences as rows, past every check: the desk must hold on its own."""
    keys = dict(session.execute(select(Person.name, Person.key)).all())
    ids = dict(session.execute(select(Person.name, Person.id)).all())
    akimat = session.scalar(select(Organisation.id).where(Organisation.key == "akimat-kz-43"))
    usual = [Right(name, role, region) for name, (roles, region, _) in PEOPLE.items() for role in roles]
    usual += [Right(name, "expert") for _, name in TANGLED]
    for right in extra:
        since, until = DAYS.get(right.days, (None, None))
        values = {"role": right.role, "region": right.region, "workflow": right.workflow}
        session.add(Grant(person_id=ids[right.person], since=since, until=until, **values))
    for away in absent:
        since, until = DAYS[away.days]
        scope = {"role": away.role, "region": away.region, "workflow": away.workflow}
        noted = {"cause": "leave", "note": "", "recorded_by_id": 1, "created_at": MONDAY}
        noted |= {"since": since, "until": until, "ended_at": MONDAY if away.ended else None}
        session.add(Absence(person_id=ids[away.person], deputy_id=ids[away.deputy], **scope, **noted))
    for name in moved:
        session.get_one(Person, ids[name]).organisation_id = akimat
    session.flush()
    homes = dict(session.execute(select(Person.key, Person.organisation_id)).all())
    return Scene(
        session,
        replace(house.shop, kinds=Kinds(house.shop.kinds, quorum)),
        stage,
        [replace(right, person=keys[right.person]) for right in [*usual, *extra]],
        [replace(away, person=keys[away.person], deputy=keys[away.deputy]) for away in absent],
        homes,
    )


@settings(max_examples=120)
@given(
    st.sampled_from(STAGES),
    st.integers(1, 3),
    st.lists(rights, min_size=3, max_size=8, unique_by=lambda right: (right.person, right.role)),
    st.lists(aways, min_size=2, max_size=5),
    st.sets(names, max_size=4),
    tries,
)
def whatever_happens(town, stage, quorum, extra, absent, moved, tried):
    house, references = town
    with house.undone() as session:
        scene = arrange(session, house, references[stage], quorum, extra, absent, moved)
        keys = dict(session.execute(select(Person.name, Person.key)).all())
        for name, number in tried:
            if not scene.try_step(keys[name], number):
                break


def test_nobody_stands_on_both_sides(town):
    WATCHED.clear()
    whatever_happens(town)
    assert all(WATCHED[kind] >= 3 for kind in ("four eyes", "voted", "deputy", "free", "quorum")), WATCHED
