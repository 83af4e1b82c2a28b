"""The experts to whom an assignment may be offered, the most suitable first, with what helps to choose among them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from expertise.cases.reach import CASES, JOINED, PARTIES
from expertise.experts.model import RosterEntry
from expertise.people.deputies import grant_in_force
from expertise.people.model import Absence, Grant, Person, Topic
from workflows.calendar import Calendar
from workflows.definition import Field

#: Answer of a list of working languages → the languages (ISO 639-1) that it asks for. Another answer asks for none.
SPOKEN: Mapping[str, frozenset[str]] = {
    "kazakh": frozenset({"kk"}),
    "russian": frozenset({"ru"}),
    "kazakh_russian": frozenset({"kk", "ru"}),
    "english": frozenset({"en"}),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """The wishes of an assignment for an expert, besides the topic; None and the empty set ask for nothing."""

    languages: frozenset[str] = frozenset()
    days: int | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """An expert as the roster knows them; who has no entry there is known by name only."""

    key: str
    name: str
    topics: tuple[str, ...]
    languages: tuple[str, ...]
    days_free: int | None  # this year: no more than working days are left in it
    days_in_period: int | None  # those of them, and of later years, between the start and the latest useful day
    profile: str
    assignments: int  # open cases that are theirs, parts left out
    exact: bool  # knows the very topic
    fits: bool  # knows the topic asked for, or one above or below it
    lacking: frozenset[str]  # languages that are asked for and not spoken
    enough: bool  # has the days that are asked for in the period; also where nobody knows

    @property
    def rank(self) -> tuple[object, ...]:
        """The order of candidates: topic, languages, days, and who is less busy."""
        return (not self.exact, not self.fits, len(self.lacking), not self.enough, self.assignments, self.name)


def wish_of(declared: Field, fields: Mapping[str, object]) -> Wish:
    """Return what a case wants by the fields that `matches` of its expert field names."""
    said = {wanted: fields.get(name) for wanted, name in (declared.matches or {}).items()}
    days = said.get("days")
    return Wish(
        languages=SPOKEN.get(str(said.get("languages")), frozenset()),
        days=days if isinstance(days, int) else None,
        since=_day(said.get("since")),
        until=_day(said.get("until")),
    )


def _day(stored: object) -> date | None:
    return date.fromisoformat(stored) if isinstance(stored, str) else None


def candidates(
    session: Session, topic: str | None, today: date, wish: Wish | None = None, calendar: Calendar | None = None
) -> list[Candidate]:
    """Everybody who is an expert today and not taken off the roster, the most suitable first."""
    near, wish, calendar = _near(session, topic), wish or Wish(), calendar or Calendar.kazakhstan()
    away = _absences(session, today)
    found = []
    for row in session.execute(_experts(today)):
        free = _Free(calendar, today, row.days_free, away.get(row.id, ()))
        in_period = free.between(wish.since, wish.until)
        found.append(
            Candidate(
                key=row.key,
                name=row.name,
                topics=tuple(row.topics or ()),
                languages=tuple(row.languages or ()),
                days_free=free.this_year,
                days_in_period=in_period,
                profile=row.profile or "",
                assignments=row.assignments,
                exact=topic in (row.topics or ()),
                fits=not near.isdisjoint(row.topics or ()),
                lacking=wish.languages - frozenset(row.languages or ()),
                enough=wish.days is None or in_period is None or in_period >= wish.days,
            )
        )
    return sorted(found, key=lambda each: each.rank)


@dataclass(frozen=True, slots=True)
class _Free:
    """The days that one expert can give. `stated`: those of this year by the roster; None when it says nothing."""

    calendar: Calendar
    today: date
    stated: int | None
    absences: Sequence[tuple[date, date]]

    @property
    def this_year(self) -> int | None:
        """Days that are stated, and for which working days are left in the year."""
        if self.stated is None:
            return None
        return min(self.stated, self._working(self.today, date(self.today.year, 12, 31)))

    def between(self, since: date | None, until: date | None) -> int | None:
        """Days from `since` (today, if that is later) to `until` (the end of that year); None when nobody knows."""
        begin = max(self.today, since or self.today)
        end = until if until is not None and until >= begin else date(begin.year, 12, 31)
        if self.this_year is None:
            return None
        turn = date(self.today.year, 12, 31)
        # Of later years the roster says nothing: there every working day may be free.
        later = self._working(max(begin, date(self.today.year + 1, 1, 1)), end) if end > turn else 0
        return later + (min(self.this_year, self._working(begin, min(end, turn))) if begin <= turn else 0)

    def _working(self, first: date, last: date) -> int:
        """Working days from the first day to the last, both counted, without those of absences."""
        away = ((max(first, since), min(last, until)) for since, until in self.absences)
        absent = sum(_counted(self.calendar, begin, end) for begin, end in away if begin <= end)
        return max(0, _counted(self.calendar, first, last) - absent) if first <= last else 0


def _counted(calendar: Calendar, first: date, last: date) -> int:
    return calendar.working_days_between(first, last) + calendar.is_working(first)


def _absences(session: Session, today: date) -> Mapping[int, list[tuple[date, date]]]:
    found: dict[int, list[tuple[date, date]]] = defaultdict(list)
    wanted = select(Absence.person_id, Absence.since, Absence.until)
    for row in session.execute(wanted.where(Absence.until >= today, Absence.ended_at.is_(None))):
        found[row.person_id].append((row.since, row.until))
    return found


def _experts(today: date) -> Select:
    held = select(Grant.person_id).where(Grant.role == "expert", grant_in_force(today))
    listed = or_(RosterEntry.listed.is_(None), RosterEntry.listed.is_(True))
    running = (
        select(func.count())
        .select_from(JOINED)
        .where(PARTIES.c.person_id == Person.id, PARTIES.c.role == "expert", PARTIES.c.until.is_(None))
        .where(CASES.c.final.is_(None), CASES.c.parent_id.is_(None))
        .scalar_subquery()
    )
    return (
        select(
            Person.id,
            Person.key,
            Person.name,
            RosterEntry.topics,
            RosterEntry.languages,
            RosterEntry.days_free,
            RosterEntry.profile,
            running.label("assignments"),
        )
        .outerjoin(RosterEntry, RosterEntry.person_id == Person.id)
        .where(Person.active, Person.id.in_(held), listed)
    )


def _near(session: Session, topic: str | None) -> set[str]:
    """The topic, the one it belongs to, and those that belong to it."""
    if topic is None:
        return set()
    rows = session.execute(select(Topic.key, Topic.parent).where(or_(Topic.key == topic, Topic.parent == topic))).all()
    return {topic} | {row.key for row in rows} | {row.parent for row in rows if row.key == topic and row.parent}
