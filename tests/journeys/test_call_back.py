"""A request that was sent too early comes back to its requester until the team has taken it up."""

from __future__ import annotations

from tests.support.house import done
from tests.support.stages import draft as a_draft
from workflows.refusals import WrongState


def test_called_back_corrected_and_sent_again(house):
    draft = a_draft(house)
    done(house.fire("requester", draft, "submit", {}))
    done(house.fire("requester", draft, "call_back", {}))
    assert (house.case(draft).state, house.case(draft).due_at) == ("draft", None)
    done(house.edit("requester", draft, {"title": "A better title"}))
    done(house.fire("requester", draft, "submit", {}))
    done(house.fire("coordinator", draft, "register", {}))
    assert isinstance(house.fire("requester", draft, "call_back", {}), WrongState)
