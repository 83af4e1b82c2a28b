"""Reference data: regions and their history, topics, the project team, an organisation for each akimat and lender."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from expertise.base.database import Base
from expertise.people.model import Lender, Organisation, Region, RegionHistory, Topic

DATA = Path(__file__).parent.parent / "data"

TEAM = {
    "key": "project-team",
    "name_kk": "Жоба тобы",
    "name_ru": "Проектная группа",
    "name_en": "Project team",
    "region": None,
}


def load_reference(session: Session) -> int:
    """Bring the reference tables to what the files say; returns how many rows were added or changed.

    Loading twice changes nothing. A row that is in no file stays: cases may point to it.
    """
    regions = table("kz_regions")
    changed = _bring(session, Region, [_region(row) for row in regions])
    changed += _bring(session, Topic, [_topic(row) for row in table("topics")])
    changed += _bring(
        session,
        Lender,
        [_names(row) | {"code": row["code"], "lends": row["lends"] == "yes"} for row in table("lenders")],
    )
    session.flush()  # history and akimats point to regions
    changed += _bring(session, RegionHistory, [_came_out(row) for row in table("region_history")])
    changed += _bring_organisations(session, [TEAM, *map(_akimat, regions), *map(_lender, table("lenders"))])
    session.flush()
    return changed


@cache
def table(name: str) -> tuple[Mapping[str, str], ...]:
    """The rows of a file of expertise/data."""
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def _bring(session: Session, kind: type[Base], rows: list[dict[str, Any]]) -> int:
    keys = [str(column.key) for column in inspect(kind).primary_key]
    there = {tuple(getattr(row, key) for key in keys): row for row in session.scalars(select(kind))}
    return sum(_set(session, kind, there.get(tuple(row[key] for key in keys)), row) for row in rows)


def _bring_organisations(session: Session, rows: list[dict[str, Any]]) -> int:
    there = {row.key: row for row in session.scalars(select(Organisation))}
    return sum(_set(session, Organisation, there.get(row["key"]), row) for row in rows)


def _set(session: Session, kind: type[Base], there: Base | None, row: dict[str, Any]) -> bool:
    if there is None:
        session.add(kind(**row))
        return True
    different = {name: value for name, value in row.items() if getattr(there, name) != value}
    for name, value in different.items():
        setattr(there, name, value)
    return bool(different)


def _region(row: Mapping[str, str]) -> dict[str, Any]:
    since = {found["successor"]: date.fromisoformat(found["on"]) for found in table("region_history")}
    code = row["iso_3166_2"]
    return _names(row) | {"code": code, "kind": row["type"], "since": since.get(code)}


def _topic(row: Mapping[str, str]) -> dict[str, Any]:
    return _names(row) | {"key": row["topic"], "parent": row["parent"] or None, "dac_code": row["dac_primary"]}


def _came_out(row: Mapping[str, str]) -> dict[str, Any]:
    return dict(row) | {"on": date.fromisoformat(row["on"])}


def akimat_key(code: str) -> str:
    """The key of a region's akimat among the organisations."""
    return f"akimat-{code.lower()}"


def _akimat(row: Mapping[str, str]) -> dict[str, Any]:
    code = row["iso_3166_2"]
    return {
        "key": akimat_key(code),
        "region": code,
        "name_kk": f"{row['name_kk']}ның әкімдігі",  # all end in облысы or қаласы
        "name_ru": f"Акимат {_genitive(row['name_ru'])}",
        "name_en": f"Akimat of {row['name_en']}",
    }


def lender_key(code: str) -> str:
    """The key among the organisations of a lender, to which its people belong."""
    return f"lender-{code.lower()}"


def _lender(row: Mapping[str, str]) -> dict[str, Any]:
    return _names(row) | {"key": lender_key(row["code"]), "region": None}


def _genitive(name: str) -> str:
    """Кызылординская область → Кызылординской области; область Абай → области Абай; город … → города …"""
    return name.replace("ская область", "ской области").replace("область ", "области ").replace("город ", "города ")


def _names(row: Mapping[str, str]) -> dict[str, Any]:
    return {name: row[name] for name in ("name_kk", "name_ru", "name_en")}
