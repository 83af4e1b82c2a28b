"""A case begins: by a person's own wish, or as a part that a step of its parent opens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from expertise.audit import trail
from expertise.audit.act import Act, Subject
from expertise.audit.chain import START, Entry, forge
from expertise.base.write_set import WriteSet
from expertise.cases import search
from expertise.cases.actions import attachments
from expertise.cases.actions import deadline as planning
from expertise.cases.actions.attachments import Upload
from expertise.cases.actions.change import Change, arrival, field_columns, field_parties
from expertise.cases.lookups import Chooser, Known, read_values, regions_of
from expertise.cases.model import Counter
from expertise.cases.notify import notify
from expertise.cases.parties import in_role, lender_there, replaced, write_actors, write_parties
from expertise.cases.queries import CASES, CaseRow
from expertise.cases.services import Unit
from expertise.files.model import file_key
from expertise.people.access import Absent, Actor
from expertise.people.reach import Party
from expertise.people.reference_data import akimat_of
from expertise.reminders import timers
from workflows.definition import Definition
from workflows.refusals import Invalid, Refusal, WrongRole

#: The columns a part has from its parent, the organisation excepted where the part is sealed.
INHERITED = ("organisation_id", "region", "topic", "title")


@dataclass(frozen=True, slots=True)
class Beginning:
    """A case that is about to begin, by whom and in which role.

    `columns` come before what the fields say: organisation_id, parent_id, part, …. `parties` are those that a part has
    from its parent.
    """

    definition: Definition
    actor: Actor
    role: str
    fields: Mapping[str, Any]
    columns: Mapping[str, Any]
    files: Mapping[str, Upload] = field(default_factory=dict)  # key of the stored file → the file
    parties: Mapping[str, Party | None] = field(default_factory=dict)


def decide_opening(
    unit: Unit, actor: Actor, workflow: str, raw: Mapping[str, Any], uploads: Mapping[str, Upload]
) -> Beginning | Refusal:
    """A case in its initial state, owned by the requester's organisation or, for staff, by the region's akimat.

    Incomplete fields are welcome, wrong ones are not.
    """
    closed = unit.services.not_opened(workflow)
    if closed is not None:
        return closed
    definition = unit.services.definitions.current(workflow)
    role = opening_role(unit.session, actor, definition, raw)
    if role is None:
        return WrongRole(definition.opened_by)
    editable = definition.states[definition.initial].edit.get(role, ())
    arrived = {name: file_key() for name in uploads}
    lookups = Known(unit.session, None, set(arrived.values()), Chooser(actor, (role,)))
    loaded = read_values(unit, definition, editable, {**raw, **arrived}, lookups)
    if loaded.errors:
        return Invalid(loaded.errors)
    given = {name: value for name, value in loaded.values.items() if value is not None}
    owner = actor.organisation_id if role == "requester" else None
    files = {arrived[name]: upload for name, upload in uploads.items()}
    return Beginning(definition, actor, role, given, {"organisation_id": owner}, files)


def opening_role(session: Session, actor: Actor, definition: Definition, raw: Mapping[str, Any]) -> str | None:
    """The role in which the actor begins the case: the first that reaches the region it names; None for no role.

    Somebody who files for an oblast as its requester may coordinate another one: there they file as coordinator.
    """
    roles = actor.opens(definition.key, definition.opened_by)
    named = next((raw.get(name) for name, field in definition.fields.items() if field.column == "region"), None)
    if len(roles) < 2 or not isinstance(named, str) or not named:
        return next(iter(roles), None)
    reaches = ((role, regions_of(session, actor, (role,))) for role in roles)
    return next((role for role, own in reaches if own is None or named in own), roles[0])


def write(unit: Unit, beginning: Beginning, writes: WriteSet) -> dict[str, Any]:
    """Insert the case, add its first event and timers; returns the row's columns, `id` among them, and `parties`."""
    session, services, now = unit.session, unit.services, unit.now
    definition, actor, role = beginning.definition, beginning.actor, beginning.role
    fields, columns = beginning.fields, beginning.columns
    row: dict[str, Any] = {
        "reference": next_reference(session, definition, services.calendar.local_day(now).year),
        "workflow": definition.key,
        "digest": definition.digest,
        "visit": 1,
        "version": 1,
        "sequence": 1,
        "opened_by_id": actor.person_id,
        "fields": dict(fields),
        "opened_at": now,
        "changed_at": now,
        "ended_at": None,
        **columns,
        **field_columns(definition, fields),
    }
    if "parent_id" not in columns and row["organisation_id"] is None:
        row["organisation_id"] = akimat_of(session, row.get("region"))
    row["clocks"], deadline = planning.beginning(session, services, definition, row, now)
    row |= arrival(definition, definition.initial, deadline, now)
    absent = actor.standing_in(region=row.get("region"), workflow=definition.key).get(role)
    link = forge(_entry(row, beginning, absent, now))
    row["head"] = link.leaf
    row["id"] = session.execute(insert(CASES).values(row).returning(CASES.c.id)).scalar_one()
    trail.append(writes, row["id"], link)
    timers.replace(writes, row["id"], 1, deadline, had=False)
    timers.follow_clocks(writes, row["id"], deadline, {}, row["clocks"], definition.clocks)
    search.index(session, row["id"], row["reference"], definition, fields)
    named = {**field_parties(session, definition, fields), **lender_there(session, definition, row["state"], fields)}
    parties = replaced((), {**beginning.parties, **named})
    write_parties(session, row["id"], (), parties, now)
    if actor.machine is None:
        persons = [actor.key, *([absent.key] if absent else [])]
        write_actors(writes, row["id"], columns.get("parent_id") or row["id"], role, persons)
    return {**row, "parties": parties}


