"""Saved views of the list of cases: a name for an address, kept by a person and shared with colleagues.

A view holds filters, columns and an order, and no case: whoever opens it sees what they reach themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, delete, func, insert, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from expertise.base.collation import sorted_by_name
from expertise.base.database import Base, Json, Key, changed, insert_into, table_of
from expertise.people.access import Actor
from expertise.people.model import Person
from expertise.people.scope import EVERYWHERE, STAFF

#: Views of one person.
MOST = 50
#: Characters of a name.
LONGEST = 80
#: Characters of all values of a view.
LARGEST = 4000
#: The value of `shared` for everybody of the team; any other is a role of it.
TEAM = "team"


def sharing() -> tuple[str, ...]:
    """Return with whom a view may be shared: the whole team, or one role of it."""
    return (TEAM, *sorted(STAFF | EVERYWHERE))


Settings = Mapping[str, Sequence[str]]


class SavedView(Base):
    """A view. `settings`: names of the address with their values, as the list reads them."""

    __tablename__ = "views"
    __table_args__ = (
        CheckConstraint("name <> ''", "named"),
        Index("ix_views_owner", "owner_id"),
        Index("ix_views_shared", "shared"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    name: Mapped[str] = mapped_column(String(LONGEST))
    shared: Mapped[str | None] = mapped_column(String(20))  # one of `sharing`; None: nobody but the owner
    settings: Mapped[dict[str, Any]] = mapped_column(Json)
    changed_at: Mapped[datetime]


class DefaultView(Base):
    """The view with which the list of cases opens for a person; it may be one of a colleague."""

    __tablename__ = "default_views"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    view_id: Mapped[int] = mapped_column(ForeignKey("views.id", ondelete="CASCADE"), index=True)


VIEWS, DEFAULTS, PEOPLE = table_of(SavedView), table_of(DefaultView), table_of(Person)


@dataclass(frozen=True, slots=True)
class ListedView:
    """A view as its reader sees it. `owner`: the name of a colleague, empty for the reader's own."""

    id: int
    name: str
    shared: str | None
    settings: Settings
    owner: str
    default: bool

    @property
    def own(self) -> bool:
        """Whether the reader may change it."""
        return not self.owner


def audiences_of(actor: Actor) -> frozenset[str]:
    """The values of `shared` that this person reads; none for people outside of the team."""
    if not actor.is_staff:
        return frozenset()
    return frozenset({TEAM, *(grant.role for grant in actor.grants)})


def views_of(session: Session, actor: Actor) -> list[ListedView]:
    """Return the views that this person sees, in the order of their names: the own ones before those of colleagues."""
    seen = or_(VIEWS.c.owner_id == actor.person_id, VIEWS.c.shared.in_(audiences_of(actor)))
    chosen = select(DEFAULTS.c.view_id).where(DEFAULTS.c.person_id == actor.person_id).scalar_subquery()
    columns = (VIEWS.c.id, VIEWS.c.name, VIEWS.c.shared, VIEWS.c.settings, VIEWS.c.owner_id, PEOPLE.c.name.label("by"))
    rows = session.execute(
        select(*columns, (VIEWS.c.id == chosen).label("default"))
        .join(PEOPLE, PEOPLE.c.id == VIEWS.c.owner_id)
        .where(seen)
        .order_by(VIEWS.c.id)
    )
    found = [
        ListedView(
            row.id,
            row.name,
            row.shared,
            row.settings,
            "" if row.owner_id == actor.person_id else row.by,
            bool(row.default),
        )
        for row in rows
    ]
    return sorted(sorted_by_name(found, lambda view: view.name), key=lambda view: not view.own)


def save(
    session: Session, actor: Actor, name: str, settings: Settings, shared: str | None, now: datetime
) -> int | None:
    """Keep a view; one of the same name of this person is replaced. Returns its id, None where it may not be kept.

    A name is not empty, a view is shared by the team alone, and nobody has more than MOST.
    """
    if not _may(actor, name, settings, shared):
        return None
    values = {"settings": {key: list(each) for key, each in settings.items()}, "shared": shared, "changed_at": now}
    mine = VIEWS.c.owner_id == actor.person_id
    known = session.scalar(select(VIEWS.c.id).where(mine, VIEWS.c.name == name))
    if known is not None:
        session.execute(update(VIEWS).where(VIEWS.c.id == known).values(**values))
        return int(known)
    if (session.scalar(select(func.count()).select_from(VIEWS).where(mine)) or 0) >= MOST:
        return None
    made = insert(VIEWS).values(owner_id=actor.person_id, name=name, **values).returning(VIEWS.c.id)
    return int(session.execute(made).scalar_one())


def rename(session: Session, actor: Actor, view: int, name: str, shared: str | None, now: datetime) -> bool:
    """Name an own view anew, and say who shares it. False: there is no such view of this person, or it may not be."""
    if not _may(actor, name, {}, shared):
        return False
    values = {"name": name, "shared": shared, "changed_at": now}
    return changed(session, update(VIEWS).where(*_own(actor, view)).values(**values)) > 0


def remove(session: Session, actor: Actor, view: int) -> bool:
    """Delete an own view, and with it the choice of everybody who opens the list with it."""
    if session.scalar(select(VIEWS.c.id).where(*_own(actor, view))) is None:
        return False
    session.execute(delete(DEFAULTS).where(DEFAULTS.c.view_id == view))
    session.execute(delete(VIEWS).where(*_own(actor, view)))
    return True


def open_with(session: Session, actor: Actor, view: int | None) -> bool:
    """Let the list open with a view that the person sees; with none for None. False for a view they do not see."""
    if view is None:
        session.execute(delete(DEFAULTS).where(DEFAULTS.c.person_id == actor.person_id))
        return True
    if all(each.id != view for each in views_of(session, actor)):
        return False
    row = insert_into(session, DEFAULTS).values(person_id=actor.person_id, view_id=view)
    session.execute(row.on_conflict_do_update(index_elements=["person_id"], set_={"view_id": view}))
    return True


def _own(actor: Actor, view: int) -> tuple[Any, Any]:
    return VIEWS.c.id == view, VIEWS.c.owner_id == actor.person_id


def _may(actor: Actor, name: str, settings: Settings, shared: str | None) -> bool:
    size = sum(len(key) + len(text) for key, each in settings.items() for text in each)
    fits = 0 < len(name) <= LONGEST and name.isprintable() and size <= LARGEST
    return fits and actor.person_id is not None and (shared is None or (actor.is_staff and shared in sharing()))
