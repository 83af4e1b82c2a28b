"""Each key of a definition is described, the reference is up to date, and the JSON Schema says what the reader says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.json_schema import faults
from workflows.fields.types import TYPES
from workflows.loading import reference
from workflows.loading.reader import read
from workflows.loading.schema import name_of
from workflows.loading.yaml_tree import parse

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "workflows" / "definitions").rglob("*.yaml"))
SCHEMA = reference.json_schema()
KEYS = [(shape, key) for shape in reference.shapes() for key in reference.described(shape)]
IDS = [f"{name_of(shape)}.{key.name}" for shape, key in KEYS]


@pytest.mark.parametrize(("shape", "key"), KEYS, ids=IDS)
def test_each_key_has_its_meaning_example_and_version(shape, key):
    assert key.kind, "say the type in the method `kind` of its value"
    where = f"add {key.name} to the section {name_of(shape)} of workflows/loading/keys.yaml"
    assert re.search(r"[.!?]$", key.means), f"{where}: `means`, a sentence"
    assert re.fullmatch(r"\d+\.\d+\.\d+", key.since), f"{where}: `since`, a version of Komek"
    assert key.example, f"{where}: `example`"


@pytest.mark.parametrize(("shape", "key"), KEYS, ids=IDS)
def test_each_example_can_be_read(shape, key):
    read = parse(key.example, "example")
    assert not read.faults and list(read.tree) == [key.name]
    errors = shape.validate(read.tree, partial=True)
    assert errors == {}
    assert list(faults(SCHEMA["$defs"][name_of(shape)]["properties"][key.name], read.tree[key.name], SCHEMA)) == []


def test_nothing_is_described_that_is_no_key():
    known = {(key.section, key.name) for _, key in KEYS}
    told = {(section, key) for section, said in reference.texts().items() for key in said["keys"]}
    assert told - known == set()
    assert all(section.about.endswith(".") for section in reference.sections())


def test_the_page_is_up_to_date():
    done = subprocess.run([sys.executable, ROOT / "tools" / "processes", "check"], check=False)
    assert done.returncode == 0, "say .venv/bin/python tools/processes"
    page = (ROOT / "docs" / "processes.md").read_text(encoding="utf-8")
    assert all(f"`{key}`" in page for key in TYPES)


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_the_schema_takes_every_shipped_definition(file):
    assert list(faults(SCHEMA, parse(file.read_text(encoding="utf-8"), file.name).tree)) == []


SOUND = """
workflow: small
version: 1
reference: "SM-{year}-{number}"
title: {kk: а, ru: б, en: c}
calendar: KZ
initial: begun
opened_by: [requester]
parts:
  piece: {workflow: other, label: {kk: а, ru: б, en: c}, takes: [title]}
groups:
  - {key: main, label: {kk: а, ru: б, en: c}, fields: [title, kind]}
phases:
  work: {kk: а, ru: б, en: c}
roles:
  board: {label: {kk: а, ru: б, en: c}, grant: country}
facts:
  cheap: {label: {kk: а, ru: б, en: c}, at_most: [cost, 5]}
  free: {label: {kk: а, ru: б, en: c}, person: expert, not_employed_by: owner}
fields:
  title: {type: text, max: 9, label: {kk: а, ru: б, en: c}}
  cost: {type: number, label: {kk: а, ru: б, en: c}}
  kind: {type: choice, label: {kk: а, ru: б, en: c}, options: {one: {kk: а, ru: б, en: c}}}
  rows: {type: table, label: {kk: а, ru: б, en: c}, columns: {one: {type: text, label: {kk: а, ru: б, en: c}}}}
  before: {type: case, of: other, label: {kk: а, ru: б, en: c}}
  expert: {type: expert, label: {kk: а, ru: б, en: c}}