def open_part(
    unit: Unit, change: Change, after: Mapping[str, Any], part_key: str, writes: WriteSet
) -> notify.LetterSubject:
    """Open the part that a step of the parent names; returns it as letters speak of it.

    `after` are the parent's new columns. The part takes what the step asked, and the rest from the parent's fields.
    """
    parent: CaseRow = change.case
    part = change.definition.parts[part_key]
    definition = unit.services.definitions.current(part.workflow)
    fields = {**after.get("fields", parent.fields), **change.private}
    inherited = {name: after.get(name, getattr(parent, name)) for name in INHERITED}
    taken = {name: fields[name] for name in part.takes if fields.get(name) is not None}
    inherited["organisation_id"] = None if part.sealed else _owner(unit.session, inherited, definition, taken)
    columns = {**inherited, "parent_id": parent.id, "part": part_key}
    expert = in_role(after["parties"], "expert")
    parties = {"expert": replace(expert, source="parent")} if expert is not None else {}
    row = write(unit, Beginning(definition, change.actor, change.role, taken, columns, parties=parties), writes)
    return notify.subject(definition, row)


def _owner(session: Session, parent: Mapping[str, Any], definition: Definition, taken: Mapping[str, Any]) -> int | None:
    """The owner of a part: that of its parent, and of a part for another region the akimat of that region.

    An organisation that is no akimat keeps its parts wherever they are; so does an owner without a better one.
    """
    region = field_columns(definition, taken).get("region", parent["region"])
    owner: int | None = parent["organisation_id"]
    if region == parent["region"] and owner is not None:
        return owner
    follows = owner is None or owner == akimat_of(session, parent["region"])
    return (akimat_of(session, region) if follows else None) or owner


def _entry(row: Mapping[str, Any], beginning: Beginning, absent: Absent | None, now: datetime) -> Entry:
    definition, actor = beginning.definition, beginning.actor
    return Entry(
        case=row["reference"],
        sequence=1,
        previous=START,
        at=now,
        act=str(Act(actor.source, Subject.CASE, "open")),
        actor=actor.key,
        role=beginning.role,
        instead_of=absent.key if absent else None,
        from_state=None,
        to_state=definition.initial,
        rule=f"{definition.key}@{definition.version}/open",
        digest=definition.digest,
        version=1,
        values=attachments.committed(beginning.fields, beginning.files),
    )


def next_reference(session: Session, definition: Definition, year: int) -> str:
    """Take the next number of the year; others who want one wait until this transaction ends."""
    taken = session.execute(
        update(Counter)
        .where(Counter.workflow == definition.key, Counter.year == year)
        .values(number=Counter.number + 1)
        .returning(Counter.number)
    ).scalar()
    if taken is None:
        taken = _first(session, definition.key, year)
    return definition.reference.format(year=year, number=taken)


def _first(session: Session, workflow: str, year: int) -> int:
    """Begin the year. Two who begin it at once meet on the key, and the later one counts on."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    wanted = dialect.insert(Counter).values(workflow=workflow, year=year, number=1)
    found = session.execute(
        wanted.on_conflict_do_update(
            index_elements=[Counter.workflow, Counter.year], set_={"number": Counter.number + 1}
        ).returning(Counter.number)
    )
    return int(found.scalar_one())
