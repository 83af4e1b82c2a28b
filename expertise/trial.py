"""Plays the scenario table of a process through the real desk, in a database of its own, and says what happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from expertise import worker
from expertise.base import clock
from expertise.base.transaction import Transactions
from expertise.cases import desk, queries
from expertise.cases.model import Case
from expertise.cases.queries import CASES
from expertise.cases.services import Services
from expertise.mail.letters.templates import subject_of
from expertise.mail.model import OutgoingLetter
from expertise.people.access import Actor, load_actor
from expertise.people.manage import accounts
from expertise.people.model import Organisation, Person
from expertise.people.reference_data import akimat_of
from expertise.people.reference_seed import akimat_key
from expertise.reminders.model import Timer
from expertise.text import messages
from expertise.text.translator import Translator, moment
from workflows.definition import DayUnit, Definition
from workflows.loading.scenario import EDIT, OPEN, WAIT, ScenarioCase, ScenarioRow
from workflows.refusals import NotFound, Refusal, UnknownStep

#: Roles of the people of an oblast; all others belong to the project team, and those of a lender to a bank.
_OF_AKIMAT = frozenset({"requester"})
REGION = "KZ-43"


@dataclass(frozen=True, slots=True)
class Played:
    """One row that was played: its sentence, and whether it came as the table expects."""

    text: str
    expected: bool = True


@dataclass
class Trial:
    """A player. `people`: name in the table → id; `reference`: of the case that is played."""

    transactions: Transactions
    services: Services
    definition: Definition
    translator: Translator
    frozen: clock.FrozenClock
    people: dict[str, int] = field(default_factory=dict)
    reference: str = ""
    letters: int = 0

    def play(self, case: ScenarioCase) -> Iterator[Played]:
        """Play the rows one after the other; yield a line for each, for each letter, and for what the clock did."""
        self.reference = ""
        self.transactions.run(lambda session: [self._actor(session, row.who) for row in case.rows if row.who])
        for number, row in enumerate(case.rows, 1):
            yield from self._pass_time(row)
            yield from self._row(number, row)
            yield from self._letters()

    def _pass_time(self, row: ScenarioRow) -> Iterator[Played]:
        if row.after is None:
            return
        calendar, now = self.services.calendar, clock.now()
        if row.after.unit is DayUnit.WORKING_DAYS:
            day = calendar.add_working_days(calendar.local_day(now), row.after.amount)
            until = calendar.at(day, now.astimezone(calendar.zone).time())
        else:
            until = now + timedelta(days=row.after.amount)
        before = self._state()
        while (due := self._next(until)) is not None:
            self.frozen.go(due)
            worker.sweep(self.transactions, self.services)
            yield from self._letters()
        self.frozen.go(until)
        if self._state() != before:
            yield Played(f"   {moment(clock.now())}: {self._label(before)} → {self._label(self._state())}")

    def _next(self, until: datetime) -> datetime | None:
        with self.transactions.read() as session:
            open_ = (Timer.done_at.is_(None), Timer.due_at <= until)
            return session.scalar(select(func.min(Timer.due_at)).where(*open_))

    def _row(self, number: int, row: ScenarioRow) -> Iterator[Played]:
        answer = None if row.does == WAIT else self.transactions.run(lambda session: self._act(session, row))
        said = f"{number:>2}. {row.who or '–'}: {row.does}"
        if isinstance(answer, Refusal):
            text = messages.describe(answer, self.definition, self.translator)
            reasons = "; ".join(item.text for item in text.items)
            fits = answer.code == row.refused
            yield Played(f"{said} – {reasons} [{answer.code}]", fits)
        else:
            here = self._state(row.does.rpartition(".")[0])
            fits = row.refused is None and row.state in (None, here)
            due = self._due()
            until = f" ({moment(due)})" if due is not None else ""
            yield Played(f"{said} → {self._label(here)} [{here}]{until}", fits)
        if not fits:
            yield Played(
                f"    expected: {f'refused {row.refused}' if row.refused else row.state or 'no refusal'}", False
            )

    def _act(self, session: Session, row: ScenarioRow) -> desk.Done | Refusal:
        unit, actor = desk.Unit(session, self.services), self._actor(session, row.who)
        raw = self._typed(session, row.answers)
        if row.does == OPEN:
            done = desk.open_case(unit, actor, self.definition.key, raw)
            if not isinstance(done, Refusal):
                self.reference = done.reference
            return done
        part, _, step = row.does.rpartition(".")
        reference = self._part(session, part) if part else self.reference
        case = queries.find(session, actor, reference)
        if case is None:
            return NotFound()
        request = desk.Request(actor, reference, case.version)
        if row.does == EDIT:
            return desk.edit(unit, request, raw)
        known = self.services.definitions.pinned(case.digest).transitions
        return desk.fire(unit, request, step, raw) if step in known else UnknownStep(step)

    def _part(self, session: Session, part: str) -> str:
        parent = select(Case.id).where(Case.reference == self.reference).scalar_subquery()
        newest = select(Case.reference).where(Case.parent_id == parent, Case.part == part).order_by(Case.id.desc())
        return session.scalars(newest.limit(1)).first() or ""

    def _actor(self, session: Session, who: str) -> Actor:
        if who not in self.people:
            self.people[who] = _person(session, who)
        actor = load_actor(session, self.people[who], self.services.calendar.local_day(clock.now()))
        if actor is None:
            raise LookupError(who)
        return actor

    def _typed(self, session: Session, answers: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answers; an expert is called by the name of the table, and known to the desk by a key."""
        found = dict(answers)
        for name, value in answers.items():
            declared = self.definition.fields.get(name)
            if declared is not None and declared.type.party == "expert" and isinstance(value, str):
                found[name] = self._actor(session, value).key
        return found

    def _letters(self) -> Iterator[Played]:
        worker.notify(self.transactions, self.services)
        with self.transactions.read() as session:
            wanted = select(OutgoingLetter, Person.name).join(Person, Person.id == OutgoingLetter.recipient_id)
            for letter, name in session.execute(
                wanted.where(OutgoingLetter.id > self.letters).order_by(OutgoingLetter.id)
            ):
                self.letters = letter.id
                subject = subject_of(letter.letter, self.translator.language, letter.context)
                yield Played(f"    ✉ {name}: {subject}")

    def _state(self, part: str = "") -> str:
        with self.transactions.read() as session:
            reference = self._part(session, part) if part else self.reference
            return session.scalar(select(Case.state).where(Case.reference == reference)) or ""

    def _due(self) -> datetime | None:
        with self.transactions.read() as session:
            return session.scalar(select(CASES.c.due_at).where(CASES.c.reference == self.reference))

    def _label(self, state: str) -> str:
        found = self.definition.states.get(state)
        return self.translator.text(found.label) if found is not None else state


def _person(session: Session, who: str) -> int:
    """Add a person of the table: `coordinator 2` is another coordinator than `coordinator`."""
    role, _, number = who.partition(" ")
    organisation = akimat_of(session, REGION) if role in _OF_AKIMAT else _organisation(session, role)
    person = accounts.add_person(
        session,
        name=who,
        email=f"{role}{number}@trial.example.kz",
        language="en",
        now=clock.now(),
        organisation_id=organisation,
    )
    if isinstance(person, Refusal):
        raise LookupError(who)  # noqa: TRY004 a name of the table that is no name of a person
    if role in accounts.GRANTABLE:
        accounts.grant_role(session, person, role)
    return person.id


def _organisation(session: Session, role: str) -> int | None:
    """Return the project team; a bank for a lender; None for an expert, who belongs to none."""
    if role == "expert":
        return None
    akimats = Organisation.key.like(f"{akimat_key('')}%")
    wanted = select(Organisation.id).order_by(Organisation.id)
    if role == "lender":
        return session.scalar(wanted.where(~akimats, Organisation.key != "project-team").limit(1))
    return session.scalar(wanted.where(Organisation.key == "project-team"))
