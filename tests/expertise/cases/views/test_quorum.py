"""A step that needs two persons: the first voice is counted, the second one moves the case."""

from __future__ import annotations

from dataclasses import replace

import pytest

from expertise.base import clock
from expertise.cases.actions.change import Change, write
from expertise.cases.services import Services, Unit
from tests.support.case_environment import CaseEnvironment
from workflows.refusals import AlreadyVoted


class Definitions:
    """The workflows as they are, but two must approve the terms."""

    def __init__(self, real):
        self.real = real

    def current(self, workflow):
        return self.changed(self.real.current(workflow))

    def pinned(self, digest):
        return self.changed(self.real.pinned(digest))

    def changed(self, definition):
        step = definition.transitions.get("approve_terms")
        if step is None:
            return definition
        return replace(definition, transitions={**definition.transitions, step.key: replace(step, quorum=2)})


@pytest.fixture
def council(env):
    return CaseEnvironment(
        env.transactions, Services(Definitions(env.services.definitions), env.services.calendars, env.services.url)
    )


def test_two_must_agree(council):
    reference = council.walk("approve_terms")
    offered = {each.step.key: each for each in council.look("approver", reference).offered}["approve_terms"]
    assert (offered.preview.target, offered.preview.told, offered.preview.votes_missing) == ("approval", (), 1)
    written, before = council.letters(reference), council.row(reference)
    council.take("approver", reference, "approve_terms", {"comment": "Agreed"})
    row = council.row(reference)
    assert (row.state, row.visit, row.version) == ("approval", before.visit, before.version + 1)
    assert row.votes == {"approve_terms": [[council.actor("approver").key]]}
    assert council.letters(reference) == written
    assert council.look("approver", reference).events[0].act == "person:vote:approve_terms"
    assert council.attempt("approver", reference, "approve_terms") == AlreadyVoted(1, 2)
    council.take("twofold", reference, "approve_terms")
    row = council.row(reference)
    assert (row.state, row.votes) == ("expert_search", {})
    assert ("terms_approved", "coordinator") in council.letters(reference)


def test_voices_are_forgotten_when_the_case_moves(council):
    reference = council.walk("approve_terms")
    council.take("approver", reference, "approve_terms")
    council.take("approver", reference, "send_back_terms", {"comment": "On second thoughts"})
    assert council.row(reference).votes == {}
    council.take("coordinator", reference, "send_for_endorsement")
    council.take("requester", reference, "endorse")
    council.take("approver", reference, "approve_terms")
    assert council.row(reference).state == "approval"


def test_what_is_missing_is_shown_to_everybody(council):
    reference = council.walk("approve_terms")
    votes = council.look("requester", reference).votes
    assert [(each.step.key, each.given, each.missing, each.people) for each in votes] == [("approve_terms", 0, 2, ())]
    council.take("approver", reference, "approve_terms")
    (votes,) = council.look("coordinator", reference).votes
    assert (votes.given, votes.missing, votes.people) == (1, 1, ("approver",))


def test_what_was_changed_is_voted_on_anew(council):
    """A value changed under the votes: they were given to something else."""
    reference = council.walk("approve_terms")
    council.take("approver", reference, "approve_terms")
    actor, row = council.actor("coordinator"), council.row(reference)
    with council.transactions.write() as session:
        definition = council.services.definitions.pinned(row.digest)
        rule = "person:fields:edit"
        change = Change(
            row, definition, actor, "coordinator", rule, rule, clock.now(), row.state, values={"expert_days": 30}
        )
        write(Unit(session, council.services), change)
    assert council.row(reference).votes == {}
    council.take("approver", reference, "approve_terms")
    assert council.row(reference).state == "approval"
