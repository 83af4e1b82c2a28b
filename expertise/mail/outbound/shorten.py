"""Letters of long ago shrink: what they said goes, its hash and the version of the words stay.

The hash is SHA-256 of subject, an empty line and text, in the reader's language and in the words that were in force, as
the page of the letter showed it. A letter somebody else kept can be compared with it; nobody can read it any more.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from sqlalchemy import Row, exists, select, update
from sqlalchemy.orm import Session

from expertise.base.database import table_of
from expertise.mail.foreign_tables import PEOPLE
from expertise.mail.letters import overrides, templates
from expertise.mail.letters.templates import LetterTemplate
from expertise.mail.model import MailToken, OutgoingLetter
from expertise.mail.outbound.admin_queries import readable
from expertise.mail.outbound.results import OVER

#: Letters shortened in one transaction.
BATCH = 200
#: What stays of a context: numbers by which later letters find their thread and their calendar entry.
KEPT = ("case_reference", "case_version", "case_visit", "due", "language")
#: Under this name the context of a shortened letter holds `sha256` and `words`.
SHORTENED = "shortened"

_ROW = table_of(OutgoingLetter)


def shorten(session: Session, before: datetime, after: int = 0) -> int | None:
    """Shorten some letters that were written before this moment; returns the number of the last one, None for none.

    Call again with that number as `after`. Letters whose links or answers still count are left for another night.
    """
    tokens = exists().where(MailToken.letter_id == _ROW.c.id)
    wanted = select(_ROW, PEOPLE.c.language.label("reads")).join(PEOPLE, PEOPLE.c.id == _ROW.c.recipient_id)
    old = (_ROW.c.id > after, _ROW.c.created_at < before, _ROW.c.state.in_((*OVER, "told")), ~tokens)
    rows = session.execute(wanted.where(*old).order_by(_ROW.c.id).limit(BATCH)).all()
    for row in rows:
        if row.context and SHORTENED not in row.context:
            session.execute(update(_ROW).where(_ROW.c.id == row.id).values(context=_short(session, row)))
    return rows[-1].id if rows else None


def _short(session: Session, row: Row[Any]) -> dict[str, Any]:
    kept = {name: row.context[name] for name in KEPT if name in row.context}
    if row.letter not in templates.available():  # of a Komek that knew it; its words are gone already
        return {**kept, SHORTENED: {}}
    words = overrides.in_force(session, row.sent_at).get(row.letter)
    said = templates.render(
        row.letter, row.context.get("language") or row.reads, readable(row.letter, row.context), words
    )
    told = {
        "sha256": _hash(f"{said.subject}\n\n{said.text}"),
        "words": version_of(words or templates.original(row.letter)),
    }
    return {**kept, SHORTENED: told}


def version_of(words: LetterTemplate) -> str:
    """The version of a letter's words: the first sixteen digits of the hash of its subjects and bodies."""
    return _hash(json.dumps([dict(words.subject), dict(words.body)], sort_keys=True, ensure_ascii=False))[:16]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
