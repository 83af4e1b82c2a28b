"""The pages of processes: what is in force, what waits with its differences, faults and cases; publication."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from flask import Blueprint, Flask, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from expertise import drafts, publication
from expertise.base import clock
from expertise.cases import migrate_cases
from expertise.cases.migrate_cases import DecideReason, MigrationPlan, PlannedMove
from expertise.drafts import DraftStatus, ProcessDraft
from expertise.identity import runtime
from expertise.publication import Decision, WaitingPublication
from expertise.text.differences import sentences
from expertise.web.auth.admin_post import act
from expertise.web.kit.forms import new_key
from expertise.web.kit.i18n import said, translator
from expertise.web.people.form_fields import FormState, sent
from expertise.web.people.people import Answer
from expertise.web.people.permissions import PeopleRights, administrator
from workflows.refusals import Refusal

blueprint = Blueprint("processes", __name__)

#: Open cases that the page of a process lists; the command lists all of them.
LISTED = 200

_STATUS = {
    DraftStatus.IN_FORCE: (lambda: _("in force"), "done"),
    DraftStatus.NEW: (lambda: _("new"), "open"),
    DraftStatus.WAITING: (lambda: _("waits for publication"), "open"),
    DraftStatus.REFUSED: (lambda: _("refused"), "stop"),
}
_REASONS = {
    DecideReason.NO_STATE: lambda: _("The new version has no such state."),
    DecideReason.ENDED: lambda: _("It would have ended there."),
    DecideReason.FIELD: lambda: _("A value does not fit its field any more."),
    DecideReason.VOTES: lambda: _("Votes are being collected."),
    DecideReason.CORRECTION: lambda: _("A correction waits for its second person."),
}


@dataclass(frozen=True, slots=True)
class ListedPublication:
    """A publication that waits, as it is shown. `own`: the visitor asked for it, and can withdraw it only."""

    waits: WaitingPublication
    names: str
    own: bool


def attach(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("/processes")
def listing() -> str:
    """Every process of this installation, and the publications that wait."""
    return _listing(FormState())


@blueprint.get("/processes/<workflow>")
def show(workflow: str) -> str:
    """One process: faults, warnings, differences in words, and what would become of each open case."""
    return _show(workflow, FormState())


@blueprint.post("/processes/<workflow>/publish")
def ask(workflow: str) -> Answer:
    """Ask for the publication of the process, with what belongs to it."""
    done = act(lambda db: _ask(db, workflow))
    if isinstance(done, Refusal):
        return _show(workflow, sent(done)), 422
    flash(_("Another administrator can confirm the publication now."), "good")
    return redirect(done, 303)


@blueprint.post("/processes/publications/<int:publication_id>")
def decide(publication_id: int) -> Answer:
    """Confirm the publication, or turn it down; whoever asked for it turns it down by withdrawing it."""
    wish = request.form.get("do", "")
    if wish not in ("confirm", "refuse"):
        abort(422)
    done = act(lambda db: _decide(db, publication_id, wish))
    if isinstance(done, Refusal):
        return _listing(sent(done)), 422
    runtime().services.definitions.refresh()
    flash(_("It is in force: new cases begin under it.") if wish == "confirm" else _("Nothing is published."), "good")
    return redirect(done, 303)


def _ask(db: Session, workflow: str) -> str | Refusal:
    by = administrator(db)
    found = _drafts(db)
    wanted = drafts.together(_one(found, workflow), found) or [_one(found, workflow)]
    refused = publication.ask(db, wanted, by.actor.person_id or 0, clock.now())
    return refused or url_for("processes.listing")


def _decide(db: Session, publication_id: int, wish: str) -> str | Refusal:
    by, now = administrator(db), clock.now()
    decision = Decision(by.actor, now, runtime().services.calendar.local_day(now))
    if wish == "confirm":
        roots, known = runtime().settings.processes, runtime().services.definitions
        refused = publication.confirm(db, publication_id, decision, roots, known)
    else:
        refused = publication.turn_down(db, publication_id, decision)
    return refused or url_for("processes.listing")


def _drafts(db: Session) -> list[ProcessDraft]:
    return drafts.drafts(db, runtime().settings.processes, runtime().services.definitions)


def _one(found: Sequence[ProcessDraft], workflow: str) -> ProcessDraft:
    """Return the draft of that name. Aborts with 404."""
    draft = next((each for each in found if each.key == workflow), None)
    if draft is None:
        abort(404)
    return draft


def _listing(entry: FormState) -> str:
    with runtime().transactions.read() as db:
        by = administrator(db)
        found = _drafts(db)
        rows = [(each, _name(each), _STATUS[each.status][0](), _STATUS[each.status][1]) for each in found]
        waits = _waiting(db, by, found)
        own = {each.key for each in found}
        shipped = [each for each in runtime().services.definitions.all_current() if each.key not in own]
        return render_template(
            "admin/processes.html", rows=rows, waits=waits, shipped=shipped, errors=entry.links(), fresh=new_key
        )


def _waiting(db: Session, by: PeopleRights, found: Sequence[ProcessDraft]) -> list[ListedPublication]:
    names = {each.key: _name(each) for each in found}
    return [
        ListedPublication(
            each, ", ".join(names.get(key, key) for key in each.digests), each.asked_by_id == by.actor.person_id
        )
        for each in publication.waiting(db, clock.now())
    ]


def _name(draft: ProcessDraft) -> str:
    known = draft.definition or draft.before
    return said(known.title) if known is not None else draft.key


def _show(workflow: str, entry: FormState) -> str:
    with runtime().transactions.read() as db:
        administrator(db)
        found = _drafts(db)
        draft = _one(found, workflow)
        moves, counts = _affected(db, draft)
        together = [_name(each) for each in drafts.together(draft, found) if each.key != draft.key]
        return render_template(
            "admin/process.html",
            draft=draft,
            name=_name(draft),
            status=_STATUS[draft.status],
            differences=_differences(draft),
            moves=[(move, _state(draft, move), _reason(move)) for move in moves],
            counts=counts,
            together=together,
            may_ask=draft.status in (DraftStatus.NEW, DraftStatus.WAITING),
            errors=entry.links(),
            fresh=new_key,
        )


def _differences(draft: ProcessDraft) -> list[str]:
    if draft.definition is None or draft.before is None:
        return []
    return sentences(draft.before, draft.definition, translator())


def _affected(db: Session, draft: ProcessDraft) -> tuple[list[PlannedMove], Counter[str]]:
    """Return the first open cases of other versions with what would become of them, and the number of each verdict."""
    if draft.definition is None:
        return [], Counter()
    planned = list(islice(migrate_cases.plan(db, runtime().services, MigrationPlan(draft.definition)), LISTED))
    return planned, Counter(str(each.verdict) for each in planned)


def _state(draft: ProcessDraft, move: PlannedMove) -> str:
    for definition in (runtime().services.definitions.pinned(move.digest), draft.definition):
        if definition is not None and move.state in definition.states:
            return said(definition.states[move.state].label)
    return move.state


def _reason(move: PlannedMove) -> str:
    return _REASONS[move.reason]() if move.reason is not None else ""
