"""Reads where a step leads: to one state, to where it is, or to one of several states that facts choose."""

from __future__ import annotations

from typing import Any

from workflows.definition import TargetBranch
from workflows.loading import schema
from workflows.loading.schema import flaw

_NAME = schema.NameValue()


class TargetValue(schema.Value):
    """A state, `same`, or `[{if: FACT, state: STATE}, …, {else: STATE}]`: the first whose fact holds, else the last."""

    def kind(self) -> str:
        """Return what may stand here."""
        return "name, or list of `{if: FACT, state: STATE}` with `{else: STATE}` as its last"

    def json_schema(self) -> dict[str, Any]:
        """Return a name, or a list of branches."""
        name = _NAME.json_schema()
        when = _object({"if": name, "state": name})
        last = _object({"else": name})
        several = {"type": "array", "items": {"anyOf": [when, last]}, "minItems": 2}
        return {"anyOf": [name, several]}

    def _deserialize(self, value: Any, *_position: Any, **_options: Any) -> str | tuple[TargetBranch, ...]:
        if not isinstance(value, list):
            return str(_NAME.deserialize(value))
        found = tuple(map(_branch, value))
        others = [branch for branch in found if branch.fact is None]
        if len(others) != 1 or found[-1].fact is not None:
            flaw("else_misplaced", "exactly one 'else' must stand here, as the last", "Write {else: STATE} at the end")
        if len(found) == 1:
            flaw("no_choice", "nothing is chosen here", "Write the name of the state alone")
        facts = [branch.fact for branch in found]
        if len(set(facts)) < len(facts):
            flaw("named_twice", "a fact stands here twice, and the second never chooses", "Keep one of the two")
        if any(branch.state == "same" for branch in found):
            flaw("reserved_name", "a branch names the state to which it leads", "Write the name of the state")
        if len({branch.state for branch in found}) == 1:
            flaw("no_choice", "all branches lead to the same state", "Write the name of the state alone")
        return found


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _branch(value: Any) -> TargetBranch:
    if not isinstance(value, dict) or value.keys() not in ({"if", "state"}, {"else"}):
        flaw("not_a_branch", "this is no branch", "Write {if: FACT, state: STATE} or {else: STATE}")
    if "else" in value:
        return TargetBranch(str(_NAME.deserialize(value["else"])))
    return TargetBranch(str(_NAME.deserialize(value["state"])), str(_NAME.deserialize(value["if"])))
