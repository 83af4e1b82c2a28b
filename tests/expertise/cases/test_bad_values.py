"""What may not be stored comes back by name and code, and leaves no trace."""

from __future__ import annotations

import pytest

from tests.support.environment import done, on_sqlite
from tests.support.main_line import ANALYSIS, REQUEST
from workflows.refusals import Invalid, NotReady, UnknownStep

MEGABYTE = "я" * 1_000_000
DRAFT = [
    ("title", 5, "wrong_type"),
    ("title", ["a list"], "wrong_type"),
    ("title", {"a": "mapping"}, "wrong_type"),
    ("title", "NUL \0 inside", "control_character"),
    ("title", "a bell \x07", "control_character"),
    ("title", "\u202eright to left", "direction_character"),
    ("title", "half a pair \ud800", "broken_character"),
    ("title", "two\nlines", "one_line"),
    ("title", "a" + "\u0301" * 40, "piled_marks"),
    ("title", MEGABYTE, "too_long"),
    ("problem", MEGABYTE + "я", "too_long"),
    ("problem", "x" * 1001, "too_long"),
    ("problem", "NUL \0", "control_character"),
    ("region", "KZ-99", "unknown_region"),
    ("region", 43, "wrong_type"),
    ("topic", "alchemy", "unknown_topic"),
    ("help_wanted", "money", "unknown_choice"),
    ("latest_date", "30.02.2027", "impossible_date"),
    ("latest_date", "2027-02-30", "impossible_date"),
    ("latest_date", "in spring", "bad_date"),
    ("latest_date", "01.01.0001", "year_out_of_range"),
    ("latest_date", 20270101, "wrong_type"),
    ("contact_email", "no address", "bad_email"),
    ("contact_phone", "call me", "bad_phone"),
    ("consent", "maybe", "not_yes_or_no"),
    ("consent", 1, "not_yes_or_no"),
    ("nonsense", "x", "unknown_field"),
    ("state", "closed", "unknown_field"),
    ("version", 7, "unknown_field"),
    ("expert_id", 1, "unknown_field"),
    ("expert_days", 3, "unknown_field"),  # a field of the workflow, but not of this state
]
CHECK = [
    ("expert_days", 12.9, "not_whole"),
    ("expert_days", "12.9", "not_whole"),
    ("expert_days", "12,9", "not_whole"),
    ("expert_days", 12.0, "not_whole"),
    ("expert_days", True, "wrong_type"),
    ("expert_days", "dozen", "not_a_number"),
    ("expert_days", 0, "too_small"),
    ("expert_days", 10**30, "too_large"),
    ("expert_days", "9" * 5000, "too_long"),
    ("expert_days", float("nan"), "not_whole"),
    ("budget", "100", "wrong_type"),
    ("budget", {"amount": "-1", "currency": "KZT"}, "negative"),
    ("budget", {"amount": "1.999", "currency": "KZT"}, "too_many_decimals"),
    ("budget", {"amount": "1", "currency": "XYZ"}, "unknown_currency"),
    ("budget", {"amount": "1", "currency": "KZT", "bank": "x"}, "wrong_type"),
    ("causes", "text", "wrong_type"),
    ("causes", ["row"], "wrong_type"),
    ("causes", [{"cause": "a", "reason": "b"}], "unknown_column"),
    ("causes", [{"cause": "a\0"}], "control_character"),
    ("causes", [{"cause": "a"}] * 51, "too_many_rows"),
    ("investment_foreseen", "perhaps", "not_yes_or_no"),
    ("title", "Not in this state", "unknown_field"),
]


@pytest.fixture
def checked(env):
    """Tries values in a form; returns its (field, codes) after seeing that nothing was written."""

    def attempt(by, reference, raw):
        before = env.case(reference), env.counts()
        answer = env.edit(by, reference, raw)
        assert isinstance(answer, Invalid), answer
        assert (env.case(reference), env.counts()) == before
        return {field: [problem.code for problem in problems] for field, problems in answer.errors}

    return attempt


@on_sqlite
def test_every_wrong_value_of_a_draft_is_named(env, checked):
    reference = env.begin()
    for field, value, code in DRAFT:
        assert checked("requester", reference, {field: value}) == {field: [code]}, value


