"""The list of cases as a table file: exactly the rows and columns that the address shows, over all its pages."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from typing import IO

from flask import Blueprint, Flask, abort, send_file
from flask.wrappers import Response
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from expertise import identity
from expertise.audit import access_log
from expertise.base import clock
from expertise.cases.queries import CaseRow
from expertise.cases.views.access_log import to_be_noted
from expertise.identity import runtime
from expertise.people.access import Actor
from expertise.reports import worklists
from expertise.reports.table_files import Cell, write_csv, write_xlsx
from expertise.web.kit.choices import listed
from expertise.web.lists.case_list import Wanted
from expertise.web.lists.columns import ListColumn, ListNames

blueprint = Blueprint("export", __name__)

TYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


def attach(app: Flask) -> None:
    """Register the page."""
    app.register_blueprint(blueprint)


@blueprint.get("/cases/export.<ending>")
def table(ending: str) -> Response:
    """The table, written to a file on disk first, so that it is complete or not sent at all."""
    if ending not in TYPES:
        abort(404)
    wanted, now = Wanted.read(), clock.now()
    file = tempfile.TemporaryFile()  # noqa: SIM115 the response closes it
    try:
        with runtime().transactions.read() as db:
            rows = _rows(db, identity.actor(db), wanted)
            _write(file, ending, _heads(wanted.columns), rows)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    today = runtime().services.calendar.local_day(now)
    name = f"komek-{today.isoformat()}.{ending}"
    return send_file(file, TYPES[ending], as_attachment=True, download_name=name, max_age=0)


def _write(file: IO[bytes], ending: str, heads: Sequence[str], rows: Iterator[list[Cell]]) -> None:
    if ending == "csv":
        write_csv(file, heads, rows)
    else:
        write_xlsx(file, _("Requests and projects"), heads, rows)


def _heads(columns: Sequence[ListColumn]) -> list[str]:
    found = []
    for column in columns:
        found += [column.label()] + ([_("Currency")] if column.key == "amount" else [])
    return found


def _rows(db: Session, actor: Actor, wanted: Wanted) -> Iterator[list[Cell]]:
    """The rows, page by page; that they were read is written down where a look at the case would be."""
    services = runtime().services
    for rows in worklists.every_page(db, actor, wanted.filters, clock.now(), wanted.order):
        _record(db, actor, rows)
        known = ListNames.of(db, services, listed(db), rows)
        for row in rows:
            yield _cells(row, wanted.columns, known)


def _cells(row: CaseRow, columns: Sequence[ListColumn], known: ListNames) -> list[Cell]:
    """The values of a row; an amount is a number, and its currency stands beside it."""
    found: list[Cell] = []
    for column in columns:
        found.append(column.value(row, known))
        if column.key == "amount":
            found.append(row.currency)
    return found


def _record(db: Session, actor: Actor, rows: Sequence[CaseRow]) -> None:
    """Write the accesses in a transaction of their own, as the page of a case does. One that cannot be fails all."""
    reads = [to_be_noted(db, runtime().services, row, actor) for row in rows]
    found = [read for read in reads if read is not None]
    if found:
        with runtime().transactions.write() as writing:
            for read in found:
                access_log.note(writing, read, clock.now())
