"""Groups of fields and phases of states: how they are read, and what is refused."""

import re
from pathlib import Path

import pytest

import workflows
from tests.workflows.samples import LABEL, OFFER, REQUEST, definition_of
from workflows import Universe, check, load_directory, read
from workflows.definition import OTHER, Tab

GROUPS = """
groups:
  - {key: problem, label: {kk: Бір, ru: Один, en: One}, hint: LABEL, fields: [title, causes]}
  - {key: terms, label: {kk: Екі, ru: Два, en: Two}, tab: terms, fields: [kind]}
phases:
  first: {kk: Бір, ru: Один, en: One}
  second: {kk: Екі, ru: Два, en: Two}
"""
FIRST, SECOND = ("draft", "checking", "returned"), ("search", "approval", "closed")


def grouped(*changes):
    text = REQUEST
    for phase, states in (("first", FIRST), ("second", SECOND)):
        for state in states:
            text = text.replace(f"  {state}: {{label: LABEL,", f"  {state}: {{label: LABEL, phase: {phase},")
            text = text.replace(
                f"  {state}:\n    label: LABEL\n", f"  {state}:\n    label: LABEL\n    phase: {phase}\n"
            )
    text += GROUPS
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text.replace("LABEL", LABEL)


def faults(*changes):
    """The code and place of each error of reading, or of the check of what was read."""
    reading = read(grouped(*changes), "request.yaml")
    if reading.definition is None:
        return {(fault.code, fault.where) for fault in reading.errors}
    offer = definition_of(OFFER)
    letters = {name: frozenset({"kk", "ru", "en"}) for name in ("news", "deadline_reminder", "deadline_escalation")}
    universe = Universe({"offer": offer}, letters, frozenset({"scoring.complete"}), frozenset({"scoring"}))
    found = check(reading.definition, universe).errors
    return {(fault.code, fault.where) for fault in found if re.match(r"groups|phases|.*phase$", fault.where)}


def test_groups_and_phases_are_read():
    definition = read(grouped(), "request.yaml").definition
    assert [(group.key, group.fields, group.tab) for group in definition.groups] == [
        ("problem", ("title", "causes"), Tab.OVERVIEW),
        ("terms", ("kind",), Tab.TERMS),
    ]
    assert definition.groups[0].hint["en"] == "name"
    assert list(definition.phases) == ["first", "second"]
    assert tuple(key for key, state in definition.states.items() if state.phase == "first") == FIRST
    assert definition.states["lapsed"].phase is None


def test_fields_of_no_group_come_last():
    definition = read(grouped(), "request.yaml").definition
    found = definition.grouped(["expert", "kind", "causes", "contact"])
    assert [(group.key, group.fields) for group in found] == [
        ("problem", ("causes",)),
        ("terms", ("kind",)),
        (OTHER, ("expert", "contact")),
    ]
    assert set(found[-1].label) == {"kk", "ru", "en"}
    assert definition.grouped([]) == ()


@pytest.mark.parametrize(
    ("old", "new", "code", "where"),
    [
        ("fields: [kind]", "fields: [knid]", "unknown_field", "groups.1.fields"),
        ("fields: [kind]", "fields: [kind, title]", "grouped_twice", "groups.1.fields"),
        ("fields: [kind]", "fields: [kind, kind]", "named_twice", "groups.1.fields"),
        ("fields: [kind]", "fields: []", "missing_value", "groups.1.fields"),
        ("key: terms", "key: problem", "named_twice", "groups.1.key"),
        ("key: terms", "key: other", "reserved_name", "groups.1"),
        ("tab: terms", "tab: files", "unknown_word", "groups.1.tab"),
        ("{kk: Екі, ru: Два, en: Two}, tab", "{kk: Екі, ru: Два}, tab", "missing_translation", "groups.1.label.en"),
        (
            "{kk: Екі, ru: Два, en: Two}, tab",
            '{kk: Екі, ru: Два, en: "\u3164"}, tab',
            "invisible_text",
            "groups.1.label.en",
        ),
        ("{kk: Екі, ru: Два, en: Two}, tab", "{kk: Екі, ru: Два, en: ONE}, tab", "same_label", "groups.1.label"),
        ("second: {kk: Екі, ru: Два", "second: {ru: Два", "missing_translation", "phases.second.kk"),
        ("phase: second", "phase: secnod", "unknown_phase", "states.search.phase"),
        ("search: {label: LABEL, phase: second,", "search: {label: LABEL,", "phase_missing", "states.search.phase"),
        ("phases:\n", "phases:\n  third: {kk: Үш, ru: Три, en: Three}\n", "unused_phase", "phases.third"),
    ],
)
def test_what_is_refused(old, new, code, where):
    assert faults() == set()
    assert (code, where) in faults((old, new))


def test_every_field_and_state_of_the_shipped_definitions_is_arranged():
    folder = Path(workflows.__file__).with_name("definitions")
    for key, definition in load_directory(folder).items():
        assert [group.key for group in definition.grouped(definition.fields) if group.key == OTHER] == [], key
        reached = [state for state in definition.states.values() if state.final in (None, "succeeded")]
        assert [state.key for state in reached if state.phase is None] == [], key
