"""Brings cases of any workflow in from a table: columns are mapped to fields, each row is judged by itself.

A preview is the import itself, undone at the end of each row, so it says what will happen. One transaction per row,
which its number identifies: a file that is brought in again changes nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from expertise.base.transaction import Transactions
from expertise.cases import desk
from expertise.cases.actions.comment import Received
from expertise.cases.desk import Done
from expertise.cases.queries import CASES
from expertise.cases.services import Services
from expertise.importing.mended_drafts import mend, reference_of_key
from expertise.importing.parser import comments, shortened
from expertise.importing.report import DRAFTED, MENDED, REFUSED, UNCHANGED, ImportRemark, ImportReport, RecordReport
from expertise.importing.tables import ImportedTable
from expertise.people import reference_data
from expertise.people.access import Actor
from expertise.people.model import Organisation
from workflows.definition import Definition, Field
from workflows.fields.several import LISTS
from workflows.fields.texts import longest
from workflows.fields.types import COMMENT
from workflows.refusals import Invalid, KeyReused, Refusal

#: Words for yes and no in the three languages.
_ANSWERS = {
    **dict.fromkeys(("yes", "да", "иә", "true", "1"), "yes"),
    **dict.fromkeys(("no", "нет", "жоқ", "false", "0"), "no"),
}
#: Field type → the entries from which its values are chosen.
_LISTS = {"topic": reference_data.topics, "lender": reference_data.lenders}
#: A cell of a spreadsheet that holds a day with a time.
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}", re.ASCII)
#: The shortest number that may be the cut beginning of another one.
LEAST_CUT = 8


@dataclass(frozen=True)
class TableImport:
    """The mapping of a table: column → field (`budget.amount` for a part of one), and the columns of the number.

    `preview`: nothing is written.
    """

    workflow: str
    mapping: Mapping[str, str]
    numbered_by: Sequence[str]
    preview: bool = True


@dataclass(slots=True)
class _Row:
    fields: dict[str, Any] = field(default_factory=dict)
    rest: dict[str, str] = field(default_factory=dict)
    remarks: list[ImportRemark] = field(default_factory=list)


class Undone(Exception):
    """Carries the report of a row out of a transaction that is to be undone."""

    def __init__(self, report: RecordReport) -> None:
        super().__init__()
        self.report = report


def openable(services: Services, actor: Actor) -> list[Definition]:
    """Return the workflows of which `actor` may bring cases in."""
    found = services.definitions.all_current()
    return [each for each in found if actor.opens(each.key, each.opened_by)]


def guess(definition: Definition, columns: Sequence[str]) -> dict[str, str]:
    """Return column → field where the name of the column is the key of a field or its label in any language."""
    named: dict[str, str] = {}
    for key, declared in fillable(definition).items():
        names = (key, *declared.label.values())
        named |= {_plain(name): key for name in names if _plain(name) not in named}
    return {column: named[_plain(column)] for column in columns if _plain(column) in named}


def guess_number(columns: Sequence[str]) -> tuple[str, ...]:
    """Return the first column that is called as a number is, alone; no column when there is none."""
    return tuple(column for column in columns if _plain(column) in ("id", "no", "№", "number", "номер", "нөмірі"))[:1]


def fillable(definition: Definition) -> dict[str, Field]:
    """Return the fields that a table can fill in a case that begins: those that a role which opens it edits.

    Files and tables are left out.
    """
    state = definition.states[definition.initial]
    names = [name for role in definition.opened_by for name in state.edit.get(role, ())]
    kinds = {name: definition.fields[name] for name in names}
    return {name: each for name, each in kinds.items() if not each.type.has_columns and not each.type.is_file}


def number_field(definition: Definition) -> str | None:
    """Return the field that keeps the number of another register; None when a case that begins has none."""
    return next((key for key, each in fillable(definition).items() if each.column == "external_reference"), None)


def faults_of(definition: Definition, table: ImportedTable, wanted: TableImport) -> list[ImportRemark]:
    """Return what is wrong with the mapping itself."""
    known = fillable(definition)
    columns = [*wanted.mapping, *wanted.numbered_by]
    lost = [column for column in dict.fromkeys(columns) if column not in table.columns]
    wrong = [name for name in wanted.mapping.values() if name.partition(".")[0] not in known]
    twice = [name for name, count in Counter(wanted.mapping.values()).items() if count > 1]
    found = [ImportRemark("column_lost", text=", ".join(lost))] * bool(lost)
    found += [ImportRemark("field_unknown", text=", ".join(wrong))] * bool(wrong)
    found += [ImportRemark("field_twice", text=", ".join(twice))] * bool(twice)
    found += [ImportRemark("no_number_column")] * (not wanted.numbered_by)
    return found


#: A row to be brought in: its line, its number, its cells, and the numbers of all rows.
_Record = tuple[int, str, Mapping[str, str], frozenset[str]]


def import_cases(
    transactions: Transactions, services: Services, actor: Actor, table: ImportedTable, wanted: TableImport
) -> ImportReport:
    """Bring every row in, or only say what would come of each."""
    definition = services.definitions.current(wanted.workflow)
    faults = faults_of(definition, table, wanted)
    if faults:
        return ImportReport((RecordReport(0, wanted.workflow, REFUSED, remarks=tuple(faults)),))
    lines: defaultdict[str, list[int]] = defaultdict(list)
    for line, row in table.rows:
        lines[_number(row, wanted.numbered_by)].append(line)
    shared = {number: ", ".join(map(str, each)) for number, each in lines.items() if len(each) > 1}
    numbers = frozenset(lines)
    reports = []
    for line, row in table.rows:
        number = _number(row, wanted.numbered_by)
        if line in table.faults:
            reports.append(RecordReport(line, number or "–", REFUSED, remarks=(table.faults[line],)))
        elif not number or number in shared:
            fault = ImportRemark("number_shared", text=shared[number]) if number else ImportRemark("no_number_here")
            reports.append(RecordReport(line, number or "–", REFUSED, remarks=(fault,)))
        else:
            reports.append(_bring(transactions, services, actor, definition, wanted, (line, number, row, numbers)))
    return ImportReport(tuple(reports))


def _number(row: Mapping[str, str], columns: Sequence[str]) -> str:
    return " / ".join(filter(None, (" ".join(row[column].split()) for column in columns)))[:300]


def _bring(
    transactions: Transactions,
    services: Services,
    actor: Actor,
    definition: Definition,
    wanted: TableImport,
    record: _Record,
) -> RecordReport:
    def unit(session: Session) -> RecordReport:
        report = _take(session, services, actor, definition, wanted, record)
        if wanted.preview:
            raise Undone(report)
        return report

    try:
        return transactions.run(unit)
    except Undone as undone:
        return undone.report


def _take(
    session: Session,
    services: Services,
    actor: Actor,
    definition: Definition,
    wanted: TableImport,
    record: _Record,
) -> RecordReport:
    line, number, values, numbers = record
    row = _prepared(session, definition, wanted, values)
    known = find_known(session, definition.key, number, row.fields.get("title"), numbers)
    if known is not None:
        return _mended(session, services, actor, row, (line, number, known))
    _keep_number(definition, wanted, row, number)
    opened = _opened(session, services, actor, definition, row, number)
    if isinstance(opened, Invalid):
        _leave_out(definition, wanted, row, values, opened)
        opened = _opened(session, services, actor, definition, row, number)
    if isinstance(opened, KeyReused):  # brought in before with other values
        earlier = reference_of_key(session, actor.key, _key(definition, number))
        return _mended(session, services, actor, row, (line, number, earlier))
    if isinstance(opened, Refusal):
        refused = ImportRemark("refused_by_desk", text=opened.code)
        return RecordReport(line, number, REFUSED, remarks=(*row.remarks, refused))
    if opened.repeated:
        return RecordReport(line, number, UNCHANGED, opened.reference)
    for text in comments(row.rest, longest(COMMENT)):
        said = desk.comment(desk.Unit(session, services), desk.Request(actor, opened.reference), Received(text))
        if isinstance(said, Refusal):
            raise Undone(RecordReport(line, number, REFUSED, remarks=(ImportRemark("control", text=text[:40]),)))
    reference = None if wanted.preview else opened.reference
    return RecordReport(line, number, DRAFTED, reference, tuple(row.remarks))


def _keep_number(definition: Definition, wanted: TableImport, row: _Row, number: str) -> None:
    """Put the number into its field; where there is none, the key of the desk knows it, and a comment says it."""
    kept_in = number_field(definition)
    if kept_in is not None:
        row.fields[kept_in] = number
    else:
        row.rest = {" / ".join(wanted.numbered_by): number, **row.rest}


def _leave_out(
    definition: Definition, wanted: TableImport, row: _Row, values: Mapping[str, str], invalid: Invalid
) -> None:
    """Leave out the values that do not fit, say why, and keep them with the rest."""
    for name, _problems in invalid.errors:
        row.fields.pop(name, None)
        row.rest |= {column: values[column] for column, to in wanted.mapping.items() if to.partition(".")[0] == name}
    row.remarks.append(ImportRemark("not_taken", problems=invalid.errors, definition=definition))


def find_known(
    session: Session, workflow: str, number: str, title: object, others: Collection[str | None]
) -> str | None:
    """Return the case of that number; or the one that was brought in under the beginning of it, with the same title.

    A register that cuts its numbers gives several records one number; once they are written out, the first is known.
    `others`: the numbers of the same file, which are cut no more: what begins like one of them is another record.
    """
    mine = select(CASES.c.reference, CASES.c.external_reference).where(CASES.c.workflow == workflow)
    found = session.execute(mine.where(CASES.c.external_reference == number)).first()
    if found is None and title:
        cut = func.substr(number, 1, func.length(CASES.c.external_reference)) == CASES.c.external_reference
        long = func.length(CASES.c.external_reference) >= LEAST_CUT
        same = session.execute(mine.where(CASES.c.title == str(title), cut, long)).all()
        found = next((each for each in same if each.external_reference not in others), None)
    return None if found is None else str(found.reference)


def _opened(
    session: Session, services: Services, actor: Actor, definition: Definition, row: _Row, number: str
) -> Done | Refusal:
    return desk.open_case(desk.Unit(session, services), actor, definition.key, row.fields, _key(definition, number))


def _key(definition: Definition, number: str) -> str:
    return f"import:{hashlib.sha256(f'{definition.key}:{number}'.encode()).hexdigest()}"


def _mended(
    session: Session, services: Services, actor: Actor, row: _Row, about: tuple[int, str, str | None]
) -> RecordReport:
    line, number, reference = about
    done = mend(session, services, actor, reference, row.fields)
    return RecordReport(line, number, UNCHANGED if done is None else MENDED, reference)


def _prepared(session: Session, definition: Definition, wanted: TableImport, values: Mapping[str, str]) -> _Row:
    row = _Row()
    for column, text in values.items():
        target = wanted.mapping.get(column)
        if not text or (target is None and column in wanted.numbered_by):
            continue
        if target is None:
            row.rest[column] = text
            continue
        name, _, inner = target.partition(".")
        declared = definition.fields[name]
        if inner:
            row.fields[name] = {**row.fields.get(name, {}), inner: text}
            continue
        value = _value(session, declared, text)
        row.fields[name] = value
        most = declared.longest if declared.type.is_prose else None
        if most is not None and len(value) > most:
            row.fields[name], row.rest[column] = shortened(value, most), text
            row.remarks.append(ImportRemark("shortened", (declared.label,)))
    return row


def _value(session: Session, declared: Field, text: str) -> str:
    """The text as the field understands it: names and labels become keys. The rest is refused later."""
    if declared.options and declared.type.widget == "choice":
        return _key_of(text, {key: tuple(label.values()) for key, label in declared.options.items()})
    if declared.column == "region":
        return _region_of(text)
    lookup = declared.type.lookup(declared)
    if declared.listed is not None:
        return ", ".join(
            _listed_key(session, LISTS[lookup], each) for each in re.split(r"[,;\n]", text) if each.strip()
        )
    if lookup in _LISTS or lookup == "organisation":
        return _listed_key(session, lookup, text)
    if not declared.type.is_moment and _MOMENT.fullmatch(text):
        return text[:10]
    if declared.type.widget in ("yes_no", "confirm"):
        text = _ANSWERS.get(_plain(text), text)
    return text if declared.type.is_multiline else " ".join(text.split())


def _region_of(text: str) -> str:
    found = reference_data.find_region(text)
    return found[0] if len(found) == 1 else text


def _listed_key(session: Session, lookup: str, text: str) -> str:
    """Return the key of an entry of a list outside the definition, by its name; the text where none has it."""
    if lookup == "region":
        return _region_of(text.strip())
    if lookup == "organisation":
        names = (Organisation.name_kk, Organisation.name_ru, Organisation.name_en)
        rows = session.execute(select(Organisation.key, *names))
        return _key_of(text, {row[0]: tuple(row[1:]) for row in rows})
    return _key_of(text, {entry.key: tuple(entry.names.values()) for entry in _LISTS[lookup](session)})


def _key_of(text: str, names: Mapping[str, Sequence[str]]) -> str:
    wanted = _plain(text)
    return next((key for key, each in names.items() if wanted in map(_plain, (key, *each))), text)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(" .:*")
