"""Wordings of letters by administrators. Every version is kept; the newest is in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from expertise.mail.foreign_tables import PEOPLE
from expertise.mail.letters import templates
from expertise.mail.letters.templates import PLACEHOLDERS, LetterTemplate
from expertise.mail.model import LetterWording
from workflows.definition import LANGUAGES
from workflows.refusals import Invalid, Problem

LONGEST_BODY = 4000  # characters
#: A letter that had one of these is of no use without it.
INDISPENSABLE = frozenset({"link", "act", "undo", "code", "due", "lines"})


Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NewWording:
    """Input of an administrator. `seen` is the number of the version that the page showed."""

    subject: Texts
    body: Texts
    note: str
    seen: int


def in_force(session: Session, at: datetime | None = None) -> dict[str, LetterTemplate]:
    """Return letter → wording in force now, or at `at`, for letters whose file is overridden. One statement."""
    newest = select(func.max(LetterWording.id)).group_by(LetterWording.letter)
    if at is not None:
        newest = newest.where(LetterWording.written_at <= at)
    rows = session.execute(
        select(LetterWording.letter, LetterWording.subject, LetterWording.body).where(LetterWording.id.in_(newest))
    )
    known = templates.available()
    return {
        row.letter: LetterTemplate(templates.kind_of(row.letter), row.subject, row.body)
        for row in rows
        if row.subject and row.letter in known
    }


def versions(session: Session, letter: str) -> Sequence[Row[Any]]:
    """Return the versions of a wording, newest first: number, subject, body, note, author (a name), written_at."""
    wanted = select(
        LetterWording.number,
        LetterWording.subject,
        LetterWording.body,
        LetterWording.note,
        PEOPLE.c.name.label("author"),
        LetterWording.written_at,
    ).join(PEOPLE, PEOPLE.c.id == LetterWording.author_id)
    return session.execute(wanted.where(LetterWording.letter == letter).order_by(LetterWording.number.desc())).all()


def write(session: Session, letter: str, wish: NewWording, author_id: int, now: datetime) -> int | Invalid:
    """Put a new wording into force and return its number.

    Return Invalid if a text is missing, has an unknown placeholder or lacks a necessary one, or if another version
    was written meanwhile.
    """
    errors = faults(letter, wish)
    newest = _newest(session, letter)
    if newest != wish.seen:
        errors.append(("", (Problem("written_meanwhile"),)))
    if errors:
        return Invalid(tuple(errors))
    return _put(session, letter, newest + 1, wish, author_id, now)


def back_to_original(session: Session, letter: str, note: str, author_id: int, now: datetime) -> int:
    """Put the wording of the file into force again, as a version of its own; return its number."""
    return _put(session, letter, _newest(session, letter) + 1, NewWording({}, {}, note, 0), author_id, now)


def faults(letter: str, wish: NewWording) -> list[tuple[str, tuple[Problem, ...]]]:
    """Return field (`subject_kk`, `body_ru`, …) → problems of the texts."""
    found = []
    original = templates.original(letter)
    for part, texts, longest in (
        ("subject", wish.subject, templates.LONGEST_SUBJECT),
        ("body", wish.body, LONGEST_BODY),
    ):
        needed = templates.named(getattr(original, part)["en"]) & INDISPENSABLE
        for language in LANGUAGES:
            problems = tuple(_wrong(texts.get(language, ""), longest, needed))
            if problems:
                found.append((f"{part}_{language}", problems))
    return found


def _wrong(text: str, longest: int, needed: set[str]) -> list[Problem]:
    if not text.strip():
        return [Problem("required")]
    found = []
    if len(text) > longest:
        found.append(Problem("too_long", (("max", longest),)))
    named = templates.named(text)
    if unknown := sorted(named - PLACEHOLDERS):
        found.append(Problem("unknown_placeholder", (("names", ", ".join(unknown)),)))
    if templates.has_stray_dollar(text):
        found.append(Problem("stray_dollar"))
    if missing := sorted(needed - named):
        found.append(Problem("missing_placeholder", (("names", ", ".join(f"${{{name}}}" for name in missing)),)))
    return found


def _newest(session: Session, letter: str) -> int:
    return session.scalar(select(func.max(LetterWording.number)).where(LetterWording.letter == letter)) or 0


def _put(session: Session, letter: str, number: int, wish: NewWording, author_id: int, now: datetime) -> int:
    session.add(
        LetterWording(
            letter=letter,
            number=number,
            subject=dict(wish.subject),
            body=dict(wish.body),
            note=wish.note,
            author_id=author_id,
            written_at=now,
        )
    )
    session.flush()
    return number
