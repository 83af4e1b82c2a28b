"""Turns what events asked for into rows of the outbox, many at a time.

Recipients, deputies, preferences and office hours are those of this moment, some seconds after the event; who owned
the case and its parties are those of the event. Recipients are looked up once for all intents that reach
the same people, and all letters are written by one statement.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, delete, select, tuple_

from expertise.audit.model import PrivateValue
from expertise.base.crash import crashpoint
from expertise.base.database import table_of
from expertise.base.letter_kinds import LetterKind
from expertise.cases.events import REASON
from expertise.cases.notify import notifications
from expertise.cases.notify.delivery_time import terms
from expertise.cases.notify.intents import IMPORTED, INTENTS
from expertise.cases.notify.notify import (
    STEP_LETTER_LIVES,
    LetterSubject,
    context_of,
    in_hand,
    recipients_of,
    subject,
)
from expertise.cases.queries import CASES, CaseRow
from expertise.cases.services import Unit
from expertise.mail.letters.templates import kind_of, original
from expertise.mail.outbound.outbox import NewLetter, queue
from expertise.people.access import Recipient
from expertise.people.manage import notification_preferences
from expertise.people.manage.notification_preferences import Preferences
from expertise.people.names import named_in
from expertise.people.reach import Party
from expertise.text.translator import in_every_language
from expertise.text.values import ValueNames, display_all
from workflows.deadlines import working_days_left
from workflows.definition import Definition, Text
from workflows.extension import EXTENDED
from workflows.fields.types import COMMENT
from workflows.roles import ROLE_LABELS

#: Intents taken in one transaction.
BATCH = 50
_VALUES = table_of(PrivateValue)
_IMPORTED_FROM: Text = {
    "kk": "басқа тізілімнен енгізілді",
    "ru": "перенесено из другого реестра",
    "en": "imported from another register",
}


def expand(unit: Unit, limit: int = BATCH, without: Collection[int] = ()) -> list[int]:
    """Queue the letters of the oldest intents and forget these; returns their ids.

    `without` are ids that are left alone. Intents that another worker has in hand are skipped (PostgreSQL).
    """
    wanted = select(INTENTS).order_by(INTENTS.c.id).limit(limit).with_for_update(skip_locked=True)
    if without:
        wanted = wanted.where(INTENTS.c.id.not_in(without))
    rows = unit.session.execute(wanted).all()
    if not rows:
        return []
    ids = [row.id for row in rows]
    unit.session.execute(delete(INTENTS).where(INTENTS.c.id.in_(ids)))
    crashpoint("intents_after_claim")
    letters = list(_Batch.of(unit, rows).letters())
    queue(unit.session, letters, unit.now)
    notifications.add(unit.session, letters, unit.now)
    return ids


@dataclass(frozen=True, slots=True)
class _Batch:
    """Intents with all that their letters need."""

    unit: Unit
    intents: Sequence[Row[Any]]
    cases: Mapping[int, CaseRow]
    comments: Mapping[tuple[int, int], str]
    readers: Mapping[int, Sequence[tuple[str, Recipient]]]  # id of the intent → letter and reader, each person once
    wishes: Mapping[int, Preferences]

    @classmethod
    def of(cls, unit: Unit, intents: Sequence[Row[Any]]) -> _Batch:
        ids = {number for intent in intents for number in (intent.case_id, intent.event_case_id)}
        cases = {row.id: row for row in unit.session.execute(select(CASES).where(CASES.c.id.in_(ids)))}
        readers = _readers(unit, intents, cases)
        people = {reader.person_id for found in readers.values() for _letter, reader in found}
        wishes = notification_preferences.of(unit.session, people) if people else {}
        return cls(unit, intents, cases, _comments(unit, intents), readers, wishes)

    def letters(self) -> Iterator[NewLetter]:
        """Every letter of the batch, in the order of the intents."""
        for intent in self.intents:
            if self.readers[intent.id]:
                yield from self._of(intent)

    def _of(self, intent: Row[Any]) -> Iterator[NewLetter]:
        unit, about = self.unit, _subject(self._definition(intent.case_id), intent, self.cases[intent.case_id])
        context = self._context(intent, about)
        occasion = f"{intent.visit}:{intent.rung}" if intent.rung else str(intent.sequence)
        pressing = intent.rung is not None and _pressing(unit, about)
        for letter, reader in self.readers[intent.id]:
            wish, kind = self.wishes[reader.person_id], kind_of(letter)
            when = terms(unit.session, unit.services, kind, wish, unit.now, pressing=pressing, belated=intent.belated)
            place = {"reads": {"who": reader.name, "absent": reader.absent}} if reader.absent else {}
            yield NewLetter(
                dedupe_key=f"case:{intent.case_id}:{occasion}:{reader.person_id}",
                letter=letter,
                recipient_id=reader.person_id,
                role=reader.role,
                case_id=intent.case_id,
                visit=intent.visit if intent.rung else None,
                context=context | self._details(intent, letter) | self._link(intent, letter) | place,
                state=when.state,
                answer=when.answer,
                not_before=when.not_before,
                expires_at=intent.until if intent.rung else intent.at + STEP_LETTER_LIVES,
            )

    def _context(self, intent: Row[Any], about: LetterSubject) -> dict[str, Any]:
        """The placeholders of the letters of an intent; see `mail.letters.templates`."""
        step = self._taken(intent)
        return context_of(self.unit.session, self.unit.services, about) | {
            "step": dict(step) if step is not None else "",
            "actor_role": _acted_as(intent.role) if intent.role is not None else "",
            "comment": self.comments.get((intent.event_case_id, intent.event_sequence), ""),
            "person_name": intent.person,
            **({"acted": intent.acted} if intent.acted is not None else {}),
        }

    def _details(self, intent: Row[Any], letter: str) -> dict[str, Any]:
        """The fields of the case that the letter's file names, with their labels, in every language."""
        names = original(letter).details
        if not names:
            return {}
        case, definition = self.cases[intent.case_id], self._definition(intent.case_id)
        known = [name for name in names if name in definition.fields]
        named = named_in(self.unit.session, definition.fields, [case.fields])
        reference = {"organisation": named.organisations}
        return {
            "details": in_every_language(
                lambda translator: "\n".join(
                    f"{shown.label}: {shown.text}"
                    for shown in display_all(
                        definition, known, case.fields, ValueNames(translator, reference, people=named.people)
                    )
                )
            )
        }

    def _link(self, intent: Row[Any], letter: str) -> dict[str, Any]:
        """The address of the comment, in a letter about one."""
        if kind_of(letter) is not LetterKind.MENTION and letter != "comment_added":
            return {}
        reference = self.cases[intent.event_case_id].reference
        return {"link": f"{self.unit.services.url}/cases/{reference}/comments/{intent.event_sequence}"}

    def _taken(self, intent: Row[Any]) -> Text | None:
        if intent.step is None:
            return None
        step = self._definition(intent.event_case_id).transitions.get(intent.step)
        return step.taken if step is not None else EXTENDED

    def _definition(self, case_id: int) -> Definition:
        return self.unit.services.definitions.pinned(self.cases[case_id].digest)