states:
  begun:
    label: {kk: а, ru: б, en: c}
    phase: work
    with: requester
    deadline: {within: 5 working days, remind: [on the day, 2 days before], escalate: [{after: 1 day, to: manager}]}
  ended: {label: {kk: а, ru: б, en: c}, final: succeeded}
transitions:
  end: {label: {kk: а, ru: б, en: c}, from: begun, to: ended, by: requester, quorum: 2, asks: {comment: required}}
"""

#: What is wrong → the exchange of words that makes it so. The structure alone is judged, by reader and schema alike.
WRONG = {
    "an unknown key": ("version: 1", "version: 1\nlegs: 4"),
    "a missing key": ("calendar: KZ\n", ""),
    "no number": ("version: 1", "version: one"),
    "a number out of bounds": ("quorum: 2", "quorum: 12"),
    "a number that is a boolean": ("quorum: 2", "quorum: true"),
    "a wrong word": ("final: succeeded", "final: great"),
    "a name with capitals": ("initial: begun", "initial: Begun"),
    "a key with capitals": ("  cost:", "  Cost:"),
    "a missing language": ("title: {kk: а, ru: б, en: c}\ncal", "title: {kk: а, ru: б}\ncal"),
    "an unknown language": ("title: {kk: а, ru: б, en: c}\ncal", "title: {kk: а, ru: б, en: c, de: d}\ncal"),
    "an empty text": ("title: {kk: а, ru: б, en: c}\ncal", "title: {kk: '', ru: б, en: c}\ncal"),
    "a wrong reference": ("SM-{year}", "SM-{month}"),
    "a wrong country": ("calendar: KZ", "calendar: Kazakhstan"),
    "no amount of days": ("5 working days", "five days"),
    "no reminder": ("on the day,", "some day,"),
    "a reminder twice": ("on the day,", "on the day, on the day,"),
    "a name twice": ("[title, kind]", "[title, title]"),
    "a list where keys stand": ("states:\n", "states: [begun]\nstates_before:\n"),
    "keys where a list stands": ("groups:\n  - ", "groups: "),
    "an unknown type": ("type: number", "type: figure"),
    "options of a text": ("type: text, max: 9", "type: text, options: {one: {kk: а, ru: б, en: c}}"),
    "a choice without options": (", options: {one: {kk: а, ru: б, en: c}}", ""),
    "a table without columns": ("type: table", "type: text"),
    "columns of a number": ("type: number", "type: number, columns: {one: {type: text, label: {kk: а, ru: б, en: c}}}"),
    "a case of no workflow": ("of: other, ", ""),
    "a text of a workflow": ("type: text, max: 9", "type: text, of: other"),
    "a fact with two words": ("at_most: [cost, 5]", "at_most: [cost, 5], same: [cost, 5]"),
    "a fact without a word": (", at_most: [cost, 5]", ""),
    "a fact with one side": ("[cost, 5]", "[cost]"),
    "a fact with an expression": ("[cost, 5]", "[cost, 5 + 5]"),
    "another word's argument": ("not_employed_by: owner", "can: answer"),
    "nothing said of a person": (", not_employed_by: owner", ""),
    "an unknown obligation": ("comment: required", "comment: perhaps"),
    "a role in two ways": ("grant: country", "grant: country, person: expert"),
    "a role in no way": (", grant: country", ""),
    "a role of an unknown reach": ("grant: country", "grant: village"),
    "nothing at all": (SOUND, ""),
}


def test_reader_and_schema_take_the_small_definition():
    assert read(SOUND, "small.yaml").errors == ()
    assert list(faults(SCHEMA, parse(SOUND, "small.yaml").tree)) == []


@pytest.mark.parametrize("what", WRONG)
def test_the_schema_refuses_what_the_reader_refuses(what):
    old, new = WRONG[what]
    assert old in SOUND
    text = SOUND.replace(old, new, 1)
    assert read(text, "small.yaml").errors
    assert list(faults(SCHEMA, parse(text, "small.yaml").tree))
