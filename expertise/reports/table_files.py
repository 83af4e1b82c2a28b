"""Tables of typed cells as files: CSV and XLSX, written row by row, so that memory does not grow with the rows.

No cell is a formula, whatever its text begins with: a program that opens the file computes nothing.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

#: A text, a day, a number, or an empty cell.
Cell = str | date | Decimal | None
#: Beginnings of a text that programs take for a formula, also behind a line break.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
DAY, NUMBER = "dd.mm.yyyy", "#,##0.00"


def write_csv(file: IO[bytes], heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Write the table as CSV in UTF-8 with a byte order mark, by which Excel knows it; days as 2026-11-30.

    A text that looks like a formula gets an apostrophe before it: CSV has no other way to say that it is a text.
    """
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow([_plain(head) for head in heads])
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    text.flush()
    text.detach()


def _plain(cell: Cell) -> str:
    if cell is None:
        return ""
    if not isinstance(cell, str):
        return cell.isoformat() if isinstance(cell, date) else str(cell)
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def write_xlsx(file: IO[bytes], title: str, heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Write the table as the one sheet of a workbook: days are days, numbers are numbers, all else is text."""
    book = Workbook(write_only=True)
    page: Any = book.create_sheet(title[:31])
    page.freeze_panes = "A2"
    for place, head in enumerate(heads, start=1):
        page.column_dimensions[get_column_letter(place)].width = max(14, len(head) + 2)
    page.append([_cell(page, head, bold=True) for head in heads])
    for row in rows:
        page.append([_cell(page, value) for value in row])
    book.save(file)


def _cell(page: Any, value: Cell, *, bold: bool = False) -> Any:
    if isinstance(value, str):
        cell = WriteOnlyCell(page, ILLEGAL_CHARACTERS_RE.sub("", value))
        cell.data_type = "s"  # openpyxl takes a text with = for a formula
        if bold:
            cell.font = Font(bold=True)
        return cell
    cell = WriteOnlyCell(page, value)
    if value is not None:
        cell.number_format = DAY if isinstance(value, date) else NUMBER
    return cell
