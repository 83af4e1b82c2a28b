"""The dashboard as a PDF for a meeting: tagged (PDF/UA-1), with vector charts, and typeset by Typst.

All words and charts are handed over as data; the layout stands in `templates/reports/dashboard.typ`. The program of
Typst reads that file and the two fonts, nothing of the network and nothing else of the disk.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from expertise.base.resources import folder

_LAYOUT = folder("templates") / "reports" / "dashboard.typ"
_FONTS = Path(__file__).parents[1] / "data" / "fonts"


@dataclass(frozen=True, slots=True)
class PrintedRow:
    """A row of a table: its label, its figures as text, and the SVG of its bar, "" for none."""

    label: str
    figures: Sequence[str]
    bar: str = ""


@dataclass(frozen=True, slots=True)
class PrintedTable:
    """A table under the headings of its columns, without that of the bars."""

    heads: Sequence[str]
    rows: Sequence[PrintedRow]


@dataclass(frozen=True, slots=True)
class PrintedSection:
    """A heading with a chart, tables and a remark; `words` stand for the chart where it cannot be seen.

    `legend`: the inks of the chart from the foot up, each with its label. `narrow`: the chart needs no full width.
    """

    title: str
    chart: str = ""
    words: str = ""
    legend: Sequence[Mapping[str, str]] = ()
    tables: Sequence[PrintedTable] = ()
    note: str = ""
    narrow: bool = False


@dataclass(frozen=True, slots=True)
class PrintedDashboard:
    """All that the document holds, in one language. `legend` and `chart` are the words for these two."""

    title: str
    author: str
    language: str
    counted: str
    chosen: Sequence[str]
    tiles: Sequence[Mapping[str, str]]
    legend: str
    chart: str
    sections: Sequence[PrintedSection] = field(default_factory=tuple)


def typeset(content: PrintedDashboard, now: datetime) -> bytes:
    """Return the document as PDF. `now` is the time that it names as that of its creation."""
    import typst  # noqa: PLC0415 20 MB that only this page needs

    data = {"data": json.dumps(asdict(content), ensure_ascii=False)}
    written: bytes = typst.compile(
        _LAYOUT,
        root=_LAYOUT.parent,
        font_paths=_fonts(),
        sys_inputs=data,
        pdf_standards=["ua-1"],
        timestamp=int(now.timestamp()),
    )
    return written


@cache
def _fonts() -> Any:
    """The typeface of the pages and no other, so that a document is the same on every machine."""
    import typst  # noqa: PLC0415

    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[_FONTS])
