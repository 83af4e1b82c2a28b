"""Which role reaches which case: one declaration, from which lists, conditions and recipients are built.

`REACHES` says of each role by what it reaches a case. Its readings: `Actor.roles_in` (one case, in Python),
`access.recipients` (everybody who has a role there), `condition` and `branches` of `expertise.cases.reach` (SQL).
tests/properties/test_reach.py holds them equal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class Kind(Enum):
    """By what a role reaches a case. A closed list: each reading has one line for each of them."""

    GRANT = "grant"  # by the region and the workflow of the grant, once the case was sent
    OWNER = "owner"  # by the organisation that owns the case
    ORGANISATION = "organisation"  # by an organisation that the case names as a party in this role
    PERSON = "person"  # by being a person whom the case names as a party in this role
    EVERYONE = "everyone"  # every case


@dataclass(frozen=True, slots=True)
class Reach:
    """A role and the kind of its reach."""

    role: str
    kind: Kind


REACHES: tuple[Reach, ...] = (
    Reach("requester", Kind.OWNER),
    Reach("coordinator", Kind.GRANT),
    Reach("approver", Kind.GRANT),
    Reach("manager", Kind.GRANT),
    Reach("expert", Kind.PERSON),
    Reach("lender", Kind.ORGANISATION),
    Reach("auditor", Kind.EVERYONE),
    Reach("administrator", Kind.EVERYONE),
)

#: Role → kind. The machines `clock` and `part` have none: they reach the case on which they act.
KIND_OF: Mapping[str, Kind] = {each.role: each.kind for each in REACHES}


def roles_by(kind: Kind) -> frozenset[str]:
    """The roles that reach a case in this way."""
    return frozenset(each.role for each in REACHES if each.kind is kind)


@dataclass(frozen=True, slots=True)
class Party:
    """A person or an organisation that a case names in a role. `source` says from what it follows."""

    role: str
    person_id: int | None = None
    organisation_id: int | None = None
    source: str = ""

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
