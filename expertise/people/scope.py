"""The scope of a role or an absence: a role, a region and a workflow, each of them one or all."""

from __future__ import annotations

from dataclasses import dataclass

from workflows.roles import BUILT_IN, STAFF, Kind

__all__ = ["ACTS_FOR", "EVERYTHING", "EVERYWHERE", "READS_ONLY", "STAFF", "Scope"]

#: Roles that reach every case.
EVERYWHERE = frozenset(each.key for each in BUILT_IN.values() if each.kind is Kind.EVERYONE)
#: Grants with which a person acts for the own organisation, also where a case names it in a declared role.
ACTS_FOR = frozenset({"requester", "lender"})
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
