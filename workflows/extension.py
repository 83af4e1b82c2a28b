"""Extension of a deadline: the decision as a step of its own, the answers it asks for, and the days they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any

from workflows.calendar import Calendar
from workflows.definition import DayUnit, Definition, Field, Keyed, State, Text, Transition
from workflows.fields.types import TYPES
from workflows.refusals import Invalid, Problem

#: The name of the step, and of its fields.
STEP, DAYS, UNTIL = "extend", "days", "until"

LABEL: Text = {"kk": "Мерзімді ұзарту", "ru": "Продлить срок", "en": "Extend the deadline"}
#: What letters say once it is decided.
EXTENDED: Text = {"kk": "Мерзім ұзартылды", "ru": "Срок продлён", "en": "Deadline extended"}
_DAYS: Mapping[DayUnit, Text] = {
    DayUnit.WORKING_DAYS: {"kk": "Қосылатын жұмыс күндері", "ru": "Добавить рабочих дней", "en": "Working days to add"},
    DayUnit.CALENDAR_DAYS: {
        "kk": "Қосылатын күнтізбелік күндер",
        "ru": "Добавить календарных дней",
        "en": "Calendar days to add",
    },
}
_UNTIL: Text = {"kk": "немесе жаңа мерзім", "ru": "или новый срок", "en": "or the new date"}


@lru_cache(maxsize=256)
def _form(keyed: Keyed, state: str) -> Definition:
    definition = keyed.definition
    deadline = definition.states[state].deadline
    extend = deadline.extend if deadline is not None else None
    if extend is None:
        raise LookupError("nobody may extend the deadline of this state")
    step = Transition(
        STEP,
        LABEL,
        (state,),
        None,
        extend.by,
        asks={DAYS: False, UNTIL: False, "comment": True},
        not_by=extend.not_by,
        done=EXTENDED,
    )
    fields = {
        DAYS: Field(DAYS, TYPES["number"], _DAYS[extend.at_most.unit], min=1, max=extend.at_most.amount),
        UNTIL: Field(UNTIL, TYPES["date"], _UNTIL),
    }
    return replace(definition, transitions={STEP: step}, fields=fields, digest=f"{definition.digest}/{state}/{STEP}")


def form_of(definition: Definition, state: str) -> Definition:
    """Return the decision to extend as a definition with this one step: decided, filled in and shown like any other.

    Raises LookupError for a state whose deadline nobody may extend.
    """
    return _form(Keyed(definition), state)


def decisions(definition: Definition, state: str) -> tuple[Transition, ...]:
    """Return the decisions of a state: its steps, and the extension of its deadline as the last."""
    steps = definition.steps_from.get(state, ())
    return (*steps, form_of(definition, state).transitions[STEP]) if extendable(definition.states[state]) else steps


def extendable(state: State) -> bool:
    """Return whether somebody may grant more time in this state."""
    return state.deadline is not None and state.deadline.extend is not None


def days_asked(form: Definition, asked: Mapping[str, Any], calendar: Calendar, due_on: date) -> int | Invalid | None:
    """The days that are asked for, in the unit of the deadline; None when neither days nor a date came."""
    days, until = asked.get(DAYS), asked.get(UNTIL)
    if until is None:
        return days
    if days is not None:
        return Invalid(((UNTIL, (Problem("one_of_two"),)),))
    last = calendar.on_or_before(date.fromisoformat(until))
    working = form.fields[DAYS].label is _DAYS[DayUnit.WORKING_DAYS]
    days = calendar.working_days_between(due_on, last) if working else (last - due_on).days
    most = form.fields[DAYS].max or 0
    if days < 1:
        return Invalid(((UNTIL, (Problem("not_later"),)),))
    if days > most:
        latest = calendar.add_working_days(due_on, most) if working else date.fromordinal(due_on.toordinal() + most)
        return Invalid(((UNTIL, (Problem("date_too_late", (("latest", latest.isoformat()),)),)),))
    return days
