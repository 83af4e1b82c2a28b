"""Cases brought to a certain point of their life, by the shortest way."""

from __future__ import annotations

from tests.support.environment import Environment, done
from tests.support.golden import ANALYSIS, STAGE_A

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


def draft(env: Environment, key: str | None = None) -> str:
    """A request, complete and not yet sent."""
    return done(env.open("requester", "expertise_request", STAGE_A, key)).reference


def in_approval(env: Environment, place: int = 0) -> str:
    """A request on the approver's desk. `place` keeps the sources of several apart."""
    case = draft(env)
    for name, step, raw in TO_APPROVAL:
        if step is None:
            done(env.edit(name, case, raw | {"source": f"EBRD-46247-{place}"}))
        else:
            done(env.fire(name, case, step, raw))
    return case


def offered(env: Environment) -> tuple[str, str]:
    """A request whose expert has an offer to answer, and that offer."""
    case = in_approval(env)
    done(env.fire("approver", case, "approve_terms"))
    expert = {"expert": env.actor("expert").key}
    return case, done(env.fire("coordinator", case, "offer_assignment", expert)).opened[0]


def delivering(env: Environment) -> tuple[str, str]:
    """A request in delivery, and the deliverable that is due."""
    case, offer = offered(env)
    done(env.fire("expert", offer, "accept", {"no_conflict": True}))
    return case, done(env.fire("coordinator", case, "start_delivery", {"deliverable_kind": "final_report"})).opened[0]
