"""The values that interfaces hand to the desk: definitions in force, calendars, a unit of work."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from expertise.base import clock
from expertise.calendars.cache import Calendars
from expertise.people.names import Names
from workflows.calendar import Calendar
from workflows.definition import Definition


class UnknownWorkflow(LookupError):
    """No definition under that key or digest; the database and the files do not belong together."""


class Definitions(Protocol):
    """Where definitions come from."""

    def current(self, workflow: str) -> Definition:
        """The version under which new cases begin. Raises UnknownWorkflow."""

    def pinned(self, digest: str) -> Definition:
        """The version a case began under. Raises UnknownWorkflow."""

    def all_current(self) -> tuple[Definition, ...]:
        """Every workflow in its present version."""


@dataclass(frozen=True, slots=True)
class Services:
    """Given to every action of the desk. `url` is the public address of Komek, without a slash at its end."""

    definitions: Definitions
    calendars: Calendars
    url: str
    names: Names = field(default_factory=Names)
    any_hour: bool = False  # letters come at night, too: a demonstration has visitors then

    @property
    def calendar(self) -> Calendar:
        """The country's calendar: which day it is, and what no case asks. Deadlines ask `calendars.of`."""
        return self.calendars.country


@dataclass(frozen=True, slots=True)
class Unit:
    """One transaction at the desk: its session, the services, and the one moment at which all of it happens."""

    session: Session
    services: Services
    now: datetime = field(default_factory=clock.now)
