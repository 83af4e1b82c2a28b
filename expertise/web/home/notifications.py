"""Notifications in the page: the list, and the number of unread ones in the header of every page."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Flask, abort, g, redirect, render_template, request, url_for
from flask.wrappers import Response as Page
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from expertise import identity
from expertise.base import clock
from expertise.base.errors import DatabaseAway
from expertise.cases.notify import notifications
from expertise.identity import runtime
from expertise.mail.letters import overrides
from expertise.mail.letters.templates import LetterTemplate, available, subject_of
from expertise.web.cases.rows import capitalised, figure
from expertise.web.kit import filters
from expertise.web.kit.forms import natural_number
from expertise.web.kit.i18n import current

blueprint = Blueprint("notifications", __name__)

#: Requests for which nothing is counted: nobody sees a header there.
_WITHOUT_HEADER = frozenset({"frame", "files"})


def attach(app: Flask) -> None:
    """Register the page, and count for the header."""
    app.register_blueprint(blueprint)
    app.before_request(count)
    app.after_request(read_with_the_case)
    app.context_processor(_in_header)


@dataclass(frozen=True, slots=True)
class NotificationRow:
    """One line of the page."""

    id: int
    title: str
    reference: str
    case_title: str
    url: str
    comment: str
    at: datetime
    unread: bool


@blueprint.get("/notifications")
def show() -> str:
    """The notifications of this person, the newest first."""
    after = filters.offset()
    with runtime().transactions.read() as db:
        found = notifications.listed(db, identity.actor(db), after)
        words = overrides.in_force(db)
    rows = [_line(row, words) for row in found[: notifications.SHOWN]]
    more = len(found) > notifications.SHOWN
    return render_template(
        "home/notifications.html",
        rows=rows,
        last=max((row.id for row in rows), default=0) if after == 0 else 0,
        some_unread=any(row.unread for row in rows),
        **filters.pager(str(after + notifications.SHOWN) if more else None),
    )


@blueprint.post("/notifications")
def mark() -> Response:
    """Mark one notification as read or unread, or all of them as read."""
    form, now = request.form, clock.now()
    one, last = natural_number(form.get("one", "")), natural_number(form.get("last", ""))
    if one is None and last is None:
        abort(422)
    with runtime().transactions.write() as db:
        person = identity.actor(db).person_id or 0
        if one is not None:
            notifications.mark(db, person, [one], None if form.get("do") == "unread" else now)
        elif last is not None:
            notifications.mark_all(db, person, last, now)
    return redirect(url_for("notifications.show"), 303)


def _line(row: Any, words: dict[str, LetterTemplate]) -> NotificationRow:
    known = row.letter in available()
    title = subject_of(row.letter, current(), row.context, words.get(row.letter)) if known else row.reference
    return NotificationRow(
        row.id,
        capitalised(title.removeprefix(f"{row.reference}: ").strip()),
        row.reference,
        row.title or _("Untitled"),
        row.path,
        row.comment or "",
        row.at,
        row.read_at is None,
    )


def count() -> None:
    """Look up the unread notifications of the person, for the header. Those of the case in hand are being read now."""
    if request.method != "GET" or request.endpoint is None or request.blueprint in _WITHOUT_HEADER:
        return
    actor = getattr(g, "actor", None)
    if actor is None or actor.person_id is None:
        return
    with suppress(DatabaseAway), runtime().transactions.read() as db:
        found = notifications.unread(db, actor)
        here = (request.view_args or {}).get("reference")
        g.read_here = [each.id for each in found if each.reference == here]
        g.unread = len(found) - len(g.read_here)


def _in_header() -> dict[str, str]:
    number = getattr(g, "unread", 0)
    return {"unread": figure(number, notifications.MOST) if number else ""}


def read_with_the_case(response: Page) -> Page:
    """Mark the notifications of the case whose page was shown as read."""
    read, actor = getattr(g, "read_here", None), getattr(g, "actor", None)
    if read and actor is not None and response.status_code == 200 and response.mimetype == "text/html":
        with suppress(DatabaseAway), runtime().transactions.write() as db:
            notifications.mark(db, actor.person_id, read, clock.now())
    return response
