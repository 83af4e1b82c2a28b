"""Days in their order: an end not before its beginning, what has happened not in the future."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import workflows
from tests.workflows.typed import DEFINITION
from workflows import TYPES, Field, Problem, load_directory
from workflows.fields.days import misplaced

TODAY = date(2026, 3, 2)
LABEL = {"kk": "a", "ru": "b", "en": "c"}
DAYS = {
    "since": Field("since", TYPES["date"], LABEL),
    "until": Field("until", TYPES["date"], LABEL, not_before="since"),
    "done": Field("done", TYPES["date"], LABEL, not_after="today"),
    "planned": Field("planned", TYPES["date"], LABEL, not_before="today"),
}
CASE = replace(DEFINITION, fields={**DEFINITION.fields, **DAYS})
EARLY, LATE = "2026-02-01", "2026-05-01"


@pytest.mark.parametrize(
    ("given", "stored", "expected"),
    [
        ({"since": LATE, "until": EARLY}, {}, {"until": Problem("date_too_early", (("earliest", LATE),))}),
        ({"until": EARLY}, {"since": LATE}, {"until": Problem("date_too_early", (("earliest", LATE),))}),
        ({"since": LATE}, {"until": EARLY}, {"since": Problem("date_too_late", (("latest", EARLY),))}),
        ({"since": EARLY, "until": LATE}, {"since": LATE, "until": EARLY}, {}),
        ({"since": LATE, "until": LATE}, {}, {}),
        ({"since": LATE, "until": None}, {"until": EARLY}, {}),
        ({"since": LATE, "until": EARLY, "plain": "x"}, {"since": LATE, "until": EARLY}, {}),
        ({"done": LATE}, {}, {"done": Problem("in_the_future")}),
        ({"done": "2026-03-02"}, {}, {}),
        ({"done": LATE}, {"done": LATE}, {}),
        ({"planned": EARLY}, {}, {"planned": Problem("in_the_past")}),
        ({"planned": "2026-03-02"}, {}, {}),
        ({}, {"since": LATE, "until": EARLY, "done": LATE}, {}),
    ],
)
def test_a_bound_is_judged_where_one_of_its_days_is_new(given, stored, expected):
    assert misplaced(CASE, given, stored, TODAY) == tuple((name, (one,)) for name, one in expected.items())


#: Days of the shipped definitions that lie in the future by their nature.
TO_COME = {"desired_start", "latest_date", "valid_until"}


def test_every_day_of_the_shipped_definitions_that_records_something_has_happened():
    """A law: whoever adds a date says what it is bounded by, or writes it down here."""
    for definition in load_directory(Path(workflows.__file__).with_name("definitions")).values():
        for name, field in definition.fields.items():
            if field.type.is_date:
                assert field.not_after == "today" or name in TO_COME, (definition.key, name)
