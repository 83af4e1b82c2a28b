"""Every refusal and every problem is a sentence in three languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from expertise import registry
from expertise.cases.actions.assign import NotYoursToPass, Taken
from expertise.cases.actions.comment import JustSaid
from expertise.cases.actions.correct import AnotherProposed, NothingToCorrect
from expertise.cases.actions.fire import JustOpened
from expertise.cases.actions.undo import NotUndoable
from expertise.cases.parts import PREDICATES as FACTS
from expertise.files import verdict
from expertise.text import messages
from expertise.text.messages import describe, describe_problem
from expertise.text.translator import TRANSLATORS
from workflows import refusals
from workflows.definition import LANGUAGES
from workflows.fields import types
from workflows.refusals import Invalid, Missing, NotReady, Problem, Stale

NUMBERS = (
    ("max", 5),
    ("min", 1),
    ("expected", "text"),
    ("latest", "2026-05-01"),
    ("earliest", "2026-05-01"),
    ("over", 7),
    ("sign", "€"),
    ("name", "Approver"),
)
OF_MENTIONS = ("mention_ambiguous", "mention_not_team", "mention_unknown", "mention_unseen", "too_many_mentions")
OF_FILES = ("file_too_large", "file_unchecked", "file_quota", "too_many_files")
CODES = [*types.PROBLEMS, *verdict.PROBLEMS, *OF_FILES, *OF_MENTIONS, "needed"]
MISSING = tuple(
    Missing(*each)
    for each in (("field", "title"), ("answer", "comment"), *(("fact", f"parts.offer.{name}") for name in FACTS))
)
SAMPLES = {
    "unknown_step": refusals.UnknownStep("fly"),
    "wrong_state": refusals.WrongState("draft", ("submitted",)),
    "wrong_role": refusals.WrongRole(("coordinator",)),
    "four_eyes": refusals.FourEyes("requester"),
    "already_voted": refusals.AlreadyVoted(1, 2),
    "not_ready": NotReady(MISSING),
    "invalid": Invalid((("causes", (Problem("too_long", (("max", 5), ("row", 2), ("column", "cause"))),)),)),
    "stale": Stale(1, 2, datetime(2026, 3, 2, 6, tzinfo=UTC)),
    "key_reused": refusals.KeyReused(),
    "not_found": refusals.NotFound(),
    "not_extendable": refusals.NotExtendable(1),
    "nothing_to_correct": NothingToCorrect(),
    "another_proposed": AnotherProposed(),
    "taken": Taken("Coordinator"),
    "not_in_your_hands": NotYoursToPass(),
    "just_opened": JustOpened("RF-2026-0001", datetime(2026, 3, 2, 6, tzinfo=UTC)),
    "just_said": JustSaid(datetime(2026, 3, 2, 6, tzinfo=UTC), 7),
    "not_undoable": NotUndoable("late"),
    "out_of_service": refusals.OutOfService("expertise_request"),
}


@pytest.fixture(scope="module")
def definition():
    return registry.load()["expertise_request"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_problem_has_a_sentence(language):
    said = {code: describe_problem(Problem(code, NUMBERS), TRANSLATORS[language]) for code in CODES}
    assert all(sentence.endswith((".", "!")) or "%" not in sentence for sentence in said.values())
    assert len(set(said.values())) >= len(said) - 1
    assert "%(" not in " ".join(said.values())


def test_no_sentence_is_for_a_code_that_nobody_uses():
    assert set(messages.PROBLEMS) == set(CODES)
    assert set(messages.PREDICATES) == set(FACTS)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", refusals.Refusal.__subclasses__(), ids=lambda kind: kind.code)
def test_every_refusal_has_words_and_a_status(definition, kind, language):
    described = describe(SAMPLES[kind.code], definition, TRANSLATORS[language])
    assert described.status in (403, 404, 409, 422) or (kind.code, described.status) == ("out_of_service", 503)
    assert described.items and all(item.text for item in described.items)


@pytest.mark.parametrize("language", LANGUAGES)
def test_why_a_step_cannot_be_taken_back_is_said_in_words_of_its_own(definition, language):
    said = {
        describe(NotUndoable(why), definition, TRANSLATORS[language]).items[0].text
        for why in ("nothing", "another", "late", "whole")
    }
    assert len(said) == 4


def test_a_problem_inside_a_table_says_where_it_is(definition):
    [item] = describe(SAMPLES["invalid"], definition, TRANSLATORS["en"]).items
    assert item.text == "Causes of the problem: Line 2, Cause: The text is too long: at most 5 characters."
    assert item.field == "causes"


def test_a_stale_page_says_when_the_case_was_moved_on_the_clock_of_kazakhstan(definition):
    assert "02.03.2026, 11:00" in describe(SAMPLES["stale"], definition, TRANSLATORS["en"]).items[0].text
    assert (
        describe(replace(SAMPLES["stale"], moved_at=None), definition, TRANSLATORS["en"])
        .items[0]
        .text.endswith("the page.")
    )
