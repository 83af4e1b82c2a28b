"""What a whole asks about its parts, and the words both sides use for it."""

from __future__ import annotations

import pytest

from expertise.cases import facts, parts
from tests.support.environment import on_sqlite
from workflows.soundness.context import PART_FACTS

NOBODY, LIVES, GOOD, BAD = {}, {"A": None}, {"A": "succeeded"}, {"A": "refused"}


def test_engine_and_application_know_the_same_facts():
    assert set(parts.PREDICATES) == PART_FACTS


@pytest.mark.parametrize(
    ("predicate", "ends", "holds", "missing"),
    [
        ("some", NOBODY, False, []),
        ("some", LIVES, True, []),
        ("one_succeeded", NOBODY, False, []),
        ("one_succeeded", BAD, False, []),
        ("one_succeeded", {**LIVES, "B": "refused"}, False, ["A"]),
        ("one_succeeded", {**LIVES, "B": "succeeded"}, True, ["A"]),
        ("all_succeeded", NOBODY, False, []),
        ("all_succeeded", GOOD, True, []),
        ("all_succeeded", {**GOOD, "B": "lapsed"}, False, ["B"]),
        ("all_succeeded", {**GOOD, "B": None}, False, ["B"]),
        ("all_ended", NOBODY, True, []),
        ("all_ended", {**LIVES, "B": "lapsed"}, False, ["A"]),
        ("all_ended", {**GOOD, "B": "lapsed"}, True, []),
        ("none_open", NOBODY, True, []),
        ("none_open", {**GOOD, "B": None, "C": None}, False, ["B", "C"]),
        ("none_open", BAD, True, []),
    ],
)
def test_predicates(predicate, ends, holds, missing):
    assert parts.PREDICATES[predicate](ends) == (holds, missing)


@on_sqlite
def test_every_fact_that_a_definition_asks_for_can_be_answered(env):
    for definition in env.services.definitions.all_current():
        asked = {name for step in definition.transitions.values() for name in step.needs}
        of_parts = {f"parts.{part}.{predicate}" for part in definition.parts for predicate in parts.PREDICATES}
        assert asked <= of_parts | definition.facts.keys()
        assert {fact.word for fact in definition.facts.values()} <= facts.WORDS.keys()


def test_facts_are_read_from_the_parts_of_this_whole(env):
    reference = env.walk("offer.accept")
    env.walk("offer.accept")  # another whole with an open offer of its own
    offer, case = env.part(reference, "offer"), env.case(reference)
    asked = ["parts.offer.none_open", "parts.offer.some", "parts.deliverable.some"]
    with env.transactions.read() as session:
        found = parts.facts(session, case.id, asked)
        assert [found[name].holds for name in asked] == [False, True, False]
        assert found["parts.offer.none_open"].missing == (offer,)
        ended = parts.facts(session, case.id, asked, {offer: "refused", "EO-1999-0001": None})
        assert ended["parts.offer.none_open"].holds
        assert [row.reference for row in parts.of(session, case.id)] == [offer]
        assert parts.facts(session, case.id, []) == {}
