"""Checks that a step whose target facts choose can lead to each of its targets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from workflows.definition import Definition, Transition
from workflows.facts import COMPARISONS, Fact
from workflows.soundness.comparisons import can_hold_without, required_facts
from workflows.soundness.context import Universe, fault
from workflows.soundness.faults import Fault

_REMEDY = "Change the fact, put the narrower one first, or remove the branch"


def taken(definition: Definition, universe: Universe) -> Iterator[Fault]:
    """Each branch is taken for some values: its fact can hold with what the step needs, and without those before it."""
    for key, step in definition.transitions.items():
        where = f"transitions.{key}.to"
        needed = _compared(definition, required_facts(definition, step.needs))
        before: list[Fact] = []
        for branch in step.branches:
            own = _compared(definition, required_facts(definition, [branch.fact])) if branch.fact is not None else []
            if branch.fact in step.needs:
                message = f"the step needs '{branch.fact}', so nothing is left for the branches after it"
                yield fault(definition, "branch_always", where, message, "Remove the branches, or what the step needs")
                break
            if not can_hold_without(definition, universe, [*needed, *own], before):
                message = f"no values lead to '{branch.state}': the branches before it leave none"
                yield fault(definition, "branch_never", where, message, _REMEDY)
            before += _plain(definition, branch.fact)


def _compared(definition: Definition, names: Iterable[str]) -> list[Fact]:
    """Return those of the facts that compare amounts."""
    found = (definition.facts[name] for name in names if name in definition.facts)
    return [fact for fact in found if fact.word in COMPARISONS]


def _plain(definition: Definition, name: str | None) -> list[Fact]:
    fact = definition.facts.get(name or "")
    return [fact] if fact is not None and fact.word in COMPARISONS else []


def looked_at(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """Facts that choose where a step leads are about the case as it is when its last vote is cast."""
    for key, step in definition.transitions.items():
        if step.quorum > 1 and _asked(definition, step):
            where = f"transitions.{key}.to"
            message = "several persons decide, and each could answer so that another branch is taken"
            yield fault(definition, "branch_by_vote", where, message, "Choose by a field that is filled in before")


def _asked(definition: Definition, step: Transition) -> bool:
    return any(definition.waits_for_answers(step, name) for name in step.choosing)


RULES = (taken, looked_at)
