import json
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import marshmallow
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workflows.typed import ACCEPTED, DEFINITION, EMPTY, REFUSED, money, problem
from workflows import PROBLEMS, TYPES, load, schema_for
from workflows.fields.texts import longest

#: Refused by workflows.extension, workflows.fields.days and the desk, and tried in their tests.
OF_EXTENSIONS = (
    "beyond_latest",
    "date_too_early",
    "date_too_late",
    "ended_case",
    "foreign_region",
    "in_the_future",
    "in_the_past",
    "not_later",
    "one_of_two",
    "own_case",
    "still_past",
)

KNOWN = {
    "person": "e-1",
    "person:coordinator": "e-1",
    "regions": "KZ-43",
    "organisation": "akimat-kz-43",
    "case:request": "RQ-1",
    "region": "KZ-43",
    "topic": "water",
    "lender": "adb",
    "expert": "e-1",
    "file": "f-1",
}


class Words:
    def knows(self, type_, value):
        return KNOWN[type_] == value


def loaded(**raw):
    return load(DEFINITION, raw.keys(), raw, Words())


@pytest.mark.parametrize(("name", "raw", "stored"), ACCEPTED)
def test_what_can_be_understood_is_stored_in_one_form(name, raw, stored):
    result = loaded(**{name: raw})
    assert result.errors == ()
    assert result.values == {name: stored}
    assert type(result.values[name]) is type(stored)


@pytest.mark.parametrize(("name", "raw", "stored"), ACCEPTED)
def test_what_is_stored_loads_as_itself(name, raw, stored):
    assert loaded(**{name: stored}).values == {name: stored}


@pytest.mark.parametrize(("name", "raw"), EMPTY)
def test_an_empty_value_clears_the_field(name, raw):
    result = loaded(**{name: raw})
    assert (result.values, result.errors) == ({name: None}, ())


@pytest.mark.parametrize(("name", "raw", "expected"), REFUSED, ids=lambda value: ascii(value)[:40])
def test_what_cannot_be_stored_is_refused_with_its_code(name, raw, expected):
    result = loaded(**{name: raw})
    assert result.errors == ((name, (expected,)),)
    assert result.values == {}


def test_every_problem_is_refused_here_with_the_parameters_it_promises():
    seen = {}
    for _, _, expected in REFUSED:
        names = tuple(name for name, _ in expected.parameters if name not in {"row", "column"})
        assert seen.setdefault(expected.code, names) == names
    seen |= {"unknown_field": (), "unknown_column": ()}
    seen |= {code: PROBLEMS[code] for code in OF_EXTENSIONS}
    assert seen == dict(PROBLEMS)


def test_every_type_is_tried_here():
    assert {DEFINITION.fields[name].type.key for name, _, _ in ACCEPTED if name != "comment"} == set(TYPES)


def test_a_name_that_was_not_asked_for_is_refused_even_if_the_case_has_it():
    result = load(DEFINITION, ["plain"], {"plain": "a", "price": money("5"), "owner": "me"}, Words())
    assert result.values == {"plain": "a"}
    assert result.errors == (("price", (problem("unknown_field"),)), ("owner", (problem("unknown_field"),)))


def test_a_name_that_did_not_come_stays_absent():
    assert load(DEFINITION, ["plain", "day"], {"day": "2026-02-28"}, Words()).values == {"day": "2026-02-28"}


def test_an_invented_name_is_told_in_letters_that_can_be_shown():
    result = load(DEFINITION, [], {"a\ud800": 1, "b" * 500: 1, "c\x00": 1}, Words())
    shown = [name for name, _ in result.errors]
    assert len(shown) == 3
    assert all(name.encode("utf-8").decode().isprintable() and len(name) <= 60 for name in shown)


def test_all_errors_come_at_once_in_the_order_of_the_definition():
    raw = {"zebra": 1, "mail": "x", "day": "x", "plain": "a\nb"}
    result = load(DEFINITION, ["mail", "plain", "day"], raw, Words())
    assert [name for name, _ in result.errors] == ["plain", "day", "mail", "zebra"]


