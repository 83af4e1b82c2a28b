"""A reply to a letter with questions: parse the answers, record them, and report what was not understood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from expertise.base import clock
from expertise.base.database import table_of
from expertise.cases.queries import CASES, seen_by
from expertise.cases.services import Services
from expertise.mail.tokens import FoundToken
from expertise.people.access import Actor
from expertise.questionnaires.answers import ParsedAnswers, parse_answers
from expertise.questionnaires.model import FollowUpAnswer
from expertise.questionnaires.record_answers import Origin, RecordedAnswers, record_answers
from expertise.questionnaires.text import questions_of
from workflows.refusals import Refusal

_ANSWERS = table_of(FollowUpAnswer)


@dataclass(frozen=True, slots=True)
class ReplyResult:
    """The result of a reply. `kept`: per case; `refused`: cases that accept no answer from this person.

    `unclear` lines are to be sent back only while `echo` holds: once per letter.
    """

    understood: int
    kept: tuple[RecordedAnswers, ...]
    refused: tuple[str, ...]
    unclear: tuple[str, ...]
    echo: bool


def handle_reply(session: Session, services: Services, actor: Actor, found: FoundToken, text: str) -> ReplyResult:
    """Record the answers in a reply to a letter with questions; `text` is the person's own part of the mail."""
    asked = [(str(reference), str(wave), str(key)) for reference, wave, key in found.context.get("asked", [])]
    reached = seen_by(actor).with_only_columns(CASES.c.reference, CASES.c.workflow, CASES.c.id)
    cases = {
        row.reference: row
        for row in session.execute(reached.where(CASES.c.reference.in_({reference for reference, _, _ in asked})))
    }
    if not cases or not {reference for reference, _, _ in asked} <= cases.keys():
        return ReplyResult(0, (), tuple(dict.fromkeys(reference for reference, _, _ in asked)), (), echo=False)
    parsed = parse_answers(text, questions_of(asked, {reference: row.workflow for reference, row in cases.items()}))
    kept, refused = [], []
    for (reference, wave), given in _by_case(asked, parsed).items():
        answer = record_answers(session, services, actor, reference, wave, given, Origin("mail", found.letter_id))
        if isinstance(answer, Refusal):
            refused.append(reference)
        else:
            kept.append(answer)
    echo = bool(parsed.unclear) and not _echoed(session, found.letter_id)
    if parsed.unclear:
        _note_unclear(session, actor, cases[asked[0][0]].id, asked[0][1], parsed, found.letter_id)
    return ReplyResult(len(parsed.given), tuple(kept), tuple(refused), parsed.unclear, echo)


def _by_case(
    asked: list[tuple[str, str, str]], parsed: ParsedAnswers
) -> dict[tuple[str, str], dict[str, tuple[Any, str]]]:
    found: dict[tuple[str, str], dict[str, tuple[Any, str]]] = {}
    for one in parsed.given:
        reference, wave, key = asked[one.number - 1]
        found.setdefault((reference, wave), {})[key] = (one.value, one.text)
    return found


def _echoed(session: Session, letter_id: int) -> bool:
    unclear = (_ANSWERS.c.letter_id == letter_id, _ANSWERS.c.question.is_(None))
    return session.execute(select(_ANSWERS.c.id).where(*unclear).limit(1)).first() is not None


def _note_unclear(
    session: Session, actor: Actor, case_id: int, wave: str, parsed: ParsedAnswers, letter_id: int
) -> None:
    row: Mapping[str, Any] = {
        "case_id": case_id,
        "wave": wave,
        "question": None,
        "value": None,
        "text": "\n".join(parsed.unclear),
        "source": "mail",
        "person_id": actor.person_id,
        "letter_id": letter_id,
        "at": clock.now(),
    }
    session.execute(insert(_ANSWERS), [row])
