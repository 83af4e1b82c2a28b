"""Notifications in the page: new events of cases since the reader looked, beside the letters about the same events.

A row is written with its letter, by the same preferences: none for a kind of letter that its reader has switched off.
Opening any page of a case reads its notifications. Every query asks whether the reader still sees the case.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import Session

from expertise.base.database import insert_into, table_of
from expertise.base.letter_kinds import LetterKind
from expertise.cases.notify.model import Notification
from expertise.cases.queries import CASES
from expertise.cases.reach import condition
from expertise.mail.letters.templates import PLACEHOLDERS, kind_of, shortened
from expertise.mail.outbound.outbox import NewLetter
from expertise.people.access import Actor

_ROWS = table_of(Notification)
#: Counted at most; a page says "99+".
MOST = 100
#: Rows on one page.
SHOWN = 30
#: Characters of a comment that are quoted.
LONGEST_COMMENT = 300
#: After this long a notification quotes nothing any more, and is deleted.
QUOTES, LIVES = timedelta(days=30), timedelta(days=180)
#: Kinds of letters that are about no event of a case.
_ELSEWHERE = frozenset({LetterKind.ACCOUNT, LetterKind.RECEIPT, LetterKind.DIGEST})
#: Placeholders that are long, or addresses.
_LEFT_OUT = frozenset(
    {"comment", "details", "link", "act", "undo", "objection", "preferences", "lines", "code", "moves"}
)


@dataclass(frozen=True, slots=True)
class Unread:
    """An unread notification: its id, and the reference of its case."""

    id: int
    reference: str


def add(session: Session, letters: Sequence[NewLetter], now: datetime) -> None:
    """Write the notifications of these letters by one statement; one that is there already stays as it is."""
    rows = [_row(letter, now) for letter in letters if _shows(letter)]
    if rows:
        new = insert_into(session, _ROWS).on_conflict_do_nothing(index_elements=["dedupe_key"])
        session.execute(new, rows)


def _shows(letter: NewLetter) -> bool:
    return letter.case_id is not None and letter.state != "cancelled" and kind_of(letter.letter) not in _ELSEWHERE


def _row(letter: NewLetter, now: datetime) -> dict[str, Any]:
    comment = shortened(str(letter.context.get("comment") or ""), LONGEST_COMMENT)
    return {
        "dedupe_key": letter.dedupe_key,
        "person_id": letter.recipient_id,
        "case_id": letter.case_id,
        "letter": letter.letter,
        "path": urlsplit(str(letter.context.get("link") or "/")).path,
        "context": {name: letter.context[name] for name in PLACEHOLDERS - _LEFT_OUT if letter.context.get(name)},
        "comment": comment or None,
        "at": now,
    }


def unread(session: Session, actor: Actor) -> list[Unread]:
    """Return the newest unread notifications of the actor, at most MOST: one statement over one index."""
    if actor.person_id is None:
        return []
    wanted = _of(actor, select(_ROWS.c.id, CASES.c.reference)).where(_ROWS.c.read_at.is_(None))
    return [Unread(*row) for row in session.execute(wanted.order_by(_ROWS.c.id.desc()).limit(MOST))]


def listed(session: Session, actor: Actor, after: int = 0) -> Sequence[Any]:
    """Return notifications of the actor, the newest first: one more than SHOWN, beginning behind `after` of them."""
    wanted = _of(actor, select(*_ROWS.c, CASES.c.reference, CASES.c.title)).order_by(_ROWS.c.id.desc())
    return session.execute(wanted.offset(after).limit(SHOWN + 1)).all()


def _of(actor: Actor, wanted: Select[Any]) -> Select[Any]:
    joined = wanted.select_from(_ROWS.join(CASES, CASES.c.id == _ROWS.c.case_id))
    return joined.where(_ROWS.c.person_id == actor.person_id, condition(actor))


def mark(session: Session, person_id: int, ids: Collection[int], read_at: datetime | None) -> None:
    """Mark these notifications of the person as read at a moment, or, with None, as unread."""
    mine = update(_ROWS).where(_ROWS.c.person_id == person_id, _ROWS.c.id.in_(ids))
    session.execute(mine.where(_ROWS.c.read_at.is_(None)) if read_at is not None else mine, {"read_at": read_at})


def mark_all(session: Session, person_id: int, last: int, now: datetime) -> None:
    """Mark every notification of the person up to the id `last` as read."""
    unread_ones = (_ROWS.c.person_id == person_id, _ROWS.c.id <= last, _ROWS.c.read_at.is_(None))
    session.execute(update(_ROWS).where(*unread_ones).values(read_at=now))


def mark_older(session: Session, before: datetime, now: datetime) -> None:
    """Mark the notifications of everybody from before this moment as read."""
    session.execute(update(_ROWS).where(_ROWS.c.at < before, _ROWS.c.read_at.is_(None)).values(read_at=now))


def recall(session: Session, case_id: int, sequence: int) -> None:
    """Delete the notifications about an event that was taken back."""
    about = _ROWS.c.dedupe_key.startswith(f"case:{case_id}:{sequence}:", autoescape=True)
    session.execute(delete(_ROWS).where(_ROWS.c.case_id == case_id, about))


def forget(session: Session, now: datetime) -> None:
    """Shorten the notifications of some weeks ago, and delete those of long ago; for the worker's nightly round."""
    old = update(_ROWS).where(_ROWS.c.at < now - QUOTES, _ROWS.c.comment.is_not(None))
    session.execute(old.values(comment=None))
    session.execute(delete(_ROWS).where(_ROWS.c.at < now - LIVES))
