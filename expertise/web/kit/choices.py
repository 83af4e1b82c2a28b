"""Choices of looked-up fields: regions, topics, lenders, organisations and experts, in the language of the page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.base.collation import sorted_by_name
from expertise.experts import roster
from expertise.people.model import Lender, Organisation, Region, Topic
from expertise.web.kit.i18n import said, translator
from workflows.definition import LANGUAGES, Text

REMEMBERED = "komek-names"


class ReferenceNames:
    """Names of regions, topics and lenders. Read once per process: they change with a release, not with a click."""

    def __init__(self, session: Session) -> None:
        self._regions = _names(session, Region, "code")
        self._lenders = _names(session, Lender, "code")
        self._lending = frozenset(session.scalars(select(Lender.code).where(Lender.lends)))
        self._topics = _names(session, Topic, "key")
        self._above: Mapping[str, str | None] = {
            row.key: row.parent for row in session.execute(select(Topic.key, Topic.parent))
        }

    @property
    def texts(self) -> Mapping[str, Mapping[str, Text]]:
        """Field type → key → name, as values are written."""
        return {"region": self._regions, "topic": self._topics, "lender": self._lenders}

    def region(self, code: str | None) -> str:
        """The region's name, or its code when nobody knows it, or nothing."""
        return said(self._regions[code]) if code in self._regions else code or ""

    def topic(self, key: str | None) -> str:
        """The topic's name."""
        return said(self._topics[key]) if key in self._topics else key or ""

    def lender(self, code: str | None) -> str:
        """The lender's name."""
        return said(self._lenders[code]) if code in self._lenders else code or ""

    def choices(self, type_: str) -> list[tuple[str, str]]:
        """Keys and names of a field type, sorted as the reader's alphabet goes."""
        if type_ == "region":
            return by_name(self._regions.items())
        if type_ == "lender":
            return by_name((code, name) for code, name in self._lenders.items() if code in self._lending)
        return self._topics_in_order()

    def _topics_in_order(self) -> list[tuple[str, str]]:
        """Each topic followed by its narrower ones, which are indented."""
        found = []
        for key, name in by_name((key, name) for key, name in self._topics.items() if not self._above[key]):
            found.append((key, name))
            narrower = ((key2, name2) for key2, name2 in self._topics.items() if self._above[key2] == key)
            found += [(key2, f"– {name2}") for key2, name2 in by_name(narrower)]
        return found


def experts(
    found: Iterable[roster.Candidate], names: ReferenceNames, wish: roster.Wish
) -> list[tuple[str, str, list[str]]]:
    """Public id, name and lines that help to choose, of these candidates."""
    return [(each.key, each.name, list(_reasons(each, names, wish))) for each in found]


def _reasons(each: roster.Candidate, names: ReferenceNames, wish: roster.Wish) -> Iterator[str]:
    if each.fits:
        yield _("Knows the topic of this request") if each.exact else _("Knows a topic near that of this request")
    if each.topics:
        yield _("Topics: %(topics)s", topics=", ".join(names.topic(key) for key in each.topics))
    if each.languages:
        yield _("Languages: %(languages)s", languages=_spoken(each.languages))
    if each.languages and each.lacking:
        yield _("Does not speak: %(languages)s", languages=_spoken(sorted(each.lacking)))
    yield from _days(each, wish)
    yield _("Assignments under way: %(number)s", number=each.assignments)
    if each.profile:
        yield each.profile


def _spoken(languages: Iterable[str]) -> str:
    return ", ".join(map(translator().language_name, languages))


def _days(each: roster.Candidate, wish: roster.Wish) -> Iterator[str]:
    if each.days_free is not None:
        yield _("Days free this year: %(number)s", number=each.days_free)
    if each.days_in_period is not None and (wish.since or wish.until):
        yield _("Days free in the time asked for: %(number)s", number=each.days_in_period)
    if not each.enough:
        yield _("Fewer days than the request asks for: %(number)s", number=wish.days or 0)


def by_name(things: Iterable[tuple[str, Text]]) -> list[tuple[str, str]]:
    """Keys with names in the language of the page, in the order of its alphabet."""
    return sorted_by_name(((key, said(name)) for key, name in things), lambda pair: pair[1])


def organisations(session: Session) -> list[tuple[str, str]]:
    """Every organisation: key and name, in the order of the alphabet."""
    return by_name(_names(session, Organisation, "key").items())


def _names(session: Session, table: type[Region | Lender | Topic | Organisation], key: str) -> dict[str, Text]:
    rows = session.execute(select(getattr(table, key), table.name_kk, table.name_ru, table.name_en))
    return {row[0]: dict(zip(LANGUAGES, row[1:], strict=True)) for row in rows}


def listed(session: Session) -> ReferenceNames:
    """The names, read by the first request that asks; a database still empty is asked again."""
    known = current_app.extensions.get(REMEMBERED)
    if known is None:
        known = ReferenceNames(session)
        if known.choices("region"):
            current_app.extensions[REMEMBERED] = known
    return cast("ReferenceNames", known)
