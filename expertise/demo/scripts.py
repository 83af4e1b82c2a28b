"""Scripts of demonstration cases as data: events with their people, working days and answers.

A case that has ended is played on its true days. An open one is dated back from today, so that it is never
absurdly late; its true dates stand in its texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from workflows.calendar import Calendar

DATA = Path(__file__).parent / "data"

#: Fields of the requester's form that are the same in every script.
FORM = {"contact_person": "${contact}", "contact_email": "${email}", "consent": True}

#: When the first event of a day happens, the minutes to the next one, and those between two lives.
MORNING, NEXT, APART = time(9, 30), 17, 3


@dataclass(frozen=True, slots=True)
class ScriptEvent:
    """An event: take a `step`, `edit` fields, `say` something, or open the case (none of these).

    A text that is said comes with the files; `internal`: as a note that only the team sees.

    `after` counts working days from the event before; `day` names the day itself. `part`: the step belongs to the
    newest part of that name, or to the numbered one: `recommendation 1`.
    """

    who: str
    after: int = 0
    day: date | None = None
    step: str | None = None
    edit: Mapping[str, Any] | None = None
    say: str | None = None
    internal: bool = False
    part: str | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)
    file: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class CaseScript:
    """The script of one case. `opened`: true day; `idle`: working days between its last event and today."""

    record: str
    source_url: str
    facts: str
    requester: str
    fields: Mapping[str, Any]
    life: tuple[ScriptEvent, ...]
    workflow: str = "expertise_request"
    opener: str = "requester"
    expert: str | None = None
    opened: date | None = None
    idle: int = 0
    texts: Mapping[str, Any] = field(default_factory=dict)
    language: str | None = None  # of the phrases; the requester's, unless said

    @property
    def origin(self) -> str:
        """Source of the facts, with their true dates."""
        return f"{self.record}. {self.facts} {self.source_url}"


@dataclass(frozen=True, slots=True)
class ScheduledEvent:
    """An event with its moment."""

    at: datetime
    life: CaseScript
    event: ScriptEvent


def load(folder: Path = DATA) -> tuple[CaseScript, ...]:
    """Return every script of the folder, with shared chapters inserted."""
    chapters = {
        name: [ScriptEvent(**event) for event in events] for name, events in _yaml(folder / "chapters.yaml").items()
    }
    files = sorted((folder / "lives").glob("*.yaml"))
    return tuple(_script(script, chapters) for file in files for script in _yaml(file))


@cache
def phrases() -> dict[str, dict[str, Any]]:
    """Return the phrases that every script may use, by language."""
    found: dict[str, dict[str, Any]] = _yaml(DATA / "phrases.yaml")
    return found


def _script(script: dict[str, Any], chapters: Mapping[str, list[ScriptEvent]]) -> CaseScript:
    events: list[ScriptEvent] = []
    for entry in script.pop("life"):
        events += chapters[entry] if isinstance(entry, str) else [ScriptEvent(**entry)]
    if script.get("workflow", "expertise_request") == "expertise_request":
        script["fields"] = FORM | script["fields"]
    return CaseScript(**script, life=tuple(events))


def _yaml(file: Path) -> Any:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def in_order(lives: tuple[CaseScript, ...], calendar: Calendar, today: date) -> list[ScheduledEvent]:
    """Return the events of all scripts in order of time."""
    moments = [moment for place, life in enumerate(lives) for moment in _moments(life, place, calendar, today)]
    return sorted(moments, key=lambda moment: moment.at)


def _moments(life: CaseScript, place: int, calendar: Calendar, today: date) -> Iterator[ScheduledEvent]:
    days = life.idle + sum(event.after for event in life.life)
    day = life.opened or calendar.add_working_days(calendar.on_or_before(today), -days)
    number = 0
    for event in (ScriptEvent(who=life.opener), *life.life):
        later = event.day or calendar.add_working_days(day, event.after)
        number = number + 1 if later == day else 0
        day = later
        minutes = timedelta(minutes=NEXT * number + APART * place)
        yield ScheduledEvent(calendar.at(day, MORNING) + minutes, life, event)
