"""Workflow definitions in force: read from files, checked, published into the database, found by key or digest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.base.letter_kinds import ABOUT_CASES
from expertise.cases.model import Case, PublishedDefinition
from expertise.cases.services import UnknownWorkflow
from expertise.mail.letters import templates
from workflows.definition import Definition
from workflows.loading.reader import load_directory, read
from workflows.soundness.check import SoundnessReport, check
from workflows.soundness.context import Universe
from workflows.soundness.faults import DefinitionsBroken, Fault

DEFINITIONS = Path(__file__).parent.parent / "workflows" / "definitions"

#: What `uses:` may name, each a folder beside this file.
CAPABILITIES = frozenset({"experts"})


class Registry:
    """Definitions by key (those of the files) and by digest (every version that a case began under).

    `reading` opens a session to look up older versions.
    """

    def __init__(
        self, definitions: Mapping[str, Definition], reading: Callable[[], AbstractContextManager[Session]]
    ) -> None:
        self._current = MappingProxyType(dict(definitions))
        self._pinned = {definition.digest: definition for definition in definitions.values()}
        self._reading = reading

    def current(self, workflow: str) -> Definition:
        """Return the version under which new cases begin."""
        if workflow not in self._current:
            raise UnknownWorkflow(workflow)
        return self._current[workflow]

    def all_current(self) -> tuple[Definition, ...]:
        """Return the present version of every workflow."""
        return tuple(self._current.values())

    def pinned(self, digest: str) -> Definition:
        """Return the version a case began under; older ones are read from the database once and kept."""
        if digest not in self._pinned:
            wanted = select(PublishedDefinition.text, PublishedDefinition.workflow, PublishedDefinition.version)
            with self._reading() as session:
                row = session.execute(wanted.where(PublishedDefinition.digest == digest)).first()
            reading = read(row.text, f"{row.workflow}@{row.version}") if row else None
            if reading is None or reading.definition is None:
                raise UnknownWorkflow(digest)
            self._pinned[digest] = reading.definition
        return self._pinned[digest]


def load(folder: Path = DEFINITIONS) -> dict[str, Definition]:
    """Read and check every definition. Raises DefinitionsBroken with all faults of all files."""
    definitions = load_directory(folder)
    faults = [fault for definition in definitions.values() for fault in judge(definition, definitions).errors]
    if faults:
        raise DefinitionsBroken(tuple(faults))
    return definitions


def judge(
    definition: Definition,
    others: Mapping[str, Definition],
    published: Definition | None = None,
    occupied: frozenset[str] = frozenset(),
) -> SoundnessReport:
    """Return the report on the soundness of a definition among the others and the existing letters."""
    universe = Universe(
        workflows=others,
        letters=templates.available(ABOUT_CASES),
        capabilities=CAPABILITIES,
        published=published,
        occupied=occupied,
    )
    return check(definition, universe)


def publish(session: Session, definitions: Mapping[str, Definition], now: datetime, folder: Path = DEFINITIONS) -> int:
    """Store definitions that the database does not have yet; return their number.

    Raises DefinitionsBroken if a file was changed without a greater version, is an older version put back, or lost a
    state in which open cases are.
    """
    faults: list[Fault] = []
    fresh = []
    for definition in definitions.values():
        newest = _newest(session, definition.key)
        if newest is not None and newest.digest == definition.digest:
            continue
        before = read(newest.text, f"{newest.workflow}@{newest.version}").definition if newest else None
        faults += judge(definition, definitions, before, _occupied(session, definition.key)).errors
        fresh.append(definition)
    if faults:
        raise DefinitionsBroken(tuple(faults))
    for definition in fresh:
        text = (folder / f"{definition.key}.yaml").read_text(encoding="utf-8")
        session.add(
            PublishedDefinition(
                digest=definition.digest,
                workflow=definition.key,
                version=definition.version,
                text=text,
                published_at=now,
            )
        )
    session.flush()
    return len(fresh)


def unpublished(session: Session, definitions: Iterable[Definition]) -> list[str]:
    """Return the workflows of which another version than the present one was published last, or none."""
    newest = [(definition, _newest(session, definition.key)) for definition in definitions]
    return [definition.key for definition, row in newest if row is None or row.digest != definition.digest]


def _newest(session: Session, workflow: str) -> PublishedDefinition | None:
    """The version of a workflow that was published last; None for none."""
    mine = select(PublishedDefinition).where(PublishedDefinition.workflow == workflow)
    return session.scalars(mine.order_by(PublishedDefinition.version.desc()).limit(1)).first()


def _occupied(session: Session, workflow: str) -> frozenset[str]:
    """The states of open cases: a case that has ended asks nothing of a new version."""
    there = (Case.workflow == workflow, Case.final.is_(None))
    return frozenset(session.execute(select(Case.state).where(*there).distinct()).scalars())