def test_all_errors_of_a_table_come_at_once():
    result = loaded(rows=[{"what": "a\nb", "when": "x"}, {"cost": money("-1")}])
    places = [dict(one.parameters) for one in result.errors[0][1]]
    assert places == [{"row": 1, "column": "what"}, {"row": 1, "column": "when"}, {"row": 2, "column": "cost"}]


@pytest.mark.parametrize("raw", [None, 5, "text", ["plain"]])
def test_a_body_that_is_no_mapping_is_refused(raw):
    assert load(DEFINITION, ["plain"], raw, Words()).errors[0][1] == (problem("wrong_type", expected="form"),)


def test_a_field_nobody_declared_is_a_fault_of_the_caller():
    with pytest.raises(KeyError):
        load(DEFINITION, ["nothing"], {}, Words())


def test_a_comment_may_always_be_asked_for_and_is_never_a_field():
    assert "comment" not in DEFINITION.fields
    assert loaded(comment="x\x00").errors == (("comment", (problem("control_character"),)),)


def test_the_schema_is_built_once_per_digest_and_names():
    first = schema_for(DEFINITION, ["plain", "day"])
    assert schema_for(replace(DEFINITION), ("day", "plain")) is first
    assert schema_for(DEFINITION, ["plain"]) is not first
    assert schema_for(replace(DEFINITION, digest="other"), ["plain", "day"]) is not first
    assert isinstance(first, marshmallow.Schema)


def test_each_call_uses_the_vocabulary_it_was_given():
    class Nobody:
        def knows(self, type_, value):
            return False

    with ThreadPoolExecutor(4) as pool:
        results = list(
            pool.map(
                lambda number: load(DEFINITION, ["region"], {"region": "KZ-43"}, (Words, Nobody)[number % 2]()),
                range(400),
            )
        )
    assert [bool(result.errors) for result in results] == [False, True] * 200


def test_a_flood_of_combining_marks_is_refused_before_it_costs(monkeypatch):
    """Normalising takes time by the square of the marks on one letter, so it never sees more than the longest field."""
    seen = []
    normalize = unicodedata.normalize

    def watched(form, text):
        seen.append(len(text))
        return normalize(form, text)

    monkeypatch.setattr(unicodedata, "normalize", watched)
    flood = "a" + "\u0301\u0327" * 400_000
    assert loaded(story=flood).errors == (("story", (problem("too_long", max=5000, over=795_001),)),)
    assert loaded(story=flood[:19_000]).errors == (("story", (problem("piled_marks", max=30),)),)
    assert all(length < 20_000 for length in seen), seen


def test_the_form_knows_how_much_a_field_holds():
    assert [longest(DEFINITION.fields[name]) for name in ("short", "plain", "story", "mail")] == [20, 300, 5000, 254]


@given(st.text(st.characters(categories=None), max_size=40))
def test_a_text_is_kept_clean_or_refused_and_cleaning_again_changes_nothing(text):
    result = loaded(story=text)
    if not result.errors:
        kept = result.values["story"]
        assert loaded(story=kept).values == {"story": kept}
        assert kept is None or (kept == unicodedata.normalize("NFC", kept) and kept.encode("utf-8"))
        assert not any(ord(letter) < 32 and letter not in "\t\n" for letter in kept or "")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(categories=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(DEFINITION.fields)), anything)
def test_whatever_comes_gives_json_or_problems_and_nothing_else(name, raw):
    result = loaded(**{name: raw})
    json.dumps(result.values, allow_nan=False, ensure_ascii=False).encode("utf-8")
    assert (name in result.values) is not bool(result.errors)
    for _, problems in result.errors:
        for one in problems:
            assert {key for key, _ in one.parameters} - {"row", "column"} == set(PROBLEMS[one.code])
