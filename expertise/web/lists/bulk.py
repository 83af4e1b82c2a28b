"""One step for several cases of the list: chosen, previewed, taken, and reported case by case.

Each case goes through the desk in a unit of its own, under a key of its own: what is done stays done when the process
dies half-way, and the same form sent again goes on with the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flask import Blueprint, Flask, abort, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from expertise import identity
from expertise.base import clock
from expertise.cases import desk
from expertise.cases.views import bulk
from expertise.cases.views.bulk import MOST, ChosenCase
from expertise.identity import runtime
from expertise.web.kit.form_fields import FormField
from expertise.web.kit.forms import KEY, SURE, ErrorLink, natural_number, new_key
from expertise.web.kit.i18n import said
from expertise.web.kit.messages import describe, role_name
from workflows.definition import Transition
from workflows.fields.texts import longest
from workflows.fields.types import COMMENT
from workflows.refusals import NotFound, Refusal

blueprint = Blueprint("bulk", __name__)


def attach(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


@dataclass(frozen=True, slots=True)
class BulkRow:
    """A chosen case: what the step would do to it, or why it may not be taken there. `value` is sent by the form."""

    reference: str
    title: str
    url: str
    state: str
    value: str
    target: str = ""
    owner: str = ""
    due_at: datetime | None = None
    letters: str = ""
    reasons: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class BulkResult:
    """The outcome for one case: the step is `done`, or the reasons why it is not."""

    reference: str
    title: str
    url: str
    done: bool
    state: str
    reasons: Sequence[str] = ()


@blueprint.get("/cases/bulk")
def choose() -> str:
    """The chosen cases: the steps that all of them offer, and for one of these the effect on each case."""
    return _page(request.args.getlist("case"), request.args.get("step", ""))


@blueprint.post("/cases/bulk")
def take() -> str | tuple[str, int]:
    """Take the step for each chosen case, and say of each what became of it."""
    form, key, step_key = request.form, request.form.get(KEY, ""), request.form.get("step", "")
    sent = dict(map(_read, form.getlist("case")[:MOST]))
    comment = form.get(COMMENT.key, "")
    if not key or None in sent.values():
        abort(422)
    with runtime().transactions.read() as db:
        cases = bulk.chosen(db, runtime().services, identity.actor(db), list(sent))
    steps = {each.case.reference: each.definition.transitions.get(step_key) for each in cases}
    declared = next((step for step in steps.values() if step is not None), None)
    if declared is None:
        abort(404)
    wrong = _wrong(declared, comment)
    if wrong:
        return _page(list(sent), step_key, wrong, comment), 422
    raw = {COMMENT.key: comment} if COMMENT.key in declared.asks else {}
    reports = [_taken(each, steps[each.case.reference], sent[each.case.reference], key, raw) for each in cases]
    gone = [_("There is no such case any more.")]
    reports += [BulkResult(name, "", "", done=False, state="", reasons=gone) for name in sent if name not in steps]
    done = sum(each.done for each in reports)
    return render_template(
        "lists/bulk_report.html", step=declared, reports=reports, done=done, refused=len(reports) - done
    )


def _read(text: str) -> tuple[str, int | None]:
    """Reference and version of the case that the page has shown: `ER-2026-0001:3`."""
    reference, _between, version = text.rpartition(":")
    return reference, natural_number(version)


def _wrong(step: Transition, comment: str) -> list[ErrorLink]:
    found = []
    if step.asks.get(COMMENT.key) and not comment.strip():
        found.append(ErrorLink(_("Write a comment: it is asked for in every case."), "#f-comment"))
    if step.weight == "grave" and request.form.get(SURE) != "yes":
        found.append(ErrorLink(_("Confirm your decision: choose yes or no."), "#f-_sure"))
    return found


def _taken(each: ChosenCase, step: Transition | None, seen: int | None, key: str, raw: dict[str, str]) -> BulkResult:
    """Take the step for one case, in a transaction of its own."""
    reference = each.case.reference
    title, url = each.case.title or "", url_for("cases.show", reference=reference)
    if step is None or not bulk.is_shared(step):
        reason = _("This step is taken on the page of the case.")
        return BulkResult(reference, title, url, done=False, state="", reasons=[reason])

    def unit(db: Session) -> desk.Done | Refusal:
        asked = desk.Request(identity.actor(db), reference, seen, f"{key}:{reference}")
        return desk.fire(desk.Unit(db, runtime().services), asked, step.key, raw)

    done = runtime().transactions.run(unit)
    if isinstance(done, NotFound):
        return BulkResult(reference, title, url, done=False, state="", reasons=[_("There is no such case any more.")])
    if isinstance(done, Refusal):
        reasons = [item.text for item in describe(done, each.definition).items]
        return BulkResult(reference, title, url, done=False, state="", reasons=reasons)
    return BulkResult(reference, title, url, done=True, state=said(each.definition.states[done.state].label))


def _page(references: Sequence[str], step_key: str, errors: Sequence[ErrorLink] = (), comment: str = "") -> str:
    with runtime().transactions.read() as db:
        cases = bulk.chosen(db, runtime().services, identity.actor(db), references)
        steps = bulk.shared_steps(cases)
        step = next((each for each in steps if each.key == step_key), None)
        rows = [_row(db, each, step) for each in cases]
    names = [each.reference for each in rows]
    return render_template(
        "lists/bulk.html",
        rows=rows,
        step=step,
        steps=[(said(each.label), url_for("bulk.choose", case=names, step=each.key)) for each in steps],
        allowed=sum(not row.reasons for row in rows),
        comment=_comment(step, comment) if step is not None and COMMENT.key in step.asks else None,
        errors=errors,
        key=new_key(),
        back=url_for("bulk.choose", case=names),
    )


def _comment(step: Transition, text: str) -> FormField:
    needed = step.asks[COMMENT.key]
    return FormField(
        COMMENT.key,
        "long_text",
        _("Comment"),
        text,
        _("It is written to each case."),
        required=needed,
        longest=longest(COMMENT),
    )


def _row(db: Session, each: ChosenCase, step: Transition | None) -> BulkRow:
    case, definition = each.case, each.definition
    shown = BulkRow(
        case.reference,
        case.title or "",
        url_for("cases.show", reference=case.reference),
        said(definition.states[case.state].label),
        f"{case.reference}:{case.version}",
    )
    verdict = each.verdict(step.key) if step is not None else None
    if step is None or verdict is None:
        return shown
    effect = bulk.ahead(db, runtime().services, each, step.key, clock.now())
    if effect is None:
        reasons = [item.text for refusal in verdict.refusals for item in describe(refusal, definition).items]
        return replace(shown, reasons=reasons)
    letters = [f"{role_name(told.role)}: {', '.join(told.names)}" for told in effect.told if told.names]
    return replace(
        shown,
        target=said(definition.states[effect.target].label),
        owner=role_name(effect.owner) if effect.owner else "",
        due_at=effect.deadline.due_at,
        letters="; ".join(letters),
    )
