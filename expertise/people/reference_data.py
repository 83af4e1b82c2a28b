"""Regions, topics and lenders by name: lists to choose from, and regions found in old records."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, Select, select
from sqlalchemy.orm import Session

from expertise.base.collation import alphabetically
from expertise.people.model import Lender, Organisation, Region, Topic
from expertise.people.reference_seed import akimat_key, lender_key, table
from workflows.definition import LANGUAGES, Text


@dataclass(frozen=True, slots=True)
class ReferenceEntry:
    """Something to choose: what is stored, and what people read. `parent` is the key of the broader topic."""

    key: str
    names: Text
    parent: str | None = None


_REGIONS = select(Region.code, Region.name_kk, Region.name_ru, Region.name_en)
_TOPICS = select(Topic.key, Topic.name_kk, Topic.name_ru, Topic.name_en, Topic.parent)
_LENDERS = select(Lender.code, Lender.name_kk, Lender.name_ru, Lender.name_en)

#: Reference data change only while Komek is set up, so each database is read once per process.
_kept: WeakKeyDictionary[Engine, dict[str, tuple[ReferenceEntry, ...]]] = WeakKeyDictionary()


def regions(session: Session) -> tuple[ReferenceEntry, ...]:
    """All regions, in the order of their Kazakh names."""
    return _all(session, "regions", _REGIONS)


def topics(session: Session) -> tuple[ReferenceEntry, ...]:
    """All topics, in the order of their Kazakh names."""
    return _all(session, "topics", _TOPICS)


def lenders(session: Session) -> tuple[ReferenceEntry, ...]:
    """All lenders, in the order of their Kazakh names."""
    return _all(session, "lenders", _LENDERS)


def in_order(found: tuple[ReferenceEntry, ...], language: str) -> list[ReferenceEntry]:
    """The same, in the order of their names in `language`."""
    return sorted(found, key=lambda one: alphabetically(one.names[language]))


def forget() -> None:
    """Read everything anew, after reference data were loaded into a running process."""
    _kept.clear()


def _all(session: Session, what: str, query: Select) -> tuple[ReferenceEntry, ...]:
    kept = _kept.setdefault(session.get_bind().engine, {})
    if not kept.get(what):  # an empty table is about to be filled: do not remember it
        rows = session.execute(query).all()
        named = tuple(ReferenceEntry(row[0], {"kk": row[1], "ru": row[2], "en": row[3]}, *row[4:]) for row in rows)
        kept[what] = tuple(in_order(named, "kk"))
    return kept[what]


@cache
def centre_of(code: str | None) -> Text | None:
    """The centre of a region, which gives a deadline its place; a city is its own."""
    row = next((row for row in table("kz_regions") if row["iso_3166_2"] == code), None)
    return {language: row[f"centre_{language}"].split(" (")[0] for language in LANGUAGES} if row else None


def akimat_of(session: Session, region: str | None) -> int | None:
    """The organisation that files requests for a region: its akimat, as `seed` names it."""
    return session.execute(select(Organisation.id).where(Organisation.key == akimat_key(region or ""))).scalar()


def lender_organisation(session: Session, code: str) -> int | None:
    """The organisation whose people answer for a lender, as `seed` names it."""
    return session.execute(select(Organisation.id).where(Organisation.key == lender_key(code))).scalar()


# --- reading old records ----------------------------------------------------------------------

REGION, CITY = "region", "city"
#: Kazakh letters as records typed on a Russian keyboard have them.
_FOLD = str.maketrans("әғқңөұүһі", "агкноуухи")
#: Words that say which of the two is meant, folded.
_KIND = {
    **dict.fromkeys(("region", "oblast", "oblysy", "province", "область", "области", "обл", "облысы"), REGION),
    **dict.fromkeys(("city", "qalasy", "город", "города", "гор", "г", "каласы", "к"), CITY),
}
_BETWEEN = re.compile(r"[;,/\n]|\s(?:and|и|және)\s")
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")


def find_region(text: str) -> list[str]:
    """Codes of the regions a text names, in its order, each once; pieces that name none are left out.

    Understands several names ("East Kazakhstan; Kyzylorda"), three languages, former names, centres and
    codes. A bare name that is both is the city: "Almaty" is KZ-75, "Almaty Region" KZ-19.
    """
    pieces = (_find_one(piece) for piece in _BETWEEN.split(text[:10_000]))
    return list(dict.fromkeys(code for code in pieces if code is not None))


def _find_one(piece: str) -> str | None:
    stem, kind = _stem(piece)
    for asked in (kind,) if kind else (CITY, REGION):
        code = _index().get((stem, asked))
        if code is not None:
            return code
    return None


def _stem(text: str) -> tuple[str, str | None]:
    """The name without "region", "город" and the like, folded; and which of the two it said."""
    words = _WORD.findall(_folded(text))
    kinds = [_KIND[word] for word in words if word in _KIND]
    stem = " ".join(word for word in words if word not in _KIND).replace("-", " ")
    return stem, kinds[0] if kinds else None


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.casefold())
    return "".join(character for character in plain if not unicodedata.combining(character)).translate(_FOLD)


@cache
def _index() -> dict[tuple[str, str], str]:
    """(folded name, kind) → code. Names of today come before former ones."""
    index: dict[tuple[str, str], str] = {}
    for code, kind, name in [*_todays_names(), *_other_names()]:
        index.setdefault((_stem(name)[0], kind), code)
    return index


def _todays_names() -> list[tuple[str, str, str]]:
    found = []
    for row in table("kz_regions"):
        code, kind = row["iso_3166_2"], REGION if row["type"] == "oblast" else CITY
        names = (code, row["name_en"], row["name_ru"], row["name_kk"], row["iso_name"])
        found += [(code, kind, name) for name in names]
        for centre in (row["centre_en"], row["centre_ru"], row["centre_kk"]):
            found += [(code, CITY, name.strip(" )")) for name in centre.split("(") if name]
    return found


def _other_names() -> list[tuple[str, str, str]]:
    return [(row["code"], row["kind"], row["name"]) for row in table("region_names")]
