"""Tokens of a letter: to reply, to act on its signed page, to unsubscribe, and to identify a bounce.

A token is derived from Komek's secret and the letter's Message-ID, so every attempt carries the same one and the
database stores only its SHA-256. Its row is written with the attempt, before anybody can read the letter.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from expertise.base.database import changed, insert_into, table_of
from expertise.mail.claimed_letter import ClaimedLetter
from expertise.mail.model import MailToken, OutgoingLetter

REPLY, BOUNCE, ACT, STOP = "reply", "bounce", "act", "stop"
#: How long a token is good: a case lives that long; a server gives up sooner; a page waits three days at least.
LASTS = {REPLY: timedelta(days=180), BOUNCE: timedelta(days=30), ACT: timedelta(hours=72), STOP: timedelta(days=180)}
#: A letter that asks for answers, not for a decision, is valid as long as the answers are awaited.
LASTS_OF_LETTER = {("questionnaire", ACT): timedelta(days=45)}
#: A page waits this much longer than the deadline of its letter: a case can still be decided when it is late.
AFTER_DEADLINE = timedelta(days=7)
#: A letter about a change of an account can be objected to for so long: its reader may be on leave.
OBJECTION_LASTS = timedelta(days=45)
#: Wrong codes after which a page takes none any more.
TRIES = 5
#: An expired token is kept this long, so that a late reply can be explained.
KEPT = timedelta(days=90)

_LENGTH = 20  # bytes: 160 bit, 32 characters
_TOKENS = table_of(MailToken)


@dataclass(frozen=True, slots=True)
class LetterTokens:
    """The four tokens and the six-digit code of one letter."""

    reply: str = field(repr=False)
    bounce: str = field(repr=False)
    act: str = field(repr=False)
    stop: str = field(repr=False)
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FoundToken:
    """A token that came back, with `letter` and `context` of its letter."""

    hash: str
    purpose: str
    letter_id: int
    person_id: int
    case_id: int | None
    case_version: int | None
    expires_at: datetime
    used_at: datetime | None
    tries: int
    code_hash: str | None
    created_at: datetime
    expired: bool
    letter: str
    context: Mapping[str, Any]


def text_of(secret: str, purpose: str, message_id: str) -> str:
    """Return the token: 32 characters of a–z and 2–7, which survive servers that change the case of an address."""
    return base64.b32encode(_derived(secret, purpose, message_id)[:_LENGTH]).decode().lower()


def code_of(secret: str, message_id: str) -> str:
    """Return the six digits that stand in the letter beside the link to the signed page."""
    return f"{int.from_bytes(_derived(secret, 'code', message_id)) % 1_000_000:06d}"


def letter_tokens(secret: str, message_id: str) -> LetterTokens:
    """Return all tokens of the letter with this Message-ID."""
    reply, bounce, act, stop = (text_of(secret, purpose, message_id) for purpose in (REPLY, BOUNCE, ACT, STOP))
    return LetterTokens(reply, bounce, act, stop, code_of(secret, message_id))


def store(
    session: Session, letter: ClaimedLetter, tokens: LetterTokens, now: datetime, *, stoppable: bool = False
) -> None:
    """Store the tokens of a letter by one statement; a later attempt changes nothing."""
    texts = {REPLY: tokens.reply, BOUNCE: tokens.bounce}
    texts |= {ACT: tokens.act} if letter.case_id is not None or letter.context.get("objection") else {}
    texts |= {STOP: tokens.stop} if stoppable else {}
    session.execute(
        insert_into(session, _TOKENS).on_conflict_do_nothing(index_elements=["hash"]),
        [
            {
                "hash": _hash(text),
                "purpose": purpose,
                "letter_id": letter.id,
                "person_id": letter.recipient_id,
                "case_id": letter.case_id,
                "case_version": letter.context.get("case_version") if letter.case_id is not None else None,
                "expires_at": _expires_at(letter, purpose, now),
                "tries": 0,
                "code_hash": _hash(f"{text}:{tokens.code}") if purpose == ACT else None,
                "created_at": now,
            }
            for purpose, text in texts.items()
        ],
    )


def _expires_at(letter: ClaimedLetter, purpose: str, now: datetime) -> datetime:
    """Return when a token ends: that of a page not before the deadline that its letter names."""
    if purpose == ACT and letter.context.get("objection"):
        return now + OBJECTION_LASTS
    least = now + LASTS_OF_LETTER.get((letter.letter, purpose), LASTS[purpose])
    due = letter.context.get("due")
    if purpose != ACT or not due:
        return least
    try:
        return max(least, datetime.fromisoformat(due) + AFTER_DEADLINE)
    except ValueError:  # the letter cannot be written either, and its carrier says so
        return least


def prolong(session: Session, case_id: int, due: str) -> None:
    """Let the open pages of a case wait for its new deadline `due`, an ISO moment; none ends earlier than before."""
    until = datetime.fromisoformat(due) + AFTER_DEADLINE
    open_ = (_TOKENS.c.case_id == case_id, _TOKENS.c.purpose == ACT, _TOKENS.c.used_at.is_(None))
    changed(session, update(_TOKENS).where(*open_, _TOKENS.c.expires_at < until).values(expires_at=until))


def find(session: Session, purpose: str, text: str, now: datetime) -> FoundToken | None:
    """Return the token with that text, in either case, used and expired ones included; None if there is none."""
    row = session.execute(
        select(_TOKENS, OutgoingLetter.letter, OutgoingLetter.context)
        .join(OutgoingLetter, OutgoingLetter.id == _TOKENS.c.letter_id)
        .where(_TOKENS.c.hash == _hash(text.strip().lower()), _TOKENS.c.purpose == purpose)
    ).first()
    return None if row is None else FoundToken(expired=row.expires_at <= now, **row._mapping)  # noqa: SLF001 a public name of Row


def consume(session: Session, found: FoundToken, now: datetime) -> bool:
    """Use the token up, in the transaction of its purpose. Return False if it is used or expired."""
    good = (_TOKENS.c.hash == found.hash, _TOKENS.c.used_at.is_(None), _TOKENS.c.expires_at > now)
    return bool(changed(session, update(_TOKENS).where(*good).values(used_at=now)))


def code_fits(session: Session, found: FoundToken, text: str, code: str) -> bool:
    """Return whether `code` belongs to the token `text`. Counts the tries and refuses all after the last.

    The caller commits after a refusal as well, or the try is not counted.
    """
    counted = update(_TOKENS).where(_TOKENS.c.hash == found.hash, _TOKENS.c.tries < TRIES)
    if not changed(session, counted.values(tries=_TOKENS.c.tries + 1)):
        return False
    return hmac.compare_digest(found.code_hash or "", _hash(f"{text.strip().lower()}:{code.strip()}"))


def forget(session: Session, now: datetime) -> None:
    """Delete tokens that expired long ago, for the worker's nightly round."""
    changed(session, delete(_TOKENS).where(_TOKENS.c.expires_at <= now - KEPT))


def _derived(secret: str, purpose: str, message_id: str) -> bytes:
    if not secret:
        raise ValueError("tokens need a secret")
    return hmac.digest(secret.encode(), f"komek:mail:{purpose}:{message_id}".encode(), "sha256")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
