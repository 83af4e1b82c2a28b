"""`komek import requests`: each record becomes a draft, a submitted request, or a line that says why not.

One transaction per record, which its number identifies: a run that was killed continues where it stopped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from expertise.base.transaction import Transactions
from expertise.cases import desk
from expertise.cases.actions.comment import Received
from expertise.cases.desk import Done
from expertise.cases.services import Services
from expertise.files import storage
from expertise.importing import parser, store
from expertise.importing.cases import find_known
from expertise.importing.mended_drafts import mend
from expertise.importing.report import (
    DRAFTED,
    MENDED,
    REFUSED,
    SUBMITTED,
    UNCHANGED,
    ImportRemark,
    ImportReport,
    RecordReport,
)
from expertise.people import reference_data
from expertise.people.access import Actor
from workflows.definition import Definition
from workflows.fields.texts import longest
from workflows.fields.types import COMMENT
from workflows.refusals import Invalid, NotReady, Refusal

WORKFLOW = "expertise_request"


def import_requests(
    transactions: Transactions, services: Services, path: Path, actor: Actor, limits: storage.UploadLimits
) -> ImportReport:
    """Import every record of the file, which is first stored under `received` in `limits.data`."""
    received = store.store_and_read(path, limits)
    if isinstance(received, ImportRemark):
        return ImportReport((RecordReport(0, path.name, REFUSED, remarks=(received,)),))
    sha256, records = received
    if records and all(isinstance(record, Mapping) and parser.LOAN & record.keys() for record in records):
        return ImportReport((RecordReport(0, path.name, REFUSED, remarks=(ImportRemark("loan"),)),), sha256)
    seen: set[str] = set()
    numbers = frozenset(parser.number_of(record) for record in records if isinstance(record, Mapping))
    reports = []
    for number, record in enumerate(records, 1):
        reports.append(_report(transactions, services, actor, (number, record, numbers), seen))
        if reports[-1].outcome != REFUSED:
            seen.add(reports[-1].id)
    return ImportReport(tuple(reports), sha256)


def _report(
    transactions: Transactions,
    services: Services,
    actor: Actor,
    numbered: tuple[int, Any, frozenset[str | None]],
    seen: set[str],
) -> RecordReport:
    number, record, _numbers = numbered
    own = parser.number_of(record)
    fault = parser.fault_of(record) or (ImportRemark("number_twice") if own in seen else None)
    if fault is not None:
        return RecordReport(number, own or "–", REFUSED, remarks=(fault,))
    return transactions.run(lambda session: _take(session, services, actor, numbered))


def _take(
    session: Session, services: Services, actor: Actor, numbered: tuple[int, Any, frozenset[str | None]]
) -> RecordReport:
    number, record, numbers = numbered
    own = parser.number_of(record)
    # Not narrowed to what the actor may see: a number that is taken is taken.
    existing = find_known(session, WORKFLOW, own, record.get("title"), numbers)
    definition = services.definitions.current(WORKFLOW)
    prepared = parser.prepare(record, definition, reference_data.regions(session))
    if existing is not None:
        return _mended(session, services, actor, prepared, existing, number)
    opened = _open(session, services, actor, prepared, definition, record)
    if isinstance(opened, Refusal):
        return RecordReport(number, own, REFUSED, remarks=(ImportRemark("refused_by_desk", text=opened.code),))
    if opened.repeated:  # imported once, and somebody has given it another source since
        return RecordReport(number, own, UNCHANGED, opened.reference)
    for text in parser.comments(prepared.rest, longest(COMMENT)):
        _must(desk.comment(desk.Unit(session, services), desk.Request(actor, opened.reference), Received(text)))
    outcome = _submit(session, services, actor, prepared, opened, definition)
    return RecordReport(number, own, outcome, opened.reference, tuple(prepared.remarks))


def _mended(
    session: Session, services: Services, actor: Actor, prepared: parser.PreparedRecord, reference: str, number: int
) -> RecordReport:
    """Fill what the draft of this record lacks, and submit it if nothing is missing any more."""
    filled = mend(session, services, actor, reference, prepared.fields)
    if filled is None:
        return RecordReport(number, prepared.source, UNCHANGED, reference)
    definition = services.definitions.current(WORKFLOW)
    outcome = _submit(session, services, actor, prepared, filled, definition)
    return RecordReport(
        number, prepared.source, MENDED if outcome == DRAFTED else outcome, reference, tuple(prepared.remarks)
    )


def _must(result: Done | Refusal) -> None:
    """Raise AssertionError at a refusal: the parser has judged the text and the case is new, so it is our fault."""
    assert isinstance(result, Done), result  # noqa: S101


def _open(
    session: Session,
    services: Services,
    actor: Actor,
    prepared: parser.PreparedRecord,
    definition: Definition,
    record: Mapping[str, Any],
) -> Done | Refusal:
    """Open the draft. Values that do not fit their fields are left out, named, and kept with the rest."""
    opened = _opened(session, services, actor, prepared)
    if isinstance(opened, Invalid):
        names = [name for name, _ in opened.errors]
        for name in names:
            prepared.rest |= {key: record[key] for key in parser.keys_for(name, record)}
            prepared.fields.pop(name, None)
        prepared.remarks.append(ImportRemark("not_taken", tuple(definition.fields[name].label for name in names)))
        opened = _opened(session, services, actor, prepared)
    return opened


def _opened(session: Session, services: Services, actor: Actor, prepared: parser.PreparedRecord) -> Done | Refusal:
    key = f"import:{hashlib.sha256(prepared.source.encode()).hexdigest()}"  # two imports at once meet here
    return desk.open_case(desk.Unit(session, services), actor, WORKFLOW, prepared.fields, key)


def _submit(
    session: Session,
    services: Services,
    actor: Actor,
    prepared: parser.PreparedRecord,
    opened: Done,
    definition: Definition,
) -> str:
    """Submit the request if nothing is missing; else add a remark on what is. Return the outcome."""
    sent = desk.fire(desk.Unit(session, services), desk.Request(actor, opened.reference, opened.version), "submit", {})
    if isinstance(sent, Done):
        return SUBMITTED
    if isinstance(sent, NotReady):
        labels = tuple(definition.fields[missing.name].label for missing in sent.missing)
        prepared.remarks.append(ImportRemark("missing", labels))
    else:
        prepared.remarks.append(ImportRemark("refused_by_desk", text=sent.code))
    return DRAFTED
