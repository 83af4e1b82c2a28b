"""Plays one event of a script through the desk, like the person of the script on a page."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.base.errors import KomekError
from expertise.base.transaction import Transactions
from expertise.cases import desk, queries
from expertise.cases.actions import attachments
from expertise.cases.actions.comment import Received
from expertise.cases.desk import Done, Upload
from expertise.cases.queries import CASES
from expertise.cases.services import Services
from expertise.config import Settings
from expertise.demo.accounts import accounts
from expertise.demo.documents import paper
from expertise.demo.scripts import CaseScript, ScheduledEvent, ScriptEvent, phrases
from expertise.people.access import Actor, load_actor
from expertise.people.model import Person
from workflows.refusals import Invalid, NotReady, Problem, Refusal

_PLACE = re.compile(r"\$\{([^}]+)\}")


class DemoRefused(KomekError):
    """The desk refused an event of the script. The text names record, event and reasons."""


class DemoRuntime(Protocol):
    """The part of `expertise.app.Runtime` that the demonstration uses."""

    @property
    def settings(self) -> Settings: ...  # noqa: D102 the protocol's own docstring says it

    @property
    def transactions(self) -> Transactions: ...  # noqa: D102

    @property
    def services(self) -> Services: ...  # noqa: D102


@dataclass
class DemoPlayer:
    """Plays events. `people`: account → id of the person; `cases`: record → reference of its case."""

    runtime: DemoRuntime
    people: Mapping[str, int]
    cases: dict[str, str] = field(default_factory=dict)

    def act(self, moment: ScheduledEvent) -> None:
        """Play the event now. Raises DemoRefused."""
        uploads = self._uploads(moment.life, moment.event)
        done = self.runtime.transactions.run(lambda session: self._fire(session, moment, uploads))
        if isinstance(done, Refusal):
            raise DemoRefused(_complaint(moment, done))
        if moment.life.record not in self.cases:
            self.cases[moment.life.record] = done.reference

    def _fire(self, session: Session, moment: ScheduledEvent, uploads: Mapping[str, Upload]) -> Done | Refusal:
        life, event, services = moment.life, moment.event, self.runtime.services
        actor = self._actor(session, life, event.who, moment)

        def filled(value: Any) -> Any:
            return self._filled(session, value, moment)

        if life.record not in self.cases:
            fields = filled(life.fields)
            return desk.open_case(desk.Unit(session, services), actor, life.workflow, fields)
        reference = self._part(session, life, event.part) if event.part else self.cases[life.record]
        if event.say is not None:
            spoken = Received(filled(event.say), uploads=tuple(uploads.values()), internal=event.internal)
            return desk.comment(desk.Unit(session, services), desk.Request(actor, reference), spoken)
        case = queries.find(session, actor, reference)
        if case is None:
            raise DemoRefused(f"{life.record}: {event.who} does not see {reference}.")
        if event.edit is not None:
            return desk.edit(
                desk.Unit(session, services), desk.Request(actor, reference, case.version), filled(event.edit), uploads
            )
        step = event.step or ""
        return desk.fire(
            desk.Unit(session, services),
            desk.Request(actor, reference, case.version),
            step,
            filled(event.answers),
            uploads,
        )

    def _actor(self, session: Session, life: CaseScript, who: str, moment: ScheduledEvent) -> Actor:
        account = {"requester": life.requester, "expert": life.expert or who}.get(who, who)
        actor = load_actor(session, self.people[account], self.runtime.services.calendar.local_day(moment.at))
        if actor is None:
            raise DemoRefused(f"{life.record}: there is no {account}.")
        return actor

    def _part(self, session: Session, life: CaseScript, named: str) -> str:
        kind, _, number = named.partition(" ")
        parent = select(CASES.c.id).where(CASES.c.reference == self.cases[life.record]).scalar_subquery()
        wanted = select(CASES.c.reference).where(CASES.c.parent_id == parent, CASES.c.part == kind)
        parts = session.scalars(wanted.order_by(CASES.c.id)).all()
        if not parts:
            raise DemoRefused(f"{life.record}: there is no {named} as yet.")
        return parts[int(number) - 1 if number else -1]

    def _filled(self, session: Session, value: Any, moment: ScheduledEvent) -> Any:
        """Return the value with `${…}` replaced; a text that is a single placeholder becomes the value itself."""
        if isinstance(value, Mapping):
            return {name: self._filled(session, inner, moment) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._filled(session, inner, moment) for inner in value]
        if not isinstance(value, str):
            return value
        placeholder = _PLACE.fullmatch(value)
        if placeholder is not None:
            return self._named(session, placeholder[1], moment)
        return _PLACE.sub(lambda found: str(self._named(session, found[1], moment)), value)

    def _named(self, session: Session, name: str, moment: ScheduledEvent) -> Any:
        life = moment.life
        kind, _, key = name.partition(":")
        if kind == "ref":
            return self.cases[key]
        if kind == "expert":
            return session.get_one(Person, self.people[key or life.expert or ""]).key
        own = {
            "record": life.record,
            "origin": life.origin,
            "day": self.runtime.services.calendar.local_day(moment.at).isoformat(),
            "email": accounts()[life.requester].email,
        }
        if name in own:
            return own[name]
        texts = phrases()[life.language or accounts()[life.requester].language] | dict(life.texts)
        if name not in texts:
            raise DemoRefused(f"{life.record}: the script has no text for {name!r}.")
        return self._filled(session, texts[name], moment)

    def _uploads(self, life: CaseScript, event: ScriptEvent) -> dict[str, Upload]:
        """Return the files of an event, stored and inspected like uploads."""
        made = {}
        for name, file_data in (event.file or {}).items():
            file = life.texts[file_data] if isinstance(file_data, str) else file_data
            content = paper(file["name"], file["title"], file["paragraphs"])
            upload = attachments.take(io.BytesIO(content), file["name"], self.runtime.settings)
            if isinstance(upload, Problem):
                raise DemoRefused(f"{life.record}: the file {file['name']} was refused: {upload.code}.")
            made[name] = upload
        return made


def _complaint(moment: ScheduledEvent, refusal: Refusal) -> str:
    event = moment.event
    what = event.step or ("edit" if event.edit else "comment" if event.say else "open")
    where = f" of {event.part}" if event.part else ""
    return f"{moment.life.record}, {moment.at:%Y-%m-%d}: {event.who} cannot {what}{where}: {_reasons(refusal)}."


def _reasons(refusal: Refusal) -> str:
    if isinstance(refusal, NotReady):
        return "missing " + ", ".join(f"{missing.kind} {missing.name}" for missing in refusal.missing)
    if isinstance(refusal, Invalid):
        return "; ".join(f"{name}: {', '.join(found.code for found in problems)}" for name, problems in refusal.errors)
    return str(refusal)
