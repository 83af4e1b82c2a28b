"""Cases from a table of another register: choose the file, map its columns, look at what would come, bring it in."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence

from flask import Blueprint, Flask, render_template, request
from flask_babel import gettext as _

from expertise.files import storage
from expertise.identity import runtime
from expertise.importing import cases, tables
from expertise.importing.report import ImportRemark, ImportReport
from expertise.importing.store import ReceivedFolder
from expertise.importing.tables import ImportedTable
from expertise.people import access
from expertise.web.kit.form_fields import FormField
from expertise.web.kit.forms import ErrorLink
from expertise.web.kit.i18n import said, translator
from expertise.web.people.permissions import administrator
from workflows.definition import Definition

blueprint = Blueprint("import_cases", __name__)

Answer = str | tuple[str, int]

_SHA256 = re.compile(r"[0-9a-f]{64}")
#: Parts of a sum that stand in columns of their own.
_PARTS = ("amount", "currency")


def attach(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("/import")
def choose() -> Answer:
    """Choose the file and the workflow."""
    with runtime().transactions.read() as db:
        administrator(db)
    return _page(())


@blueprint.post("/import")
def bring_in() -> Answer:
    """Show what would come of each line, or bring the lines in when the form says so."""
    with runtime().transactions.read() as db:
        administrator(db)
    definition = next((each for each in _openable() if each.key == request.form.get("workflow")), None)
    sha256 = _received()
    if definition is None or sha256 is None:
        return _page((ErrorLink(_("Choose a file and what its lines are."), "#f-file"),)), 422
    with storage.open_file(_folder().data, sha256) as stored:
        table = tables.read_table(stored.read(), "")
    if isinstance(table, ImportRemark):
        return _page((ErrorLink(table.in_language(translator().language), "#f-file"),)), 422
    return _mapped(definition, table, sha256)


def _mapped(definition: Definition, table: ImportedTable, sha256: str) -> Answer:
    again = "mapped" in request.form
    mapping = _mapping(table) if again else cases.guess(definition, table.columns)
    numbers = _numbers(table) if again else cases.guess_number(table.columns)
    writes = request.form.get("act") == "apply"
    wanted = cases.TableImport(definition.key, mapping, numbers, preview=not writes)
    report = cases.import_cases(runtime().transactions, runtime().services, access.IMPORT, table, wanted)
    language = translator().language
    wrong = [remark.in_language(language) for line in report.lines if not line.number for remark in line.remarks]
    page = _page(
        [ErrorLink(text) for text in wrong],
        definition=definition,
        sha256=sha256,
        columns=_columns(definition, table, mapping),
        numbers=_number_fields(table, numbers),
        report=None if wrong else report,
        lines=_lines(report, language),
        written=writes and not wrong,
    )
    return (page, 422) if wrong else page


def _page(errors: Sequence[ErrorLink], **more: object) -> str:
    workflows = [(each.key, said(each.title)) for each in _openable()]
    limit = tables.MOST_BYTES // (1024 * 1024)
    form_fields = [
        FormField("workflow", "choice", _("What the lines are"), required=True, choices=workflows),
        FormField("file", "file", _("File"), hint=_("CSV or XLSX, at most %(limit)s MB.", limit=limit), required=True),
    ]
    shown = {"report": None, "columns": [], "written": False, **more}
    return render_template("admin/import_cases.html", form_fields=form_fields, errors=errors, **shown)


def _openable() -> list[Definition]:
    return cases.openable(runtime().services, access.IMPORT)


def _folder() -> ReceivedFolder:
    return ReceivedFolder(runtime().settings.data / "received", tables.MOST_BYTES + 1)


def _received() -> str | None:
    """Store the file that came, and return its hash; that of an earlier one where none came; None for neither."""
    came = request.files.get("file")
    if came is not None and came.filename:
        with came.stream as stream:
            content = stream.read(tables.MOST_BYTES + 1)  # one more than is taken, which `read_table` refuses
        return storage.put(io.BytesIO(content), _folder()).sha256
    earlier = request.form.get("sha256", "")
    if not _SHA256.fullmatch(earlier):
        return None
    try:
        storage.open_file(_folder().data, earlier).close()
    except FileNotFoundError:
        return None
    return earlier


def _mapping(table: ImportedTable) -> dict[str, str]:
    named = {column: request.form.get(f"column.{place}", "") for place, column in enumerate(table.columns)}
    return {column: name for column, name in named.items() if name}


def _numbers(table: ImportedTable) -> tuple[str, ...]:
    chosen = [request.form.get(name, "") for name in ("number", "number_too")]
    return tuple(dict.fromkeys(column for column in chosen if column in table.columns))


def _columns(definition: Definition, table: ImportedTable, mapping: Mapping[str, str]) -> list[FormField]:
    targets: list[tuple[str, str]] = []
    for key, field in cases.fillable(definition).items():
        if key == cases.number_field(definition):
            continue
        label = said(field.label)
        inner = (
            [(f"{key}.{part}", f"{label}: {_part(part)}") for part in _PARTS] if field.type.units else [(key, label)]
        )
        targets += inner
    return [
        FormField(f"column.{place}", "choice", column, mapping.get(column, ""), choices=targets)
        for place, column in enumerate(table.columns)
    ]


def _part(part: str) -> str:
    return _("amount") if part == "amount" else _("currency")


def _number_fields(table: ImportedTable, numbers: Sequence[str]) -> list[FormField]:
    columns = [(column, column) for column in table.columns]
    chosen = [*numbers, "", ""]
    return [
        FormField("number", "choice", _("Number of the record"), chosen[0], required=True, choices=columns),
        FormField(
            "number_too",
            "choice",
            _("Number of the record, second column"),
            chosen[1],
            hint=_("Only where one column does not tell the records apart"),
            choices=columns,
        ),
    ]


def _lines(report: ImportReport, language: str) -> list[tuple[int, str, str, str, list[str]]]:
    return [
        (
            line.number,
            line.id,
            line.outcome,
            line.reference or "",
            [each.in_language(language) for each in line.remarks],
        )
        for line in report.lines
        if line.number
    ]
