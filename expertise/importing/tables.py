"""Reads a table of another register: CSV in UTF-8 or Windows-1251, or the first sheet of an XLSX file."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import openpyxl
from openpyxl.cell.cell import ERROR_CODES

from expertise.importing.report import ImportRemark

MOST_ROWS, MOST_COLUMNS, MOST_BYTES = 5_000, 100, 10 * 1024 * 1024
#: Begin of a cell whose formula no program has computed. It is a noncharacter of Unicode, which no program writes.
UNCOMPUTED = "\ufdd0"
UNPACKED = 100 * 1024 * 1024  # bytes of an XLSX file when it is unpacked


@dataclass(frozen=True, slots=True)
class ImportedTable:
    """The first row names the columns; `rows` are (number of the line in the file, column → text).

    `faults`: number of a line → why none of it can be taken.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[int, Mapping[str, str]], ...]
    faults: Mapping[int, ImportRemark] = field(default_factory=dict)


def read_table(content: bytes, name: str) -> ImportedTable | ImportRemark:
    """Return the table, or a remark on the reason why it cannot be read. `name` is that of the file."""
    if len(content) > MOST_BYTES:
        return ImportRemark("file_large", most=MOST_BYTES // (1024 * 1024))
    lines = _xlsx(content) if content.startswith(b"PK") else _csv(content)
    if isinstance(lines, ImportRemark):
        return lines
    return _table(lines, name)


def _table(lines: Sequence[Sequence[str]], name: str) -> ImportedTable | ImportRemark:
    filled = [(number, line) for number, line in enumerate(lines, 1) if any(cell.strip() for cell in line)]
    if not filled:
        return ImportRemark("table_empty", text=name)
    columns = tuple(" ".join(cell.split()) for cell in filled[0][1])
    while columns and not columns[-1]:
        columns = columns[:-1]
    twice = [column for column in columns if columns.count(column) > 1]
    if not all(columns) or twice:
        return ImportRemark("columns_unclear", text=", ".join(dict.fromkeys(twice)) or "–")
    if len(columns) > MOST_COLUMNS or len(filled) - 1 > MOST_ROWS:
        return ImportRemark("table_large", most=MOST_ROWS)
    rows = tuple((number, _row(columns, line)) for number, line in filled[1:])
    found = {number: _uncomputed(row) for number, row in rows}
    faults = {number: ImportRemark("cell_uncomputed", text=text) for number, text in found.items() if text}
    return ImportedTable(columns, rows, faults)


def _uncomputed(row: Mapping[str, str]) -> str:
    """Return the columns of the row whose cell is a formula without a value, or shows an error; "" for none."""
    return ", ".join(
        f"{column} ({text.removeprefix(UNCOMPUTED)})"[:100]
        for column, text in row.items()
        if text.startswith(UNCOMPUTED) or text in ERROR_CODES
    )


def _row(columns: Sequence[str], line: Sequence[str]) -> dict[str, str]:
    """Column → text; a line that is too short lacks its last cells."""
    return {column: line[place].strip() if place < len(line) else "" for place, column in enumerate(columns)}


def as_csv(table: ImportedTable, mapping: Mapping[str, str]) -> bytes:
    """Return the table as CSV in UTF-8, each row on its own line of the file; rows with faults are left out.

    `mapping`: the new names of columns; the others keep theirs. A line break within a cell becomes a vertical tab.
    """
    made = io.StringIO()
    writer = csv.writer(made)
    writer.writerow([mapping.get(column, column) for column in table.columns])
    before = 1
    for line, row in ((line, row) for line, row in table.rows if line not in table.faults):
        writer.writerows([[]] * (line - before - 1))
        # A line break would move the lines below. The tab is a control character, too: it is judged alike.
        writer.writerow(["\v".join(row[column].splitlines()) for column in table.columns])
        before = line
    return made.getvalue().encode()


def _csv(content: bytes) -> list[list[str]] | ImportRemark:
    text = _decoded(content)
    if "\0" in text:
        return ImportRemark("not_table")
    first = text.split("\n", 1)[0]
    delimiter = max(";,\t", key=first.count)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        return ImportRemark("not_table")


def _decoded(content: bytes) -> str:
    """Excel writes CSV in the code page of the machine, which is Windows-1251 here, unless one asks for UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1251", errors="replace")


def _xlsx(content: bytes) -> list[list[str]] | ImportRemark:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(each.file_size for each in archive.infolist()) > UNPACKED:
                return ImportRemark("table_large", most=MOST_ROWS)
        values = _lines(content, data_only=True, values_only=False)
        formulas = _lines(content, data_only=False)
        return [_texts(line, written) for line, written in zip(values, formulas, strict=True)]
    except Exception:  # noqa: BLE001 a damaged file breaks openpyxl in many ways, and all of them mean the same here
        return ImportRemark("not_table")


def _lines(content: bytes, *, data_only: bool, values_only: bool = True) -> Iterator[Sequence[Any]]:
    """Yield the cells of each line, or their values: those that a program has computed, or else the formulas."""
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=data_only)
    return book.worksheets[0].iter_rows(max_row=MOST_ROWS + 100, max_col=MOST_COLUMNS + 1, values_only=values_only)


def _texts(line: Sequence[Any], written: Sequence[Any]) -> list[str]:
    """Return the cells as text. `written`: the same cells with formulas in the place of values."""
    return [
        f"{UNCOMPUTED}{formula if isinstance(formula, str) else '{=}'}"
        if cell.value is None and formula is not None
        else _text(cell.value, cell.number_format or "")
        for cell, formula in zip(line, written, strict=True)
    ]


def _text(cell: Any, form: str) -> str:
    """Return the value of a cell as somebody sees it; `form` is its number format."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, date):
        has_time = isinstance(cell, datetime) and cell.time() != time()
        return f"{cell:%Y-%m-%dT%H:%M}" if has_time else f"{cell:%Y-%m-%d}"
    if isinstance(cell, int | float) and "%" in form:
        return f"{(Decimal(repr(cell)) * 100).normalize():f} %"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
