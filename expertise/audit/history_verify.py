"""Verifies the histories of people and organisations: recomputes every chain, a few hundred at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from expertise.audit.chain import START, leaf_of, moment
from expertise.audit.history import EVENTS, HISTORIES, VALUES
from expertise.audit.trail import BATCH, Broken, Values, Verified, said_in, value_fault

_WANTED = frozenset({"act", "actor", "at", "commitments", "previous", "sequence", "subject"})


def verify(session: Session) -> Verified:
    """Recompute every history and report the first broken event of each. `cases` counts the chains."""
    chains, events, broken = 0, 0, []
    for batch in _batches(session):
        subjects = [history.subject for history in batch]
        happened, values = _events(session, subjects), _values(session, subjects)
        for history in batch:
            chain = happened[history.subject]
            chains, events = chains + 1, events + len(chain)
            fault = _first_fault(history, chain, values[history.subject])
            if fault is not None:
                broken.append(fault)
    return Verified(chains, events, tuple(broken))


def _batches(session: Session) -> Iterator[Sequence[Row[Any]]]:
    wanted, last = select(HISTORIES).order_by(HISTORIES.c.subject).limit(BATCH), ""
    while batch := session.execute(wanted.where(HISTORIES.c.subject > last)).all():
        yield batch
        last = batch[-1].subject


def _events(session: Session, subjects: Sequence[str]) -> Mapping[str, list[Row[Any]]]:
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    wanted = select(EVENTS).where(EVENTS.c.subject.in_(subjects)).order_by(EVENTS.c.subject, EVENTS.c.sequence)
    for row in session.execute(wanted):
        found[row.subject].append(row)
    return found


def _values(session: Session, subjects: Sequence[str]) -> Mapping[str, Values]:
    found: dict[str, Values] = defaultdict(dict)
    for row in session.execute(select(VALUES).where(VALUES.c.subject.in_(subjects))):
        found[row.subject][row.sequence, row.name] = row
    return found


def _first_fault(history: Row[Any], chain: Sequence[Row[Any]], values: Values) -> Broken | None:
    head = START
    for place, event in enumerate(chain, 1):
        reason = _fault(history.subject, event, place, head, values)
        if reason is not None:
            return Broken(history.subject, place, reason)
        head = event.leaf
    if history.sequence != len(chain):
        return Broken(history.subject, len(chain) + 1, "the newest events are missing")
    if history.head != head:
        return Broken(history.subject, len(chain), "the history does not point to its newest event")
    if values:
        sequence, name = min(values)
        return Broken(history.subject, sequence, f"a private value that no event names: {name}")
    return None


def _fault(subject: str, event: Row[Any], place: int, head: bytes, values: Values) -> str | None:
    if event.sequence != place:
        return "an event is missing"
    if leaf_of(event.body) != event.leaf:
        return "the event was changed"
    said = said_in(event.body, _WANTED)
    if said is None:
        return "the event cannot be read"
    copied = {"act": event.act, "actor": event.actor, "at": moment(event.at)}
    for wrong, reason in (
        (said["previous"] != head.hex(), "the event does not follow the one before it"),
        ((said["subject"], said["sequence"]) != (subject, place), "the event belongs to another place"),
        (any(said[name] != value for name, value in copied.items()), "the columns say something else than the event"),
    ):
        if wrong:
            return reason
    return value_fault(place, said["commitments"], values)
