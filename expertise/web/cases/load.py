"""Load one case for the signed-in person, and record the access where the law of the case demands it."""

from __future__ import annotations

from collections.abc import Callable

from flask import abort, after_this_request, url_for
from flask.wrappers import Response
from sqlalchemy.orm import Session

from expertise import identity
from expertise.audit import access_log as reading
from expertise.audit.access_log import ReadAccess
from expertise.base import clock
from expertise.cases import queries
from expertise.cases.queries import CaseRow
from expertise.cases.views import access_log as watching
from expertise.cases.views import case_view
from expertise.cases.views.case_view import CaseView
from expertise.identity import runtime
from expertise.text.values import ValueNames
from expertise.web.kit.choices import ReferenceNames
from expertise.web.kit.i18n import translator
from workflows.definition import Definition


def load_case(db: Session, reference: str) -> case_view.CaseView:
    """The case for the signed-in person. Aborts with 404 for a case that they may not see."""
    view = case_view.look(db, runtime().services, identity.actor(db), reference, clock.now())
    if view is None:
        abort(404)
    record_access(db, view.case)
    return view


def definition_of(db: Session, reference: str) -> Definition:
    """The workflow of a case, without a look at the case. Aborts with 404 for a case that this person may not see."""
    case = queries.find(db, identity.actor(db), reference)
    if case is None:
        abort(404)
    return runtime().services.definitions.pinned(case.digest)


def record_access(db: Session, case: CaseRow, file: str | None = None) -> None:
    """Record this access after the request, where it must be recorded. An access that cannot be recorded fails."""
    read = watching.to_be_noted(db, runtime().services, case, identity.actor(db), file)
    if read is not None:
        after_this_request(lambda response: _record(response, read))


def _record(response: Response, read: ReadAccess) -> Response:
    """Write the record in a transaction of its own, after that of the request: pages only read."""
    if response.status_code < 300:
        with runtime().transactions.write() as db:
            reading.note(db, read, clock.now())
    return response


def names_in(
    view: CaseView,
    listed: ReferenceNames,
    address: Callable[[str], str] = lambda key: url_for("files.download", key=key),
) -> ValueNames:
    """The names of what the values of this case point to. `address`: key of a file → where this reader gets it."""
    reference = {**listed.texts, "organisation": view.organisations}
    return ValueNames(translator(), reference, view.files, view.experts, address)
