"""Preferences for letters: at once, in the daily digest, or not at all, for each kind of letter."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from expertise.base import clock
from expertise.base.database import insert_into, table_of
from expertise.base.letter_kinds import LetterKind
from expertise.people.deputies import grant_in_force
from expertise.people.manage.accounts import invalid
from expertise.people.model import Grant, Person, Preference
from expertise.people.scope import EVERYWHERE, STAFF
from workflows.refusals import Invalid


class Choice(StrEnum):
    """When a letter of some kind comes."""

    IMMEDIATE = "immediate"
    DIGEST = "digest"
    OFF = "off"


_AT_ONCE, _DAILY, _NEVER = Choice.IMMEDIATE, Choice.DIGEST, Choice.OFF

#: What can be chosen; a kind with one choice is nobody's to change.
CHOICES: Mapping[LetterKind, tuple[Choice, ...]] = {
    LetterKind.ACCOUNT: (_AT_ONCE,),
    LetterKind.RECEIPT: (_AT_ONCE,),
    LetterKind.OBLIGATORY: (_AT_ONCE,),
    LetterKind.TASK: (_AT_ONCE, _DAILY),
    LetterKind.ESCALATION: (_AT_ONCE, _DAILY),
    LetterKind.MENTION: (_AT_ONCE, _DAILY, _NEVER),
    LetterKind.REMINDER: (_AT_ONCE, _DAILY, _NEVER),
    LetterKind.STEP: (_AT_ONCE, _DAILY, _NEVER),
    LetterKind.DIGEST: (_DAILY, _NEVER),
}
CHANGEABLE = tuple(kind for kind, choices in CHOICES.items() if len(choices) > 1)

#: Who takes part in a case now and then gets every letter by itself, who lives with dozens of them a digest.
_OF_PARTIES = {kind: choices[0] for kind, choices in CHOICES.items()} | {LetterKind.DIGEST: _NEVER}
_OF_STAFF = _OF_PARTIES | {LetterKind.REMINDER: _DAILY, LetterKind.STEP: _DAILY, LetterKind.DIGEST: _DAILY}


@dataclass(frozen=True, slots=True)
class Preferences:
    """The choices of one person, made or by default, for every kind."""

    chosen: Mapping[LetterKind, Choice]
    organisation_id: int | None = None  # whose calendar says when letters may come

    @property
    def has_digest(self) -> bool:
        """Whether the person gets a digest at all."""
        return self.chosen[LetterKind.DIGEST] is Choice.DIGEST

    def of(self, kind: LetterKind) -> Choice:
        """When such a letter comes. Without a digest what waits for it comes at once, or not where that was allowed."""
        chosen = self.chosen[kind]
        if chosen is not Choice.DIGEST or self.has_digest:
            return chosen
        return CHOICES[kind][-1] if Choice.OFF in CHOICES[kind] else Choice.IMMEDIATE


def of(session: Session, person_ids: Collection[int]) -> dict[int, Preferences]:
    """The preferences of these people, all of them, by two statements."""
    team = exists().where(
        Grant.person_id == Person.id, Grant.role.in_(STAFF | EVERYWHERE), grant_in_force(clock.now().date())
    )
    asked = select(Person.id, Person.organisation_id, team.label("staff")).where(Person.id.in_(person_ids))
    people = {row.id: row for row in session.execute(asked)}
    made: dict[int, dict[LetterKind, Choice]] = {}
    for row in session.execute(select(table_of(Preference)).where(Preference.person_id.in_(person_ids))):
        made.setdefault(row.person_id, {})[LetterKind(row.kind)] = Choice(row.choice)
    return {
        person: Preferences((_OF_STAFF if row.staff else _OF_PARTIES) | made.get(person, {}), row.organisation_id)
        for person, row in people.items()
    }


def choose(session: Session, person_id: int, wanted: Mapping[str, str], now: datetime) -> Invalid | None:
    """Keep choices by kind, all or none of them; kinds that are not named stay as they are.

    Nothing can wait for a digest that is switched off: that is `digest_needed`.
    """
    for kind, choice in wanted.items():
        if kind not in CHANGEABLE or choice not in CHOICES[LetterKind(kind)]:
            return invalid(kind, "unknown_choice")
    asked = {LetterKind(kind): Choice(choice) for kind, choice in wanted.items()}
    after = {**of(session, [person_id])[person_id].chosen, **asked}
    if after[LetterKind.DIGEST] is Choice.OFF and any(asked.get(kind) is Choice.DIGEST for kind in CHANGEABLE):
        return invalid(LetterKind.DIGEST, "digest_needed")
    _keep(session, person_id, asked, now)
    return None


def stop(session: Session, person_id: int, kind: LetterKind, now: datetime) -> Choice:
    """Switch the letters off, or reduce them as far as allowed; return the choice that is in force now.

    A kind that cannot be switched off comes in the daily digest, if that is allowed, and else as before.
    """
    least = CHOICES[kind][-1]
    if kind in CHANGEABLE:
        digest = {LetterKind.DIGEST: Choice.DIGEST} if least is Choice.DIGEST else {}
        _keep(session, person_id, {kind: least, **digest}, now)
    return of(session, [person_id])[person_id].of(kind)


def _keep(session: Session, person_id: int, wanted: Mapping[LetterKind, Choice], now: datetime) -> None:
    if not wanted:
        return
    statement = insert_into(session, table_of(Preference))
    new = {"choice": statement.excluded.choice, "changed_at": statement.excluded.changed_at}
    session.execute(
        statement.on_conflict_do_update(index_elements=["person_id", "kind"], set_=new),
        [
            {"person_id": person_id, "kind": kind.value, "choice": choice.value, "changed_at": now}
            for kind, choice in wanted.items()
        ],
    )
