"""The page of changes that wait for a second administrator: confirm, refuse, withdraw."""

from __future__ import annotations

from flask import Blueprint, Flask, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from expertise.base import clock
from expertise.identity import runtime
from expertise.people.manage import pending_changes
from expertise.web.auth.admin_post import act
from expertise.web.kit.forms import new_key
from expertise.web.people.change_words import waiting_changes
from expertise.web.people.form_fields import FormState, sent
from expertise.web.people.people import Answer
from expertise.web.people.permissions import administrator
from workflows.refusals import Refusal

blueprint = Blueprint("people_changes", __name__)


def attach(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("/changes")
def listing() -> str:
    """Every change that waits."""
    return _page(FormState())


@blueprint.post("/changes/<int:change>")
def decide(change: int) -> Answer:
    """Confirm the change, or turn it down; whoever asked for it turns it down by withdrawing it."""
    wish = request.form.get("do", "")
    if wish not in ("confirm", "refuse"):
        abort(422)
    done = act(lambda db: _decide(db, change, wish))
    if isinstance(done, Refusal):
        return _page(sent(done)), 422
    flash(_("The change has been made.") if wish == "confirm" else _("The change was not made."), "good")
    return redirect(done, 303)


def _decide(db: Session, number: int, wish: str) -> str | Refusal:
    by, now = administrator(db), clock.now()
    today = runtime().services.calendar.local_day(now)
    refused = (
        pending_changes.confirm(db, number, by.actor, now, today)
        if wish == "confirm"
        else pending_changes.turn_down(db, number, by.actor, now)
    )
    return refused or url_for("people_changes.listing")


def _page(entry: FormState) -> str:
    with runtime().transactions.read() as db:
        by = administrator(db)
        changes = waiting_changes(db, by)
        return render_template("people/changes.html", changes=changes, errors=entry.links(), fresh=new_key)
