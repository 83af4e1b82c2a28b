"""From stored value to form and back nothing is lost, and nothing a browser can send breaks the page."""

from __future__ import annotations

import json

import pytest
from flask_babel import force_locale
from werkzeug.datastructures import MultiDict

from expertise.web.kit.forms import Form, kept, seen, stored_as_typed, typed
from tests.support.html_forms import forms
from workflows.definition import Definition, Field
from workflows.fields import types
from workflows.fields.types import TYPES

TEXT = {"kk": "т", "ru": "т", "en": "t"}
DECLARED = {
    "name": Field("name", TYPES["text"], TEXT),
    "story": Field("story", TYPES["long_text"], TEXT),
    "days": Field("days", TYPES["number"], TEXT),
    "budget": Field("budget", TYPES["money"], TEXT),
    "until": Field("until", TYPES["date"], TEXT),
    "kind": Field("kind", TYPES["choice"], TEXT, options={"a": TEXT, "b": TEXT}),
    "invest": Field("invest", TYPES["yes_no"], TEXT),
    "consent": Field("consent", TYPES["confirm"], TEXT),
    "causes": Field("causes", TYPES["table"], TEXT, columns={"cause": Field("cause", TYPES["text"], TEXT)}),
    "plan": Field(
        "plan",
        TYPES["table"],
        TEXT,
        columns={
            "source": Field("source", TYPES["text"], TEXT),
            "amount": Field("amount", TYPES["money"], TEXT),
            "until": Field("until", TYPES["date"], TEXT),
            "sure": Field("sure", TYPES["confirm"], TEXT),
        },
    ),
}
SMALL = Definition("small", 1, "S-{number}", TEXT, "KZ", {}, {}, DECLARED, "a", "digest-of-the-form-tests")
STORED = {
    "name": "Арал",
    "story": "one\ntwo",
    "days": 40,
    "budget": {"amount": "26600000.50", "currency": "EUR"},
    "until": "2016-10-31",
    "kind": "b",
    "invest": False,
    "consent": True,
    "causes": [{"cause": "old"}, {"cause": "small"}],
    "plan": [
        {"source": "bank", "amount": {"amount": "12.00", "currency": "USD"}, "until": "2027-01-31", "sure": True},
        {"source": "budget", "amount": None, "until": None, "sure": None},
    ],
}


class Nothing:
    def knows(self, _type, _value):
        return False


def as_form(app, values):
    """What a browser sends of the fields that the page shows for values as they are typed."""
    with app.test_request_context(), force_locale("ru"):
        field = app.jinja_env.get_template("_macros.html").module.field
        return forms("<form>" + "".join(map(field, Form(SMALL, values).fields(values))) + "</form>")[0].data()


def test_a_form_sent_back_unchanged_stores_what_was_stored(app):
    shown = stored_as_typed(SMALL, STORED, STORED)
    assert types.load(SMALL, DECLARED, typed(as_form(app, shown)), Nothing()) == types.Loaded(STORED)


def test_an_untouched_form_stores_nothing(app):
    loaded = types.load(SMALL, DECLARED, typed(as_form(app, dict.fromkeys(DECLARED, ""))), Nothing())
    assert loaded == types.Loaded(dict.fromkeys(DECLARED))


def test_names_of_any_nesting_are_read():
    raw = [("plan.1.amount.currency", "EUR"), ("plan.1.amount.amount", "5"), ("plan.0.source", "bank")]
    assert typed(MultiDict([*raw, ("budget.amount", "1"), ("0.result", "yes")])) == {
        "plan": [{"source": "bank"}, {"amount": {"currency": "EUR", "amount": "5"}}],
        "budget": {"amount": "1"},
        "0": {"result": "yes"},
    }


def test_an_empty_box_is_an_answer_and_a_hidden_one_before_it_gives_way():
    assert typed(MultiDict([("consent", ""), ("consent", "yes"), ("invest", "")])) == {"consent": "yes", "invest": ""}


@pytest.mark.parametrize(
    "name",
    [
        "causes.x.cause",
        "causes.-1.cause",
        "causes.999999999999.cause",
        "a.b.c.d",
        "budget.",
        ".",
        "..",
        "causes.²",
        "causes.x",
    ],
)
def test_hostile_names_reach_no_field(name):
    raw = typed(MultiDict([(name, "x"), ("causes", "text"), ("causes.0.cause", "old"), ("_key", "k")]))
    assert "_key" not in raw and json.dumps(raw, sort_keys=True)  # the desk compares requests by it
    with_page = types.load(SMALL, ["causes"], {key: raw[key] for key in ("causes",) if key in raw}, Nothing())
    assert with_page.values.get("causes", [{"cause": "old"}]) in ([{"cause": "old"}], None)


def test_whatever_came_can_be_shown_again(app):
    raw = {"name": ["list"], "budget": "text", "causes": {"x": "y"}, "until": {"a": "b"}, "kind": None}
    with app.test_request_context(), force_locale("ru"):
        form_fields = Form(SMALL, raw).fields(DECLARED)
        assert kept(form_fields) == []
        app.jinja_env.get_template("_macros.html").module.field(form_fields[3])


def test_three_blank_lines_wait_below_a_table(app):
    with app.test_request_context(), force_locale("en"):
        [form_field] = Form(SMALL, {"causes": [{"cause": "old"}]}).fields(["causes"])
    assert [row[0].value for row in form_field.rows] == ["old", "", "", ""]
    assert form_field.rows[3][0].name == "causes.3.cause"


def test_sums_that_cannot_be_sent_any_more_are_shown_with_their_currency(app):
    sums = {"budget": {"amount": "7", "currency": "USD"}, "plan": [{"amount": {"amount": "5", "currency": "EUR"}}]}
    with app.test_request_context(), force_locale("en"):
        assert kept(Form(SMALL, sums).fields(sums)) == [("t", "7 USD"), ("t", "5 EUR")]


@pytest.mark.parametrize(
    ("text", "number"), [("7", 7), ("", None), ("-1", None), ("٣", None), ("9" * 30, None), ("x", None)]
)
def test_the_seen_version_is_a_small_number_or_nothing(text, number):
    assert seen(MultiDict([("_seen", text)])) == number
