import hashlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workflows.samples import OFFER, REQUEST, definition_of, text_of
from workflows import (
    Budget,
    DayUnit,
    Deadline,
    Definition,
    DefinitionsBroken,
    Fault,
    Final,
    Part,
    Rung,
    load_directory,
    read,
)
from workflows.loading import budgets, reader, roles, schema, yaml_tree

# What is written instead of what → the one code, and the place it is told at.
LONG = "roles.a23456789_123456789_1"

WRONG = [
    ("version: 1", "versoin: 1", {"unknown_key", "missing_key"}, {"version", "versoin"}),
    ("initial: draft\n", "", {"missing_key"}, {"initial"}),
    ("version: 1", "version:", {"missing_value"}, {"version"}),
    ("version: 1", "version: 1.5", {"not_a_number"}, {"version"}),
    ("version: 1", "version: true", {"not_a_number"}, {"version"}),
    ("version: 1", "version: 0", {"not_a_number"}, {"version"}),
    ("workflow: request", "workflow: Request", {"not_a_name"}, {"workflow"}),
    ("{year}-{number:04d}", "{year.__class__}", {"wrong_form"}, {"reference"}),
    ("{year}-{number:04d}", "{number}", {"wrong_form"}, {"reference"}),
    ("calendar: KZ", "calendar: 7", {"wrong_form"}, {"calendar"}),
    ("title: LABEL", "title: {kk: аты, ru: имя}", {"missing_translation"}, {"title.en"}),
    ("title: LABEL", "title: Request", {"missing_translation"}, {"title"}),
    ("title: LABEL", "title: {kk: аты, ru: имя, en: name, de: Name}", {"unknown_key"}, {"title.de"}),
    ("title: LABEL", 'title: {kk: аты, ru: "a\\0", en: name}', {"bad_text"}, {"title.ru"}),
    ("type: email", "type: e-mail", {"unknown_type"}, {"fields.contact.type"}),
    ("{type: text, label", "{type: table, label", {"unknown_type"}, {"fields.causes.columns.cause"}),
    ("max: 160", "max: 160, min: 200", {"bounds_crossed"}, {"fields.title"}),
    ("type: email,", "type: yes_no, min: 1,", {"bounds_misplaced"}, {"fields.contact"}),
    ("type: email,", "type: email, of: request,", {"workflow_misplaced"}, {"fields.contact"}),
    ("type: email,", "type: email, not_after: today,", {"bounds_misplaced"}, {"fields.contact"}),
    ("type: email,", "type: email, filled_from: today,", {"source_misplaced"}, {"fields.contact"}),
    ("type: email,", "type: email, positive: true,", {"bounds_misplaced"}, {"fields.contact"}),
    ("type: email,", "type: email, filled_from: sky,", {"unknown_word"}, {"fields.contact.filled_from"}),
    ("options: {study: LABEL, advice: LABEL}", "options: letters", {"unknown_list"}, {"fields.kind.options"}),
    ("type: choice", "type: topic", {"options_misplaced"}, {"fields.kind"}),
    ("type: email,", "type: decimal,", {"argument_missing"}, {"fields.contact"}),
    ("type: email,", "type: duration, max: 5,", {"argument_missing"}, {"fields.contact"}),
    ("type: email,", "type: decimal, unit: parsec,", {"unknown_unit"}, {"fields.contact.unit"}),
    ("type: email,", "type: decimal, unit: hors,", {"unknown_unit"}, {"fields.contact.unit"}),
    ("type: email,", "type: decimal, unit: {kk: а, ru: б},", {"missing_translation"}, {"fields.contact.unit.en"}),
    ("type: email,", "type: decimal, unit: working_days,", {"unknown_unit"}, {"fields.contact"}),
    ("type: email,", "type: duration, unit: km,", {"unknown_unit"}, {"fields.contact"}),
    ("type: email,", "type: decimal, unit: km, digits: 5,", {"not_a_number"}, {"fields.contact.digits"}),
    ("type: email,", "type: decimal, unit: km, min: 5, max: 4,", {"bounds_crossed"}, {"fields.contact"}),
    ("type: email,", "type: percent, unit: km,", {"argument_misplaced"}, {"fields.contact"}),
    ("type: email,", "type: email, digits: 2,", {"argument_misplaced"}, {"fields.contact"}),
    ("type: email,", "type: email, role: manager,", {"argument_misplaced"}, {"fields.contact"}),
    ("type: email,", "type: person, role: Boss,", {"not_a_name"}, {"fields.contact.role"}),
    ("type: email,", "type: choices,", {"options_misplaced"}, {"fields.contact"}),
    ("type: email,", "type: choices, list: planets,", {"unknown_list"}, {"fields.contact.list"}),
    ("type: email,", "type: choices, list: topics, options: {a: LABEL},", {"options_misplaced"}, {"fields.contact"}),
    ("type: email,", "type: datetime, not_after: today,", {"bounds_misplaced"}, {"fields.contact"}),
    ("type: table", "type: text", {"columns_misplaced"}, {"fields.causes"}),
    ("  contact: {", "  comment: {", {"reserved_name"}, {"fields.comment"}),
    ("  search: {", "  same: {", {"reserved_name"}, {"states.same"}),
    ("personal: true", "personal: yes", {"unknown_word"}, {"fields.contact.personal"}),
    ("clock: paused", "clock: stopped", {"unknown_word"}, {"states.returned.clock"}),
    ("final: succeeded", "final: won", {"unknown_word"}, {"states.closed.final"}),
    ("iati: 2", "iati: 7", {"not_a_number"}, {"states.approval.iati"}),
    ("quorum: 2", "quorum: two", {"not_a_number"}, {"transitions.approve.quorum"}),
    ("risk: high", "risk: huge", {"unknown_word"}, {"transitions.approve.risk"}),
    ("10 working days", "10 workings days", {"not_a_budget"}, {"states.returned.deadline.within"}),
    ("10 working days", "0 days", {"not_a_budget"}, {"states.returned.deadline.within"}),
    ("10 working days", "9999 days", {"not_a_budget"}, {"states.returned.deadline.within"}),
    ("10 working days", "10", {"not_a_budget"}, {"states.returned.deadline.within"}),
    (
        "within: 10 working days",
        "within: 10 working days, on: due",
        {"deadline_needs_one"},
        {"states.returned.deadline"},
    ),
    ("within: 10 working days, ", "", {"deadline_needs_one"}, {"states.returned.deadline"}),
    ("within: 10 working days", "on: due, not_after: due", {"deadline_on_a_day"}, {"states.returned.deadline"}),
    ("remind: on the day", "remind: 100 hours before", {"not_a_budget"}, {"states.returned.deadline.remind"}),
    ("remind: on the day", "remind: in time", {"not_a_reminder"}, {"states.returned.deadline.remind"}),
    ("remind: on the day", "remind: soon before", {"not_a_budget"}, {"states.returned.deadline.remind"}),
    ("remind: on the day", "remind: [on the day, on the day]", {"named_twice"}, {"states.returned.deadline.remind"}),
    ("[{after: 1 day, to: manager}]", "[{after: 1 day}]", {"missing_key"}, {"states.checking.deadline.escalate.0.to"}),
    ("[{after: 1 day, to: manager}]", "manager", {"wrong_shape"}, {"states.checking.deadline.escalate"}),
    ("by: [coordinator, manager]", "by: [manager, manager]", {"named_twice"}, {"transitions.start_search.by"}),
    ("by: [coordinator, manager]", "by: []", {"missing_value"}, {"transitions.start_search.by"}),
    ("[scoring.complete]", "[scoring complete]", {"not_a_name"}, {"transitions.start_search.needs"}),
    ("asks: {expert: required}\n", "asks: {expert: needed}\n", {"unknown_word"}, {"transitions.propose.asks.expert"}),
    ("asks: {expert: required}\n", "asks: [expert]\n", {"wrong_shape"}, {"transitions.propose.asks"}),
    ("fields:\n", "roles: {chair: {label: LABEL}}\nfields:\n", {"role_kind"}, {"roles.chair"}),
    ("fields:\n", "roles: {chair: {label: LABEL, grant: true, person: x}}\nfields:\n", {"role_kind"}, {"roles.chair"}),
    (
        "fields:\n",
        f"roles: {{{'c' * 21}: {{label: LABEL, grant: true}}}}\nfields:\n",
        {"long_name"},
        {f"roles.{'c' * 21}"},
    ),
    ("fields:\n", "roles: {chair: {label: LABEL, grant: city}}\nfields:\n", {"unknown_word"}, {"roles.chair.grant"}),
    ("parts:\n", "parts: []\nuses:\n", {"wrong_shape", "duplicate_key", "not_a_name"}, {"parts", "", "uses"}),
]

