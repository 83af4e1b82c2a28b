"""Why a step leads where it leads, in words: the facts that chose, with the two sides of each comparison."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from expertise.text.catalogues import N_
from expertise.text.translator import Translator
from workflows.definition import OTHERWISE, Definition, Transition

_HOLDS = N_("It is so: %(rule)s")
_FAILS = N_("It is not so: %(rule)s")
_SIDES = N_("%(rule)s. Now: %(first)s and %(second)s")


@dataclass(frozen=True, slots=True)
class JudgedFact:
    """A fact that was looked at when a target was chosen: whether it held, and the sides of a comparison as stored."""

    fact: str
    holds: bool
    values: Sequence[Sequence[Any]] = ()

    @classmethod
    def of_event(cls, kept: Iterable[Mapping[str, Any]]) -> list[JudgedFact]:
        """Return the facts that an event keeps."""
        return [cls(str(each["fact"]), bool(each["holds"]), each.get("values") or ()) for each in kept]


def with_sides(rule: str, values: Sequence[Sequence[Any]], translator: Translator) -> str:
    """Return a condition, and behind it both sides of a comparison as they are."""
    if not values:
        return rule
    first, second = (" + ".join(map(translator.amount, side)) for side in values)
    return translator.gettext(_SIDES, rule=rule, first=first, second=second)


def describe_choice(found: Sequence[JudgedFact], definition: Definition, translator: Translator) -> list[str]:
    """Return the reasons: the fact that held, else all that did not."""
    telling = [each for each in found if each.holds] or found
    return [_sentence(each, definition, translator) for each in telling if each.fact in definition.facts]


def _sentence(judged: JudgedFact, definition: Definition, translator: Translator) -> str:
    rule = with_sides(translator.text(definition.facts[judged.fact].label), judged.values, translator)
    return translator.gettext(_HOLDS if judged.holds else _FAILS, rule=rule)


def describe_ways(definition: Definition, step: Transition, translator: Translator) -> list[tuple[str, str]]:
    """Return each branch of a step as its condition and the name of its state."""
    return [
        (
            translator.text(
                definition.facts[branch.fact].label if branch.fact and branch.fact in definition.facts else OTHERWISE
            ),
            translator.text(definition.states[branch.state].label),
        )
        for branch in step.branches
    ]
