"""The one pipeline for every change of a case: lock, replay, compare, decide, write, index, notify, remember.

An action decides and answers an Outcome or a Refusal; it knows no lock, key, index, letter or answer. All runs inside
the caller's transaction. A Refusal is answered before anything is written; `Transactions.run` undoes a unit that
returns one. See docs/decisions/0023-desk-pipeline.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from expertise.base.crash import crashpoint
from expertise.base.errors import TryAgain
from expertise.base.write_set import WriteSet, flush
from expertise.cases import queries, search
from expertise.cases.actions import assign as assigning
from expertise.cases.actions import attachments, correct, idempotency
from expertise.cases.actions import change as changing
from expertise.cases.actions import comment as commenting
from expertise.cases.actions import edit as editing
from expertise.cases.actions import extend as extending
from expertise.cases.actions import fire as firing
from expertise.cases.actions import open as opening
from expertise.cases.actions import undo as undoing
from expertise.cases.actions.attachments import Upload
from expertise.cases.actions.comment import Received, fitting
from expertise.cases.actions.edit import ShownForm
from expertise.cases.actions.idempotency import Done
from expertise.cases.actions.outcome import Outcome, Request
from expertise.cases.events import NOTE
from expertise.cases.notify import intents
from expertise.cases.notify.intents import IMPORTED, Acting, Letter, Notice
from expertise.cases.notify.notify import LetterSubject
from expertise.cases.queries import CaseRow
from expertise.cases.search import TextKind
from expertise.cases.services import Unit
from expertise.people.access import IMPORT, Actor
from workflows.extension import STEP
from workflows.fields.types import COMMENT
from workflows.refusals import KeyReused, NotFound, Refusal

__all__ = ["Done", "Request", "ShownForm", "Unit", "Upload", "apply", "change"]

#: Decides about the locked case. Done: nothing is to be written.
Action = Callable[[CaseRow], Outcome | Done | Refusal]


def change(unit: Unit, request: Request, action: Action, *, moves: bool = True, merges: bool = False) -> Done | Refusal:
    """Carry out one request. `moves`: False for an action that leaves the version of the case as it is.

    `merges`: the action itself judges what has changed since the version that was seen.
    The key is looked up only when the version has moved on: a twin of this request has always moved it, unless the
    action does not move it.
    """
    asked = idempotency.fingerprint(*request.body, request.reference, request.seen)
    case = queries.lock(unit.session, request.actor, request.reference)
    crashpoint("after_lock")
    if case is None:
        return NotFound()
    if not moves or case.version != request.seen:
        earlier = idempotency.before(unit.session, request.actor.key, request.key, asked)
        if earlier is not None:
            return earlier
    if not merges and request.seen is not None and case.version != request.seen:
        return queries.stale(unit.session, case, request.seen, request.actor.key)
    closed = unit.services.out_of_service(case.workflow) if moves else None
    outcome = action(case) if closed is None else closed
    if not isinstance(outcome, Outcome):
        return outcome
    writes = WriteSet()
    done = _collect(unit, outcome, writes)
    idempotency.keep(writes, request.actor.key, request.key, asked, done, unit.now)
    return done if flush(unit.session, writes) else KeyReused()


def apply(unit: Unit, outcome: Outcome) -> None:
    """Write what was decided about a case that is held, where no request has a key to be remembered."""
    writes = WriteSet()
    _collect(unit, outcome, writes)
    flush(unit.session, writes)


def _collect(unit: Unit, outcome: Outcome, writes: WriteSet) -> Done:
    """Add all that follows from what was decided: rows, words to search, parts, letters, the parent's step."""
    made = replace(outcome.change, private=attachments.committed(outcome.change.private, outcome.files))
    attachments.keep(unit.session, made.case.id, made.actor, outcome.files, unit.now, internal=outcome.internal)
    columns = changing.write(unit, made, writes)
    said = str(made.private.get(COMMENT.key) or "")
    if any(made.definition.fields[name].type.is_searched for name in made.values):
        search.index(unit.session, made.case.id, made.case.reference, made.definition, columns["fields"])
    if made.case.parent_id is None and (made.values or made.target != made.case.state):
        _publish(unit, made, columns.get("fields", made.case.fields))
    if said:
        kind = search.comment_kind(made.definition, made.act)
        search.add(unit.session, made.case.id, said, kind, columns["sequence"])
    if noted := str(made.private.get(NOTE) or ""):
        search.add(unit.session, made.case.id, noted, TextKind.INTERNAL, columns["sequence"])
    part = opening.open_part(unit, made, columns, outcome.opens, writes) if outcome.opens is not None else None
    if outcome.notice is not None:
        _notify(unit, outcome, outcome.notice, changing.subject_of(made, columns), part, writes)
    if outcome.carried is not None:
        _collect(unit, outcome.carried, writes)
    opened = (part.reference,) if part is not None else ()
    return Done(made.case.reference, columns["version"], made.target, columns["sequence"], opened)


