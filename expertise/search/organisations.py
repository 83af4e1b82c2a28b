"""Finds organisations by the words of their names in three languages. There are hundreds of them, not thousands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.base.collation import sorted_by_name
from expertise.base.search_terms import SearchTerm
from expertise.base.words import tokens
from expertise.people.model import Organisation
from workflows.definition import LANGUAGES, Text


@dataclass(frozen=True, slots=True)
class OrganisationHit:
    """An organisation whose names have all words."""

    key: str
    names: Text
    region: str | None


@dataclass(frozen=True, slots=True)
class FoundOrganisations:
    """One page of organisations. `after` is the number of those before the next page, None at the end."""

    hits: Sequence[OrganisationHit]
    total: int
    after: str | None


def find(session: Session, terms: Sequence[SearchTerm], start: int, size: int) -> FoundOrganisations:
    """Return the organisations that have all words, by name, `size` of them from `start` on."""
    columns = (Organisation.key, Organisation.region, *(getattr(Organisation, f"name_{each}") for each in LANGUAGES))
    found = []
    for row in session.execute(select(*columns)):
        names = dict(zip(LANGUAGES, row[2:], strict=True))
        own = set(tokens("\n".join((row.key, *names.values()))))
        if all(term.is_among(own) for term in terms):
            found.append(OrganisationHit(row.key, names, row.region))
    end = start + size
    shown = sorted_by_name(found, lambda each: each.names["ru"])[start:end]
    return FoundOrganisations(shown, len(found), str(end) if end < len(found) else None)
