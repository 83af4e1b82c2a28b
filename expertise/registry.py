"""Workflow definitions in force: read from files, checked, published into the database, found by key or digest."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from expertise.base import clock
from expertise.base.errors import DatabaseAway
from expertise.base.letter_kinds import ABOUT_CASES
from expertise.cases.model import Case, PublishedDefinition
from expertise.cases.services import BrokenWorkflow, UnknownWorkflow
from expertise.mail.letters import templates
from expertise.mail.letters.templates import LetterTemplate
from workflows.definition import Definition
from workflows.loading.folders import LETTERS, folders_in
from workflows.loading.reader import load_directory, read, read_directory
from workflows.roles import declare
from workflows.soundness.check import SoundnessReport, check
from workflows.soundness.context import Universe
from workflows.soundness.faults import DefinitionsBroken, Fault

DEFINITIONS = Path(__file__).parent.parent / "workflows" / "definitions"

#: How long a process of the machine may not know that another one has published a definition.
LOOKS_EVERY = timedelta(seconds=5)
_TEXTS = select(PublishedDefinition.digest, PublishedDefinition.text)

#: What `uses:` may name, each a folder beside this file.
CAPABILITIES = frozenset({"experts"})


@dataclass(frozen=True, slots=True)
class UsableDefinitions:
    """The definitions that can be used, and the faults of the others, by name of the file."""

    definitions: Mapping[str, Definition]
    broken: Mapping[str, tuple[Fault, ...]]


class Registry:
    """Definitions by key (those of the files) and by digest (every version that a case began under).

    `reading` opens a session to look up older versions. `broken` are workflows out of service, with their faults.
    `roots` hold the process folders of this installation. Of these that version is in force which was published last:
    a file there is a draft until it is published. Several processes of the machine see a publication within seconds.
    """

    def __init__(
        self,
        definitions: Mapping[str, Definition],
        reading: Callable[[], AbstractContextManager[Session]],
        broken: Mapping[str, tuple[Fault, ...]] | None = None,
        roots: Sequence[Path] = (),
    ) -> None:
        self._shipped = dict(definitions)
        self._current: Mapping[str, Definition] = MappingProxyType(dict(definitions))
        self._pinned: dict[str, Definition] = {}
        self._reading = reading
        self._broken = MappingProxyType(dict(broken or {}))
        self._roots = tuple(roots)
        self._looked: datetime | None = None
        for definition in definitions.values():
            self._remember(definition)

    def _remember(self, definition: Definition) -> None:
        """Keep a version by its digest, and make its roles known to this process."""
        self._pinned[definition.digest] = definition
        declare(definition.key, definition.roles.values())

    @property
    def broken(self) -> Mapping[str, tuple[Fault, ...]]:
        """Return the workflows out of service, by name of the file, with what is wrong with each."""
        return self._broken

    def current(self, workflow: str) -> Definition:
        """Return the version under which new cases begin."""
        self._follow()
        if workflow in self._broken:
            raise BrokenWorkflow(workflow)
        if workflow not in self._current:
            raise UnknownWorkflow(workflow)
        return self._current[workflow]

    def all_current(self) -> tuple[Definition, ...]:
        """Return the present version of every workflow."""
        self._follow()
        return tuple(self._current.values())

    def _follow(self) -> None:
        if self._roots and (self._looked is None or abs(clock.now() - self._looked) >= LOOKS_EVERY):
            self.refresh()

    def refresh(self) -> None:
        """Look at once which processes of this installation there are, and which version of each is in force.

        Their letters are read anew. A database that does not answer, or has no tables yet, leaves all as it is.
        """
        if not self._roots:
            return
        self._looked = clock.now()
        places = {path.name: path for root in self._roots for path in folders_in(root)}
        templates.use({name: each for path in places.values() for name, each in letters_of(path)[0].items()})
        try:
            with self._reading() as session:
                rows = {key: row.digest for key in places if (row := newest(session, key)) is not None}
                texts = dict(session.execute(_TEXTS.where(PublishedDefinition.digest.in_(rows.values()))).all())
        except (DatabaseAway, SQLAlchemyError):
            return
        for digest, text in texts.items():
            reading = None if digest in self._pinned else read(text, digest).definition
            if reading is not None:
                self._remember(reading)
        followed = {key: self._pinned[digest] for key, digest in rows.items() if digest in self._pinned}
        self._current = MappingProxyType(self._shipped | followed)

    def pinned(self, digest: str) -> Definition:
        """Return the version a case began under; older ones are read from the database once and kept."""
        if digest not in self._pinned:
            wanted = select(PublishedDefinition.text, PublishedDefinition.workflow, PublishedDefinition.version)
            with self._reading() as session:
                row = session.execute(wanted.where(PublishedDefinition.digest == digest)).first()
            reading = read(row.text, f"{row.workflow}@{row.version}") if row else None
            if reading is None or reading.definition is None:
                raise UnknownWorkflow(digest)
            self._remember(reading.definition)
        return self._pinned[digest]


def load(folder: Path | None = None) -> dict[str, Definition]:
    """Read and check every definition. Raises DefinitionsBroken with all faults of all files."""
    definitions = load_directory(folder or DEFINITIONS)
    faults = [fault for definition in definitions.values() for fault in judge(definition, definitions).errors]
    if faults:
        raise DefinitionsBroken(tuple(faults))
    return definitions


#: Faults of a part that can follow from a parent that cannot be read: what it would hand over is not known.
_OF_PARENTS = frozenset(
    {
        "absent_role",
        "may_stay_empty",
        "never_fillable",
        "nobody_leads_on",
        "role_left_out",
        "unknown_carried_step",
        "unused_field",
        "void_four_eyes",
    }
)


def load_usable(folder: Path | None = None, published: Callable[[], Collection[str]] = frozenset) -> UsableDefinitions:
    """Read and check every definition, and leave out those with faults: one bad file does not stop the others.

    `published` gives the digests of what the database knows; it is asked only when there are faults. Two definitions
    that do not fit each other are told apart by it: the one that was published is not the one at fault.
    """
    definitions, broken = read_directory(folder or DEFINITIONS)
    unreadable = frozenset(broken)
    found: dict[str, tuple[Fault, ...]] = {}
    for definition in definitions.values():
        errors = own_errors(definition, judge(definition, definitions), others_broken=bool(unreadable))
        if errors:
            found[definition.key] = errors
    if found:
        known = set(published())
        fresh = {key for key in found if definitions[key].digest not in known}
        broken |= {key: found[key] for key in found if key in fresh or not (fresh or unreadable)}
    usable = {key: definition for key, definition in definitions.items() if key not in broken}
    return UsableDefinitions(usable, broken)


def own_errors(definition: Definition, report: SoundnessReport, *, others_broken: bool) -> tuple[Fault, ...]:
    """Return the errors of the report; without those that may follow from other workflows if these are broken."""
    return tuple(each for each in report.errors if not (others_broken and _follows_from_others(definition, each)))


def _follows_from_others(definition: Definition, fault: Fault) -> bool:
    """Return whether the fault may be there only because the file of another workflow cannot be read."""
    named_elsewhere = fault.code == "unknown_workflow" or (
        fault.code in ("unknown_field", "never_filled") and fault.where.startswith("facts.")
    )
    return named_elsewhere or (not definition.opened_by and fault.code in _OF_PARENTS)


def published_digests(reading: Callable[[], AbstractContextManager[Session]]) -> set[str]:
    """Return the digests of all published definitions; none when there is no database, or no such table in it yet."""
    try:
        with reading() as session:
            return set(session.execute(select(PublishedDefinition.digest)).scalars())
    except (DatabaseAway, SQLAlchemyError):
        return set()


def judge(
    definition: Definition,
    others: Mapping[str, Definition],
    published: Definition | None = None,
    occupied: frozenset[str] = frozenset(),
    letters: Mapping[str, frozenset[str]] | None = None,
) -> SoundnessReport:
    """Return the report on the soundness of a definition among the others and the existing letters, and `letters`."""
    universe = Universe(
        workflows=others,
        letters={**(letters or {}), **templates.available(ABOUT_CASES)},
        capabilities=CAPABILITIES,
        published=published,
        occupied=occupied,
    )
    return check(definition, universe)


def publish(
    session: Session,
    definitions: Mapping[str, Definition],
    now: datetime,
    folder: Path | None = None,
    *,
    others_broken: bool = False,
) -> int:
    """Store definitions that the database does not have yet; return their number.

    `others_broken`: files of other workflows have faults, so what may follow from these is no fault of `definitions`.
    Raises DefinitionsBroken if a file was changed without a greater version, is an older version put back, or lost a
    state in which open cases are.
    """
    faults: list[Fault] = []
    fresh = []
    for definition in definitions.values():
        latest = newest(session, definition.key)
        if latest is not None and latest.digest == definition.digest:
            continue
        before = read(latest.text, f"{latest.workflow}@{latest.version}").definition if latest else None
        report = judge(definition, definitions, before, occupied_states(session, definition.key))
        faults += own_errors(definition, report, others_broken=others_broken)
        fresh.append(definition)
    if faults:
        raise DefinitionsBroken(tuple(faults))
    for definition in fresh:
        put_into_force(
            session, definition, ((folder or DEFINITIONS) / f"{definition.key}.yaml").read_text(encoding="utf-8"), now
        )
    return len(fresh)


def put_into_force(session: Session, definition: Definition, text: str, now: datetime) -> None:
    """Store a definition that was judged, with its text; new cases begin under it from now on."""
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


def letters_of(folder: Path) -> tuple[dict[str, LetterTemplate], tuple[Fault, ...]]:
    """Return the letters of a process folder, and the faults of those that cannot be used or are Komek's own."""
    found, wrong = templates.read_folder(folder / LETTERS)
    taken = {f"{name}.yaml": "Komek itself has a letter of this name" for name in found.keys() & templates.shipped()}
    faults = tuple(
        Fault(f"{folder.name}/{LETTERS}/{file}", "", message, "Mend the letter, or give it another name", "bad_letter")
        for file, message in sorted({**wrong, **taken}.items())
    )
    return found, faults


def unpublished(session: Session, definitions: Iterable[Definition]) -> list[str]:
    """Return the workflows of which another version than the present one was published last, or none."""
    latest = [(definition, newest(session, definition.key)) for definition in definitions]
    return [definition.key for definition, row in latest if row is None or row.digest != definition.digest]


def newest(session: Session, workflow: str) -> PublishedDefinition | None:
    """Return the version of a workflow that was published last; None for none."""
    mine = select(PublishedDefinition).where(PublishedDefinition.workflow == workflow)
    return session.scalars(mine.order_by(PublishedDefinition.version.desc()).limit(1)).first()


def occupied_states(session: Session, workflow: str) -> frozenset[str]:
    """Return the states of open cases: a case that has ended asks nothing of a new version."""
    there = (Case.workflow == workflow, Case.final.is_(None))
    return frozenset(session.execute(select(Case.state).where(*there).distinct()).scalars())
