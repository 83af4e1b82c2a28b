"""The experts to whom an assignment may be offered, with what helps to choose among them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from expertise.cases.reach import CASES, JOINED, PARTIES
from expertise.experts.model import RosterEntry
from expertise.people.deputies import grant_in_force
from expertise.people.model import Grant, Person, Topic


@dataclass(frozen=True, slots=True)
class Candidate:
    """An expert as the roster knows them; who has no entry there is known by name only."""

    key: str
    name: str
    topics: tuple[str, ...]
    languages: tuple[str, ...]
    days_free: int | None
    profile: str
    assignments: int  # open cases that are theirs, parts left out
    fits: bool  # knows the topic asked for, or one above or below it


def candidates(session: Session, topic: str | None, today: date) -> list[Candidate]:
    """Everybody who is an expert today and not taken off the roster; who knows the topic comes first."""
    near = _near(session, topic)
    found = [
        Candidate(
            key=row.key,
            name=row.name,
            topics=tuple(row.topics or ()),
            languages=tuple(row.languages or ()),
            days_free=row.days_free,
            profile=row.profile or "",
            assignments=row.assignments,
            fits=not near.isdisjoint(row.topics or ()),
        )
        for row in session.execute(_experts(today))
    ]
    return sorted(found, key=lambda each: (not each.fits, each.assignments, each.name))


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
