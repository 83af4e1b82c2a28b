import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from tests.workflows.samples import OFFER, REQUEST, definition_of, universe_of
from workflows import check, unused_letters
from workflows.soundness import (
    case_clocks,
    clocks,
    courses,
    extensions,
    labels,
    mail_words,
    names,
    parts,
    permissions,
    reachability,
    roles,
    stuck,
    values,
)
from workflows.soundness import (
    check as soundness,
)

BROKEN = yaml.safe_load(Path(__file__).with_name("broken.yaml").read_text(encoding="utf-8"))
STUCK = yaml.safe_load(Path(__file__).with_name("stuck.yaml").read_text(encoding="utf-8"))
SECTIONS = {"states": "states:\n", "steps": "transitions:\n", "fields": "fields:\n"}


def report_on(broken):
    changes = list(broken.get("request", {}).items())
    for section, heading in SECTIONS.items():
        lines = "".join(f"  {name}: {{label: LABEL, {body}}}\n" for name, body in broken.get(section, {}).items())
        changes.append((f"\n{heading}", f"\n{heading}{lines}"))
    both = {
        "request": definition_of(REQUEST, *changes),
        "offer": definition_of(OFFER, *broken.get("offer", {}).items()),
    }
    judged = both.pop(broken.get("judged", "request"))
    around = {"occupied": frozenset(broken.get("occupied", ()))}
    if "letters" in broken:
        around["letters"] = {letter: frozenset(languages) for letter, languages in broken["letters"].items()}
    return check(judged, universe_of(*both.values(), **around))


def codes(faults):
    return {fault.code for fault in faults}


def named(kind):
    return [pytest.param(broken, id=f"{broken['code']}: {broken['what']}") for broken in BROKEN[kind]]


def test_the_samples_are_sound_and_give_no_warning(request_definition, offer_definition):
    for judged, other in ((request_definition, offer_definition), (offer_definition, request_definition)):
        report = check(judged, universe_of(other))
        assert report.sound
        assert report == soundness.SoundnessReport()


@pytest.mark.parametrize("broken", named("errors"))
def test_one_broken_thing_gives_its_own_error_and_no_other(broken):
    report = report_on(broken)
    assert codes(report.errors) == {broken["code"], *broken.get("also", ())}
    for fault in report.errors:
        assert fault.message and fault.remedy
        assert str(fault).startswith(f"{broken.get('judged', 'request')}.yaml:{fault.line}: ")
    if "where" in broken:
        assert [fault.where for fault in report.errors] == [broken["where"]]


@pytest.mark.parametrize("broken", named("warnings"))
def test_a_doubtful_thing_gives_its_own_warning_and_no_error(broken):
    report = report_on(broken)
    assert report.errors == ()
    assert codes(report.warnings) == {broken["code"]}


def test_every_code_of_the_rules_is_broken_here():
    judges = (
        *(names, permissions, extensions, reachability, parts, mail_words, soundness),
        *(stuck, clocks, case_clocks, courses, labels, roles, values),
    )
    rules = "".join(Path(module.__file__).read_text() for module in judges)
    written = set(re.findall(r'fault\(\s*[\w.]+,\s*"(\w+)"', rules))
    elsewhere = {"missing_translation", "role_removed", "version_not_raised"}
    elsewhere |= codes_in(STUCK["alone"]) | codes_in(STUCK["with_parts"])
    assert written == codes_in(BROKEN["errors"]) | codes_in(BROKEN["warnings"]) | elsewhere
    assert len(written) > 50


def codes_in(entries):
    return {entry["code"] for entry in entries}


