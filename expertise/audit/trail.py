"""Writing events, and proving afterwards that nobody changed them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, column, select, table
from sqlalchemy.orm import Session

from expertise.audit.chain import START, Link, commitment, leaf_of, moment
from expertise.audit.model import Event, PrivateValue
from expertise.base.database import table_of
from expertise.base.write_set import WriteSet

#: The trail does not know the cases room: it needs five columns of that table and no class.
CASES = table("cases", column("id"), column("reference"), column("head"), column("sequence"), column("state"))

#: Cases verified at a time; bounds the memory, not the length of a trail.
BATCH = 500

_WANTED = frozenset({"act", "actor", "at", "case", "commitments", "for", "from", "previous", "role", "sequence", "to"})
#: The private values of a chain, by (sequence, name).
Values = dict[tuple[int, str], Row[Any]]


@dataclass(frozen=True, slots=True)
class Broken:
    """The first event at which a chain no longer holds, and why, in plain English words."""

    case: str
    sequence: int
    reason: str


@dataclass(frozen=True, slots=True)
class Verified:
    """How much was read, and the first broken event of each broken chain."""

    cases: int
    events: int
    broken: tuple[Broken, ...]


def append(writes: WriteSet, case_id: int, link: Link) -> bytes:
    """Add one event of a case with its private values; returns the new head for the case row."""
    writes.insert(table_of(Event), [{"case_id": case_id, **link.event}])
    place = {"case_id": case_id, "sequence": link.event["sequence"]}
    writes.insert(table_of(PrivateValue), [{**place, **row} for row in link.private])
    return link.leaf


def verify(session: Session, reference: str | None = None) -> Verified:
    """Recompute every chain, or the one of `reference`; memory does not grow with the trail."""
    cases, events, broken = 0, 0, []
    for batch in _batches(session, reference):
        chains = _chains(session, batch)
        values = _values(session, batch)
        for case in batch:
            chain = chains[case.id]
            cases, events = cases + 1, events + len(chain)
            fault = _first_fault(case, chain, values[case.id])
            if fault is not None:
                broken.append(fault)
    return Verified(cases, events, tuple(broken))


def _batches(session: Session, reference: str | None) -> Iterator[Sequence[Row[Any]]]:
    wanted = select(CASES).order_by(CASES.c.id).limit(BATCH)
    if reference is not None:
        wanted = wanted.where(CASES.c.reference == reference)
    last = 0
    while batch := session.execute(wanted.where(CASES.c.id > last)).all():
        yield batch
        last = batch[-1].id


def _chains(session: Session, batch: Sequence[Row[Any]]) -> Mapping[int, list[Row[Any]]]:
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    wanted = select(table_of(Event)).where(Event.case_id.in_([case.id for case in batch]))
    for row in session.execute(wanted.order_by(Event.case_id, Event.sequence)):
        found[row.case_id].append(row)
    return found


def _values(session: Session, batch: Sequence[Row[Any]]) -> Mapping[int, Values]:
    found: dict[int, Values] = defaultdict(dict)
    for row in session.execute(
        select(table_of(PrivateValue)).where(PrivateValue.case_id.in_([case.id for case in batch]))
    ):
        found[row.case_id][row.sequence, row.name] = row
    return found


def _first_fault(case: Row[Any], chain: Sequence[Row[Any]], values: Values) -> Broken | None:
    head, state = START, None
    for place, event in enumerate(chain, 1):
        reason = _fault(case, event, place, head, state, values)
        if reason is not None:
            return Broken(case.reference, place, reason)
        head, state = event.leaf, event.to_state
    if case.sequence != len(chain):
        return Broken(case.reference, len(chain) + 1, "the newest events are missing")
    if case.head != head:
        return Broken(case.reference, len(chain), "the case does not point to its newest event")
    if case.state != state:
        return Broken(case.reference, len(chain), "the case is in another state than its events say")
    if values:
        sequence, name = min(values)
        return Broken(case.reference, sequence, f"a private value that no event names: {name}")
    return None


def _fault(
    case: Row[Any],
    event: Row[Any],
    place: int,
    head: bytes,
    state: str | None,
    values: Values,
) -> str | None:
    """The fault of one event in its place, None for none; takes the private values it accounts for out of `values`."""
    if event.sequence != place:
        return "an event is missing"
    if leaf_of(event.body) != event.leaf:
        return "the event was changed"
    said = said_in(event.body, _WANTED)
    if said is None:
        return "the event cannot be read"
    copied = {"act": event.act, "actor": event.actor, "role": event.role, "at": moment(event.at)}
    copied |= {"for": event.instead_of, "from": event.from_state, "to": event.to_state}
    for wrong, reason in (
        (said["previous"] != head.hex(), "the event does not follow the one before it"),
        ((said["case"], said["sequence"]) != (case.reference, place), "the event belongs to another place"),
        (said["from"] != state, "the event begins in another state than the one before it ended in"),
        (any(said[name] != value for name, value in copied.items()), "the columns say something else than the event"),
    ):
        if wrong:
            return reason
    return value_fault(place, said["commitments"], values)


def value_fault(place: int, commitments: Mapping[str, str], values: Values) -> str | None:
    """The fault of the private values of an event, None for none; those it accounts for are taken out of `values`."""
    for name, promised in commitments.items():
        row = values.pop((place, name), None)
        if row is None:
            return f"the private value {name} is missing"
        if commitment(row.nonce, name, row.value) != promised:
            return f"the private value {name} was changed"
    return None


def said_in(body: bytes, wanted: AbstractSet[str]) -> dict[str, Any] | None:
    """The parsed body of an event; None when it cannot be read or lacks something of `wanted`."""
    try:
        said = json.loads(body)
    except ValueError:
        return None
    complete = isinstance(said, dict) and wanted <= said.keys() and isinstance(said["commitments"], dict)
    return said if complete else None
