"""The parts of a case, as rows of lists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from textwrap import shorten

from flask import url_for
from sqlalchemy.orm import Session

from expertise.cases.queries import CaseRow, is_late
from expertise.cases.views.case_view import CaseView, Panel
from expertise.people.names import names_of
from expertise.text.values import ValueNames, text_of
from expertise.web.cases.rows import tone
from expertise.web.kit.choices import ReferenceNames
from expertise.web.kit.i18n import said, translator


@dataclass(frozen=True, slots=True)
class PartRow:
    """One part of the case, as a row of a list."""

    reference: str
    url: str
    name: str
    state: str
    tone: str
    due_at: datetime | None
    late: bool
    mine: bool  # it waits for the reader


def waiting_parts(session: Session, view: CaseView, listed: ReferenceNames, now: datetime) -> list[PartRow]:
    """The parts that wait for the reader."""
    return [row for panel in view.panels for row in part_rows(session, view, panel, listed, now) if row.mine]


def part_rows(session: Session, view: CaseView, panel: Panel, listed: ReferenceNames, now: datetime) -> list[PartRow]:
    """The parts of one kind, each named by what tells it from its siblings."""
    fields = panel.definition.fields
    keys = {row.fields.get(name) for row in panel.cases for name, each in fields.items() if each.type.party == "expert"}
    names = ValueNames(translator(), listed.texts, people=names_of(session, keys - {None}))
    return [
        PartRow(
            reference=row.reference,
            url=url_for("cases.show", reference=row.reference),
            name=_part_name(panel, row, names),
            state=said(panel.definition.states[row.state].label),
            tone=tone(panel.definition, row.state),
            due_at=row.due_at if row.final is None else None,
            late=is_late(row, now),
            mine=row.final is None and row.owner_role in view.roles,
        )
        for row in panel.cases
    ]


def _part_name(panel: Panel, row: CaseRow, names: ValueNames) -> str:
    """The name of a part: of a candidate the person's name, else the first value that was chosen or written."""
    own = [each for each in panel.definition.fields.values() if each.column is None or each.type.party == "expert"]
    telling = [each for each in own if each.type.party == "expert" or (each.type.naming_rank and not panel.part.sealed)]
    ranked = sorted(telling, key=lambda each: each.type.naming_rank)
    words = (text_of(each, row.fields.get(each.key), names) for each in ranked)
    return shorten(next(filter(None, words), row.title or ""), 120, placeholder=" …")
