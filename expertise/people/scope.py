"""The scope of a role or an absence: a role, a region and a workflow, each of them one or all."""

from __future__ import annotations

from dataclasses import dataclass

from expertise.people.reach import Kind, roles_by

#: The roles of the team: given for a region and a workflow, and lent to deputies.
STAFF = roles_by(Kind.GRANT)
#: Roles that reach every case.
EVERYWHERE = roles_by(Kind.EVERYONE)
#: Roles that read, and change nothing anywhere.
READS_ONLY = frozenset({"auditor"})


@dataclass(frozen=True, slots=True)
class Scope:
    """None means all."""

    role: str | None = None
    region: str | None = None
    workflow: str | None = None

    def meets(self, other: Scope) -> Scope | None:
        """The scope that both share; None when there is none."""
        pairs = ((self.role, other.role), (self.region, other.region), (self.workflow, other.workflow))
        if any(None not in pair and pair[0] != pair[1] for pair in pairs):
            return None
        return Scope(*(one if one is not None else two for one, two in pairs))

    def covers(self, other: Scope) -> bool:
        """Whether all that `other` is about is within this one."""
        return self.meets(other) == other


EVERYTHING = Scope()
