"""Forms that a person filled in and that were not taken: kept for some days, for the same person and page.

A session that ended, a switch of the language or a refused form loses no word. Files are not kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

from sqlalchemy import Text, cast, delete, func, select
from sqlalchemy.orm import Session

from expertise.base.database import insert_into, table_of
from expertise.people.model import Person, UnsentForm

#: How long a form is offered again.
KEPT = timedelta(days=7)
#: Forms of one person; the oldest gives way.
MOST = 20
#: Bytes of one form, as many as a request can bring, and characters of all that a person has in the table. The oldest
#: give way.
LARGEST, LARGEST_ALL = 4 * 1024 * 1024, 8 * 1024 * 1024
#: Characters of the path of a page.
LONGEST_PATH = 300


@dataclass(frozen=True, slots=True)
class KeptForm:
    """The content of one form. `place` is its number among the forms of its page, from 0."""

    key: str
    path: str
    place: int
    fields: Sequence[tuple[str, str]]


def keep(session: Session, person_key: str, form: KeptForm, now: datetime) -> bool:
    """Keep the form under its key, in place of what stood there. False: nobody has this key, or it is too large."""
    person = session.scalar(select(Person.id).where(Person.key == person_key, Person.active))
    size = _size(form.fields)
    if person is None or size > LARGEST or len(form.path) > LONGEST_PATH:
        return False
    values = {
        "path": form.path,
        "place": form.place,
        "fields": [[_storable(name), _storable(value)] for name, value in form.fields],
        "kept_at": now,
    }
    statement = insert_into(session, table_of(UnsentForm)).values(person_id=person, key=form.key, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["person_id", "key"], set_=values))
    _let_the_oldest_go(session, person)
    return True


def _size(fields: Sequence[Sequence[str]]) -> int:
    return sum(len(text.encode("utf-8", "replace")) for pair in fields for text in pair)


def _storable(text: str) -> str:
    """Return the text without what PostgreSQL cannot store: NUL and halves of surrogate pairs."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _let_the_oldest_go(session: Session, person_id: int) -> None:
    found = select(UnsentForm.key, func.length(cast(UnsentForm.fields, Text))).where(UnsentForm.person_id == person_id)
    rows = session.execute(found.order_by(UnsentForm.kept_at.desc(), UnsentForm.key)).all()
    sizes = accumulate(size for _key, size in rows)
    gone = [
        row[0] for place, (row, size) in enumerate(zip(rows, sizes, strict=True)) if place and _too_much(place, size)
    ]
    if gone:
        session.execute(delete(UnsentForm).where(UnsentForm.person_id == person_id, UnsentForm.key.in_(gone)))


def _too_much(place: int, size: int) -> bool:
    return place >= MOST or size > LARGEST_ALL


def of_page(session: Session, person_id: int, path: str, now: datetime) -> list[KeptForm]:
    """Return the forms that the person left on the page with this path, the newest first."""
    found = session.scalars(
        select(UnsentForm)
        .where(UnsentForm.person_id == person_id, UnsentForm.path == path, UnsentForm.kept_at > now - KEPT)
        .order_by(UnsentForm.kept_at.desc(), UnsentForm.key)
    )
    return [KeptForm(row.key, row.path, row.place, [(name, value) for name, value in row.fields]) for row in found]


def is_kept(session: Session, person_key: str, key: str) -> bool:
    """Return whether a form of the person is kept under the key."""
    row = select(UnsentForm.key).join(Person, Person.id == UnsentForm.person_id)
    return session.scalar(row.where(Person.key == person_key, UnsentForm.key == key)) is not None


def drop(session: Session, person_key: str, keys: Sequence[str]) -> None:
    """Forget the forms of a person. An unknown key is no error."""
    person = select(Person.id).where(Person.key == person_key).scalar_subquery()
    session.execute(delete(UnsentForm).where(UnsentForm.person_id == person, UnsentForm.key.in_(keys)))


def forget(session: Session, now: datetime) -> None:
    """Remove the forms that nobody came back to; for the worker's nightly round."""
    session.execute(delete(UnsentForm).where(UnsentForm.kept_at <= now - KEPT))
