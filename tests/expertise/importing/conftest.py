"""A prepared database, and files to import."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from expertise import registry
from expertise.calendars.cache import Calendars
from expertise.cases.services import Services
from expertise.importing.expertise_requests import import_requests
from expertise.people.access import Actor, HeldGrant
from tests.support.contents import definitions

#: As `komek import` acts: no person, for the team.
IMPORT = Actor(key="import", name="import", grants=(HeldGrant("coordinator"),))


@dataclass(frozen=True)
class Limits:
    data: Path
    upload_bytes: int = 1024 * 1024


@dataclass
class Desk:
    """Imports files into one database."""

    transactions: object
    services: Services
    limits: Limits
    folder: Path
    actor: Actor = IMPORT

    def take(self, path, **changed):
        return import_requests(self.transactions, self.services, path, changed.get("actor", self.actor), self.limits)

    def write(self, records, name="records.json"):
        path = self.folder / name
        path.write_bytes(records if isinstance(records, bytes) else json.dumps(records, ensure_ascii=False).encode())
        return path

    def bring(self, *records):
        """Import these records; the report's lines."""
        return self.take(self.write(list(records))).lines


@pytest.fixture
def importer(published, time, tmp_path):
    services = Services(registry.Registry(definitions(), published.read), Calendars(), "http://127.0.0.1:8000")
    return Desk(published, services, Limits(tmp_path / "data"), tmp_path)
