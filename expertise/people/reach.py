"""Which role reaches which case: one declaration, from which lists, conditions and recipients are built.

`workflows.roles` says of each role by what it reaches a case. Its readings: `Actor.roles_in` (one case, in Python),
`access.recipients` (everybody who has a role there), `condition` and `branches` of `expertise.cases.reach` (SQL).
tests/properties/test_reach.py holds them equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from workflows.roles import BUILT_IN, KIND_OF, Kind

__all__ = ["KIND_OF", "Kind", "Party", "Place", "Reachable"]


@dataclass(frozen=True, slots=True)
class Party:
    """A person or an organisation that a case names in a role. `source` says from what it follows."""

    role: str
    person_id: int | None = None
    organisation_id: int | None = None
    source: str = ""

    @property
    def is_declared(self) -> bool:
        """Whether a definition declares the role: whoever is named has it without a grant, once the case was sent."""
        return self.role not in BUILT_IN

    @property
    def number(self) -> int | None:
        """The id of the person or of the organisation."""
        return self.organisation_id if self.person_id is None else self.person_id


class Reachable(Protocol):
    """The attributes of a case on which roles depend; a row of `cases.queries` has it."""

    @property
    def workflow(self) -> str: ...  # noqa: D102 the protocol's own docstring says it

    @property
    def region(self) -> str | None: ...  # noqa: D102

    @property
    def organisation_id(self) -> int | None: ...  # noqa: D102

    @property
    def parties(self) -> Sequence[Party]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Place:
    """A case as far as roles depend on it, where there is no row of it."""

    workflow: str
    region: str | None = None
    organisation_id: int | None = None
    parties: Sequence[Party] = ()