# Text that no YAML of ours is → code.
BROKEN = [
    ("a: [1", "broken_yaml"),
    ("a:\n\t- b", "broken_yaml"),
    ('a: "b', "broken_yaml"),
    ("a: \x01", "broken_yaml"),
    ("a: \ud800", "not_utf8"),
    ("a: &x 1\nb: *x", "alias"),
    ("a: !!python/object/apply:os.system [ls]", "tag"),
    ("!!set {a, b}", "tag"),
    ("? [a]\n: b", "odd_key"),
    ("a: 1\n---\nb: 2", "second_document"),
    ("[" * 300_000, "too_deep"),
    ("a: " + "x" * 600_000, "too_large_a_file"),
    ("", "wrong_shape"),
    ("- a", "wrong_shape"),
    ("just words", "wrong_shape"),
]


def errors_of(*changes):
    return read(text_of(REQUEST, *changes), "request.yaml").errors


def test_a_definition_is_read_into_plain_values(request_definition):
    definition = request_definition
    assert (definition.key, definition.version, definition.initial) == ("request", 1, "draft")
    assert definition.reference.format(year=2026, number=7) == "RQ-2026-0007"
    assert definition.opened_by == ("requester",)
    assert list(definition.states)[:3] == ["draft", "checking", "returned"]
    label = {"kk": "аты 2", "ru": "имя 2", "en": "name 2"}
    assert definition.parts["offer"] == Part("offer", "offer", label, ("title", "expert", "kind"))
    assert definition.fields["title"].max == 160
    assert definition.fields["title"].column == "title"
    assert definition.fields["contact"].personal
    assert list(definition.fields["kind"].options) == ["study", "advice"]
    assert definition.fields["causes"].columns["cause"].type.key == "text"


