"""Which letters a person wants: at once, in the daily digest, or not at all."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from expertise import identity
from expertise.base import clock
from expertise.base.letter_kinds import LetterKind
from expertise.identity import runtime
from expertise.people.manage import notification_preferences
from expertise.people.manage.notification_preferences import CHANGEABLE, CHOICES, Choice, Preferences
from expertise.web.kit.forms import ErrorLink
from workflows.refusals import Invalid

blueprint = Blueprint("own_letters", __name__, url_prefix="/account/letters")


def attach(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


@dataclass(frozen=True, slots=True)
class LetterChoice:
    """One kind of letter, what can be chosen for it, and what is."""

    kind: str
    label: str
    hint: str
    choices: list[tuple[str, str]]
    chosen: str


@blueprint.get("")
def show() -> str:
    """The choices in force."""
    with runtime().transactions.read() as db:
        person = identity.actor(db).person_id or 0
        wanted = notification_preferences.of(db, [person])[person]
    return _page(_asked(wanted))


@blueprint.post("")
def change() -> Response | tuple[str, int]:
    """Keep them, all together."""
    wanted = {kind.value: request.form.get(kind, "") for kind in CHANGEABLE}
    with runtime().transactions.write() as db:
        wrong = notification_preferences.choose(db, identity.actor(db).person_id or 0, wanted, clock.now())
    if wrong is not None:
        return _page([_question(kind, wanted[kind]) for kind in CHANGEABLE], _error(wrong)), 422
    flash(_("Your choice is saved."), "good")
    return redirect(url_for("own_letters.show"), 303)


def _asked(wanted: Preferences) -> list[LetterChoice]:
    return [_question(kind, wanted.chosen[kind]) for kind in CHANGEABLE]


def _question(kind: LetterKind, chosen: str) -> LetterChoice:
    words = {
        LetterKind.TASK: (_("A task has come to you"), _("Your step or your decision is needed.")),
        LetterKind.ESCALATION: (
            _("A deadline was missed"),
            _("Somebody has missed a deadline, and you are asked to take measures."),
        ),
        LetterKind.REMINDER: (
            _("A deadline is near"),
            _("Unless they are switched off, reminders of the last working day always come at once."),
        ),
        LetterKind.MENTION: (_("You are mentioned"), _("A colleague names you in a comment or in an internal note.")),
        LetterKind.STEP: (_("News of your requests and projects"), _("What others did; nothing is asked of you.")),
        LetterKind.DIGEST: (
            _("Daily digest"),
            _("On working days at 08:30: what is late, due, new, and what you wait for. None when there is nothing."),
        ),
    }
    names = {
        Choice.IMMEDIATE: _("At once"),
        Choice.DIGEST: _("Yes") if kind is LetterKind.DIGEST else _("In the daily digest"),
        Choice.OFF: _("No") if kind is LetterKind.DIGEST else _("Not at all"),
    }
    label, hint = words[kind]
    return LetterChoice(kind, label, hint, [(choice, names[choice]) for choice in CHOICES[kind]], chosen)


def _error(wrong: Invalid) -> ErrorLink:
    kind, problems = wrong.errors[0]
    if problems[0].code == "digest_needed":
        return ErrorLink(_("You want some letters in the daily digest, so it cannot be switched off."), f"#f-{kind}")
    return ErrorLink(_("Choose one of the answers for each kind of letter."), f"#f-{kind}")


def _page(questions: list[LetterChoice], error: ErrorLink | None = None) -> str:
    return render_template("account/notifications.html", questions=questions, errors=[error] if error else [])
