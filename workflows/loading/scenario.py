"""The scenario table of a process: cases with people, steps and expected states, for `komek process try`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import marshmallow

from workflows.definition import Budget
from workflows.loading import budgets, schema
from workflows.loading.reader import faults_of
from workflows.loading.schema import Shape, Value, flaw
from workflows.loading.yaml_tree import parse
from workflows.soundness.faults import Fault

#: Acts that are no steps: a case begins, fields are changed, time passes.
OPEN, EDIT, WAIT = "open", "edit", "wait"


@dataclass(frozen=True, slots=True)
class ScenarioRow:
    """One row. `who`: a role, or `coordinator 2` for another person in it; empty where time passes.

    `does`: a step, `PART.STEP` of the newest part, OPEN, EDIT or WAIT. `after`: time that passes before. `state`: where
    the case, or the part, is expected afterwards; `refused`: the code of the refusal that is expected.
    """

    does: str
    who: str = ""
    after: Budget | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)
    state: str | None = None
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class ScenarioCase:
    """A case with its rows, in the order in which they happen."""

    name: str
    rows: tuple[ScenarioRow, ...]


class _Text(Value):
    def _deserialize(self, value: Any, *_position: Any, **_options: Any) -> str:
        if not isinstance(value, str) or not value.strip():
            flaw("bad_text", "a text must stand here", "Write plain words")
        return value.strip()


class _Answers(Value):
    """Answers as a form gives them; the fields judge them when the row is played."""

    def _deserialize(self, value: Any, *_position: Any, **_options: Any) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            flaw("wrong_shape", "keys and values must stand here", "Write 'field: value' lines")
        return value


class _Row(Shape):
    does = schema.PatternValue(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?", "submit", required=True)
    who = schema.PatternValue(r"[a-z][a-z0-9_]*( [2-9])?", "coordinator 2")
    after = budgets.BudgetValue()
    answers = _Answers()
    state = schema.NameValue()
    refused = schema.NameValue()


class _Case(Shape):
    name = _Text(data_key="case", required=True)
    rows = schema.ListValue(schema.ObjectValue(_Row(), ScenarioRow), required=True)


class _Scenario(Shape):
    cases = schema.ListValue(schema.ObjectValue(_Case(), ScenarioCase), required=True)


_FILE = _Scenario()


def read_scenario(text: str, path: str) -> tuple[tuple[ScenarioCase, ...], tuple[Fault, ...]]:
    """Return the cases of a scenario table, or every fault of the file with its line."""
    source = parse(text, path)
    if source.tree is None or source.faults:
        missing = Fault(path, "", "nothing stands here", "Write 'cases:' with a list", "missing_value", 1)
        return (), tuple(source.faults) or (missing,)
    try:
        return _FILE.load(source.tree)["cases"], ()  # type: ignore[arg-type]
    except marshmallow.ValidationError as error:
        return (), faults_of(error, source, path)