def test_a_text_without_one_language_is_told_wherever_it_stands(request_definition, offer_definition):
    poor = {"kk": "аты", "ru": "", "en": "name"}
    fields = request_definition.fields
    cause = fields["causes"].columns["cause"]
    broken = replace(
        request_definition,
        title=poor,
        parts={"offer": replace(request_definition.parts["offer"], label=poor)},
        states={**request_definition.states, "draft": replace(request_definition.states["draft"], label=poor)},
        fields={
            **fields,
            "kind": replace(fields["kind"], options={"study": poor, "advice": fields["title"].label}),
            "contact": replace(fields["contact"], hint=poor),
            "causes": replace(fields["causes"], columns={"cause": replace(cause, label=poor)}),
        },
    )
    report = check(broken, universe_of(offer_definition))
    assert codes(report.errors) == {"missing_translation"}
    assert {fault.where for fault in report.errors} == {
        "title.ru",
        "parts.offer.label.ru",
        "states.draft.label.ru",
        "fields.kind.options.study.ru",
        "fields.contact.hint.ru",
        "fields.causes.columns.cause.label.ru",
    }


@pytest.mark.parametrize(
    ("published", "version", "expected"),
    [(3, 3, {"version_not_raised"}), (3, 2, {"version_not_raised"}), (3, 4, set())],
)
def test_a_changed_content_needs_a_greater_version(request_definition, offer_definition, published, version, expected):
    before = replace(request_definition, version=published, digest="another")
    report = check(replace(request_definition, version=version), universe_of(offer_definition, published=before))
    assert codes(report.errors) == expected


BOARD = ("initial: draft", "initial: draft\nroles: {board: {label: LABEL, grant: country}}")
VOTES = ("by: [coordinator, manager]", "by: [coordinator, manager, board]")


def test_a_role_that_was_published_stays_what_it_is(offer_definition):
    before = replace(definition_of(REQUEST, BOARD, VOTES), digest="another")
    named = ("initial: draft", "initial: draft\nroles: {board: {label: LABEL, person: expert}}")
    for changes, expected in (
        ((), {"role_removed"}),
        ((named, VOTES), {"role_removed", "absent_role"}),
        ((BOARD,), set()),  # it may rest
        ((BOARD, VOTES), set()),
    ):
        later = replace(definition_of(REQUEST, *changes), version=2)
        assert codes(check(later, universe_of(offer_definition, published=before)).errors) == expected


def test_the_published_content_itself_may_keep_its_version(request_definition, offer_definition):
    report = check(request_definition, universe_of(offer_definition, published=request_definition))
    assert report.sound


def test_a_retired_state_needs_no_way_in_but_a_way_out(offer_definition):
    retired = "states:\n  old: {label: LABEL, with: expert, retired: true, deadline: {within: 5 days}}\n"
    out = "transitions:\n  move: {label: LABEL, from: old, to: sent, by: coordinator}\n"
    whole = definition_of(REQUEST)
    with_way = definition_of(OFFER, ("states:\n", retired), ("transitions:\n", out))
    without = definition_of(OFFER, ("states:\n", retired))
    occupied = frozenset({"old"})
    assert check(with_way, universe_of(whole, occupied=occupied)).sound
    assert codes(check(without, universe_of(whole, occupied=occupied)).errors) == {"no_way_out"}


def test_many_broken_things_are_told_at_once():
    entries = [entry for entry in BROKEN["errors"] if entry["what"] in {"nobody's desk", "the clock is told"}]
    both = {"code": "", "request": {}}
    for entry in entries:
        both["request"] |= entry["request"]
    assert codes(report_on(both).errors) == {"no_owner", "role_misplaced"}


def test_a_field_that_a_part_takes_counts_as_filled_in_before(offer_definition, request_definition):
    stricter = definition_of(OFFER, ("to: accepted, by", "to: accepted, requires: [title], by"))
    assert check(stricter, universe_of(request_definition)).sound
    alone = definition_of(
        OFFER, ("to: accepted, by", "to: accepted, requires: [title], by"), (", carries: mobilise", "")
    )
    assert "never_fillable" in codes(check(alone, universe_of()).errors)


def test_letters_that_nobody_sends_are_found(request_definition, offer_definition):
    letters = {"news", "forgotten", "deadline_reminder", "welcome"}
    assert unused_letters([request_definition, offer_definition], letters, {"welcome"}) == ["forgotten"]
