"""A step that needs two persons: the first voice is counted, the second one moves the case."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import update

from expertise.base import clock
from expertise.base.write_set import WriteSet, flush
from expertise.cases.actions.change import Change, write
from expertise.cases.parties import VOTES
from expertise.cases.services import Services, Unit
from tests.support.changed_definitions import under
from tests.support.environment import Environment
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
    return Environment(
        env.transactions, Services(Definitions(env.services.definitions), env.services.calendars, env.services.url)
    )


def test_two_must_agree(council):
    reference = council.walk("approve_terms")
    offered = {each.step.key: each for each in council.look("approver", reference).offered}["approve_terms"]
    assert (offered.preview.target, offered.preview.told, offered.preview.votes_missing) == ("approval", (), 1)
    written, before = council.letters(reference), council.case(reference)
    council.take("approver", reference, "approve_terms", {"comment": "Agreed"})
    row = council.case(reference)
    assert (row.state, row.visit, row.version) == ("approval", before.visit, before.version + 1)
    assert row.votes == {"approve_terms": [[council.actor("approver").key]]}
    assert council.letters(reference) == written
    assert council.look("approver", reference).events[0].act == "person:vote:approve_terms"
    assert council.fire("approver", reference, "approve_terms") == AlreadyVoted(1, 2)
    council.take("twofold", reference, "approve_terms")
    row = council.case(reference)
    assert (row.state, row.votes) == ("expert_search", {})
    assert ("terms_approved", "coordinator") in council.letters(reference)


def test_voices_are_forgotten_when_the_case_moves(council):
    reference = council.walk("approve_terms")
    council.take("approver", reference, "approve_terms")
    council.take("approver", reference, "send_back_terms", {"comment": "On second thoughts"})
    assert council.case(reference).votes == {}
    council.take("coordinator", reference, "send_for_endorsement")
    council.take("requester", reference, "endorse")
    council.take("approver", reference, "approve_terms")
    assert council.case(reference).state == "approval"


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
    actor, row = council.actor("coordinator"), council.case(reference)
    with council.transactions.write() as session:
        definition = council.services.definitions.pinned(row.digest)
        rule = "person:fields:edit"
        change = Change(
            row, definition, actor, "coordinator", rule, rule, clock.now(), row.state, values={"expert_days": 30}
        )
        writes = WriteSet()
        write(Unit(session, council.services), change, writes)
        assert flush(session, writes)
    assert council.case(reference).votes == {}
    council.take("approver", reference, "approve_terms")
    assert council.case(reference).state == "approval"


@pytest.fixture
def panel(env, tmp_path):
    """Offers need two coordinators, and an offer leaves the case where it is."""
    asks = "asks: {expert: required}\n    opens: offer"
    two = [
        (asks, "quorum: 2\n    " + asks),
        (
            "  declare_no_expert:\n",
            """  note_market:
    label: {kk: Нарық, ru: Рынок, en: Note the market}
    from: expert_search
    to: same
    by: coordinator
    quorum: 2
  declare_no_expert:
""",
        ),
    ]
    return under(env, tmp_path, {"expertise_request": two})


def test_votes_for_a_step_that_stays_are_used_up_by_it(panel):
    """Afterwards one person alone must not take it again."""
    reference = panel.walk("offer_assignment")
    for _ in range(2):
        before = panel.case(reference)
        panel.take("coordinator", reference, "note_market")
        assert panel.fire("coordinator", reference, "note_market") == AlreadyVoted(1, 2)
        panel.take("deputy", reference, "note_market")
        row = panel.case(reference)
        assert (row.state, row.visit, row.votes) == ("expert_search", before.visit, {})
    panel.take("deputy", reference, "note_market")
    assert panel.look("coordinator", reference).events[0].act == "person:vote:note_market"


def test_a_part_is_opened_by_two_each_time(panel):
    reference = panel.walk("offer_assignment")
    panel.take("coordinator", reference, "offer_assignment", {"expert": "expert"})
    panel.take("deputy", reference, "note_market")
    panel.take("deputy", reference, "offer_assignment", {"expert": "expert"})
    assert panel.case(reference).votes == {"note_market": [[panel.actor("deputy").key]]}  # that one still stands
    offer = panel.part(reference, "offer")
    panel.take("expert", offer, "decline", {"comment": "No time"})
    panel.take("coordinator", reference, "offer_assignment", {"expert": "other_expert"})
    assert panel.part(reference, "offer") == offer  # a vote, no offer yet
    panel.take("deputy", reference, "offer_assignment", {"expert": "other_expert"})
    assert panel.part(reference, "offer") != offer


def test_votes_of_an_earlier_stay_count_no_more(panel):
    """Whatever left them there: they belong to the stay in which they were given."""
    reference = panel.walk("offer_assignment")
    panel.take("coordinator", reference, "note_market")
    with panel.transactions.write() as session:
        session.execute(update(VOTES).values(visit=VOTES.c.visit - 1))
    panel.take("deputy", reference, "note_market")
    assert panel.look("coordinator", reference).events[0].act == "person:vote:note_market"