def test_a_state_is_read_with_its_owner_time_and_ends(request_definition):
    states = request_definition.states
    two_days, one_day = Budget(2, DayUnit.WORKING_DAYS), Budget(1, DayUnit.CALENDAR_DAYS)
    assert states["checking"].deadline == Deadline(
        within=Budget(5, DayUnit.WORKING_DAYS),
        remind=(
            Rung("before", two_days, "coordinator"),
            Rung("on", Budget(0, DayUnit.CALENDAR_DAYS), "coordinator"),
        ),
        escalate=(Rung("after", one_day, "manager"),),
    )
    assert states["returned"].paused and states["returned"].deadline.then == "lapse"
    assert not states["checking"].paused
    assert states["closed"].final is Final.SUCCEEDED
    assert states["closed"].is_public and states["closed"].public == ("title",)
    assert not states["lapsed"].is_public
    assert states["draft"].edit == {"requester": ("title", "contact", "kind", "causes")}


def test_a_step_is_read_with_one_or_many_sources_and_roles(request_definition):
    steps = request_definition.transitions
    assert steps["submit"].sources == ("draft",)
    assert steps["remark"].sources == ("checking", "search")
    assert steps["remark"].target is None
    assert steps["start_search"].by == ("coordinator", "manager")
    assert steps["propose"].opens == "offer"
    assert steps["propose"].asks == {"expert": True}
    assert (steps["approve"].quorum, steps["approve"].risk, steps["approve"].weight) == (2, "high", "normal")
    assert steps["submit"].tells == {"coordinator": "news"}


def test_a_public_state_without_fields_is_public_all_the_same():
    definition = definition_of(REQUEST, ("public: [title]", "public: []"))
    assert definition.states["closed"].is_public
    assert definition.states["closed"].public == ()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1 working day", Budget(1, DayUnit.WORKING_DAYS)),
        ("30 calendar days", Budget(30, DayUnit.CALENDAR_DAYS)),
        ("30 days", Budget(30, DayUnit.CALENDAR_DAYS)),
    ],
)
def test_a_budget_is_read_in_words(written, meant):
    definition = definition_of(REQUEST, ("30 calendar days", written))
    assert definition.states["search"].deadline.within == meant


@pytest.mark.parametrize(("old", "new", "codes", "places"), WRONG)
def test_a_wrong_place_is_told_with_code_line_and_remedy(old, new, codes, places):
    faults = errors_of((old, new))
    assert {fault.code for fault in faults} == codes
    assert {fault.where for fault in faults} == places
    assert all(fault.line and fault.message and fault.remedy for fault in faults)


@pytest.mark.parametrize(("text", "code"), BROKEN, ids=lambda value: ascii(value)[:30])
def test_text_that_is_no_definition_is_told_without_harm(text, code):
    result = read(text, "odd.yaml")
    assert result.definition is None
    assert [fault.code for fault in result.errors] == [code]


def test_a_duplicate_key_is_told_with_its_line_and_column():
    faults = read("a: 1\nb:\n  c: 1\n  c: 2\n", "x.yaml").errors
    twice = next(fault for fault in faults if fault.code == "duplicate_key")
    assert (twice.line, twice.column) == (4, 3)
    assert str(twice) == "x.yaml:4:3: the key 'c' stands here a second time. Keep one of the two. [duplicate_key]"


def test_a_duplicate_key_alone_makes_a_good_file_useless():
    result = read(text_of(REQUEST, ("calendar: KZ", "calendar: KZ\ncalendar: KG")), "request.yaml")
    assert result.definition is None
    assert [fault.code for fault in result.errors] == ["duplicate_key"]


