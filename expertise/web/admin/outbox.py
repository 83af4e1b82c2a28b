"""The outbox for administrators: letters, the answers of servers, and the actions on a letter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from expertise.base import clock
from expertise.identity import runtime
from expertise.mail.letters import templates
from expertise.mail.outbound import admin_queries, circuit_breaker, suppression
from expertise.mail.outbound.admin_queries import OutboxFilter
from expertise.web.admin.outbox_actions import ACTIONS, unknown_action
from expertise.web.admin.outbox_letter import letter_page
from expertise.web.admin.outbox_text import KINDS, STATES, answer_text, state_name, tone
from expertise.web.auth.admin_post import act
from expertise.web.kit import filters
from expertise.web.kit.filters import filter_field, search_field
from expertise.web.kit.forms import new_key
from expertise.web.people.people import Answer
from expertise.web.people.permissions import administrator
from workflows.refusals import Refusal

blueprint = Blueprint("outbox", __name__, url_prefix="/outbox")


def attach(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)
    app.jinja_env.globals.update(
        letter_state=state_name, letter_tone=tone, letter_answer=answer_text, letter_kind=_kind
    )


@blueprint.get("")
def listing() -> str:
    """All letters, the newest first, narrowed by filters; above them the letters that need a decision."""
    wanted = _wanted()
    before = request.args.get("after", 0, type=int)
    with runtime().transactions.read() as db:
        administrator(db)
        rows = admin_queries.listing(db, wanted, before if 0 < before < 2**31 else None)
        page: dict[str, Any] = {
            "open_questions": admin_queries.open_questions(db),
            "breaker": circuit_breaker.status(db),
            "addresses": [(each.address, each.suppressed_at, each.answer) for each in suppression.suppressed(db)],
        }
    more = len(rows) > admin_queries.SHOWN
    rows = rows[: admin_queries.SHOWN]
    return render_template(
        "admin/outbox.html",
        **page,
        rows=rows,
        filters=[
            search_field(wanted.query),
            filter_field("state", _("State"), wanted.state, [(key, name()) for key, name in STATES.items()]),
        ],
        held=runtime().settings.mail_held,
        fresh=new_key,
        **filters.pager(str(rows[-1].id) if more else None),
    )


@blueprint.get("/<int:number>")
def show(number: int) -> str:
    """One letter: its log, its text, its actions."""
    return letter_page(number)


@blueprint.post("/<int:number>")
def change(number: int) -> Answer:
    """Resend, release or stop a letter, or settle the state of an uncertain one."""
    do = ACTIONS.get(request.form.get("do", ""), unknown_action)
    done = act(lambda db: do(db, number))
    if isinstance(done, Refusal):
        return letter_page(number, done), 422
    flash(_("Done."), "good")
    return redirect(done, 303)


@blueprint.post("/breaker")
def close() -> Answer:
    """Resume sending after the circuit breaker has stopped it."""
    return _done(lambda db, by: circuit_breaker.close(db, clock.now(), by))


@blueprint.post("/addresses")
def lift() -> Answer:
    """Resume sending to an address that had refused letters."""
    return _done(lambda db, by: suppression.lift(db, request.form.get("address", ""), by, clock.now()))


def _done(action: Callable[[Session, int], object]) -> Answer:
    """An action without parameters; when it comes too late, or twice, the list shows the present state."""

    def unit(db: Session) -> str:
        action(db, administrator(db).actor.person_id or 0)
        return url_for("outbox.listing")

    act(unit)
    return redirect(url_for("outbox.listing"), 303)


def _kind(letter: str) -> str:
    """The name of a letter's kind; for a letter without a template any more, its key."""
    return KINDS[templates.kind_of(letter)]() if letter in templates.available() else letter


def _wanted() -> OutboxFilter:
    state = request.args.get("state")
    return OutboxFilter(state if state in STATES else None, request.args.get("query", "")[: filters.LONGEST])
