"""Filters of the list of cases that a number of a report needs, so that it can lead to exactly its cases.

Each is a name of the address with a text. A text that is no value of the filter finds nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import aliased

from expertise.audit.act import Subject
from expertise.audit.model import Event
from expertise.cases.queries import CASES, equal
from expertise.cases.reach import PARTIES
from expertise.people.model import Person
from workflows.calendar import ALMATY

#: The value of `assignee` for cases that are assigned to nobody.
NOBODY = "nobody"
#: The columns that `without` may name.
EMPTY = {"region": CASES.c.region, "topic": CASES.c.topic, "currency": CASES.c.currency, "parent": CASES.c.parent_id}
_PERIOD = re.compile(r"(?P<year>(?:19|20|21)\d\d)(?:-(?P<month>0[1-9]|1[0-2]))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Period:
    """Whole months, from the first day of one to the day before `end`. `text` is how an address writes it."""

    begin: date
    end: date
    text: str

    @property
    def instants(self) -> tuple[datetime, datetime]:
        """The first moment of the period and the first moment after it, on the clock of Kazakhstan."""
        return _midnight(self.begin), _midnight(self.end)

    def holds(self, column: ColumnElement[datetime]) -> ColumnElement[bool]:
        """The condition on a column to lie within the period."""
        begin, end = self.instants
        return and_(column >= begin, column < end)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), ALMATY)


def month_after(day: date, months: int = 1) -> date:
    """The first day of the month that comes so many months after that of `day`; before it, when negative."""
    number = day.year * 12 + day.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def period_of(text: str) -> Period | None:
    """Read `2026`, `2026-03` or `2025-12..2026-11` (both months included); None for anything else."""
    first, between, last = text.partition("..")
    begun, ended = _PERIOD.fullmatch(first), _PERIOD.fullmatch(last if between else first)
    if begun is None or ended is None:
        return None
    begin = date(int(begun["year"]), int(begun["month"] or 1), 1)
    end = month_after(date(int(ended["year"]), int(ended["month"] or 12), 1))
    return Period(begin, end, text) if begin < end else None


def months(first: date, number: int) -> Period:
    """The period of so many months from that of `first` on."""
    begin, last = first.replace(day=1), month_after(first, number - 1)
    text = f"{begin:%Y-%m}" if number == 1 else f"{begin:%Y-%m}..{last:%Y-%m}"
    return Period(begin, month_after(last), text)


def read(arguments: Mapping[str, str]) -> dict[str, str]:
    """Those filters that an address holds."""
    return {name: arguments[name][:1000] for name in CONDITIONS if arguments.get(name)}


def conditions(chosen: Mapping[str, str]) -> list[ColumnElement[bool]]:
    """The conditions on `cases` of the chosen filters; `moved` says when a state was `left`."""
    named = {name: text for name, text in chosen.items() if name in CONDITIONS and name not in ("left", "moved")}
    found = [CONDITIONS[name](text) for name, text in named.items()]
    return found + ([_left(chosen["left"], chosen.get("moved"))] if "left" in chosen else [])


def within(column: ColumnElement[datetime], text: str) -> ColumnElement[bool]:
    """The condition on a moment to lie within a period that an address names."""
    period = period_of(text)
    return false() if period is None else period.holds(column)


def assigned_to(text: str) -> ColumnElement[bool]:
    """Assigned to the person with that key, or to NOBODY."""
    if text == NOBODY:
        return CASES.c.assignee_id.is_(None)
    return CASES.c.assignee_id == select(Person.id).where(equal(Person.key, text)).scalar_subquery()


def reached(states: Iterable[str]) -> ColumnElement[bool]:
    """Whether the case is or was in one of the states; a step that was taken back does not count."""
    move = aliased(Event)
    there = (move.case_id == CASES.c.id, move.to_state.in_(list(states)), _moves(move), ~_undone(move))
    return select(move.sequence).where(*there).correlate(CASES).exists()


def _left(state: str, when: str | None) -> ColumnElement[bool]:
    """Whether the case has left the state, within a period where one is named."""
    move = aliased(Event)
    there = [move.case_id == CASES.c.id, equal(move.from_state, state), move.from_state != move.to_state]
    there += [~_is_undo(move), ~_undone(move)]
    there += [within(move.at.expression, when)] if when is not None else []
    return select(move.sequence).where(*there).correlate(CASES).exists()


def _moves(move: type[Event]) -> ColumnElement[bool]:
    return or_(move.from_state.is_(None), move.from_state != move.to_state)


def _is_undo(move: type[Event]) -> ColumnElement[bool]:
    return move.act.like(f"%:{Subject.UNDO}:%")


def _undone(move: type[Event]) -> ColumnElement[bool]:
    """Whether the next move of the case takes this one back."""
    other, following = aliased(Event), aliased(Event)
    later = (other.case_id == move.case_id, other.sequence > move.sequence, _moves(other))
    number = select(func.min(other.sequence)).where(*later).correlate(move).scalar_subquery()
    same = (following.case_id == move.case_id, following.sequence == number, _is_undo(following))
    return select(following.sequence).where(*same).correlate(move).exists()


def _has_party(role: str) -> ColumnElement[bool]:
    mine = (PARTIES.c.case_id == CASES.c.id, equal(PARTIES.c.role, role), PARTIES.c.until.is_(None))
    return select(PARTIES.c.id).where(*mine).correlate(CASES).exists()


def _any_of(text: str) -> list[str]:
    return [] if "\0" in text else text.split(",")


#: Filter → the condition for its text.
CONDITIONS: Mapping[str, Callable[[str], ColumnElement[bool]]] = {
    "states": lambda text: CASES.c.state.in_(_any_of(text)),
    "role": lambda text: equal(CASES.c.owner_role, text),
    "assignee": assigned_to,
    "outcome": lambda text: equal(CASES.c.final, text),
    "currency": lambda text: equal(CASES.c.currency, text),
    "opened": lambda text: within(CASES.c.opened_at, text),
    "ended": lambda text: within(CASES.c.ended_at, text),
    "due": lambda text: within(CASES.c.due_at, text),
    "without": lambda text: EMPTY[text].is_(None) if text in EMPTY else false(),
    "reached": lambda text: reached(_any_of(text)),
    "left": lambda text: _left(text, None),
    "moved": lambda _text: false(),  # read together with `left`
    "party": _has_party,
}