@on_sqlite
def test_every_wrong_value_of_the_analysis_is_named(env, checked):
    reference = env.walk("confirm_complete")
    for field, value, code in CHECK:
        assert checked("coordinator", reference, {field: value}) == {field: [code]}, value


@on_sqlite
def test_all_faults_are_told_at_once_in_the_order_of_the_form(env, checked):
    reference = env.begin()
    wrong = {"nonsense": 1, "latest_date": "30.02.2027", "region": "KZ-99", "title": "x" * 161, "problem": "fine"}
    assert list(checked("requester", reference, wrong)) == ["title", "region", "latest_date", "nonsense"]


@on_sqlite
def test_a_name_that_nobody_declared_is_made_fit_for_a_page(env, checked):
    named = list(checked("requester", env.begin(), {"\0\u202e" + "n" * 500: "x"}))
    assert named[0].isprintable() and len(named[0]) <= 60


def test_a_wrong_value_opens_no_case(env):
    before = env.counts()
    answer = env.file({**REQUEST, "title": "NUL \0", "latest_date": "30.02.2027"}, key="k")
    assert isinstance(answer, Invalid) and {field for field, _ in answer.errors} == {"title", "latest_date"}
    assert env.counts() == before
    assert not done(env.file(REQUEST, key="k")).repeated  # the key was not used up


def test_a_wrong_answer_takes_no_step(env):
    reference = env.walk("offer_assignment")
    before = env.case(reference), env.counts()
    nobody = env.actor("nobody").key
    for raw, wrong in (
        ({"expert": nobody}, "expert"),  # a person, but no expert
        ({"expert": "expert\0"}, "expert"),
        ({"expert": 5}, "expert"),
        ({"expert": env.actor("expert").key, "title": "smuggled"}, "title"),
    ):
        answer = env.fire("coordinator", reference, "offer_assignment", raw)
        assert isinstance(answer, Invalid) and answer.errors[0][0] == wrong
    missing = env.fire("coordinator", reference, "offer_assignment", {})
    assert isinstance(missing, NotReady) and missing.missing[0].name == "expert"
    assert isinstance(env.fire("coordinator", reference, "fly\0away"), UnknownStep)
    assert (env.case(reference), env.counts()) == before


@pytest.mark.parametrize(("text", "code"), [("NUL \0", "control_character"), (MEGABYTE, "too_long"), (5, "wrong_type")])
@on_sqlite
def test_a_comment_that_cannot_be_kept(env, text, code):
    reference, before = env.begin(), env.counts()
    answer = env.comment("requester", reference, text)
    assert isinstance(answer, Invalid) and answer.errors[0][1][0].code == code
    assert env.counts() == before


@on_sqlite
def test_an_empty_comment_is_asked_for(env):
    answer = env.comment("requester", env.begin(), " \n ")
    assert isinstance(answer, NotReady) and answer.missing[0].name == "comment"


def test_every_kind_of_value_is_kept_as_it_was_typed(env):
    reference = env.walk("confirm_complete")
    budget = {"amount": "10 000 000,50", "currency": "KZT"}
    done(env.edit("coordinator", reference, {"budget": budget, "investment_foreseen": "no", "findings": "a\r\nb"}))
    row = env.case(reference)
    assert row.fields["budget"] == {"amount": "10000000.50", "currency": "KZT"}
    assert (str(row.amount), row.currency) == ("10000000.50", "KZT")
    assert row.fields["investment_foreseen"] is False and row.fields["findings"] == "a\nb"
    assert row.fields["causes"] == ANALYSIS["causes"] and row.fields["expert_days"] == 20
    assert (row.title, row.region, row.topic) == (REQUEST["title"], "KZ-43", "waste")


def test_names_with_nul_find_nothing_and_break_nothing(env):
    assert env.look("auditor", "ER-2026-0001\0") is None
    assert not env.sees("requester", "\0")


def test_a_key_may_be_anything(env):
    for key in ("k" * 5000, "NUL \0", "ключ", ""):
        first = done(env.file(REQUEST, key=key))
        again = done(env.file(REQUEST, key=key))
        assert again.repeated and again.reference == first.reference


def test_a_long_source_is_kept_whole_and_two_requests_may_name_the_same(env):
    one, other = env.walk("confirm_complete"), env.walk("confirm_complete")
    for reference in (one, other):
        done(env.edit("coordinator", reference, {"source": "x" * 300}))
        assert env.case(reference).external_reference == "x" * 300
