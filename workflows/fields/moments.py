"""Fields of day and time, given on the clock of the place and kept with its distance from UTC."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta, timezone
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from workflows.calendar import ALMATY
from workflows.field import Field, FieldType, Widget, Words
from workflows.fields.numbers import FIRST_YEAR, LAST_YEAR, LONGEST, DateType
from workflows.fields.text import clean, plain, refuse

#: Region (ISO 3166-2) → its clock, where it was another one than that of Almaty before 1 March 2024.
_ZONES: Mapping[str, ZoneInfo] = MappingProxyType(
    {
        "KZ-15": ZoneInfo("Asia/Aqtobe"),
        "KZ-23": ZoneInfo("Asia/Atyrau"),
        "KZ-27": ZoneInfo("Asia/Oral"),
        "KZ-39": ZoneInfo("Asia/Qostanay"),
        "KZ-43": ZoneInfo("Asia/Qyzylorda"),
        "KZ-47": ZoneInfo("Asia/Aqtau"),
    }
)
#: The region whose clock counts while values are read; None for that of the capital.
_REGION: ContextVar[str | None] = ContextVar("region", default=None)

_PARTS = re.compile(
    r"(?P<day>\d{1,2}\.\d{1,2}\.\d{4}|\d{4}-\d{2}-\d{2})(?:[ ,]+(?:г\.|ж\.)?|[T ])(?:в |сағат |at )? *"
    r"(?P<time>[^ ()+Z]+)\s*\(?(?P<zone>Z|(?:UTC|GMT)? ?[+-] ?\d{1,2}(?::?\d{2})?|UTC|GMT)?\)?",
    re.ASCII | re.IGNORECASE,
)
_TIME = re.compile(r"(\d{1,2})(?:[:.](\d{2}))(?::\d{2}(?:\.\d+)?)?", re.ASCII)
_OFFSET = re.compile(r"(?:UTC|GMT)? ?([+-]) ?(\d{1,2})(?::?(\d{2}))?", re.ASCII | re.IGNORECASE)
_DAY = Field("day", DateType(), {})


@contextmanager
def clock_of(region: str | None) -> Iterator[None]:
    """Let moments be read on the clock of a region."""
    token = _REGION.set(region)
    try:
        yield
    finally:
        _REGION.reset(token)


def zone_of(region: str | None) -> ZoneInfo:
    """Return the clock of a region."""
    return _ZONES.get(region or "", ALMATY)


class MomentType(FieldType):
    """A day and a time: `2026-05-12T10:00+05:00`. The distance from UTC is that of the region on that day."""

    key = "datetime"
    widget = Widget.MOMENT
    is_moment = True

    def parse(self, _declared: Field, raw: object, /) -> str | None:
        """Return the moment to the minute; `dd.mm.yyyy hh:mm`, ISO 8601, or a mapping of day and time."""
        text = _joined(raw) if isinstance(raw, Mapping) else clean(plain("" if raw is None else raw), LONGEST)
        if text is None:
            return None
        found = _PARTS.fullmatch(text)
        if found is None:
            refuse("bad_moment")
        day_ = DateType().parse(_DAY, found["day"])
        clock = _TIME.fullmatch(found["time"])
        if day_ is None or clock is None:
            refuse("bad_moment")
        hour, minute = int(clock[1]), int(clock[2])
        if hour > 23 or minute > 59:
            refuse("bad_moment")
        return _placed(datetime.combine(date.fromisoformat(day_), time(hour, minute)), found["zone"])

    def json_schema(self, _declared: Field, /) -> dict[str, Any]:
        """Return a string that is a moment with its distance from UTC."""
        return {"type": "string", "format": "date-time"}

    def typed(self, _declared: Field, stored: Any, /) -> dict[str, str]:
        """Return day and time; the distance from UTC behind it where it is not that of the capital. Empty for None."""
        if stored is None:
            return {}
        at = datetime.fromisoformat(stored)
        usual = at.astimezone(ALMATY).utcoffset() == at.utcoffset()
        return {"day": f"{at:%d.%m.%Y}", "time": f"{at:%H:%M}" + ("" if usual else f" {zone_text(at)}")}

    def shown(self, _declared: Field, raw: Any, /) -> dict[str, str]:
        """Return day and time as text."""
        if isinstance(raw, Mapping):
            return {name: str(raw.get(name, "")) for name in ("day", "time")}
        day, _blank, at = raw.strip().replace("T", " ").partition(" ") if isinstance(raw, str) else ("", "", "")
        return {"day": day, "time": at}

    def write(self, _declared: Field, stored: Any, words: Words, /) -> str:
        """Return day and time as they are read, with the zone."""
        return words.moment(stored)

    def is_blank(self, raw: Any, /) -> bool:
        """Whether there is neither day nor time."""
        if isinstance(raw, Mapping):
            return all(map(super().is_blank, (raw.get("day"), raw.get("time"))))
        return super().is_blank(raw)


def _joined(raw: Mapping[str, Any]) -> str | None:
    """Return day and time in one line; None when neither was given."""
    if not raw.keys() <= {"day", "time"}:
        refuse("wrong_type", expected="datetime")
    day, at = (clean(plain(raw.get(name) or ""), LONGEST) for name in ("day", "time"))
    if day is None and at is None:
        return None
    if day is None or at is None:
        refuse("half_a_moment")
    return f"{day} {at}"


def zone_text(at: datetime) -> str:
    """Return the distance of a moment from UTC: `UTC+5`."""
    minutes = int((at.utcoffset() or timedelta()).total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")


def _placed(at: datetime, zone: str | None) -> str:
    """Return the moment on the clock of the region; with another distance given, the same instant on that clock.

    A distance that the country has had is kept as it was given.
    """
    here = zone_of(_REGION.get())
    if not zone:
        return at.replace(tzinfo=here).isoformat(timespec="minutes")
    offset = _offset(zone)
    placed = at.replace(tzinfo=timezone(offset))
    if offset in (timedelta(hours=5), timedelta(hours=6)):
        return placed.isoformat(timespec="minutes")
    moved = placed.astimezone(here)
    if not FIRST_YEAR <= moved.year <= LAST_YEAR:
        refuse("year_out_of_range", min=FIRST_YEAR, max=LAST_YEAR)
    return moved.isoformat(timespec="minutes")


def _offset(zone: str) -> timedelta:
    found = _OFFSET.fullmatch(zone.strip())
    if found is None:
        return UTC.utcoffset(None)
    hours, minutes = int(found[2]), int(found[3] or 0)
    if hours > 14 or minutes > 59:
        refuse("bad_moment")
    return timedelta(hours=hours, minutes=minutes) * (-1 if found[1] == "-" else 1)
