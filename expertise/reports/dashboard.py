"""The figures of the dashboard, within the reach of a reader: counted in the database, or read from the trail."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from expertise.cases.services import Services
from expertise.people.access import Actor
from expertise.reports import counts, courses
from expertise.reports.counts import DayCount, MonthCount, Selection, StateCount, Sums, summed
from expertise.reports.courses import LeadTime
from expertise.reports.list_filters import Period, month_after, months
from workflows.definition import Definition

MONTHS = 12


@dataclass(frozen=True, slots=True)
class MainWorkflow:
    """The workflow whose lead times are shown: these, and its cases by state. `states` are those of the selection."""

    selection: Selection
    states: Sequence[StateCount]
    main: Definition
    main_states: Sequence[StateCount]
    lead_times: Mapping[str, LeadTime]
    all_read: bool  # the lead times are of all cases, not only of those that changed last


@dataclass(frozen=True, slots=True)
class Dashboard(MainWorkflow):
    """All that the page shows. `span`: the months of its columns."""

    span: Sequence[Period]
    opened: Sequence[MonthCount]
    ended: Sequence[MonthCount]
    days: Sequence[DayCount]
    days_of: str | None  # the workflow whose expert-days are counted; None when the selection has none

    @property
    def open(self) -> list[StateCount]:
        """The counts of open cases."""
        return [row for row in self.states if row.final is None]


def look(
    session: Session, services: Services, actor: Actor, selection: Selection, year: int | None, now: datetime
) -> Dashboard:
    """Count everything. `year`: only cases opened in it; without one, the months are the last twelve."""
    definitions = services.definitions.all_current()
    today = services.calendar.local_day(now)
    first = date(year, 1, 1) if year is not None else month_after(today, 1 - MONTHS)
    span = [months(month_after(first, number), 1) for number in range(MONTHS)]
    found = main_workflow(session, services, actor, selection, year, now)
    chosen = found.selection
    with_days, name = _with_days(definitions, selection.workflow)
    return Dashboard(
        **{each.name: getattr(found, each.name) for each in fields(MainWorkflow)},
        span=span,
        opened=counts.by_month(session, actor, chosen, span, [each.key for each in definitions]),
        ended=counts.ended_by_month(session, actor, chosen, span),
        days=counts.expert_days(session, actor, replace(chosen, workflow=with_days), name) if with_days else (),
        days_of=with_days,
    )


def main_workflow(
    session: Session, services: Services, actor: Actor, selection: Selection, year: int | None, now: datetime
) -> MainWorkflow:
    """Count what the picture of the workflow shows, and nothing else; arguments as of `look`."""
    definitions = services.definitions.all_current()
    chosen = replace(selection, opened=str(year)) if year is not None else selection
    states = counts.by_state(session, actor, chosen, now)
    main = _main(definitions, states, selection.workflow)
    of_main = replace(chosen, workflow=main.key)
    read = courses.courses(session, actor, of_main)
    is_counted = main.key == selection.workflow or not _is_part(definitions, main)
    return MainWorkflow(
        selection=chosen,
        states=states,
        main=main,
        main_states=[row for row in states if row.workflow == main.key]
        if is_counted
        else counts.by_state(session, actor, of_main, now),
        lead_times=courses.lead_times(read, main.states, services.calendar),
        all_read=read.all_read,
    )


def _main(definitions: Sequence[Definition], states: Iterable[StateCount], wanted: str | None) -> Definition:
    """The chosen workflow, else the one with the most cases that people open."""
    number: dict[str, int] = {}
    for row in states:
        number[row.workflow] = number.get(row.workflow, 0) + row.number
    offered = [each for each in definitions if each.opened_by] or definitions
    return next(
        (each for each in definitions if each.key == wanted), max(offered, key=lambda each: number.get(each.key, 0))
    )


def _is_part(definitions: Iterable[Definition], wanted: Definition) -> bool:
    """Whether cases of the workflow can be parts of others, which a count without a workflow leaves out."""
    return any(part.workflow == wanted.key for each in definitions for part in each.parts.values())


def _with_days(definitions: Iterable[Definition], wanted: str | None) -> tuple[str | None, str]:
    """The workflow, and its field, that says how many days of an expert are asked for; None when it is not selected."""
    for each in definitions:
        for declared in each.fields.values():
            name = (declared.matches or {}).get("days")
            if name is not None and wanted in (None, each.key):
                return each.key, name
    return None, ""


def grouped(rows: Iterable[StateCount], key: Callable[[StateCount], Any]) -> dict[Any, Sums]:
    """The sums of counts by a key."""
    found: dict[Any, list[StateCount]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return {value: summed(several) for value, several in found.items()}


def days_by(rows: Iterable[DayCount], key: str) -> dict[str | None, tuple[int, int]]:
    """Region or topic → number of cases and their expert-days."""
    found: dict[str | None, tuple[int, int]] = {}
    for row in rows:
        number, days = found.get(getattr(row, key), (0, 0))
        found[getattr(row, key)] = (number + row.number, days + row.days)
    return found
