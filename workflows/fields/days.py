"""The order of days: what has happened lies in the past, and an end does not come before its beginning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from workflows.definition import Definition
from workflows.field import TODAY, Field
from workflows.refusals import Problem


def misplaced(
    definition: Definition, given: Mapping[str, Any], stored: Mapping[str, Any], today: date
) -> tuple[tuple[str, tuple[Problem, ...]], ...]:
    """Return the problems of the days in `given` that break a bound, by field. `stored`: the values of the case.

    A bound is judged when one of its two days is new, so that an old fault does not stop a change of something else.
    Of two days the problem stands at the one with the bound, or at the other one when only that was given.
    """
    new = {name: value for name, value in given.items() if value is not None and stored.get(name) != value}
    values = {**stored, **given, TODAY: today.isoformat()}
    found = (each for declared in definition.fields.values() for each in _broken(declared, values, new))
    by_field: dict[str, list[Problem]] = {}
    for name, problem in found:
        by_field.setdefault(name, []).append(problem)
    return tuple((name, tuple(problems)) for name, problems in by_field.items())


def _broken(declared: Field, values: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, Problem]]:
    day = values.get(declared.key)
    for bound, is_least in ((declared.not_before, True), (declared.not_after, False)):
        other = values.get(bound or "")
        if not day or not other or not {declared.key, bound} & new.keys():
            continue
        if (day < other) if is_least else (day > other):
            yield _problem(declared, bound or "", is_least, values, new)


def _problem(
    declared: Field, bound: str, is_least: bool, values: Mapping[str, Any], new: Mapping[str, Any]
) -> tuple[str, Problem]:
    """Return the field at which the problem stands, and the problem: `day` is the one that it must keep to."""
    if declared.key in new:
        if bound == TODAY:
            return declared.key, Problem("in_the_past" if is_least else "in_the_future")
        code, day, name = "date_too_early" if is_least else "date_too_late", values[bound], declared.key
    else:
        code, day, name = "date_too_late" if is_least else "date_too_early", values[declared.key], bound
    return name, Problem(code, (("earliest" if code == "date_too_early" else "latest", day),))
