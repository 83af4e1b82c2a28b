"""Office hours: when letters may come that nobody sits and waits for."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from workflows.calendar import Calendar

OPENS, CLOSES = time(8), time(20)
#: When the daily digest is made.
DIGEST_AT = time(8, 30)


def opening(calendar: Calendar, moment: datetime) -> datetime:
    """The moment itself within office hours of a working day, else the next time the office opens."""
    day = calendar.local_day(moment)
    if is_open(calendar, moment):
        return moment
    if moment >= calendar.at(day, CLOSES):
        day += timedelta(days=1)
    return calendar.at(calendar.on_or_after(day), OPENS)


def is_open(calendar: Calendar, moment: datetime) -> bool:
    """Whether letters may come at this moment."""
    day = calendar.local_day(moment)
    return calendar.is_working(day) and calendar.at(day, OPENS) <= moment < calendar.at(day, CLOSES)


def digest_hour(calendar: Calendar, moment: datetime) -> bool:
    """Whether digests may come at this hour of a working day, wherever this is one."""
    day = calendar.local_day(moment)
    return calendar.at(day, DIGEST_AT) <= moment < calendar.at(day, CLOSES)


def digest_due(calendar: Calendar, moment: datetime) -> bool:
    """Whether the digest of this day should be there: it comes late rather than not at all, but in office hours."""
    return digest_hour(calendar, moment) and calendar.is_working(calendar.local_day(moment))