def test_broken_yaml_is_told_with_line_and_column():
    (fault,) = read("a: 1\nb: [1, 2\nc: 3\n", "x.yaml").errors
    assert str(fault).startswith("x.yaml:3:2: while parsing a flow sequence, ")


def test_all_faults_of_a_file_come_at_once_in_the_order_of_its_lines():
    faults = errors_of(
        ("version: 1", "version: one"),
        ("quorum: 2", "quorum: 0"),
        ("type: email", "type: e-mail"),
        ("  lapse:", "  Lapse:"),
    )
    assert [fault.code for fault in faults] == ["not_a_number", "unknown_type", "not_a_name", "not_a_number"]
    assert [fault.line for fault in faults] == sorted(fault.line for fault in faults)


def test_a_misspelt_key_is_told_with_the_one_that_was_meant():
    (fault,) = errors_of(("hint: LABEL}\n  expert", "hnit: LABEL}\n  expert"))
    assert fault.remedy == "Did you mean 'hint'?"
    assert str(fault).endswith("this key is not understood. Did you mean 'hint'? [unknown_key]")


def test_a_key_unlike_any_other_is_told_with_the_known_ones():
    (fault,) = errors_of(("clock: paused", "zzz: paused"))
    assert "clock" in fault.remedy and "retired" in fault.remedy


def test_words_of_old_yaml_stay_words():
    options = "options: {yes: LABEL, no: LABEL, on: LABEL}"
    definition = definition_of(REQUEST, ("options: {study: LABEL, advice: LABEL}", options))
    assert list(definition.fields["kind"].options) == ["yes", "no", "on"]


def test_the_digest_is_of_the_content_and_not_of_its_layout(request_definition):
    assert len(request_definition.digest) == 64
    commented = definition_of(REQUEST, ("version: 1\n", "version:   1   # the first\n\n"))
    turned = definition_of(REQUEST, ("version: 1\n", ""), ("calendar: KZ", "calendar: KZ\nversion: 1"))
    changed = definition_of(REQUEST, ("version: 1\n", "version: 2\n"))
    assert commented.digest == turned.digest == request_definition.digest
    assert changed.digest != request_definition.digest


def test_the_digest_is_the_sha_256_of_sorted_json():
    # Every event of the trail names it: were it to change, no old case would find its definition.
    canonical = '{"a":1,"b":[true,null,"қ"]}'
    assert reader.digest({"b": [True, None, "қ"], "a": 1}) == hashlib.sha256(canonical.encode()).hexdigest()


def test_a_folder_gives_its_definitions_by_key(tmp_path):
    (tmp_path / "request.yaml").write_text(text_of(REQUEST), encoding="utf-8")
    (tmp_path / "offer.yaml").write_text(text_of(OFFER), encoding="utf-8")
    (tmp_path / "notes.txt").write_text("no definition", encoding="utf-8")
    definitions = load_directory(tmp_path)
    assert list(definitions) == ["offer", "request"]
    assert all(isinstance(definition, Definition) for definition in definitions.values())


def test_a_folder_with_faults_tells_all_of_them_file_by_file(tmp_path):
    (tmp_path / "request.yaml").write_text(text_of(REQUEST, ("version: 1", "version: 0")), encoding="utf-8")
    (tmp_path / "offers.yaml").write_text(text_of(OFFER), encoding="utf-8")
    (tmp_path / "old.yaml").write_bytes("workflow: Сарапшы".encode("cp1251", "replace"))
    with pytest.raises(DefinitionsBroken) as caught:
        load_directory(tmp_path)
    assert {(fault.path, fault.code) for fault in caught.value.faults} == {
        ("offers.yaml", "name_differs"),
        ("old.yaml", "not_utf8"),
        ("request.yaml", "not_a_number"),
    }
    assert len(str(caught.value).splitlines()) == 3


def test_every_code_of_reading_is_tried_here():
    written = set()
    for module in (budgets, reader, roles, schema, yaml_tree):
        text = Path(module.__file__).read_text(encoding="utf-8")
        written |= set(re.findall(r'(?:flaw|Flaw|_Refused)\(\s*"(\w+)"', text))
    tried = {code for _, code in BROKEN}.union(*(codes for _, _, codes, _ in WRONG))
    assert written - tried == set()
    assert len(written) > 20


@given(st.text(st.characters(categories=None), max_size=60) | st.text("a: -[]{}#&*!|>'\"\n?%@,", max_size=40))
def test_any_text_gives_faults_and_never_an_exception(text):
    result = read(text, "any.yaml")
    assert result.definition is None
    assert all(isinstance(fault, Fault) for fault in result.errors)
    assert result.errors
