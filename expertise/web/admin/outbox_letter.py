"""The page of one letter: its log, its text, its actions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import abort, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from expertise.identity import runtime
from expertise.mail.letters import overrides, templates
from expertise.mail.letters.templates import RenderedLetter
from expertise.mail.model import OutgoingLetter
from expertise.mail.outbound import admin_queries, resend
from expertise.mail.outbound.shorten import SHORTENED
from expertise.web.admin.outbox_actions import letter_of
from expertise.web.admin.outbox_text import WHAT
from expertise.web.kit.form_fields import FormField
from expertise.web.kit.forms import ErrorLink, new_key
from expertise.web.people.messages import sentences
from expertise.web.people.permissions import administrator
from workflows.refusals import Refusal


def letter_page(number: int, refusal: Refusal | None = None) -> str:
    """The page of a letter; `refusal`: the problems of a form that was sent."""
    with runtime().transactions.read() as db:
        administrator(db)
        row, letter = admin_queries.one(db, number), letter_of(db, number)
        if row is None:
            abort(404)
        page: dict[str, Any] = {
            "row": row,
            "shortened": letter.context.get(SHORTENED),
            "rendered": _rendered(db, letter, row.language),
            "can_resend": resend.can_resend(letter),
            "log": [(WHAT[each.what](), each) for each in admin_queries.log(db, number)],
        }
    form_fields = _form_fields(sentences(refusal))
    return render_template(
        "admin/outbox_letter.html",
        **page,
        form_fields=form_fields,
        errors=[
            ErrorLink(f"{form_field.label}: {text}", f"#{form_field.id}")
            for form_field in form_fields
            for text in form_field.errors
        ],
        key=new_key(),
        fresh=new_key,
    )


def _form_fields(wrong: Mapping[str, tuple[str, ...]]) -> list[FormField]:
    typed = request.form
    return [
        FormField(
            "address",
            "email",
            _("Another address"),
            typed.get("address", ""),
            _("Empty: the address of the reader."),
            wrong.get("address", ()),
            longest=254,
        ),
        FormField(
            "reason",
            "text",
            _("Reason"),
            typed.get("reason", ""),
            "",
            wrong.get("reason", ()),
            required=True,
            longest=resend.LONGEST_REASON,
        ),
    ]


def _rendered(db: Session, letter: OutgoingLetter, language: str) -> RenderedLetter | None:
    """The letter in the text that was in force when it left; None when its content is not stored any more."""
    if not letter.context or SHORTENED in letter.context or letter.letter not in templates.available():
        return None
    words = overrides.in_force(db, letter.sent_at).get(letter.letter)
    language = letter.context.get("language") or language
    return templates.render(letter.letter, language, admin_queries.readable(letter.letter, letter.context), words)
