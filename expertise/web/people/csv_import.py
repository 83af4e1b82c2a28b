"""Many people at once from a CSV file, and the report of what came of each line."""

from __future__ import annotations

from flask import Blueprint, Flask, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from expertise.base import clock
from expertise.identity import runtime
from expertise.people.auth import password_links
from expertise.people.manage import csv_import
from expertise.people.manage.csv_import import PeopleImportReport
from expertise.people.manage.csv_rows import COLUMNS, LONGEST, Found
from expertise.people.model import Person
from expertise.web.auth import reauthentication
from expertise.web.kit.form_fields import FormField
from expertise.web.kit.forms import ErrorLink
from expertise.web.people.messages import FIELDS, sentence
from expertise.web.people.people import Answer, send_letter
from expertise.web.people.permissions import administrator

blueprint = Blueprint("people_import", __name__)

INVITE = "invite"


def attach(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("/people/import")
def choose() -> str:
    """Choose the file; what it has to look like."""
    with runtime().transactions.read() as db:
        administrator(db)
    return _page(None)


@blueprint.post("/people/import")
def bring_in() -> Answer:
    """Bring the file in. Sent again, the same file changes nothing."""
    with runtime().transactions.read() as db:
        administrator(db)
    unproved = reauthentication.missing()
    if unproved is not None:
        return _page(None, unproved), 422
    came = request.files.get("file")
    content = b""
    if came is not None:
        with came.stream as stream:
            content = stream.read(LONGEST + 1)
    report = runtime().transactions.run(lambda db: _read_in(db, content))
    return (_page(report), 422) if report.problems else _page(report)


def _read_in(db: Session, content: bytes) -> PeopleImportReport:
    by, now = administrator(db), clock.now()
    report = csv_import.import_people(db, content, now, by.actor.person_id)
    if request.form.get(INVITE) == "yes":
        for number in report.invited:
            send_letter(db, password_links.issue(db, db.get_one(Person, number), password_links.INVITATION, now))
    return report


def _page(report: PeopleImportReport | None, unproved: str | None = None) -> str:
    prove = reauthentication.needed()
    problems = report.problems if report is not None else ()
    hint = _("CSV in UTF-8, at most %(limit)s MB.", limit=LONGEST // 1_000_000)
    form_fields = [
        FormField("file", "file", FIELDS["file"](), hint=hint, errors=tuple(_told(problems)), required=True),
        FormField(INVITE, "confirm", _("Send an invitation to everybody who is new"), "yes" if report is None else ""),
    ]
    lines = [(line, _told(line.problems)) for line in report.lines] if report is not None else []
    return render_template(
        "people/csv_import.html",
        form_fields=form_fields,
        columns=COLUMNS,
        report=report if lines else None,
        lines=lines,
        errors=[
            *([ErrorLink(unproved, f"#f-{reauthentication.PROOF}")] if unproved else []),
            *(ErrorLink(text, "#f-file") for text in _told(problems)),
        ],
        prove=prove,
        unproved=unproved,
    )


def _told(problems: Found) -> list[str]:
    """The first line of the file has the names of its columns; they are the same in every language."""
    return [
        f"{FIELDS[where]()}: {sentence(problem)}" if where != "file" else sentence(problem)
        for where, problem in problems
    ]
