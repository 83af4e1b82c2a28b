"""The texts of letters: administrators read them, change them in versions, preview them and send themselves a trial."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint, Flask, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from expertise import identity
from expertise.base import clock
from expertise.identity import runtime
from expertise.mail.letters import overrides, templates
from expertise.mail.letters.overrides import LONGEST_BODY, NewWording
from expertise.mail.letters.templates import PLACEHOLDERS, LetterTemplate, RenderedLetter
from expertise.mail.outbound import trial_letter
from expertise.web.admin.outbox_text import KINDS
from expertise.web.auth.admin_post import act
from expertise.web.kit.form_fields import FormField
from expertise.web.kit.forms import ErrorLink, new_key, seen
from expertise.web.kit.i18n import NAMES, current
from expertise.web.people.messages import sentences
from expertise.web.people.people import Answer
from expertise.web.people.permissions import administrator
from workflows.definition import LANGUAGES
from workflows.refusals import Invalid, Refusal

blueprint = Blueprint("wordings", __name__)

LONGEST_NOTE = 300


def attach(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("/wordings")
def listing() -> str:
    """Every letter with its subject, and whether its text was changed."""
    with runtime().transactions.read() as db:
        administrator(db)
        changed = overrides.in_force(db)
    rows = []
    for name in templates.available():
        words = changed.get(name) or templates.original(name)
        rows.append((name, words.subject[current()], KINDS[words.kind](), name in changed))
    return render_template("admin/letter_texts.html", rows=sorted(rows, key=lambda row: (row[2], row[1])))


@blueprint.get("/wordings/<letter>")
def show(letter: str) -> str:
    """The form with the text in force, and a preview of the letter."""
    with runtime().transactions.read() as db:
        _administrator_for(db, letter)
        return _page(db, letter, None, None)


@blueprint.post("/wordings/<letter>")
def change(letter: str) -> Answer:
    """Preview what was typed, put it into force, or send the text in force to oneself."""
    do = _ACTIONS.get(request.form.get("do", ""))
    if do is None:
        abort(422)
    return do(letter)


def _preview(letter: str) -> Answer:
    with runtime().transactions.read() as db:
        _administrator_for(db, letter)
        wish = _typed()
        errors = overrides.faults(letter, wish)
        return _page(db, letter, wish, Invalid(tuple(errors)) if errors else None), 422 if errors else 200


def _save(letter: str) -> Answer:
    return _done(letter, lambda db, author: overrides.write(db, letter, _typed(), author, clock.now()), _("Saved."))


def _original(letter: str) -> Answer:
    note = _typed().note
    work = lambda db, author: overrides.back_to_original(db, letter, note, author, clock.now())  # noqa: E731 as in _save
    return _done(letter, work, _("The original text is in force again."))


def _try(letter: str) -> Answer:
    language = request.form.get("trial_language", "")
    if language not in LANGUAGES:
        abort(422)
    work = lambda db, author: trial_letter.send(db, letter, author, language, runtime().settings.url, clock.now())  # noqa: E731
    return _done(letter, work, _("The letter has been sent to you."))


_ACTIONS: Mapping[str, Callable[[str], Answer]] = {
    "preview": _preview,
    "save": _save,
    "original": _original,
    "try": _try,
}


def _done(letter: str, work: Callable[[Session, int], int | Invalid | None], said: str) -> Answer:
    def unit(db: Session) -> str | Refusal:
        answer = work(db, _administrator_for(db, letter))
        return answer if isinstance(answer, Invalid) else url_for("wordings.show", letter=letter)

    done = act(unit)
    if isinstance(done, Refusal):
        with runtime().transactions.read() as db:
            return _page(db, letter, _typed(), done), 422
    flash(said, "good")
    return redirect(done, 303)


def _administrator_for(db: Session, letter: str) -> int:
    """The id of the signed-in administrator. Aborts with 404 for an unknown letter."""
    signed_in = administrator(db)
    if letter not in templates.available() or signed_in.actor.person_id is None:
        abort(404)
    return signed_in.actor.person_id


def _typed() -> NewWording:
    """The text of the form, with the line ends of a text area made uniform."""

    def texts(part: str) -> dict[str, str]:
        return {language: request.form.get(f"{part}_{language}", "").replace("\r\n", "\n") for language in LANGUAGES}

    subject = {language: " ".join(text.split()) for language, text in texts("subject").items()}
    note = " ".join(request.form.get("note", "").split())[:LONGEST_NOTE]
    number = seen(request.form)
    return NewWording(subject, texts("body"), note, -1 if number is None else number)


def _page(db: Session, letter: str, wish: NewWording | None, refusal: Refusal | None) -> str:
    versions = overrides.versions(db, letter)
    in_force = overrides.in_force(db).get(letter) or templates.original(letter)
    shown = LetterTemplate(in_force.kind, wish.subject, wish.body) if wish is not None else in_force
    wrong = sentences(refusal)
    return render_template(
        "admin/letter_text.html",
        letter=letter,
        heading=shown.subject.get(current()) or letter,
        kind=KINDS[in_force.kind](),
        parts=[(NAMES[language], _form_fields(language, shown, wrong)) for language in LANGUAGES],
        note=FormField("note", "text", _("Why"), wish.note if wish is not None else "", longest=LONGEST_NOTE),
        errors=[ErrorLink(text, f"#f-{field}" if field else "") for field, texts in wrong.items() for text in texts],
        previews=[] if refusal is not None else _previews(letter, shown),
        placeholders=sorted(PLACEHOLDERS),
        versions=versions,
        changed=bool(versions) and bool(versions[0].subject),
        unsaved=wish is not None,
        key=new_key(),
        seen=versions[0].number if versions else 0,
        languages=list(NAMES.items()),
        mine=identity.actor(db).language,
    )


def _form_fields(language: str, shown: LetterTemplate, wrong: Mapping[str, tuple[str, ...]]) -> list[FormField]:
    subject, body = f"subject_{language}", f"body_{language}"
    return [
        FormField(
            subject,
            "text",
            _("Subject"),
            shown.subject.get(language, ""),
            errors=wrong.get(subject, ()),
            required=True,
            longest=templates.LONGEST_SUBJECT,
        ),
        FormField(
            body,
            "long_text",
            _("Text"),
            shown.body.get(language, ""),
            errors=wrong.get(body, ()),
            required=True,
            longest=LONGEST_BODY,
        ),
    ]


def _previews(letter: str, shown: LetterTemplate) -> list[tuple[str, RenderedLetter]]:
    context = trial_letter.sample(runtime().settings.url, clock.now())
    return [(NAMES[language], templates.render(letter, language, context, shown)) for language in LANGUAGES]
