"""An environment with people of every role, in which a test says who acts: `env.fire("approver", case, …)`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from expertise import registry, worker
from expertise.audit import trail
from expertise.audit.model import Event
from expertise.base import clock
from expertise.base.letter_kinds import LetterKind
from expertise.base.transaction import Transactions
from expertise.calendars.cache import Calendars
from expertise.cases import desk, queries
from expertise.cases.actions.comment import Received
from expertise.cases.desk import Done, Upload
from expertise.cases.model import Case
from expertise.cases.queries import CASES
from expertise.cases.services import Services
from expertise.cases.views import case_view
from expertise.cases.views.case_view import CaseView
from expertise.mail.model import OutgoingLetter
from expertise.people.access import Actor, load_actor
from expertise.people.manage import notification_preferences
from expertise.people.manage.notification_preferences import CHANGEABLE, Choice
from expertise.people.model import Grant, Person
from tests.support.contents import definitions
from tests.support.databases import Contents
from tests.support.main_line import ANALYSIS, REPORT, REQUEST, WALK
from tests.support.people import MAIN_CAST, PEOPLE, Member, add_people, add_person, email
from tests.support.rows import ROW
from workflows.refusals import Refusal

URL = "https://komek.example.kz"
#: For what no database can change: the test runs on SQLite alone.
on_sqlite = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


class Prompt(Transactions):
    """Transactions with a worker beside them that never sleeps: what a unit asked to be written is in the outbox.

    `resting`: the worker does nothing until `expand` is called.
    """

    def __init__(self, engine: Engine, services: Callable[[], Services]) -> None:
        super().__init__(engine)
        self.services, self.resting = services, False

    def run(self, unit):
        result = super().run(unit)
        if not self.resting:
            self.expand()
        return result

    def expand(self) -> int:
        """Put the letters that events asked for into the outbox; returns for how many events."""
        return worker.notify(Transactions(self.engine), self.services())


@dataclass
class Environment:
    """Transactions and services, and the actions of the desk by people who are called by their names."""

    transactions: Transactions
    services: Services

    @property
    def engine(self) -> Engine:
        return self.transactions.engine

    # --- people -------------------------------------------------------------------------------

    def actor(self, name: str) -> Actor:
        with self.transactions.read() as session:
            found = session.scalar(select(Person.id).where(Person.name == name))
            actor = load_actor(session, found or 0, self.services.calendar.local_day(clock.now()))
        assert actor is not None, f"nobody is called {name}"
        return actor

    def add(self, people: Mapping[str, Member]) -> Environment:
        """More people, into a database that knows organisations."""
        add_people(self.engine, people)
        return self

    def grant(self, name: str, role: str, region: str | None = None, workflow: str | None = None) -> None:
        """Give a person one more role."""
        with self.transactions.write() as session:
            person = session.scalar(select(Person.id).where(Person.name == name))
            session.add(Grant(person_id=person, role=role, region=region, workflow=workflow))

    def hire(self, name: str, role: str, organisation: str) -> None:
        """One more person with a role, in an organisation."""
        with self.transactions.write() as session:
            add_person(session, name, Member(role, "ru", organisation))

    @staticmethod
    def email(name: str) -> str:
        return email(name)

    def write_at_once(self) -> Environment:
        """Everybody present gets every letter by itself, at any hour: for tests of what is said, not of when."""
        self.services = replace(self.services, any_hour=True)
        with self.transactions.write() as session:
            for person in session.scalars(select(Person.id)):
                wanted = {kind.value: Choice.IMMEDIATE for kind in CHANGEABLE if kind is not LetterKind.DIGEST}
                assert notification_preferences.choose(session, person, wanted, clock.now()) is None
        return self

    # --- the desk -----------------------------------------------------------------------------

    def open(self, name: str, workflow: str, raw: Mapping[str, Any], key: str | None = None) -> Done | Refusal:
        actor = self.actor(name)
        return self.transactions.run(lambda s: desk.open_case(desk.Unit(s, self.services), actor, workflow, raw, key))

    def file(
        self,
        raw: Mapping[str, Any] = REQUEST,
        by: str = "requester",
        key: str | None = None,
        workflow: str = "expertise_request",
    ) -> Done | Refusal:
        """Open a request, or a case of another workflow; refusals are answers."""
        return self.open(by, workflow, raw, key)

    def begin(self, raw: Mapping[str, Any] = REQUEST, by: str = "requester") -> str:
        """A draft of a request; its reference."""
        return done(self.file(raw, by)).reference

    def edit(
        self,
        name: str,
        reference: str,
        raw: Mapping[str, Any],
        seen: int | None = None,
        key: str | None = None,
        uploads: Mapping[str, Upload] | None = None,
    ) -> Done | Refusal:
        actor, version = self.actor(name), self.version(reference) if seen is None else seen
        return self.transactions.run(
            lambda s: desk.edit(desk.Unit(s, self.services), desk.Request(actor, reference, version, key), raw, uploads)
        )

    def comment(self, name: str, reference: str, text: str, key: str | None = None) -> Done | Refusal:
        actor = self.actor(name)
        return self.transactions.run(
            lambda s: desk.comment(desk.Unit(s, self.services), desk.Request(actor, reference, key=key), Received(text))
        )

    def fire(
        self,
        name: str,
        reference: str,
        step: str,
        raw: Mapping[str, Any] | None = None,
        seen: int | None = None,
        key: str | None = None,
        uploads: Mapping[str, Upload] | None = None,
    ) -> Done | Refusal:
        """Take a step; refusals are answers."""
        actor, version = self.actor(name), self.version(reference) if seen is None else seen
        asked = self.typed(raw or {})
        return self.transactions.run(
            lambda s: desk.fire(
                desk.Unit(s, self.services), desk.Request(actor, reference, version, key), step, asked, uploads
            )
        )

    def take(self, name: str, reference: str, step: str, raw: Mapping[str, Any] | None = None) -> Done:
        """Take a step that must succeed, on the newest part when `step` reads `part.step`."""
        part, _, key = step.rpartition(".")
        uploads = {"report": REPORT} if step in ("deliverable.submit", "deliverable.resubmit") else None
        return done(self.fire(name, self.part(reference, part) if part else reference, key, raw, uploads=uploads))

    def walk(self, until: str = "", raw: Mapping[str, Any] = REQUEST) -> str:
        """A case brought along the main line until `until` is the next step, to its end without one; its reference."""
        assert until in {"", *(step for _, step, _ in WALK)}, until
        reference = self.begin(raw)
        for who, step, asked in WALK:
            if step == until:
                break
            self.take(who, reference, step, asked)
            if step == "register":
                done(self.edit("coordinator", reference, ANALYSIS))
        return reference

    def typed(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """Experts are called by their names in tests and by their pseudonyms at the desk."""
        expert = raw.get("expert")
        return {**raw, "expert": self.actor(expert).key} if expert in PEOPLE else raw

    def expand(self) -> int:
        return self.transactions.expand()

    def sweep(self):
        return worker.sweep(self.transactions, self.services)

    # --- looking ------------------------------------------------------------------------------

    def case(self, reference: str):
        with self.transactions.read() as session:
            return session.execute(select(*ROW).where(CASES.c.reference == reference)).one()

    def version(self, reference: str) -> int:
        with self.transactions.read() as session:
            return session.scalar(select(Case.version).where(Case.reference == reference)) or 1

    def part(self, reference: str, part: str) -> str:
        """The newest part of a kind."""
        with self.transactions.read() as session:
            parent = select(Case.id).where(Case.reference == reference).scalar_subquery()
            found = select(Case.reference).where(Case.parent_id == parent, Case.part == part)
            return session.scalars(found.order_by(Case.id.desc())).first()

    def look(self, name: str, reference: str) -> CaseView | None:
        actor = self.actor(name)
        with self.transactions.read() as session:
            view = case_view.look(session, self.services, actor, reference, clock.now())
            for offered in view.offered if view else ():
                assert offered.preview.target == offered.target
        return view

    def sees(self, name: str, reference: str) -> bool:
        actor = self.actor(name)
        with self.transactions.read() as session:
            return queries.find(session, actor, reference) is not None

    def reach(self, name: str) -> set[str]:
        """The references of all cases that somebody sees."""
        with self.transactions.read() as session:
            return {row.reference for row in session.execute(queries.seen_by(self.actor(name)))}

    def events(self, reference: str):
        with self.transactions.read() as session:
            return session.execute(
                select(Event.__table__)
                .join(queries.CASES, queries.CASES.c.id == Event.case_id)
                .where(queries.CASES.c.reference == reference)
                .order_by(Event.sequence)
            ).all()

    def states(self, reference: str) -> list[str]:
        """The states in the order they were entered, as the trail tells it."""
        return [row.to_state for row in self.events(reference) if row.from_state != row.to_state]

    def verify(self):
        with self.transactions.read() as session:
            return trail.verify(session)

    def rows(self, table) -> list[Any]:
        with self.transactions.read() as session:
            return list(session.execute(select(table)).all())

    def letters(self, reference: str) -> list[tuple[str, str]]:
        """(name of the letter, its reader) of everything written about a case, in order."""
        with self.transactions.read() as session:
            return letters(session, reference)

    def counts(self) -> tuple[int, int, int]:
        """How many cases, events and letters there are: nothing half-done is nothing counted."""
        with self.transactions.read() as session:
            tables = (Case, Event, OutgoingLetter)
            return tuple(session.scalar(select(func.count()).select_from(table)) for table in tables)

    @contextmanager
    def undone(self) -> Iterator[Session]:
        """A writing session whose work is thrown away at the end: to try many things from one state."""
        with self.transactions.write() as session:
            yield session
            session.rollback()


def environment(engine: Engine, *, any_hour: bool = False) -> Environment:
    """An environment on a database with people. `any_hour`: letters may leave at night and on free days."""
    transactions = Prompt(engine, lambda: made.services)
    registered = registry.Registry(definitions(), transactions.read)
    made = Environment(transactions, Services(registered, Calendars(), URL, any_hour=any_hour))
    return made


#: The main cast, who get every letter by itself; the environment on it is to be made with `any_hour`.
MAIN_CAST_AT_ONCE = Contents("main-cast-at-once", lambda engine: environment(engine).write_at_once(), MAIN_CAST)


def letters(session: Session, reference: str) -> list[tuple[str, str]]:
    wanted = select(OutgoingLetter.letter, Person.name).join(Person, Person.id == OutgoingLetter.recipient_id)
    about = select(Case.id).where(Case.reference == reference).scalar_subquery()
    found = session.execute(wanted.where(OutgoingLetter.case_id == about).order_by(OutgoingLetter.id))
    return [(row.letter, row.name) for row in found]


def done(answer: Done | Refusal) -> Done:
    """The answer of the desk, which must not be a refusal."""
    assert not isinstance(answer, Refusal), answer
    return answer


def together(number: int, work):
    """Run `work(place)` in that many threads at the same moment; returns what each gave back, errors included."""
    gate, found = threading.Barrier(number), [None] * number

    def one(place: int) -> None:
        gate.wait()
        try:
            found[place] = work(place)
        except Exception as error:  # noqa: BLE001 the test looks at it
            found[place] = error

    threads = [threading.Thread(target=one, args=(place,)) for place in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found
