"""The courses of cases: which states they were in and for how long, read from the trail.

The trail grows without end, so at most the `MOST` cases that changed last are read, and the answer says whether those
were all. A step that was taken back leaves no stay.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from expertise.audit.act import Subject, act_of
from expertise.audit.model import Event
from expertise.cases.queries import CASES
from expertise.cases.reach import NEWEST_FIRST, listed
from expertise.people.access import Actor
from expertise.reports.counts import Selection, sources
from workflows.calendar import Calendar
from workflows.definition import Definition, Final
from workflows.graph import way_ahead

MOST = 500


@dataclass(frozen=True, slots=True)
class Stay:
    """A visit of a state; `left` is None while the case is there."""

    state: str
    entered: datetime
    left: datetime | None = None


@dataclass(frozen=True, slots=True)
class Courses:
    """The stays of each case, by its id. `all_read`: no case of the selection was left out."""

    stays: Mapping[int, tuple[Stay, ...]]
    all_read: bool


@dataclass(frozen=True, slots=True)
class LeadTime:
    """The working days that cases spent in a state: median, nine of ten (p90), and how many cases have left it.

    None for a state that no case has left.
    """

    cases: int
    median: float | None = None
    p90: int | None = None


@dataclass(frozen=True, slots=True)
class BoardStage:
    """A column of the board and a step of the funnel: a phase of the workflow, or a single state without phases."""

    key: str
    label: Mapping[str, str]
    states: tuple[str, ...]


def courses(
    session: Session, actor: Actor, selection: Selection, *narrowed: ColumnElement[bool], most: int = MOST
) -> Courses:
    """Read the courses of the cases of the selection, the newest change first, as far as `most` goes."""
    conditions = (*selection.conditions(), *narrowed)
    ids = list(session.scalars(listed([CASES.c.id], sources(actor), NEWEST_FIRST, most + 1, *conditions)))
    moved = or_(Event.from_state.is_(None), Event.from_state != Event.to_state)
    columns = (Event.case_id, Event.at, Event.act, Event.to_state)
    wanted = select(*columns).where(Event.case_id.in_(ids[:most]), moved).order_by(Event.case_id, Event.sequence)
    moves: dict[int, list[Any]] = defaultdict(list)
    for row in session.execute(wanted):
        moves[row.case_id].append(row)
    return Courses({number: _stays(moves[number]) for number in ids[:most]}, len(ids) <= most)


def _stays(moves: Sequence[Any]) -> tuple[Stay, ...]:
    found: list[Stay] = []
    for move in moves:
        if act_of(move.act).subject == Subject.UNDO and len(found) > 1:
            found.pop()
            found[-1] = replace(found[-1], left=None)
            continue
        if found:
            found[-1] = replace(found[-1], left=move.at)
        found.append(Stay(move.to_state, move.at))
    return tuple(found)


def lead_times(read: Courses, states: Iterable[str], calendar: Calendar) -> dict[str, LeadTime]:
    """State → its lead time, over the stays that have ended."""
    days: dict[str, list[int]] = defaultdict(list)
    cases: dict[str, set[int]] = defaultdict(set)
    for number, stays in read.stays.items():
        for stay in stays:
            if stay.left is not None:
                first, last = calendar.local_day(stay.entered), calendar.local_day(stay.left)
                days[stay.state].append(calendar.working_days_between(first, last))
                cases[stay.state].add(number)
    return {state: _lead_time(len(cases[state]), days[state]) for state in states}


def _lead_time(cases: int, days: list[int]) -> LeadTime:
    if not days:
        return LeadTime(cases)
    return LeadTime(cases, statistics.median(days), sorted(days)[math.ceil(0.9 * len(days)) - 1])


def stages(definition: Definition, *, by_state: bool = False) -> list[BoardStage]:
    """The phases of the workflow with their open states, in order; `by_state`, or without phases: each state alone."""
    phases = {} if by_state else definition.phases
    found = {phase: BoardStage(phase, label, ()) for phase, label in phases.items()}
    for key, state in definition.states.items():
        if state.final is None:
            name = state.phase if state.phase is not None and state.phase in phases else key
            before = found.get(name, BoardStage(key, state.label, ()))
            found[name] = replace(before, states=(*before.states, key))
    return [each for each in found.values() if each.states]


def funnel_stages(definition: Definition) -> list[BoardStage]:
    """The stages on the main line, the last of them the ends with success; each with the main states from it on.

    The first one has all states: every case has come as far as that.
    """
    line = [definition.initial, *way_ahead(definition, definition.initial)]
    steps = [each for each in stages(definition) if not set(each.states).isdisjoint(line)]
    ends = [key for key, state in definition.states.items() if state.final == Final.SUCCEEDED]
    steps += [BoardStage(key, definition.states[key].label, (key,)) for key in ends if key in line]
    found, later = list[BoardStage](), tuple(ends)
    for step in reversed(steps):
        later = tuple(dict.fromkeys((*(key for key in step.states if key in line), *later)))
        found.insert(0, replace(step, states=later))
    return [replace(each, states=tuple(definition.states)) if not place else each for place, each in enumerate(found)]


def funnel(read: Courses, steps: Sequence[BoardStage]) -> list[int]:
    """How many of the cases have come to each stage or to a later one."""
    been = [{stay.state for stay in stays} for stays in read.stays.values()]
    return [sum(not states.isdisjoint(step.states) for states in been) for step in steps]
