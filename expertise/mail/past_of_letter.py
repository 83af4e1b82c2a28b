"""One letter looked at: what happened to it, and what it said as far as others may read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from expertise.mail.marking import SECRET
from expertise.mail.model import LetterLog
from expertise.mail.neighbours import PEOPLE

#: What nobody but the letter's reader may see.
HIDDEN = "••••••"


def log(session: Session, letter_id: int) -> Sequence[Row[Any]]:
    """What happened to a letter, in order: number, what, at, ended_at, address, note, other_id, and who (a name)."""
    columns = ("number", "what", "at", "ended_at", "address", "note", "other_id")
    wanted: Select[Any] = select(*(getattr(LetterLog, name) for name in columns), PEOPLE.c.name.label("who"))
    wanted = wanted.outerjoin(PEOPLE, PEOPLE.c.id == LetterLog.person_id).where(LetterLog.letter_id == letter_id)
    return session.execute(wanted.order_by(LetterLog.id)).all()


def readable(letter: str, context: Mapping[str, Any]) -> dict[str, Any]:
    """What a letter said, for somebody who is not its reader: without what only the reader may use."""
    hidden = ("act", "code", "link") if letter in SECRET else ("act", "code")
    return {**context, **dict.fromkeys(hidden, HIDDEN)}