def _subject(definition: Definition, intent: Row[Any], case: CaseRow) -> LetterSubject:
    """The case as the event left it."""
    columns = {name: getattr(intent, name) for name in ("visit", "version", "sequence", "state", "due_at")}
    columns |= {"organisation_id": intent.organisation_id, "region": intent.region, "parties": _parties(intent)}
    return subject(definition, {"id": case.id, "reference": case.reference, "title": case.title, **columns})


def _parties(intent: Row[Any]) -> tuple[Party, ...]:
    return tuple(Party(*each) for each in intent.parties)


def _readers(
    unit: Unit, intents: Sequence[Row[Any]], cases: Mapping[int, CaseRow]
) -> dict[int, list[tuple[str, Recipient]]]:
    """Id of each intent → its letters with their readers; a reader in two roles gets the letter of the first one."""
    known: dict[tuple[object, ...], list[Recipient]] = {}
    found: dict[int, list[tuple[str, Recipient]]] = {}
    for intent in intents:
        case = cases[intent.case_id]
        roles = tuple(sorted({role for role, _letter, _only in intent.letters}))
        reach = (intent.organisation_id, intent.region, _parties(intent))
        asked = (roles, case.workflow, *reach)
        if asked not in known:
            about = _subject(unit.services.definitions.pinned(case.digest), intent, case)
            known[asked] = recipients_of(unit.session, unit.services, about, roles, unit.now)
        found[intent.id] = _chosen(unit, intent, case, known[asked])
    return found


def _chosen(unit: Unit, intent: Row[Any], case: CaseRow, people: Sequence[Recipient]) -> list[tuple[str, Recipient]]:
    chosen: dict[int, tuple[str, Recipient]] = {}
    for role, letter, only in intent.letters:
        meant = [reader for reader in people if reader.role == role]
        if intent.rung is not None:
            holders = (reader.person_id for reader in meant)
            only = in_hand(unit.session, unit.services, case, role, holders, unit.now)  # noqa: PLW2901
        for reader in meant:
            if only is None or reader.person_id in only:
                chosen.setdefault(reader.person_id, (letter, reader))
    return list(chosen.values())


def _comments(unit: Unit, intents: Sequence[Row[Any]]) -> dict[tuple[int, int], str]:
    """Case and number of an event → its comment, or its reason."""
    events = {(intent.event_case_id, intent.event_sequence) for intent in intents}
    wanted = select(_VALUES.c.case_id, _VALUES.c.sequence, _VALUES.c.value).where(
        tuple_(_VALUES.c.case_id, _VALUES.c.sequence).in_(sorted(events)),
        _VALUES.c.name.in_((COMMENT.key, REASON)),
    )
    return {(row.case_id, row.sequence): json.loads(row.value) or "" for row in unit.session.execute(wanted)}


def _acted_as(role: str) -> dict[str, str]:
    """How letters call who acted in the role of an intent."""
    return dict(_IMPORTED_FROM if role == IMPORTED else ROLE_LABELS[role])


def _pressing(unit: Unit, about: LetterSubject) -> bool:
    """At most one working day is left."""
    calendar = unit.services.calendars.of(unit.session, about.organisation_id)
    return about.due_at is not None and working_days_left(calendar, about.due_at, unit.now) <= 1