def _publish(unit: Unit, made: changing.Change, fields: Mapping[str, Any]) -> None:
    """Keep what the public register finds of a case up to its state."""
    state = made.definition.states[made.target]
    if made.case.public or state.is_public:
        search.publish(unit.session, made.case.id, made.case.reference, state, made.definition, fields)


def _notify(
    unit: Unit, outcome: Outcome, notice: Notice, subject: LetterSubject, part: LetterSubject | None, writes: WriteSet
) -> None:
    """Ask for the letters; who must act on the part that begins is written to about the part."""
    made = outcome.change
    by = Acting(made.case.id, subject.sequence)
    if notice.rung is None:
        by = replace(by, role=IMPORTED if made.actor.key == IMPORT.key else made.role, acted=made.acted)
    letters = notice.letters
    if outcome.takes_back is not None:
        reached = intents.recall(unit.session, made.case.id, outcome.takes_back)
        letters = tuple(Letter(each.role, each.name, reached) for each in letters if each.role in reached.values())
    if part is not None:
        about_part = tuple(each for each in letters if each.role == part.owner)
        intents.ask(writes, part, replace(notice, letters=about_part), by, unit.now)
        letters = tuple(each for each in letters if each not in about_part)
    intents.ask(writes, subject, replace(notice, letters=letters), by, unit.now)


# --- what can be asked for ------------------------------------------------------------------------


def open_case(
    unit: Unit,
    actor: Actor,
    workflow: str,
    raw: Mapping[str, Any],
    key: str | None = None,
    uploads: Mapping[str, Upload] | None = None,
) -> Done | Refusal:
    """Begin a case of the workflow with the fields `raw`. `uploads` are stored files by field."""
    files = uploads or {}
    asked = idempotency.fingerprint("open", workflow, raw, attachments.hashes(files))
    earlier = idempotency.before(unit.session, actor.key, key, asked)
    if earlier is not None:
        return earlier
    beginning = opening.decide_opening(unit, actor, workflow, raw, files)
    if isinstance(beginning, Refusal):
        return beginning
    writes = WriteSet()
    row = opening.write(unit, beginning, writes)
    attachments.keep(unit.session, row["id"], actor, beginning.files, unit.now)
    done = Done(row["reference"], 1, beginning.definition.initial, 1)
    idempotency.keep(writes, actor.key, key, asked, done, unit.now)
    if not flush(unit.session, writes):
        raise TryAgain(key)
    return done


def edit(
    unit: Unit,
    request: Request,
    raw: Mapping[str, Any],
    uploads: Mapping[str, Upload] | None = None,
    shown: ShownForm | None = None,
) -> Done | Refusal:
    """Change fields of the case; unchanged values write nothing. `uploads` are stored files by field.

    `shown`: the values that the form had shown. With them a field that nobody touched is not written, and what others
    have changed meanwhile stands in the way only of the same fields. Without them any change since is one too many.
    """
    files = uploads or {}
    asking = request.asking("edit", raw, attachments.hashes(files))
    action = lambda case: editing.edit(unit, request, case, raw, files, shown)  # noqa: E731
    return change(unit, asking, action, merges=shown is not None)


