"""Cases brought to a certain point of their life, by the shortest way."""

from __future__ import annotations

from tests.support.golden import ANALYSIS, STAGE_A
from tests.support.house import House, done

TO_APPROVAL = (
    ("requester", "submit", {}),
    ("coordinator", "register", {}),
    ("coordinator", "confirm_complete", {}),
    ("coordinator", None, ANALYSIS),
    ("coordinator", "finish_analysis", {}),
    ("coordinator", "find_eligible", {"eligible_reason": "Приоритет области."}),
    ("coordinator", "start_terms", {}),
    ("coordinator", "send_for_endorsement", {}),
    ("requester", "endorse", {}),
)


def draft(house: House, key: str | None = None) -> str:
    """A request, complete and not yet sent."""
    return done(house.open("requester", "expertise_request", STAGE_A, key)).reference


def in_approval(house: House, place: int = 0) -> str:
    """A request on the approver's desk. `place` keeps the sources of several apart."""
    case = draft(house)
    for name, step, raw in TO_APPROVAL:
        if step is None:
            done(house.edit(name, case, raw | {"source": f"EBRD-46247-{place}"}))
        else:
            done(house.fire(name, case, step, raw))
    return case


def offered(house: House) -> tuple[str, str]:
    """A request whose expert has an offer to answer, and that offer."""
    case = in_approval(house)
    done(house.fire("approver", case, "approve_terms"))
    expert = {"expert": house.actor("expert").key}
    return case, done(house.fire("coordinator", case, "offer_assignment", expert)).opened[0]


def delivering(house: House) -> tuple[str, str]:
    """A request in delivery, and the deliverable that is due."""
    case, offer = offered(house)
    done(house.fire("expert", offer, "accept", {"no_conflict": True}))
    return case, done(house.fire("coordinator", case, "start_delivery", {"deliverable_kind": "final_report"})).opened[0]
