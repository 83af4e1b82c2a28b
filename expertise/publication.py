"""Publication by two administrators: one asks for it, another one puts the processes into force.

The digests are asked for, so what was looked at is what comes into force. A file that has changed is asked for anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from expertise import drafts
from expertise.base.database import changed
from expertise.cases.model import PendingPublication
from expertise.cases.services import Definitions
from expertise.drafts import DraftStatus, ProcessDraft
from expertise.people.access import Actor
from expertise.people.deputies import holding
from expertise.people.manage.accounts import invalid
from expertise.people.model import Person
from workflows.refusals import Invalid

#: How long a publication waits for the second administrator, as changes of accounts do.
LASTS = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class WaitingPublication:
    """A publication that waits. `digests`: workflow → what was asked for."""

    id: int
    digests: dict[str, str]
    asked_by_id: int
    asked_by: str
    asked_at: datetime
    ends_at: datetime


def ask(session: Session, wanted: Sequence[ProcessDraft], asked_by_id: int, now: datetime) -> Invalid | None:
    """Ask for the publication of drafts that belong together. An older wish for one of them is replaced.

    Refused: `unsound` for a draft with faults, `in_force` where nothing is to be published.
    """
    if any(each.errors or each.definition is None for each in wanted):
        return invalid("", "unsound")
    digests = {each.key: each.definition.digest for each in wanted if each.definition is not None}
    if all(each.status is DraftStatus.IN_FORCE for each in wanted):
        return invalid("", "in_force")
    same = [each.id for each in waiting(session, now) if each.digests.keys() & digests.keys()]
    replaced = update(PendingPublication).where(PendingPublication.id.in_(same))
    changed(session, replaced.values(outcome="replaced", decided_at=now))
    asked = PendingPublication(digests=digests, asked_by_id=asked_by_id, asked_at=now, ends_at=now + LASTS)
    session.add(asked)
    session.flush()
    return None


def waiting(session: Session, now: datetime) -> list[WaitingPublication]:
    """Return the publications that wait, the oldest first."""
    open_ = select(PendingPublication, Person.name).join(Person, Person.id == PendingPublication.asked_by_id)
    open_ = open_.where(PendingPublication.outcome.is_(None), PendingPublication.ends_at > now)
    return [
        WaitingPublication(row.id, row.digests, row.asked_by_id, name, row.asked_at, row.ends_at)
        for row, name in session.execute(open_.order_by(PendingPublication.id))
    ]


@dataclass(frozen=True, slots=True)
class Decision:
    """The decider of a publication, who is another administrator, and when."""

    by: Actor
    now: datetime
    today: date


def confirm(
    session: Session, publication_id: int, decision: Decision, roots: Sequence[Path], known: Definitions
) -> Invalid | None:
    """Put what was asked for into force.

    Refused: `own_change`; `change_over` for one that is decided, has run out, or whose asker is no administrator any
    more; `changed_meanwhile` where a file is not what was asked for, or has faults by now.
    """
    row = _open(session, publication_id, decision.now)
    if row is None or not _is_administrator(session, row.asked_by_id, decision.today):
        return invalid("", "change_over")
    if decision.by.person_id == row.asked_by_id:
        return invalid("", "own_change")
    found = [each for each in drafts.drafts(session, roots, known) if each.key in row.digests]
    present = {each.key: each.definition.digest for each in found if each.definition is not None and not each.errors}
    if present != row.digests:
        return invalid("", "changed_meanwhile")
    drafts.publish(session, found, decision.now)
    _decide(row, "confirmed", decision)
    return None


def turn_down(session: Session, publication_id: int, decision: Decision) -> Invalid | None:
    """Refuse the publication; whoever asked for it withdraws it. Refused: `change_over`."""
    row = _open(session, publication_id, decision.now)
    if row is None:
        return invalid("", "change_over")
    _decide(row, "withdrawn" if decision.by.person_id == row.asked_by_id else "refused", decision)
    return None


def _decide(row: PendingPublication, outcome: str, decision: Decision) -> None:
    row.outcome, row.decided_by_id, row.decided_at = outcome, decision.by.person_id, decision.now


def _open(session: Session, publication_id: int, now: datetime) -> PendingPublication | None:
    open_ = select(PendingPublication).where(
        PendingPublication.id == publication_id, PendingPublication.outcome.is_(None), PendingPublication.ends_at > now
    )
    return session.scalar(open_.with_for_update())


def _is_administrator(session: Session, person_id: int, today: date) -> bool:
    held = select(Person.id).where(Person.id == person_id, holding("administrator", today))
    return session.scalar(held) is not None
