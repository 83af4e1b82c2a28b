"""Looking at one case: found and allowed, or not there; what must be noted of the look is, before it is shown."""

from __future__ import annotations

from flask import abort, after_this_request
from flask.wrappers import Response
from sqlalchemy.orm import Session

from expertise import identity
from expertise.audit import access_log as reading
from expertise.audit.access_log import ReadAccess
from expertise.base import clock
from expertise.cases.queries import CaseRow
from expertise.cases.views import access_log as watching
from expertise.cases.views import case_view
from expertise.identity import runtime


def look(db: Session, reference: str) -> case_view.CaseView:
    """The case for the signed-in person; 404 for none that they may see."""
    view = case_view.look(db, runtime().services, identity.actor(db), reference, clock.now())
    if view is None:
        abort(404)
    note(db, view.case)
    return view


def note(db: Session, case: CaseRow, file: str | None = None) -> None:
    """See to it that this look is written down, where it has to be. What cannot be noted is not shown."""
    read = watching.to_be_noted(db, runtime().services, case, identity.actor(db), file)
    if read is not None:
        after_this_request(lambda response: _noted(response, read))


def _noted(response: Response, read: ReadAccess) -> Response:
    """In a transaction of its own, after that of the request: pages only read. What is refused was shown before."""
    if response.status_code < 300:
        with runtime().transactions.write() as db:
            reading.note(db, read, clock.now())
    return response
