"""Who stands on which side of a case, told anew from the trail and from plain lists of roles and absences.

Nothing here is shared with the application: it has its own idea of a right, of a deputy and of four eyes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

TODAY = date(2026, 3, 2)
DAYS = {"today": (date(2026, 3, 1), date(2026, 3, 3)), "over": (date(2026, 2, 1), date(2026, 3, 1))}
DAYS |= {"to come": (date(2026, 3, 3), date(2026, 4, 1)), "one day": (TODAY, TODAY)}
TEAM = ("coordinator", "approver", "manager")
#: Acts by which somebody takes a side; a comment takes none.
TAKING = ("person:step:", "person:vote:", "person:fields:", "person:case:open", "person:deadline:")


@dataclass(frozen=True)
class Right:
    person: str
    role: str
    region: str | None = None
    workflow: str | None = None
    days: str = ""

    def today(self) -> bool:
        return not self.days or DAYS[self.days][0] <= TODAY <= DAYS[self.days][1]


@dataclass(frozen=True)
class Away:
    person: str
    deputy: str
    role: str | None = None
    region: str | None = None
    workflow: str | None = None
    days: str = "today"
    ended: bool = False

    def today(self) -> bool:
        return not self.ended and DAYS[self.days][0] <= TODAY <= DAYS[self.days][1]


@dataclass(frozen=True)
class Place:
    """What of a case rights depend on."""

    workflow: str
    region: str
    organisation: int
    assignee: str | None


def within(limit, value) -> bool:
    return limit is None or limit == value


def own(rights: list[Right], homes: dict[str, int], person: str, role: str, place: Place) -> bool:
    """Whether somebody has the role there without standing in for anybody."""
    for right in rights:
        if right.person == person and right.role == role and right.today():
            if role in TEAM and within(right.region, place.region) and within(right.workflow, place.workflow):
                return True
            if role == "requester" and homes.get(person) == place.organisation:
                return True
            if role == "expert" and person == place.assignee:
                return True
    return False


def stood_in_for(rights: list[Right], aways: list[Away], person: str, role: str, place: Place) -> set[str]:
    """The absent whose right of this role is in this person's hands there."""
    found = set()
    for away in aways:
        about = (within(away.role, role), within(away.region, place.region), within(away.workflow, place.workflow))
        lent = role in TEAM and away.deputy == person and away.today() and all(about)
        if lent and own(rights, {}, away.person, role, place):
            found.add(away.person)
    return found


def side(events, role: str) -> set[str]:
    """The natural persons who acted in a role, and those for whom they did."""
    acts = [event for event in events if event.role == role and event.act.startswith(TAKING)]
    return {person for event in acts for person in (event.actor, event.instead_of) if person is not None}


def votes(events, step: str) -> list[set[str]]:
    """The votes for a step since the case came to the state it was in."""
    found: list[set[str]] = []
    for event in events:
        if event.act == f"person:vote:{step}":
            found.append({event.actor, event.instead_of} - {None})
        elif event.from_state != event.to_state:
            found = []
    return found
