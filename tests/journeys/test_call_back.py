"""A request that was sent too early comes back to its requester until the team has taken it up."""

from __future__ import annotations

from tests.support.environment import done
from tests.support.stages import draft as a_draft
from workflows.refusals import WrongState


def test_called_back_corrected_and_sent_again(env):
    draft = a_draft(env)
    done(env.fire("requester", draft, "submit", {}))
    done(env.fire("requester", draft, "call_back", {}))
    assert (env.case(draft).state, env.case(draft).due_at) == ("draft", None)
    done(env.edit("requester", draft, {"title": "A better title"}))
    done(env.fire("requester", draft, "submit", {}))
    done(env.fire("coordinator", draft, "register", {}))
    assert isinstance(env.fire("requester", draft, "call_back", {}), WrongState)
