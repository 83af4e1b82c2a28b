"""The letters that an event asks for: one row in its transaction, whose recipients the worker finds afterwards."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from expertise.base.database import table_of
from expertise.base.write_set import WriteSet
from expertise.cases.notify import notifications
from expertise.cases.notify.model import Intent
from expertise.cases.notify.notify import LetterSubject
from expertise.mail.outbound import outbox

INTENTS = table_of(Intent)


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter for a role; `only` narrows it to these people (ids)."""

    role: str
    name: str
    only: Collection[int] | None = None


@dataclass(frozen=True, slots=True)
class DueRung:
    """A reminder or an escalation: its name, until when it says something, and whether an outage kept it back."""

    name: str
    until: datetime
    belated: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """The letters about one event.

    `step` is a step of the definition, or `extend`; `quotes` the event whose comment is quoted, None for this one.
    A reminder has its `rung`: its letter is dropped once the case has left the state. `person` is the name of who
    acted, where the letters say it.
    """

    letters: tuple[Letter, ...]
    step: str | None = None
    quotes: int | None = None
    person: str = ""
    rung: DueRung | None = None

    @classmethod
    def to(cls, letters: Mapping[str, str], step: str | None = None, person: str = "") -> Notice:
        """For everybody in these roles: role → name of the letter."""
        return cls(tuple(Letter(role, name) for role, name in letters.items()), step, person=person)


#: In the place of a role, for what came in a file of another register.
IMPORTED = "import"


@dataclass(frozen=True, slots=True)
class Acting:
    """In which event, by its case and number, somebody acted, in which role, and in whose place (names)."""

    case_id: int
    sequence: int
    role: str | None = None
    acted: Mapping[str, str] | None = field(default=None)


def ask(writes: WriteSet, subject: LetterSubject, notice: Notice, by: Acting, now: datetime) -> None:
    """Ask for the letters of a notice about `subject`, the case as the event left it."""
    if not notice.letters:
        return
    rung = notice.rung
    writes.insert(
        INTENTS,
        [
            {
                "case_id": subject.case_id,
                "sequence": subject.sequence,
                "at": now,
                "visit": subject.visit,
                "version": subject.version,
                "state": subject.state_key,
                "due_at": subject.due_at,
                "letters": [[each.role, each.name, _ids(each.only)] for each in notice.letters],
                "step": notice.step,
                "role": by.role,
                "person": notice.person,
                "acted": by.acted,
                "event_case_id": by.case_id,
                "event_sequence": notice.quotes or by.sequence,
                "organisation_id": subject.organisation_id,
                "region": subject.region,
                "parties": [[each.role, each.person_id, each.organisation_id] for each in subject.parties],
                "rung": rung.name if rung else None,
                "until": rung.until if rung else None,
                "belated": rung.belated if rung else False,
            }
        ],
    )


def oldest(session: Session, without: Collection[int] = ()) -> int | None:
    """The oldest intent whose recipients are still to be found, but none of `without` (ids)."""
    wanted = select(INTENTS.c.id).order_by(INTENTS.c.id).limit(1)
    return session.scalar(wanted.where(INTENTS.c.id.not_in(without)) if without else wanted)


def recall(session: Session, case_id: int, sequence: int) -> Mapping[int, str]:
    """Take back the letters about this event that have not left; person → role of those who got theirs, or may have."""
    session.execute(delete(INTENTS).where(INTENTS.c.case_id == case_id, INTENTS.c.sequence == sequence))
    notifications.recall(session, case_id, sequence)
    return outbox.recall(session, case_id, sequence)


def correct_due(session: Session, case_id: int, due_at: datetime | None) -> None:
    """Correct the due date in the letters about a case that wait."""
    named = INTENTS.c.case_id == case_id, INTENTS.c.due_at.is_not(None)
    session.execute(update(INTENTS).where(*named).values(due_at=due_at))
    outbox.correct_due(session, case_id, due_at.isoformat() if due_at else "")


def _ids(only: Collection[int] | None) -> list[int] | None:
    return None if only is None else sorted(only)
