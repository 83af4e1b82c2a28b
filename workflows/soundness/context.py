"""The context in which a definition is checked: other workflows, letters, facts, cases under way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from workflows.definition import Definition, Part, Transition
from workflows.fields.types import COLUMNS
from workflows.soundness.faults import Fault

#: The facts about the parts of one kind: `parts.<part>.<one of these>`.
PART_FACTS = frozenset({"all_ended", "all_succeeded", "none_open", "one_succeeded", "some"})

#: Sent by the engine itself for the rungs of a deadline; no step names them.
REMINDER_LETTER, ESCALATION_LETTER = "deadline_reminder", "deadline_escalation"


@dataclass(frozen=True)
class Universe:
    """Everything that a name in a definition can refer to, and what a new version must keep."""

    workflows: Mapping[str, Definition] = field(default_factory=dict)  # the others, by key
    letters: Mapping[str, frozenset[str]] = field(default_factory=dict)  # letter → its languages
    facts: frozenset[str] = frozenset()  # facts of capabilities: `scoring.complete`; those of parts are understood
    capabilities: frozenset[str] = frozenset()  # what `uses` may name
    columns: frozenset[str] = frozenset(COLUMNS)  # what `as` may name
    published: Definition | None = None  # the version in force, if there is one
    occupied: frozenset[str] = frozenset()  # states in which cases stand now

    def parents_of(self, definition: Definition) -> Iterator[tuple[Definition, Part]]:
        """The workflows that have this one as a part, with that part."""
        for parent in self.workflows.values():
            if parent.key != definition.key:
                yield from ((parent, part) for part in parent.parts.values() if part.workflow == definition.key)

    def parts_of(self, definition: Definition) -> Iterator[tuple[Part, Definition]]:
        """The parts whose workflow is known, with its definition."""
        for part in definition.parts.values():
            inner = definition if part.workflow == definition.key else self.workflows.get(part.workflow)
            if inner is not None:
                yield part, inner

    def carriers_of(self, definition: Definition, step: str) -> tuple[Transition, ...]:
        """Return the steps of its parts that take this step of the parent with them."""
        inner = (other for _, other in self.parts_of(definition))
        return tuple(carrier for other in inner for carrier in other.transitions.values() if carrier.carries == step)


def fault(definition: Definition, code: str, where: str, message: str, remedy: str) -> Fault:
    """Return a fault of this definition; `where` is the path inside its file, or of what lacks something there."""
    return Fault(f"{definition.key}.yaml", where, message, remedy, code, _line_of(definition, where))


def _line_of(definition: Definition, where: str) -> int | None:
    """Return the line of the path, or of the nearest part of the file that holds it; None where none is known."""
    while where and where not in definition.lines:
        where = where.rpartition(".")[0]
    return definition.lines.get(where)
