"""An environment with people of every role, in which a test says who acts: `env.fire("approver", case, …)`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Engine, select

from expertise import registry, worker
from expertise.audit import trail
from expertise.audit.model import Event
from expertise.base import clock
from expertise.base.letter_kinds import LetterKind
from expertise.base.transaction import Transactions
from expertise.calendars.cache import Calendars
from expertise.cases import desk, queries
from expertise.cases.services import Services
from expertise.people.access import Actor, load_actor
from expertise.people.manage import notification_preferences
from expertise.people.manage.notification_preferences import CHANGEABLE, Choice
from expertise.people.model import Grant, Organisation, Person
from tests.support.contents import PUBLISHED, definitions
from tests.support.databases import Contents
from tests.support.rows import ROW
from workflows.refusals import Refusal

URL = "https://komek.example.kz"


@dataclass(frozen=True)
class Member:
    """Who somebody is: one role, where it reaches, for whom they work, what they read."""

    role: str
    language: str
    organisation: str | None = "project-team"
    region: str | None = None


PEOPLE: Mapping[str, Member] = {
    "requester": Member("requester", "kk", "akimat-kz-43"),
    "coordinator": Member("coordinator", "ru", region="KZ-43"),
    "approver": Member("approver", "ru"),
    "expert": Member("expert", "en", None),
    "manager": Member("manager", "kk", region="KZ-43"),
    "busy expert": Member("expert", "ru", None),
    "neighbour": Member("requester", "ru", "akimat-kz-47"),
    "coordinator elsewhere": Member("coordinator", "ru", region="KZ-47"),
}


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


class Environment:
    """Transactions, services, and actors by name. `any_hour`: letters may leave at night and on free days."""

    def __init__(self, engine: Engine, *, any_hour: bool = False) -> None:
        self.engine = engine
        self.transactions = Prompt(engine, lambda: self.services)
        registered = registry.Registry(definitions(), self.transactions.read)
        self.services = Services(registered, Calendars(), URL, any_hour=any_hour)
        self._actors: dict[str, Actor] = {}

    def add(self, people: Mapping[str, Member]) -> Environment:
        """More people, into a database that knows organisations."""
        with self.transactions.write() as session:
            organisations = {row.key: row.id for row in session.scalars(select(Organisation))}
            for name, member in people.items():
                person = Person(
                    name=name.capitalize(),
                    email=self.email(name),
                    language=member.language,
                    organisation_id=organisations.get(member.organisation or ""),
                    created_at=clock.now(),
                )
                session.add(person)
                session.flush()
                session.add(Grant(person_id=person.id, role=member.role, region=member.region))
        return self

    def write_at_once(self) -> Environment:
        """Everybody present gets every letter by itself, at any hour: for tests of what is said, not of when."""
        self.services = replace(self.services, any_hour=True)
        with self.transactions.write() as session:
            for person in session.scalars(select(Person.id)):
                wanted = {kind.value: Choice.IMMEDIATE for kind in CHANGEABLE if kind is not LetterKind.DIGEST}
                assert notification_preferences.choose(session, person, wanted, clock.now()) is None
        return self

    @staticmethod
    def email(name: str) -> str:
        return f"{name.replace(' ', '.')}@example.kz"

    def actor(self, name: str) -> Actor:
        if name not in self._actors:
            with self.transactions.read() as session:
                found = session.scalar(select(Person.id).where(Person.email == self.email(name)))
                actor = load_actor(session, found or 0, self.services.calendar.local_day(clock.now()))
            assert actor is not None, f"nobody is called {name}"
            self._actors[name] = actor
        return self._actors[name]

    # --- the desk -----------------------------------------------------------------------------

    def open(self, name: str, workflow: str, raw: Mapping[str, Any], key: str | None = None):
        actor = self.actor(name)
        return self.transactions.run(
            lambda session: desk.open_case(desk.Unit(session, self.services), actor, workflow, raw, key)
        )

    def edit(
        self,
        name: str,
        reference: str,
        raw: Mapping[str, Any],
        seen: int | None = None,
        key: str | None = None,
        uploads: Mapping[str, desk.Upload] | None = None,
    ):
        actor, version = self.actor(name), self.case(reference).version if seen is None else seen
        return self.transactions.run(
            lambda session: desk.edit(
                desk.Unit(session, self.services), desk.Request(actor, reference, version, key), raw, uploads
            )
        )

    def comment(self, name: str, reference: str, text: str, key: str | None = None):
        actor = self.actor(name)
        return self.transactions.run(
            lambda session: desk.comment(
                desk.Unit(session, self.services), desk.Request(actor, reference, key=key), text
            )
        )

    def fire(
        self,
        name: str,
        reference: str,
        step: str,
        raw: Mapping[str, Any] | None = None,
        seen: int | None = None,
        key: str | None = None,
        uploads: Mapping[str, desk.Upload] | None = None,
    ):
        actor, version = self.actor(name), self.case(reference).version if seen is None else seen
        return self.transactions.run(
            lambda session: desk.fire(
                desk.Unit(session, self.services),
                desk.Request(actor, reference, version, key),
                step,
                raw or {},
                uploads,
            )
        )

    def expand(self) -> int:
        return self.transactions.expand()

    def sweep(self):
        return worker.sweep(self.transactions, self.services)

    # --- looking ------------------------------------------------------------------------------

    def case(self, reference: str):
        with self.transactions.read() as session:
            return session.execute(select(*ROW).where(queries.CASES.c.reference == reference)).one()

    def sees(self, name: str) -> set[str]:
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


#: Reference data, workflows and PEOPLE.
SETTLED = Contents("settled", lambda engine: Environment(engine).add(PEOPLE), PUBLISHED)
#: ... who get every letter by itself; the environment on it is to be made with `any_hour`.
SETTLED_AT_ONCE = Contents("settled-at-once", lambda engine: Environment(engine).write_at_once(), SETTLED)


def done(answer):
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
