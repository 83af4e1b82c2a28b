"""The values that interfaces hand to the desk: definitions in force, calendars, a unit of work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy.orm import Session

from expertise.base import clock
from expertise.calendars.cache import Calendars
from expertise.people.names import Names
from workflows.calendar import Calendar
from workflows.definition import Definition
from workflows.refusals import OutOfService
from workflows.soundness.faults import Fault


class UnknownWorkflow(LookupError):
    """No definition under that key or digest; the database and the files do not belong together."""


class BrokenWorkflow(UnknownWorkflow):
    """The file of the workflow has faults, so that it is out of service; older versions can still be looked at."""

    def __init__(self, workflow: str) -> None:
        super().__init__(f"The workflow {workflow} is out of service; `komek process check` says what to mend.")


class Definitions(Protocol):
    """Where definitions come from."""

    def current(self, workflow: str) -> Definition:
        """The version under which new cases begin. Raises UnknownWorkflow, and BrokenWorkflow for one with faults."""

    def pinned(self, digest: str) -> Definition:
        """The version a case began under. Raises UnknownWorkflow."""

    def all_current(self) -> tuple[Definition, ...]:
        """Every workflow in its present version."""

    def refresh(self) -> None:
        """Look at once which versions are in force."""

    @property
    def broken(self) -> Mapping[str, tuple[Fault, ...]]:
        """The workflows out of service: name of the file → what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Services:
    """Given to every action of the desk. `url` is the public address of Komek, without a slash at its end."""

    definitions: Definitions
    calendars: Calendars
    url: str
    names: Names = field(default_factory=Names)
    join_letters: timedelta = (
        timedelta()
    )  # after a letter about a case, further ones to that person wait and become one
    any_hour: bool = False  # letters come at night, too: a demonstration has visitors then

    @property
    def calendar(self) -> Calendar:
        """The country's calendar: which day it is, and what no case asks. Deadlines ask `calendars.of`."""
        return self.calendars.country

    def out_of_service(self, workflow: str) -> OutOfService | None:
        """The refusal of every decision in a workflow whose file has faults; None for all others.

        A workflow without a file goes on as its cases began.
        """
        try:
            self.definitions.current(workflow)
        except BrokenWorkflow:
            return OutOfService(workflow)
        except UnknownWorkflow:
            return None
        return None

    def not_opened(self, workflow: str) -> OutOfService | None:
        """The refusal to open a case of a workflow that has faults or that nobody knows; None for all others."""
        try:
            self.definitions.current(workflow)
        except UnknownWorkflow:
            return OutOfService(workflow)
        return None


@dataclass(frozen=True, slots=True)
class Unit:
    """One transaction at the desk: its session, the services, and the one moment at which all of it happens."""

    session: Session
    services: Services
    now: datetime = field(default_factory=clock.now)
