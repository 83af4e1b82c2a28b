"""The faults of a definition, as values, so that all of them can be shown at once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to mend in a definition file. `str()` gives the line for a terminal.

    `code` never changes; `where` is the path inside the file (`states.returned.deadline.then`), empty
    for the file as a whole; `line` and `column` count from 1 and are known only while reading.
    """

    path: str
    where: str
    message: str
    remedy: str
    code: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        spot = ":".join(str(part) for part in (self.path, self.line, self.column) if part is not None)
        place = f"{self.where}: " if self.where else ""
        stop = "" if self.remedy.endswith(("?", ".")) else "."
        return f"{spot}: {place}{self.message}. {self.remedy}{stop} [{self.code}]"


class DefinitionsBroken(Exception):
    """Definitions cannot be used as they are; the message lists every fault, one a line: mend the files."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults
