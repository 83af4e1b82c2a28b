"""The check before a definition may be published. All errors come at once, each with its place and its remedy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from workflows.definition import Budget, CaseClock, DayUnit, Deadline, Definition, Transition
from workflows.graph import sources
from workflows.soundness import (
    case_clocks,
    clocks,
    comparisons,
    courses,
    extensions,
    facts,
    groups,
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
from workflows.soundness.context import ESCALATION_LETTER, REMINDER_LETTER, Universe, fault
from workflows.soundness.faults import Fault

__all__ = ["SoundnessReport", "Universe", "check", "unused_letters"]

Rule = Callable[[Definition, Universe], Iterator[Fault]]

#: A year, in what a budget counts.
_YEAR: Mapping[DayUnit, int] = {DayUnit.WORKING_DAYS: 250, DayUnit.CALENDAR_DAYS: 366}


@dataclass(frozen=True, slots=True)
class SoundnessReport:
    """Errors stop publication; warnings are shown to the second administrator."""

    errors: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether the definition may be published."""
        return not self.errors


def check(definition: Definition, universe: Universe) -> SoundnessReport:
    """Check one definition among the others."""
    return SoundnessReport(
        _gather(
            (
                *names.RULES,
                *permissions.RULES,
                *roles.RULES,
                *reachability.RULES,
                *clocks.RULES,
                *case_clocks.RULES,
                *stuck.RULES,
                *courses.RULES,
                *labels.RULES,
                *groups.RULES,
                *values.RULES,
                *extensions.RULES,
                *parts.RULES,
                *facts.RULES,
                *comparisons.RULES,
                *mail_words.RULES,
                versions,
                references,
            ),
            definition,
            universe,
        ),
        _gather(
            (
                *(untold, long_waits, late_reminders, single_ways, never_opened, extensions.own_time),
                *(stuck.empty_desks, *labels.WARNINGS),
            ),
            definition,
            universe,
        ),
    )


def unused_letters(definitions: Iterable[Definition], letters: Iterable[str], sent_by_code: Iterable[str]) -> list[str]:
    """Return the letters that no step and no code sends."""
    named = {
        letter
        for definition in definitions
        for step in definition.transitions.values()
        for letter in step.tells.values()
    }
    return sorted(set(letters) - named - set(sent_by_code) - {REMINDER_LETTER, ESCALATION_LETTER})


def _gather(rules: Iterable[Rule], definition: Definition, universe: Universe) -> tuple[Fault, ...]:
    found = {one for rule in rules for one in rule(definition, universe)}
    return tuple(sorted(found, key=lambda one: (one.where, one.code, one.message)))


def versions(definition: Definition, universe: Universe) -> Iterator[Fault]:
    """A changed content has a greater version, and keeps the states in which cases stand."""
    published = universe.published
    if published and definition.digest != published.digest and definition.version <= published.version:
        message = f"version {published.version} is published with another content"
        remedy = f"Write 'version: {published.version + 1}'"
        yield fault(definition, "version_not_raised", "version", message, remedy)
    for state in universe.occupied - definition.states.keys():
        message = "cases stand in this state"
        remedy = "Keep it with 'retired: true' and give it a way out"
        yield fault(definition, "occupied_state_removed", f"states.{state}", message, remedy)


def references(definition: Definition, universe: Universe) -> Iterator[Fault]:
    """No two workflows number their cases alike."""
    for other in universe.workflows.values():
        if other.key != definition.key and other.reference == definition.reference:
            message = f"'{other.key}' writes its references in the same way"
            yield fault(definition, "reference_twice", "reference", message, "Begin with other letters")


def untold(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """A step that gives a case to another role sends a letter to somebody."""
    for key, step in definition.transitions.items():
        if not step.tells and any(_new_owner(definition, step, source) for source in sources(definition, step)):
            message = "the case gets another owner, and nobody is told"
            yield fault(definition, "untold", f"transitions.{key}.tells", message, "Tell the new owner")


def _new_owner(definition: Definition, step: Transition, source: str) -> bool:
    targets = [definition.states[each] for each in definition.targets_of(step, source) if each in definition.states]
    return any(target.owner not in (None, definition.states[source].owner) for target in targets)


def long_waits(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """A time longer than a year is probably a mistake, and has at least a reminder."""
    for where, budget in _budgets(definition):
        if budget.within is None or not _over_a_year(budget.within):
            continue
        if budget.remind:
            yield fault(definition, "long_budget", where, "the time is longer than a year", "Check the number")
        else:
            message = "the time is longer than a year, and nobody is reminded"
            yield fault(definition, "long_silence", where, message, "Add 'remind'")


def _budgets(definition: Definition) -> Iterator[tuple[str, Deadline | CaseClock]]:
    yield from ((f"states.{key}.deadline", each.deadline) for key, each in definition.states.items() if each.deadline)
    yield from ((f"clocks.{key}", rule) for key, rule in definition.clocks.items())


def _over_a_year(budget: Budget) -> bool:
    return budget.amount > _YEAR[budget.unit]


def late_reminders(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """A reminder that lies before the state was entered is never sent."""
    for where, budget in _budgets(definition):
        within = budget.within
        if within is not None and any(_before_start(within, rung.offset) for rung in budget.remind):
            message = "a reminder would be due before the case came here"
            yield fault(definition, "reminder_too_early", f"{where}.remind", message, "Remind later")


def _before_start(within: Budget, offset: Budget) -> bool:
    return within.unit is offset.unit and offset.amount >= within.amount


def single_ways(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """A state whose only way out needs several persons stops every case when one of them is absent."""
    for key, state in definition.states.items():
        ways = [step for step in definition.transitions.values() if key in step.sources]
        if not state.final and len(ways) == 1 and ways[0].quorum > 1:
            message = f"the only way out needs {ways[0].quorum} persons"
            yield fault(definition, "one_way_out", f"states.{key}", message, "Add another step, or escalate")


def never_opened(definition: Definition, universe: Universe) -> Iterator[Fault]:
    """A workflow that nobody opens and no other has as a part."""
    if not definition.opened_by and not any(universe.parents_of(definition)):
        message = "nobody may open such a case, and it is no part of another"
        yield fault(definition, "never_opened", "opened_by", message, "Add 'opened_by'")
