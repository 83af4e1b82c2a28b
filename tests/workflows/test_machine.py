import gc
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from tests.workflows.samples import OFFER, REQUEST, definition_of, standing_in
from workflows import MachineDisagrees, NotReady, WrongRole, fire, machine

READY = {"title": "Water", "contact": "a@b.kz"}


def submit(definition):
    return fire(definition, "submit", standing_in("draft", "requester", fields=READY))


def test_a_step_that_is_allowed_is_made(request_definition):
    verdict = submit(request_definition)
    assert verdict.allowed
    assert verdict.target == "checking"


def test_a_step_that_is_refused_is_not_made(request_definition, monkeypatch):
    monkeypatch.setattr(machine, "machine_for", lambda definition: pytest.fail("the machine was asked"))
    verdict = fire(request_definition, "submit", standing_in("draft", "expert"))
    assert verdict.refusals == (WrongRole(("requester",)),)


def test_firing_demands_the_answers_that_deciding_left_open(request_definition):
    verdict = fire(request_definition, "send_back", standing_in("checking", "coordinator"))
    assert isinstance(verdict.refusals[0], NotReady)


def test_a_step_that_stays_fires(request_definition):
    verdict = fire(request_definition, "remark", standing_in("search", "lender"), {"comment": "x"})
    assert verdict.target == "search"


def test_one_definition_has_one_machine_whatever_object_it_is(request_definition):
    again = definition_of(REQUEST)
    assert again is not request_definition
    assert machine.machine_for(again) is machine.machine_for(request_definition)


def test_another_content_has_another_machine(request_definition):
    assert machine.machine_for(definition_of(OFFER)) is not machine.machine_for(request_definition)


def test_a_thousand_steps_register_no_case_and_keep_no_memory(request_definition):
    for _ in range(50):
        submit(request_definition)
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(1000):
            submit(request_definition)
        gc.collect()
        kept = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert kept < 10_000
    assert machine.machine_for(request_definition).models == []


def test_threads_share_the_machine_and_do_not_disturb_each_other(request_definition):
    plans = [
        ("submit", standing_in("draft", "requester", fields=READY), {}, "checking"),
        ("send_back", standing_in("checking", "coordinator"), {"comment": "x"}, "returned"),
        ("lapse", standing_in("returned", "clock", person=None), {}, "lapsed"),
        ("remark", standing_in("search", "lender"), {"comment": "x"}, "search"),
    ]

    def run(number):
        key, standing, asked, target = plans[number % len(plans)]
        verdict = fire(request_definition, key, standing, asked)
        return verdict.allowed and verdict.target == target

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(run, range(4000)))


def test_a_machine_that_does_not_follow_the_verdict_is_a_fault_of_ours(request_definition, monkeypatch):
    other = replace(
        request_definition,
        digest="other",
        transitions={
            **request_definition.transitions,
            "submit": replace(request_definition.transitions["submit"], target="search"),
        },
    )
    stale = machine.machine_for(other)
    monkeypatch.setattr(machine, "machine_for", lambda definition: stale)
    with pytest.raises(MachineDisagrees, match="request/submit: draft -> search"):
        submit(request_definition)
