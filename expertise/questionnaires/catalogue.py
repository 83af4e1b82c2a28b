"""The questions that belong to a workflow, read from data/*.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from workflows.definition import Definition, Text

DATA = Path(__file__).parent / "data"

CHOICE, TEXT, NUMBER = "choice", "text", "number"


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to choose, and the words that people write for it in a mail."""

    label: Text
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Question:
    """`needs`: for which results it must be answered; `to`: the field of the step that takes the answer."""

    key: str
    type: str
    ask: Text
    options: Mapping[str, Option] = field(default_factory=dict)
    needs: frozenset[str] = frozenset()
    to: str | None = None


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """`waves`: state of a check → state before it. The first question gives the result; `steps`: result → steps."""

    workflow: str
    waves: Mapping[str, str]
    questions: Mapping[str, Question]
    steps: Mapping[str, tuple[str, ...]]

    @property
    def result(self) -> Question:
        """The question whose answer decides which step is taken."""
        return next(iter(self.questions.values()))

    def wave_of(self, state: str) -> str | None:
        """The wave that is answered in this state."""
        return next((check for check, before in self.waves.items() if state in (check, before)), None)

    def missing(self, given: Mapping[str, Any]) -> list[str]:
        """Keys of the questions that must still be answered."""
        result = given.get(self.result.key)
        if result is None:
            return [self.result.key]
        return [key for key, question in self.questions.items() if result in question.needs and given.get(key) is None]

    def step_for(self, definition: Definition, state: str, given: Mapping[str, Any]) -> str | None:
        """The step that follows from these answers in this state; None while one is missing."""
        if self.missing(given):
            return None
        wanted = self.steps[given[self.result.key]]
        return next((key for key in wanted if state in definition.transitions[key].sources), None)


def questionnaire_of(workflow: str) -> Questionnaire | None:
    """The questions of a workflow; None for workflows that ask none."""
    return _all().get(workflow)


@cache
def _all() -> Mapping[str, Questionnaire]:
    return {path.stem: _read(yaml.safe_load(path.read_text(encoding="utf-8"))) for path in sorted(DATA.glob("*.yaml"))}


def _read(written: Mapping[str, Any]) -> Questionnaire:
    questions = {key: _question(key, each) for key, each in written["questions"].items()}
    first = next(iter(written["questions"].values()))
    steps = {result: tuple(keys) for result, keys in first["steps"].items()}
    return Questionnaire(written["workflow"], written["waves"], questions, steps)


def _question(key: str, written: Mapping[str, Any]) -> Question:
    options = {name: _option(each) for name, each in written.get("options", {}).items()}
    return Question(
        key, written["type"], written["ask"], options, frozenset(written.get("needs", ())), written.get("to")
    )


def _option(written: Mapping[str, Any]) -> Option:
    return Option(written["label"], frozenset({*written["label"].values(), *written["words"]}))
