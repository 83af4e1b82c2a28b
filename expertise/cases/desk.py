"""The one door for every change of a case. Each verb: lock, look up the key, judge, write, answer.

All run inside the caller's transaction. A verb answers `Done`, or a Refusal before it has written anything;
`Transactions.run` undoes a unit that returns one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from expertise.base import clock
from expertise.base.errors import TryAgain
from expertise.cases import queries, search
from expertise.cases.actions import (
    attachments,
    idempotency,
    preconditions,
)
from expertise.cases.actions import (
    change as records,
)
from expertise.cases.actions import (
    open as opening,
)
from expertise.cases.actions import (
    undo as undoing,
)
from expertise.cases.actions.attachments import Upload
from expertise.cases.actions.change import Change
from expertise.cases.actions.comment import comment
from expertise.cases.actions.decide import judge, own_first
from expertise.cases.actions.extend import extend
from expertise.cases.actions.idempotency import Done
from expertise.cases.actions.undo import undo
from expertise.cases.lookups import Known
from expertise.cases.notify import notify
from expertise.cases.services import Services
from expertise.files.model import file_key
from expertise.people.access import PART, Actor
from workflows.definition import Transition
from workflows.fields import types
from workflows.refusals import Invalid, NotFound, Refusal, WrongRole

__all__ = ["Done", "Upload", "comment", "edit", "extend", "fire", "open_case", "undo"]


def open_case(
    session: Session,
    services: Services,
    actor: Actor,
    workflow: str,
    raw: Mapping[str, Any],
    key: str | None = None,
    uploads: Mapping[str, Upload] | None = None,
) -> Done | Refusal:
    """Begin a case in its initial state, owned by the requester's organisation or, for staff, by the region's akimat.

    Incomplete fields are welcome, wrong ones are not.
    """
    definition = services.definitions.current(workflow)
    asked = idempotency.fingerprint("open", workflow, raw, attachments.hashes(uploads))
    earlier = idempotency.before(session, actor.key, key, asked)
    if earlier is not None:
        return earlier
    role = next((role for role in definition.opened_by if actor.has(role)), None)
    if role is None:
        return WrongRole(definition.opened_by)
    editable = definition.states[definition.initial].edit.get(role, ())
    arrived = {name: file_key() for name in uploads or {}}
    loaded = types.load(definition, editable, {**raw, **arrived}, Known(session, None, set(arrived.values())))
    if loaded.errors:
        return Invalid(loaded.errors)
    given = {name: value for name, value in loaded.values.items() if value is not None}
    owner = actor.organisation_id if role == "requester" else None
    now = clock.now()
    row = opening.write(session, services, definition, actor, role, given, now, {"organisation_id": owner})
    attachments.keep(session, row["id"], actor, uploads or {}, arrived, now)
    done = Done(row["reference"], 1, definition.initial, 1)
    if not idempotency.keep(session, actor.key, key, asked, done, now):
        raise TryAgain(key)
    return done


def edit(  # noqa: PLR0913, PLR0917
    session: Session,
    services: Services,
    actor: Actor,
    reference: str,
    raw: Mapping[str, Any],
    seen: int,
    key: str | None = None,
    uploads: Mapping[str, Upload] | None = None,
) -> Done | Refusal:
    """Change fields that the present state lets one of the actor's roles edit. Unchanged values write nothing."""
    asked = idempotency.fingerprint("edit", reference, raw, seen, attachments.hashes(uploads))
    case = preconditions.held(session, actor, reference, seen, key, asked)
    if not isinstance(case, Row):
        return case
    definition = services.definitions.pinned(case.digest)
    may = definition.states[case.state].edit
    roles = own_first(case, actor, may)
    if not roles:
        return WrongRole(tuple(may))
    names = {name for role in roles for name in may[role]}
    arrived = {name: file_key() for name in uploads or {}}
    vocabulary = Known(session, case.id, set(arrived.values()))
    loaded = types.load(definition, sorted(names), {**raw, **arrived}, vocabulary)
    if loaded.errors:
        return Invalid(loaded.errors)
    changed = {name: value for name, value in loaded.values.items() if case.fields.get(name) != value}
    if not changed:
        return Done(case.reference, case.version, case.state, case.sequence)
    now = clock.now()
    change = Change(
        case=case,
        definition=definition,
        actor=actor,
        role=roles[0],
        act=f"{actor.source}:fields:edit",
        rule=f"{definition.key}@{definition.version}/edit",
        now=now,
        target=case.state,
        values=changed,
        private=changed,
    )
    attachments.keep(session, case.id, actor, uploads or {}, arrived, now)
    columns = records.moved(session, services, change)
    search.index(session, case.id, case.reference, definition, columns["fields"])
    return preconditions.answer(session, change, columns, key, asked)


