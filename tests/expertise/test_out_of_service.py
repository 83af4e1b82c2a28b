"""One bad file does not stop the service: the others run, its cases are shown, and people are told what is wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest

from expertise import registry, worker
from expertise.cases.services import BrokenWorkflow
from expertise.reminders.timers import LONGEST_WAIT
from tests.support.environment import on_sqlite
from tests.support.main_line import REQUEST
from workflows.refusals import OutOfService

OFFER = "expert_offer"
OTHERS = {"deliverable", "expertise_request", "loan_referral", "project_proposal", "recommendation_follow_up"}


@pytest.fixture
def folder(tmp_path):
    """The shipped definitions; `folder(name, text)` replaces a file."""

    def make(name, change):
        for file in registry.DEFINITIONS.glob("*.yaml"):
            text = file.read_text(encoding="utf-8")
            (tmp_path / file.name).write_bytes(change(text) if file.stem == name else text.encode())
        return tmp_path

    return make


def _unsound(text):
    return text.replace("to: expired", "to: nowhere").replace("version: ", "version: 9", 1).encode()


#: What can be wrong with a file.
BAD = {
    "no YAML": lambda _text: b"workflow: [",
    "not UTF-8": lambda text: text.encode("utf-16"),
    "empty": lambda _text: b"",
    "unsound": _unsound,
    "another name": lambda text: text.replace("workflow: expert_offer", "workflow: other_offer").encode(),
    "an unknown key": lambda text: (text + "\nlegs: 4\n").encode(),
}


@pytest.mark.parametrize("what", BAD)
def test_the_others_are_in_force(folder, what):
    usable = registry.load_usable(folder(OFFER, BAD[what]))
    assert set(usable.definitions) == OTHERS
    assert set(usable.broken) == {OFFER}
    assert all(fault.path == "expert_offer.yaml" and fault.remedy for fault in usable.broken[OFFER])


@pytest.mark.parametrize("name", sorted({OFFER, *OTHERS}))
def test_no_file_takes_others_with_it(folder, name):
    usable = registry.load_usable(folder(name, BAD["no YAML"]))
    assert set(usable.broken) == {name}


def test_of_two_that_do_not_fit_the_changed_one_is_at_fault(folder):
    """The offer lost a field that the request hands to it: both sides report it."""
    changed = folder(OFFER, lambda text: text.replace("  expert_profile:", "  profile:").encode())
    assert set(registry.load_usable(changed).broken) == {OFFER, "expertise_request"}
    known = {definition.digest for definition in registry.load().values()}
    assert set(registry.load_usable(changed, lambda: known).broken) == {OFFER}


@pytest.fixture
def closed(env):
    """The environment after the file of offers was spoilt. Cases under way keep the version they began with."""

    def without(*keys):
        current = {each.key: each for each in env.services.definitions.all_current() if each.key not in keys}
        faults = dict.fromkeys(keys, ())
        return replace(
            env, services=replace(env.services, definitions=registry.Registry(current, env.transactions.read, faults))
        )

    return without


def test_running_cases_are_shown_but_cannot_step(env, closed, time):
    reference = env.walk("offer.accept")
    offer = env.part(reference, "offer")
    later = closed(OFFER)
    view = later.look("expert", offer)
    assert (view.closed, view.offered, view.editable, view.extension) == (True, (), (), None)
    before = later.case(offer)
    assert later.fire("expert", offer, "accept", {"no_conflict": True}) == OutOfService(OFFER)
    assert later.fire("coordinator", offer, "recall", {"comment": "x"}) == OutOfService(OFFER)
    assert later.edit("coordinator", offer, {}) == OutOfService(OFFER)
    assert later.case(offer) == before
    time.go(before.due_at)
    assert worker.sweep(later.transactions, later.services)["out_of_service"] == 1
    assert later.case(offer).state == "sent"
    time.move(LONGEST_WAIT)
    assert worker.sweep(env.transactions, env.services)["done"] >= 1  # mended: the clock takes its step
    assert env.case(offer).state == "expired"


@on_sqlite
def test_the_parent_goes_on_without_opening_such_parts(env, closed):
    reference = env.walk("offer_assignment")
    later = closed(OFFER)
    assert later.fire("coordinator", reference, "offer_assignment", {"expert": "expert"}) == OutOfService(OFFER)
    later.take("coordinator", reference, "declare_no_expert", {"comment": "Nobody"})
    assert later.case(reference).state == "no_expert_found"


@on_sqlite
def test_no_new_case_begins(closed):
    later = closed("expertise_request")
    assert later.file(REQUEST) == OutOfService("expertise_request")
    with pytest.raises(BrokenWorkflow, match="process check"):
        later.services.definitions.current("expertise_request")
