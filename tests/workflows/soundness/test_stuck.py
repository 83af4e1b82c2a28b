"""Definitions in which every name is right and yet nobody can act, or a case gets stuck; each with its neighbour."""

from pathlib import Path

import pytest
import yaml

from tests.workflows.samples import definition_of, universe_of
from workflows import check

#: A request of one step after another, and the part that it may have. Each entry below changes them in places.
TASK = """
workflow: task
version: 1
reference: "TK-{year}-{number:04d}"
title: LABEL
calendar: KZ
initial: draft
opened_by: [requester]
fields:
  title: {type: text, as: title, label: LABEL}
  region: {type: region, as: region, label: LABEL}
  note: {type: long_text, label: LABEL}
  helper: {type: expert, as: expert, label: LABEL}
  bank: {type: lender, label: LABEL}
states:
  draft: {label: LABEL, with: requester, edit: {requester: [title, region, note, bank]}}
  check: {label: LABEL, with: coordinator, deadline: {within: 5 days}}
  study: {label: LABEL, with: coordinator, deadline: {within: 5 days}}
  decision: {label: LABEL, with: coordinator, deadline: {within: 5 days}}
  done: {label: LABEL, final: succeeded}
  dropped: {label: LABEL, final: withdrawn}
transitions:
  submit: {label: LABEL, from: draft, to: check, by: requester, tells: {coordinator: news}}
  to_study: {label: LABEL, from: check, to: study, by: coordinator}
  straight: {label: LABEL, from: check, to: decision, by: coordinator}
  report: {label: LABEL, from: study, to: decision, by: coordinator, asks: {helper: optional}}
  finish: {label: LABEL, from: decision, to: done, by: coordinator}
  drop: {label: LABEL, from: [check, study, decision], to: dropped, by: coordinator}
"""

PIECE = """
workflow: piece
version: 1
reference: "PC-{year}-{number:04d}"
title: LABEL
calendar: KZ
initial: due
fields:
  title: {type: text, as: title, label: LABEL}
  region: {type: region, as: region, label: LABEL}
  note: {type: long_text, label: LABEL}
  helper: {type: expert, as: expert, label: LABEL}
  bank: {type: lender, label: LABEL}
states:
  due: {label: LABEL, with: coordinator, deadline: {within: 5 days},
        edit: {coordinator: [title, region, note, helper, bank]}}
  accepted: {label: LABEL, final: succeeded}
  refused: {label: LABEL, final: refused}
transitions:
  accept: {label: LABEL, from: due, to: accepted, by: coordinator}
  refuse: {label: LABEL, from: due, to: refused, by: coordinator}
"""

#: Additions to TASK that make PIECE its part, opened in `study`.
WITH_PIECE = {
    "fields:\n": "parts: {piece: {workflow: piece, label: LABEL, takes: [title, note]}}\nfields:\n",
    "transitions:\n": "transitions:\n  order: {label: LABEL, from: study, to: same, by: coordinator, opens: piece}\n",
}

#: Additions to TASK that make PIECE its part, opened in `study`.
WITH_PART = {
    "fields:\n": "parts: {piece: {workflow: piece, label: LABEL, takes: [title, note]}}\nfields:\n",
    "transitions:\n": "transitions:\n  order: {label: LABEL, from: study, to: same, by: coordinator, opens: piece}\n",
}

ENTRIES = yaml.safe_load(Path(__file__).with_name("stuck.yaml").read_text(encoding="utf-8"))


def errors_of(changes, judged, *, with_part):
    """The errors of the definition `judged`, after the changes."""
    task = TASK
    for old, new in WITH_PART.items() if with_part else ():
        task = task.replace(old, new)
    both = {"task": definition_of(task, *changes.get("task", {}).items())}
    if with_part:
        both["piece"] = definition_of(PIECE, *changes.get("piece", {}).items())
    alone = both.pop(judged)
    return check(alone, universe_of(*both.values())).errors


def entries():
    for section, with_part in (("alone", False), ("with_parts", True)):
        for entry in ENTRIES[section]:
            yield pytest.param(entry, with_part, id=f"{entry['code']}: {entry['what']}")


@pytest.mark.parametrize("with_part", [False, True])
def test_the_samples_are_sound(with_part):
    assert errors_of({}, "task", with_part=with_part) == ()
    if with_part:
        assert errors_of({}, "piece", with_part=True) == ()


@pytest.mark.parametrize(("entry", "with_part"), tuple(entries()))
def test_what_would_stand_still_is_refused(entry, with_part):
    errors = errors_of(entry, entry.get("judged", "task"), with_part=with_part)
    assert {fault.code for fault in errors} == {entry["code"]}, "\n".join(map(str, errors))
    for fault in errors:
        assert fault.where and fault.message and fault.remedy


@pytest.mark.parametrize(("entry", "with_part"), tuple(entries()))
def test_a_near_neighbour_stays_sound(entry, with_part):
    for judged in ("task", "piece") if with_part else ("task",):
        errors = errors_of(entry["mended"], judged, with_part=with_part)
        assert errors == (), "\n".join(map(str, errors))