def fire(
    unit: Unit,
    request: Request,
    step: str,
    raw: Mapping[str, Any],
    uploads: Mapping[str, Upload] | None = None,
    attached: Sequence[Upload] = (),
    *,
    asks_back: bool = False,
) -> Done | Refusal:
    """Take a step. `uploads` are stored files by field, `attached` those that come with the comment of the step.

    `asks_back`: refuse with JustOpened what would open a second part with the answers of one opened a moment ago.
    """
    came = firing.CameWithStep(uploads or {}, tuple(attached), asks_back)
    asking = request.asking("fire", step, raw, attachments.hashes(came.by_field), *_named(attached))
    return change(unit, asking, lambda case: firing.fire(unit, request.actor, case, step, raw, came))


def comment(unit: Unit, request: Request, said: Received) -> Done | Refusal:
    """Say something on a case, to everybody who sees it or to the team alone."""
    name = "note" if said.internal else "comment"
    action = lambda case: commenting.comment(unit, request.actor, case, said)  # noqa: E731
    body = (name, said.words, *_named(said.uploads), *([list(said.mentions)] if said.mentions else []))
    return change(unit, request.asking(*body), action, moves=False)


def _named(attached: Sequence[Upload]) -> list[list[str]]:
    """The hashes of attached files, for the fingerprint of a request; nothing for none."""
    return [[upload.sha256 for upload in attached]] if attached else []


def receive(unit: Unit, request: Request, mail: Received) -> Done | Refusal:
    """Keep the mail of the actor on the case."""
    asking = request.asking("receive", mail.words, [upload.sha256 for upload in mail.uploads])
    action = lambda case: commenting.comment(unit, request.actor, case, fitting(mail))  # noqa: E731
    return change(unit, asking, action, moves=False)


def extend(unit: Unit, request: Request, raw: Mapping[str, Any]) -> Done | Refusal:
    """Grant more time in the present state. `raw`: `days` or `until`, and the reason as `comment`."""
    return change(unit, request.asking(STEP, raw), lambda case: extending.extend(unit, request.actor, case, raw))


def undo(unit: Unit, request: Request) -> Done | Refusal:
    """Take back the actor's own last step."""
    return change(unit, request.asking("undo"), lambda case: undoing.undo(unit, request.actor, case))


def assign(unit: Unit, request: Request, wish: assigning.AssignmentRequest) -> Done | Refusal:
    """Claim the case, give it back, or let somebody else have it."""
    action = lambda case: assigning.assign(unit, request.actor, case, wish)  # noqa: E731
    return change(unit, request.asking("assign", asdict(wish)), action, moves=False)


def propose(unit: Unit, request: Request, wish: correct.CorrectionRequest) -> Done | Refusal:
    """Say what is wrong with an event and what is right."""
    return change(
        unit, request.asking("propose", asdict(wish)), lambda case: correct.propose(unit, request.actor, case, wish)
    )


def confirm(unit: Unit, request: Request) -> Done | Refusal:
    """Confirm the correction that waits, as its second person."""
    return change(unit, request.asking("confirm"), lambda case: correct.confirm(unit, request.actor, case))


def decline(unit: Unit, request: Request, reason: str) -> Done | Refusal:
    """Decline the correction that waits."""
    return change(
        unit, request.asking("decline", reason), lambda case: correct.decline(unit, request.actor, case, reason)
    )


def note(unit: Unit, request: Request, about: str, values: Mapping[str, Any], roles: tuple[str, ...]) -> Done | Refusal:
    """Write an event `about` (subject:action) with private `values`, in one of `roles`."""
    action = lambda case: commenting.note(unit, request.actor, case, about, values, roles)  # noqa: E731
    return change(unit, request.asking("note", about, values), action, moves=False)
