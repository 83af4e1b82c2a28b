"""Amounts of time in a definition file, and reminders before a due moment."""

from __future__ import annotations

import re
from typing import Any

from workflows.definition import Budget, DayUnit, Rung
from workflows.loading.schema import Value, anchored, flaw, plain_pattern, refuse_repetition

LONGEST_BUDGET = 3650
_BUDGET = re.compile(r"([1-9]\d{0,3}) (?:(working )|calendar )?days?", re.ASCII)
_HOURS = re.compile(r"([1-9]\d?) hours? before", re.ASCII)


class BudgetValue(Value):
    """A budget: `5 working days`, `30 calendar days`; `30 days` are calendar days."""

    def kind(self) -> str:
        """Return the type of the value, as the reference says it."""
        return "amount of days"

    def json_schema(self) -> dict[str, Any]:
        """Return the pattern of an amount of days."""
        return {"type": "string", "pattern": anchored(_BUDGET)}

    def _deserialize(self, value: Any, *_position: Any, **_options: Any) -> Budget:
        return _budget(value)


class RemindersValue(Value):
    """Rungs before the due moment: `2 working days before`, `1 hour before`, `on the day`.

    They reach the owner of the state.
    """

    def kind(self) -> str:
        """Return the type of the value, as the reference says it."""
        return "list of `… before` and `on the day`"

    def json_schema(self) -> dict[str, Any]:
        """Return one reminder, or a list in which none stands twice."""
        rung = {"type": "string", "pattern": rf"^(on the day|{plain_pattern(_BUDGET)} before|{plain_pattern(_HOURS)})$"}
        return {"anyOf": [rung, {"type": "array", "items": rung, "uniqueItems": True}]}

    def _deserialize(self, value: Any, *_position: Any, **_options: Any) -> tuple[Rung, ...]:
        rungs = tuple(_reminder(one) for one in (value if isinstance(value, list) else [value]))
        refuse_repetition(tuple(rung.name for rung in rungs))
        return rungs


def _budget(value: object) -> Budget:
    match = _BUDGET.fullmatch(value) if isinstance(value, str) else None
    if match is None or int(match[1]) > LONGEST_BUDGET:
        remedy = "Write it like '5 working days' or '30 calendar days'"
        flaw("not_a_budget", f"'{value}' is no amount of days", remedy)
    return Budget(int(match[1]), DayUnit.WORKING_DAYS if match[2] else DayUnit.CALENDAR_DAYS)


def _reminder(value: object) -> Rung:
    if value == "on the day":
        return Rung("on", Budget(0, DayUnit.CALENDAR_DAYS), "")
    if not isinstance(value, str) or not value.endswith(" before"):
        remedy = "Write '2 working days before', '1 hour before' or 'on the day'"
        flaw("not_a_reminder", f"'{value}' is no reminder", remedy)
    hours = _HOURS.fullmatch(value)
    if hours is not None:
        return Rung("before", Budget(int(hours[1]), DayUnit.HOURS), "")
    return Rung("before", _budget(value.removesuffix(" before")), "")