def fire(  # noqa: PLR0913, PLR0917
    session: Session,
    services: Services,
    actor: Actor,
    reference: str,
    step: str,
    raw: Mapping[str, Any],
    seen: int,
    key: str | None = None,
    uploads: Mapping[str, Upload] | None = None,
) -> Done | Refusal:
    """Take a step; a part's step may carry one of its whole along, judged and recorded like any other.

    `seen` is the version the person looked at; `uploads` are stored files by field.
    """
    asked = idempotency.fingerprint("fire", reference, step, raw, seen, attachments.hashes(uploads))
    case = preconditions.held(session, actor, reference, seen, key, asked)
    if not isinstance(case, Row):
        return case
    now = clock.now()
    arrived = {name: file_key() for name in uploads or {}}
    change = judge(session, services, case, actor, step, raw, now, arrived=arrived)
    if isinstance(change, Refusal):
        return change
    transition = change.definition.transitions[step]
    carried = _carried(session, services, change, transition)
    if isinstance(carried, Refusal):
        return carried
    if actor.way == "mail":
        change = undoing.remembered(session, change, transition)
    attachments.keep(session, case.id, actor, uploads or {}, arrived, now)
    columns, opened = _write(session, services, change, transition)
    if carried is not None:
        _write(session, services, carried, carried.definition.transitions[transition.carries or ""])
    return preconditions.answer(session, change, columns, key, asked, opened)


def _carried(session: Session, services: Services, change: Change, transition: Transition) -> Change | Refusal | None:
    """The whole's step that comes along, judged with this part already in its new state."""
    if transition.carries is None or change.case.parent_id is None or change.votes is not None:
        return None
    whole = queries.lock_by_id(session, change.case.parent_id)
    if whole is None:
        return NotFound()
    definition = services.definitions.pinned(whole.digest)
    wanted = definition.transitions[transition.carries].asks
    known = {**change.case.fields, **change.values}
    end = change.definition.states[change.target].final
    return judge(
        session,
        services,
        whole,
        PART,
        transition.carries,
        {name: known[name] for name in wanted if known.get(name) is not None},
        change.now,
        ended={change.case.reference: end.value if end else None},
    )


def _write(
    session: Session, services: Services, change: Change, transition: Transition
) -> tuple[dict[str, Any], tuple[str, ...]]:
    columns = records.moved(session, services, change)
    if change.votes is not None:
        return columns, ()
    if any(change.definition.fields[name].type in search.SEARCHED for name in change.values):
        search.index(session, change.case.id, change.case.reference, change.definition, columns["fields"])
    letters = dict(transition.tells)
    opened: tuple[str, ...] = ()
    if transition.opens is not None:
        part = opening.open_part(session, services, change, columns, transition.opens)
        opened = (part.reference,)
        if part.owner in letters:  # who must act on the part is written to about the part
            _tell(session, services, part, {part.owner: letters.pop(part.owner)}, change, transition)
    _tell(session, services, records.subject_of(change, columns), letters, change, transition)
    return columns, opened


def _tell(
    session: Session,
    services: Services,
    subject: notify.Subject,
    letters: Mapping[str, str],
    change: Change,
    transition: Transition,
) -> None:
    notify.tell(
        session,
        services,
        subject,
        letters,
        change.now,
        step=transition.label,
        actor_role=change.role,
        acted=change.acted,
        comment=change.private.get("comment", ""),
    )
