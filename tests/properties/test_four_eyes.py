"""Whoever may do what, is away, stands in, and however many must agree: nobody decides on both sides of a case."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, delete, or_, select

from expertise.audit.model import Event
from expertise.base import clock
from expertise.base.database import Base, prepare
from expertise.base.transaction import Transactions
from expertise.cases import desk
from expertise.cases.desk import Done
from expertise.cases.kind import Shop
from expertise.cases.model import Case
from expertise.people.access import load_actor
from expertise.people.model import Absence, Grant, Organisation, Person
from expertise.people.seed import load_reference
from expertise.register import Register
from tests.expertise.cases.scenery import PEOPLE, House, furnish, workflows
from tests.laws.conftest import MONDAY
from tests.properties.sides import DAYS, Away, Place, Right, own, side, stood_in_for, voices
from workflows.refusals import AlreadyVoted, FourEyes

NAMES = ("requester", "colleague", "coordinator", "deputy", "approver", "manager", "expert", "twofold")
#: Where a case stands when people begin to disagree about it: the next step of the usual walk.
STAGES = ("endorse", "approve_terms", "offer.accept", "deliverable.accept", "accept_final")
STEPS = {
    "endorse": {},
    "ask_changes": {"comment": "Тағы"},
    "approve_terms": {},
    "send_back_terms": {"comment": "Тағы"},
    "refuse_terms": {"comment": "Жоқ"},
    "send_for_endorsement": {},
    "accept": {"no_conflict": True},
    "return_for_revision": {"comment": "Тағы"},
    "accept_final": {},
}
WATCHED = Counter()

names = st.sampled_from(NAMES)
limits = {"region": st.sampled_from([None, "KZ-43", "KZ-47"]), "workflow": st.sampled_from([None, "expertise_request"])}
rights = st.builds(
    Right, names, st.sampled_from(["requester", "coordinator", "approver", "expert"]), **limits, days=st.just("")
)
dated = st.builds(replace, rights, days=st.sampled_from(list(DAYS)))
aways = st.builds(
    Away,
    names,
    names,
    role=st.sampled_from([None, None, "coordinator", "approver"]),
    **limits,
    days=st.sampled_from(["today", "today", *DAYS]),
    ended=st.sampled_from([False, False, True]),
).filter(lambda away: away.person != away.deputy)
tries = st.lists(st.tuples(names, st.integers(0, 3)), min_size=6, max_size=14)


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
    """A case at every stage, brought there by the usual people."""
    engine = prepare(create_engine(f"sqlite:///{tmp_path_factory.mktemp('sides') / 'town.sqlite'}"))
    Base.metadata.create_all(engine)
    transactions = Transactions(engine)
    with clock.travelling(MONDAY):
        with transactions.write() as session:
            load_reference(session)
        furnish(transactions)
        house = House(transactions, shop_of(Register(workflows(), transactions.read)))
        references = {}
        for stage in STAGES:
            whole, part = house.walk(stage), stage.rpartition(".")[0]
            references[stage] = house.part(whole, part) if part else whole
        yield house, references
    engine.dispose()
