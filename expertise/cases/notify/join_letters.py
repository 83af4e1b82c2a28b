"""Joins letters about one case to one person: the first leaves at once, the next ones wait and become one letter.

Done when letters are about to leave, so that one that is taken back before stands in none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from expertise.base.letter_kinds import LetterKind
from expertise.cases.services import Services
from expertise.mail.letters.templates import ALSO, available, kind_of
from expertise.mail.model import OutgoingLetter

#: A decision, or a period that runs out, has a letter of its own.
JOINED = frozenset({LetterKind.TASK, LetterKind.STEP})
#: A joined letter says how the case stands after the last event.
_LATEST = ("state", "due", "case_version", "case_visit")

_ROW = OutgoingLetter
_Group = tuple[int, int | None]


def join(
    session: Session, services: Services, letters: Sequence[OutgoingLetter], now: datetime
) -> dict[int, Mapping[str, Any]]:
    """Join what may leave now; return number → new columns of the letters that must not leave by themselves.

    The letter that leaves for others gets them into its context.
    """
    groups: dict[_Group, list[OutgoingLetter]] = defaultdict(list)
    for letter in letters if services.join_letters else ():
        if _may_be_joined(letter):
            groups[letter.recipient_id, letter.case_id].append(letter)
    sent = _last_sent(session, list(groups), now - services.join_letters) if groups else {}
    columns: dict[int, Mapping[str, Any]] = {}
    for group, found in groups.items():
        if group in sent:
            columns |= {letter.id: {"not_before": sent[group] + services.join_letters} for letter in found}
        elif len(found) > 1:
            columns |= _into_one(found)
    return columns


def _may_be_joined(letter: OutgoingLetter) -> bool:
    fresh = letter.attempts == 0 and letter.sent_at is None and letter.released_at is None
    about = letter.case_id is not None and letter.address is None and letter.visit is None
    return fresh and about and kind_of(letter.letter) in JOINED


def _last_sent(session: Session, groups: Sequence[_Group], since: datetime) -> dict[_Group, datetime]:
    """Return when the last letter of each group left, for those of which one has left since then."""
    wanted = select(_ROW.recipient_id, _ROW.case_id, func.max(_ROW.sent_at)).where(
        _ROW.case_id.in_({case for _, case in groups}),
        _ROW.recipient_id.in_({person for person, _ in groups}),
        _ROW.letter.in_(available(JOINED)),
        _ROW.sent_at > since,
    )
    rows = session.execute(wanted.group_by(_ROW.recipient_id, _ROW.case_id))
    asked = set(groups)
    return {
        (person, case): sent_at for person, case, sent_at in rows if sent_at is not None and (person, case) in asked
    }


def _into_one(letters: Sequence[OutgoingLetter]) -> dict[int, Mapping[str, Any]]:
    """Join letters into the last task among them, or else into the last of all."""
    main = max(letters, key=lambda letter: (kind_of(letter.letter) is LetterKind.TASK, letter.id))
    last = max(letters, key=lambda letter: letter.id)
    others = sorted((letter for letter in letters if letter is not main), key=lambda letter: letter.id)
    also = [{"letter": each.letter, "context": each.context, "at": each.created_at.isoformat()} for each in others]
    latest = {name: last.context[name] for name in _LATEST if name in last.context}
    main.context = {**main.context, **latest, ALSO: also}
    return {each.id: {"state": "told", "answer": f"joined: {main.id}"} for each in others}
