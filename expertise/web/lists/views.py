"""Saved views of the list of cases: kept, renamed, shared, deleted, and chosen as the one with which it opens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from flask import Blueprint, Flask, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from expertise import identity
from expertise.base import clock
from expertise.identity import runtime
from expertise.people.access import Actor
from expertise.reports import saved_views
from expertise.reports.saved_views import LONGEST, TEAM, ListedView, sharing
from expertise.web.kit import filters
from expertise.web.kit.forms import ErrorLink
from expertise.web.kit.messages import role_name

blueprint = Blueprint("views", __name__)


def attach(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


def address_of(view: ListedView) -> str:
    """The address of the list as the view keeps it, with the number of the view."""
    settings = filters.kept(MultiDict((name, text) for name, each in view.settings.items() for text in each))
    return url_for("cases.listing", **settings, view=view.id)


def audiences(actor: Actor) -> list[tuple[str, str]]:
    """With whom this person may share a view; the first choice is nobody."""
    found = [("", _("Only me"))]
    if actor.is_staff:
        found += [(each, _("The whole team") if each == TEAM else role_name(each)) for each in sharing()]
    return found


def save_form(actor: Actor) -> dict[str, Any]:
    """The parts of the form that saves the present list as a view."""
    return {
        "address": request.query_string.decode("ascii", "replace"),
        "audiences": audiences(actor),
        "longest": LONGEST,
    }


@blueprint.get("/views")
def listing() -> str:
    """The own views, to be changed, and those that colleagues share."""
    return _page()


@blueprint.post("/views")
def save() -> Response | tuple[str, int]:
    """Keep the list that the form names as a view; one of the same name is replaced."""
    form = request.form
    name, shared = form.get("name", "").strip(), form.get("shared") or None
    settings = filters.kept(MultiDict(parse_qsl(form.get("address", ""), max_num_fields=100)))

    def unit(db: Session) -> int | None:
        actor = identity.actor(db)
        view = saved_views.save(db, actor, name, settings, shared, clock.now())
        if view is not None and form.get("default"):
            saved_views.open_with(db, actor, view)
        return view

    kept = runtime().transactions.run(unit)
    if kept is None:
        return _refused(name)
    flash(_("View saved: %(name)s", name=name), "good")
    return redirect(url_for("cases.listing", **settings, view=kept), 303)


@blueprint.post("/views/<int:view>")
def change(view: int) -> Response | tuple[str, int]:
    """Rename, share or delete a view, or let the list open with it."""
    form = request.form
    name, shared = form.get("name", "").strip(), form.get("shared") or None
    actions: dict[str, Callable[[Session, Actor], bool]] = {
        "rename": lambda db, actor: saved_views.rename(db, actor, view, name, shared, clock.now()),
        "delete": lambda db, actor: saved_views.remove(db, actor, view),
        "open": lambda db, actor: saved_views.open_with(db, actor, view),
        "close": lambda db, actor: saved_views.open_with(db, actor, None),
    }
    wish = form.get("do", "")
    if wish not in actions:
        abort(422)
    with runtime().transactions.read() as db:
        known = {each.id: each for each in saved_views.views_of(db, identity.actor(db))}
    if view not in known or (wish in ("rename", "delete") and not known[view].own):
        abort(404)
    if not runtime().transactions.run(lambda db: actions[wish](db, identity.actor(db))):
        return _refused(name)
    flash(_said(wish), "good")
    return redirect(url_for("views.listing"), 303)


def _said(wish: str) -> str:
    words = {
        "rename": _("The view was changed."),
        "delete": _("The view was deleted."),
        "open": _("The list opens with this view."),
        "close": _("The list opens with all cases."),
    }
    return words[wish]


def _refused(name: str) -> tuple[str, int]:
    text = _("Give the view a name of at most %(number)s characters.", number=LONGEST)
    if name and len(name) <= LONGEST:
        text = _("The view could not be saved. Delete one that you do not need, or share it with nobody.")
    return _page([ErrorLink(text)]), 422


def _page(errors: list[ErrorLink] | None = None) -> str:
    with runtime().transactions.read() as db:
        actor = identity.actor(db)
        views = saved_views.views_of(db, actor)
    labels = dict(audiences(actor))
    return render_template(
        "lists/views.html",
        views=[(each, address_of(each), labels.get(each.shared or "", "")) for each in views],
        audiences=audiences(actor),
        longest=LONGEST,
        errors=errors or [],
    )
