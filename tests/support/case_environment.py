"""People of every role, a desk at which they act, and a walk of a case to any state."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

import expertise.audit.append_only  # noqa: F401 the guards hang on the tables once they are imported
from expertise.audit.model import Event
from expertise.base import clock
from expertise.base.transaction import Transactions
from expertise.cases import desk, queries
from expertise.cases.desk import Done, Upload
from expertise.cases.model import Case
from expertise.cases.queries import CASES
from expertise.cases.services import Services
from expertise.cases.views import case_view
from expertise.cases.views.case_view import CaseView
from expertise.mail.model import OutgoingLetter
from expertise.people.access import Actor, load_actor
from expertise.people.model import Grant, Organisation, Person
from tests.support.contents import PUBLISHED
from tests.support.databases import Contents
from tests.support.rows import ROW
from workflows.refusals import Refusal

#: For what no database can change: the test runs on SQLite alone.
on_sqlite = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

#: name → (roles, region of the roles, organisation)
PEOPLE = {
    "requester": (["requester"], None, "akimat-kz-43"),
    "colleague": (["requester"], None, "akimat-kz-43"),
    "neighbour": (["requester"], None, "akimat-kz-47"),
    "coordinator": (["coordinator"], "KZ-43", "project-team"),
    "deputy": (["coordinator"], "KZ-43", "project-team"),
    "distant": (["coordinator"], "KZ-47", "project-team"),
    "approver": (["approver"], None, "project-team"),
    "manager": (["manager"], None, "project-team"),
    "expert": (["expert"], None, None),
    "other_expert": (["expert"], None, None),
    "auditor": (["auditor"], None, None),
    "administrator": (["administrator"], None, None),
    "twofold": (["requester", "approver"], None, "akimat-kz-43"),
    "nobody": ([], None, None),
}

REQUEST = {
    "title": "Қатты тұрмыстық қалдықтар",
    "region": "KZ-43",
    "requesting_unit": "Department of utilities",
    "contact_person": "Head of the unit",
    "contact_email": "unit@example.kz",
    "topic": "waste",
    "problem": "The landfill is full.",
    "priority": "Development plan, indicator 14",
    "help_wanted": "study",
    "expected_result": "Terms of reference for a feasibility study",
    "consent": True,
}
ANALYSIS = {
    "causes": [{"cause": "No sorting", "evidence": "Survey", "source": "Akimat"}],
    "objectives": "Less waste is buried.",
    "required_outputs": "A study",
    "expert_days": 20,
    "terms_of_reference": "Study the waste and say what to build.",
}
REPORT = Upload("0" * 64, 1200, "есеп.pdf", "application/pdf")

#: (who, step of the request, what it asks); a dot means a step of the newest part of that kind.
WALK: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("requester", "submit", {}),
    ("coordinator", "register", {}),
    ("coordinator", "confirm_complete", {}),
    ("coordinator", "finish_analysis", {}),
    ("coordinator", "find_eligible", {"eligible_reason": "Public need"}),
    ("coordinator", "start_terms", {}),
    ("coordinator", "send_for_endorsement", {}),
    ("requester", "endorse", {}),
    ("approver", "approve_terms", {}),
    ("coordinator", "offer_assignment", {"expert": "expert"}),
    ("expert", "offer.accept", {"no_conflict": True}),
    ("coordinator", "start_delivery", {"deliverable_kind": "final_report"}),
    ("expert", "deliverable.submit", {}),
    ("requester", "deliverable.accept", {}),
    ("coordinator", "complete_delivery", {}),
    ("requester", "accept_final", {}),
    ("coordinator", "record_recommendation", {"recommendation_text": "Sort it", "recommendation_addressee": "Akimat"}),
    ("coordinator", "start_follow_up", {}),
    ("requester", "recommendation.reject_recommendation", {"comment": "Not ours"}),
    ("coordinator", "close", {"outcome": "Waste is sorted."}),
)


@dataclass(frozen=True)
class CaseEnvironment:
    """Transactions and services, and the actions of the desk with people called by their names."""

    transactions: Transactions
    services: Services

    def actor(self, name: str) -> Actor:
        with self.transactions.read() as session:
            number = session.scalar(select(Person.id).where(Person.name == name))
            return load_actor(session, number, self.services.calendar.local_day(clock.now()))

    def grant(self, name: str, role: str, region: str | None = None, workflow: str | None = None) -> None:
        """Give a person one more role."""
        with self.transactions.write() as session:
            person = session.scalar(select(Person.id).where(Person.name == name))
            session.add(Grant(person_id=person, role=role, region=region, workflow=workflow))

    def hire(self, name: str, role: str, organisation: str) -> None:
        """One more person with a role, in an organisation."""
        with self.transactions.write() as session:
            add_person(session, name, "nobody")
            person = session.scalars(select(Person).where(Person.name == name)).one()
            person.organisation_id = session.scalar(select(Organisation.id).where(Organisation.key == organisation))
            session.add(Grant(person_id=person.id, role=role))

    def try_open(self, raw=REQUEST, by="requester", key=None, workflow="expertise_request") -> Done | Refusal:
        actor = self.actor(by)
        return self.transactions.run(lambda s: desk.open_case(desk.Unit(s, self.services), actor, workflow, raw, key))

    def begin(self, raw=REQUEST, by="requester") -> str:
        """A draft; its reference."""
        return done(self.try_open(raw, by)).reference

    def try_edit(self, by, reference, raw, seen=None, key=None, uploads=None) -> Done | Refusal:
        actor, seen = self.actor(by), self.version(reference) if seen is None else seen
        return self.transactions.run(
            lambda s: desk.edit(desk.Unit(s, self.services), desk.Request(actor, reference, seen, key), raw, uploads)
        )

    def try_comment(self, by, reference, text, key=None) -> Done | Refusal:
        actor = self.actor(by)
        return self.transactions.run(
            lambda s: desk.comment(desk.Unit(s, self.services), desk.Request(actor, reference, key=key), text)
        )

    def attempt(self, by, reference, step, raw=None, seen=None, key=None, uploads=None) -> Done | Refusal:
        """Take a step; refusals are answers."""
        actor, seen = self.actor(by), self.version(reference) if seen is None else seen
        return self.transactions.run(
            lambda s: desk.fire(
                desk.Unit(s, self.services),
                desk.Request(actor, reference, seen, key),
                step,
                self.typed(raw or {}),
                uploads,
            )
        )

    def take(self, by, reference, step, raw=None) -> Done:
        """Take a step that must succeed, on the newest part when `step` reads `part.step`."""
        part, _, name = step.rpartition(".")
        uploads = {"report": REPORT} if step in ("deliverable.submit", "deliverable.resubmit") else None
        return done(self.attempt(by, self.part(reference, part) if part else reference, name, raw, uploads=uploads))

    def walk(self, until: str = "", raw=REQUEST) -> str:
        """A case brought along the main line until `until` is the next step, to its end without one; its reference."""
        assert until in {"", *(step for _, step, _ in WALK)}, until
        reference = self.begin(raw)
        for who, step, asked in WALK:
            if step == until:
                break
            self.take(who, reference, step, asked)
            if step == "register":
                done(self.try_edit("coordinator", reference, ANALYSIS))
        return reference

    def part(self, reference: str, part: str) -> str:
        """The newest part of a kind."""
        with self.transactions.read() as session:
            whole = select(Case.id).where(Case.reference == reference).scalar_subquery()
            found = select(Case.reference).where(Case.parent_id == whole, Case.part == part)
            return session.scalars(found.order_by(Case.id.desc())).first()

    def row(self, reference: str):
        with self.transactions.read() as session:
            return session.execute(select(*ROW).where(CASES.c.reference == reference)).one()

    def version(self, reference: str) -> int:
        with self.transactions.read() as session:
            return session.scalar(select(Case.version).where(Case.reference == reference)) or 1

    def look(self, by, reference) -> CaseView | None:
        actor = self.actor(by)
        with self.transactions.read() as session:
            view = case_view.look(session, self.services, actor, reference, clock.now())
            for offered in view.offered if view else ():
                assert offered.preview.target == offered.target
        return view

    def sees(self, by, reference) -> bool:
        actor = self.actor(by)
        with self.transactions.read() as session:
            return queries.find(session, actor, reference) is not None

    def typed(self, raw: dict[str, Any]) -> dict[str, Any]:
        """Experts are called by their names in tests and by their pseudonyms at the desk."""
        expert = raw.get("expert")
        return {**raw, "expert": self.actor(expert).key} if expert in PEOPLE else raw

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


def letters(session: Session, reference: str) -> list[tuple[str, str]]:
    wanted = select(OutgoingLetter.letter, Person.name).join(Person, Person.id == OutgoingLetter.recipient_id)
    about = select(Case.id).where(Case.reference == reference).scalar_subquery()
    found = session.execute(wanted.where(OutgoingLetter.case_id == about).order_by(OutgoingLetter.id))
    return [(row.letter, row.name) for row in found]


def done(answer: Done | Refusal) -> Done:
    assert isinstance(answer, Done), answer
    return answer


def _add_people(engine: Engine) -> None:
    with Transactions(engine).write() as session:
        for name in PEOPLE:
            add_person(session, name)


#: Reference data, workflows and people.
CAST = Contents("cast", _add_people, PUBLISHED)


def add_person(session: Session, name: str, like: str | None = None) -> None:
    roles, region, organisation = PEOPLE[like or name]
    home = session.scalar(select(Organisation.id).where(Organisation.key == organisation))
    email = f"{name}@example.kz"
    person = Person(name=name, email=email, language="ru", organisation_id=home, created_at=clock.now())
    session.add(person)
    session.flush()
    session.add_all(Grant(person_id=person.id, role=role, region=region) for role in roles)
