"""Queries of the outbox for its pages: lists of letters, one letter with its log, counts by state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, func, or_, select
from sqlalchemy.orm import Session

from expertise.mail.foreign_tables import ADDRESS, CASES, PEOPLE
from expertise.mail.model import LetterLog, OutgoingLetter
from expertise.mail.outbound.results import SECRET

#: Letters of one page, and of one case.
SHOWN = 50
#: States that a person may have to do something about.
OPEN_QUESTIONS = ("held", "uncertain", "failed", "suppressed", "bounced")

_ROW = OutgoingLetter


@dataclass(frozen=True, slots=True)
class OutboxFilter:
    """Filter of the outbox: one `state`, and a `query` matched against address, name and case reference."""

    state: str | None = None
    query: str = ""


def listing(session: Session, wanted: OutboxFilter, before: int | None = None) -> Sequence[Row[Any]]:
    """Return letters, newest first, at most SHOWN + 1 so that the caller sees whether more follow.

    Columns: id, letter, state, reader, email, reference, created_at, sent_at, attempts, answer, unsettled.
    `before` is the id of the last letter of the page before.
    """
    found = _letters().order_by(_ROW.id.desc()).limit(SHOWN + 1)
    if wanted.state:
        found = found.where(_ROW.state == wanted.state)
    if wanted.query:
        words = wanted.query.lower()
        near = (func.lower(ADDRESS), func.lower(PEOPLE.c.name), func.lower(CASES.c.reference))
        found = found.where(or_(*(text.contains(words, autoescape=True) for text in near)))
    if before is not None:
        found = found.where(_ROW.id < before)
    return session.execute(found).all()


def of_case(session: Session, case_id: int, before: int | None = None, most: int = SHOWN) -> Sequence[Row[Any]]:
    """Return at most `most` letters about a case, newest first; columns as in `listing`.

    `before` is the id of the last letter of the page before.
    """
    older = (_ROW.id < before,) if before is not None else ()
    return session.execute(_letters().where(_ROW.case_id == case_id, *older).order_by(_ROW.id.desc()).limit(most)).all()


def one(session: Session, letter_id: int) -> Row[Any] | None:
    """Return one letter, or None. Columns as in `listing`, and reader_key and language."""
    wanted = _letters().add_columns(PEOPLE.c.key.label("reader_key"), PEOPLE.c.language)
    return session.execute(wanted.where(_ROW.id == letter_id)).first()


def open_questions(session: Session) -> dict[str, int]:
    """Return the number of letters for each state that may need a person; states without letters are left out."""
    rows = session.execute(select(_ROW.state, func.count()).where(_ROW.state.in_(OPEN_QUESTIONS)).group_by(_ROW.state))
    found = {row[0]: row[1] for row in rows}
    return {state: found[state] for state in OPEN_QUESTIONS if state in found}


def _letters() -> Select[Any]:
    return (
        select(
            *(getattr(_ROW, name) for name in ("id", "letter", "state", "created_at", "sent_at", "attempts", "answer")),
            (_ROW.lease_until.is_(None)).label("unsettled"),
            PEOPLE.c.name.label("reader"),
            ADDRESS.label("email"),
            CASES.c.reference,
        )
        .join(PEOPLE, PEOPLE.c.id == _ROW.recipient_id)
        .outerjoin(CASES, CASES.c.id == _ROW.case_id)
    )


#: Text in place of what only the recipient of the letter may see.
HIDDEN = "••••••"


def log(session: Session, letter_id: int) -> Sequence[Row[Any]]:
    """Return the log of a letter in order: number, what, at, ended_at, address, note, other_id, who (a name)."""
    columns = ("number", "what", "at", "ended_at", "address", "note", "other_id")
    wanted: Select[Any] = select(*(getattr(LetterLog, name) for name in columns), PEOPLE.c.name.label("who"))
    wanted = wanted.outerjoin(PEOPLE, PEOPLE.c.id == LetterLog.person_id).where(LetterLog.letter_id == letter_id)
    return session.execute(wanted.order_by(LetterLog.id)).all()


def readable(letter: str, context: Mapping[str, Any]) -> dict[str, Any]:
    """Return the context of a letter for a person other than its recipient: links and codes are hidden."""
    hidden = ("act", "code", "link") if letter in SECRET else ("act", "code")
    return {**context, **dict.fromkeys(hidden, HIDDEN)}
