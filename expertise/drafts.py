"""Drafts: the process folders of this installation as they stand, each with what is published of it and its faults."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from sqlalchemy.orm import Session

from expertise import registry
from expertise.base.letter_kinds import ABOUT_CASES
from expertise.cases.services import Definitions
from workflows.definition import LANGUAGES, Definition
from workflows.loading.folders import DEFINITION, ProcessFolder, folders_in, read_process
from workflows.loading.reader import read
from workflows.soundness.faults import DefinitionsBroken, Fault


class DraftStatus(StrEnum):
    """How a process folder stands to what is published."""

    IN_FORCE = "in_force"  # the file is what was published last
    NEW = "new"  # nothing of it is published
    WAITING = "waiting"  # another content than the one in force, and sound
    REFUSED = "refused"  # it has faults; the version in force, if there is one, stays


@dataclass(frozen=True, slots=True)
class ProcessDraft:
    """A process folder, judged. `before` is the version that was published last; None for none."""

    folder: ProcessFolder
    before: Definition | None
    errors: tuple[Fault, ...]
    warnings: tuple[Fault, ...] = ()

    @property
    def key(self) -> str:
        """The key of the workflow."""
        return self.folder.key

    @property
    def definition(self) -> Definition | None:
        """The definition; None where the file cannot be read."""
        return self.folder.definition

    @property
    def status(self) -> DraftStatus:
        """How the folder stands to what is published."""
        if self.errors or self.definition is None:
            return DraftStatus.REFUSED
        if self.before is None:
            return DraftStatus.NEW
        same = self.before.digest == self.definition.digest
        return DraftStatus.IN_FORCE if same else DraftStatus.WAITING


def drafts(
    session: Session, roots: Sequence[Path], known: Definitions, mapped: Collection[str] = ()
) -> list[ProcessDraft]:
    """Return every process folder of these roots, judged among the workflows in force and the other drafts.

    `mapped` are states whose cases will be migrated to others, and which a new version may therefore leave out.
    """
    found = [read_process(path) for root in roots for path in folders_in(root)]
    return judged(found, {each.key: each for each in known.all_current()}, session, mapped)


def judged(
    folders: Iterable[ProcessFolder],
    in_force: Mapping[str, Definition],
    session: Session | None = None,
    mapped: Collection[str] = (),
) -> list[ProcessDraft]:
    """Return the folders with their faults. Without a session nothing is known of what is published."""
    found = list(folders)
    letters = {each.key: registry.letters_of(each.path) for each in found}
    universe = dict(in_force) | {each.key: each.definition for each in found if each.definition is not None}
    spoken = {
        name: frozenset(language for language in LANGUAGES if language in one.subject and language in one.body)
        for own, _ in letters.values()
        for name, one in own.items()
        if one.kind in ABOUT_CASES
    }
    unreadable = any(each.definition is None for each in found)
    names = [each.key for each in found]
    return [
        _judged(each, universe, spoken, letters[each.key][1], _Published(session, mapped, unreadable=unreadable))
        if names.count(each.key) == 1
        else ProcessDraft(each, None, (_twice(each),))
        for each in found
    ]


def _twice(folder: ProcessFolder) -> Fault:
    message = f"there is another folder '{folder.key}'"
    return Fault(f"{folder.key}/{DEFINITION}", "", message, "Keep one of the two", "folder_twice")


@dataclass(frozen=True, slots=True)
class _Published:
    """The database with what is published, if there is one; states that are mapped; whether a folder is unreadable."""

    session: Session | None
    mapped: Collection[str]
    unreadable: bool


def _judged(
    folder: ProcessFolder,
    universe: Mapping[str, Definition],
    letters: Mapping[str, frozenset[str]],
    of_letters: tuple[Fault, ...],
    published: _Published,
) -> ProcessDraft:
    session = published.session
    row = registry.newest(session, folder.key) if session is not None else None
    before = read(row.text, f"{row.workflow}@{row.version}").definition if row is not None else None
    definition = folder.definition
    if definition is None:
        return ProcessDraft(folder, before, (*folder.faults, *of_letters))
    occupied = registry.occupied_states(session, folder.key) if session is not None else frozenset()
    report = registry.judge(definition, universe, before, occupied - set(published.mapped), letters)
    errors = registry.own_errors(definition, report, others_broken=published.unreadable)
    return ProcessDraft(folder, before, (*map(_placed, errors), *of_letters), tuple(map(_placed, report.warnings)))


def _placed(fault: Fault) -> Fault:
    """Return the fault with the path of its file from the roots on: soundness knows the key alone."""
    return replace(fault, path=f"{fault.path.removesuffix('.yaml')}/{DEFINITION}")


def together(wanted: ProcessDraft, found: Iterable[ProcessDraft]) -> list[ProcessDraft]:
    """Return the draft and those not in force that belong to it: parts, parents, and workflows that its fields name.

    They were judged as one, so they come into force as one.
    """
    waiting = {each.key: each for each in found if each.status is not DraftStatus.IN_FORCE}
    reached, fresh = {wanted.key}, [wanted.key]
    while fresh:
        key = fresh.pop()
        near = {other for other in waiting if other in _named(waiting.get(key)) or key in _named(waiting[other])}
        fresh += sorted(near - reached)
        reached |= near
    return [waiting[key] for key in sorted(reached) if key in waiting]


def _named(draft: ProcessDraft | None) -> set[str]:
    definition = draft.definition if draft is not None else None
    if definition is None:
        return set()
    linked = {declared.of for declared in definition.fields.values() if declared.of}
    return {part.workflow for part in definition.parts.values()} | linked


def publish(session: Session, wanted: Sequence[ProcessDraft], now: datetime) -> list[str]:
    """Put the drafts into force together; return the keys of those that were not yet.

    Raises DefinitionsBroken with the faults of all if one has any.
    """
    faults = tuple(fault for each in wanted for fault in each.errors)
    if faults:
        raise DefinitionsBroken(faults)
    done = []
    for each in wanted:
        if each.definition is not None and each.status is not DraftStatus.IN_FORCE:
            registry.put_into_force(session, each.definition, each.folder.text, now)
            done.append(each.key)
    return done
