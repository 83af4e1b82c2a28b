"""What came of a file of people, line by line."""

from __future__ import annotations

from dataclasses import dataclass

from expertise.people.rows import Found

ADDED, UNCHANGED, REFUSED = "added", "unchanged", "refused"


@dataclass(frozen=True, slots=True)
class Line:
    """What came of a line. `number` counts as a spreadsheet does; `problems`: (column, what is wrong)."""

    number: int
    email: str
    outcome: str
    problems: Found = ()
    person_id: int | None = None
    new_person: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """`problems`: what is wrong with the file as a whole, and why no line of it was read."""

    lines: tuple[Line, ...] = ()
    problems: Found = ()

    def count(self, outcome: str) -> int:
        """How many lines came out so."""
        return sum(line.outcome == outcome for line in self.lines)

    @property
    def invited(self) -> tuple[int, ...]:
        """The people who are new, to whom invitations may go."""
        return tuple(line.person_id for line in self.lines if line.new_person and line.person_id is not None)
