"""The desk and its model side by side: everything is done to both, and both must say the same."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import func, select

from expertise.audit.model import Event
from expertise.base import clock
from expertise.cases.actions.idempotency import Done
from expertise.cases.desk import Upload
from expertise.cases.model import Answered, Case
from expertise.mail.model import OutgoingLetter
from expertise.people.model import Grant
from expertise.people.model import Person as PersonRow
from expertise.reminders.model import Timer
from tests.properties import model
from tests.support.databases import connect, database
from tests.support.days import MONDAY
from tests.support.environment import environment
from tests.support.invariants import assert_sound
from tests.support.people import MAIN_CAST, PEOPLE, PLAYERS
from tests.support.rows import ROW

#: Somebody who could approve their own work, if four eyes did not hold.
SECOND_ROLE = {"coordinator": "approver"}
CASE, TIMER = Case.__table__.c, Timer.__table__.c
COUNTED = [
    select(func.count()).select_from(kind.__table__).scalar_subquery()
    for kind in (Event, Answered, OutgoingLetter, Timer)
]


def template(folder: Path) -> Path:
    """A settled SQLite database to be copied for each example."""
    with clock.travelling(MONDAY), database("sqlite", folder, MAIN_CAST) as engine:
        env = environment(engine)
        with env.transactions.write() as session:
            for name, role in SECOND_ROLE.items():
                session.add(Grant(person_id=env.actor(name).person_id, role=role, region=PEOPLE[name].region))
    return folder / "komek.sqlite"


class Pair:
    """An environment and a world."""

    def __init__(self, file: Path) -> None:
        self._closing = ExitStack()
        folder = Path(self._closing.enter_context(TemporaryDirectory()))
        self.time = self._closing.enter_context(clock.travelling(MONDAY))
        engine = connect(f"sqlite:///{shutil.copy(file, folder / 'komek.sqlite')}")
        self._closing.callback(engine.dispose)
        self.env = environment(engine)
        self.world = model.World({name: _person(name) for name in PLAYERS})
        self.asked: list[tuple] = []  # requests that had a key
        self._keys = 0
        self._agreed = True  # False while something is being compared

    def close(self) -> None:
        """A long look at the end of an example, unless it has found something already."""
        with self._closing:
            if self._agreed:
                self._look_closely()

    def _look_closely(self) -> None:
        assert_sound(self.env)
        assert len(self.env.rows(Answered.__table__)) == len(self.world.keys)
        names = {row.key: row.name.lower() for row in self.env.rows(PersonRow.__table__)}
        with self.env.transactions.read() as session:
            rows = session.execute(select(*ROW)).all()
        for row in rows:
            case = self.world.cases[row.reference]
            acted = {role: {names[key] for key in keys} for role, keys in row.acted.items()}
            assert acted == {role: set(people) for role, people in case.acted.items()}
            assert _plain(row.fields, names) == _plain(case.fields, {})

    # --- verbs --------------------------------------------------------------------------------

    def new_key(self) -> str:
        self._keys += 1
        return f"key {self._keys}"

    def open(self, name, fields, key=None):
        self._remember("open", name, fields, key)
        answer = self._at_the_desk(lambda: self.env.open(name, "expertise_request", fields, key))
        return self._compare(answer, self.world.open(name, _reference(answer), fields, key))

    def comment(self, name, reference, text, key=None):
        self._remember("comment", name, reference, text, key)
        answer = self._at_the_desk(lambda: self.env.comment(name, reference, text, key))
        return self._compare(answer, self.world.comment(name, reference, text, key))

    def edit(self, name, reference, raw, seen, key=None):
        self._remember("edit", name, reference, raw, seen, key)
        answer = self._at_the_desk(lambda: self.env.edit(name, reference, raw, seen, key))
        return self._compare(answer, self.world.edit(name, reference, raw, seen, key))

    def fire(self, name, reference, step, raw, seen, key=None):
        self._remember("fire", name, reference, step, raw, seen, key)
        typed, uploads = self._as_sent(reference, raw)
        answer = self._at_the_desk(lambda: self.env.fire(name, reference, step, typed, seen, key, uploads))
        part = answer.opened[0] if isinstance(answer, Done) and answer.opened else "unborn"
        return self._compare(answer, self.world.fire(name, reference, step, raw, seen, key, part))

    def sweep(self, days: int) -> None:
        """Time passes, and everything that fell due happens once."""
        self._agreed = False
        self.time.move(timedelta(days=days))
        due = self._due()
        fired = self.env.sweep()
        expected = 0
        for reference, visit, kind, step in due:
            if self.world.cases[reference].visit == visit:
                self.world.tick(reference, kind, step)
                expected += 1
        assert fired["done"] == expected and fired["stale"] == len(due) - expected and len(fired) <= 2
        self._same_everywhere()
        assert self.env.sweep() == {}

    # --- looking ------------------------------------------------------------------------------

    def _remember(self, *request) -> None:
        if request[-1] is not None:
            self.asked.append(request)

    def _due(self):
        with self.env.transactions.read() as session:
            wanted = select(CASE.reference, TIMER.visit, TIMER.kind, TIMER.step).join(
                Case.__table__, CASE.id == TIMER.case_id
            )
            pending = wanted.where(TIMER.done_at.is_(None), TIMER.due_at <= clock.now())
            return session.execute(pending.order_by(TIMER.due_at, TIMER.id)).all()

    def _as_sent(self, reference, raw):
        """Names of experts become their keys, files become uploads."""
        uploads = {name: Upload("ab" * 32, 7, "есеп.pdf", "application/pdf") for name in raw if name == "report"}
        typed = {name: value for name, value in raw.items() if name not in uploads}
        if "expert" in typed:
            typed["expert"] = self.env.actor(typed["expert"]).key
        return typed, uploads

    def _at_the_desk(self, verb):
        self._agreed = False
        before = self._counted()
        answer = verb()
        if not isinstance(answer, Done) or answer.repeated:
            assert self._counted() == before, "a refusal or a repetition wrote something"
        return answer

    def _compare(self, answer, expected):
        assert _told(answer) == expected
        self._same_everywhere()
        return answer

    def _same_everywhere(self) -> None:
        with self.env.transactions.read() as session:
            rows = session.execute(select(CASE.reference, CASE.state, CASE.version, CASE.sequence, CASE.visit)).all()
        assert {tuple(row) for row in rows} == {
            (reference, case.state, case.version, case.sequence, case.visit)
            for reference, case in self.world.cases.items()
        }
        self._agreed = True

    def _counted(self) -> tuple:
        with self.env.transactions.read() as session:
            return tuple(session.execute(select(*COUNTED)).one())


def _person(name: str) -> model.Person:
    member = PEOPLE[name]
    roles = (member.roles, SECOND_ROLE[name]) if name in SECOND_ROLE else (member.roles,)
    return model.Person(name, roles, member.organisation, member.region)


def _told(answer):
    """An answer as the model would give it."""
    if not isinstance(answer, Done):
        return answer.code
    done = "repeated" if answer.repeated else "done"
    return (done, answer.reference, answer.version, answer.state, answer.sequence, answer.opened)


def _reference(answer) -> str:
    return answer.reference if isinstance(answer, Done) else "unborn"


def _plain(fields: dict, names: dict) -> dict:
    """Without what is empty; experts by name, files by nothing but their being there."""
    return {
        name: "report" if name == "report" else names.get(value, value) if isinstance(value, str) else value
        for name, value in fields.items()
        if value not in (None, "", [])
    }
