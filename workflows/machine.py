"""One shared `transitions.Machine` per definition; firing is deciding, then moving.

The machine is never given a model to keep: a throw-away subject carries the state through one step,
so nothing is registered and no memory stays behind a case (decision 0003).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from typing import Any

from transitions import EventData, Machine

from workflows.decision import Standing, Verdict, decide
from workflows.definition import Definition, Keyed, Transition


class _Subject:
    """The model of the machine for one step: a state and nothing else."""

    __slots__ = ("state",)

    def __init__(self, state: str) -> None:
        self.state = state


class MachineDisagrees(AssertionError):
    """The machine did not make a step that the verdict allowed: a fault of the program, never of the user."""


@lru_cache(maxsize=256)
def _machine(keyed: Keyed) -> Machine:
    definition = keyed.definition
    return Machine(
        model=None,
        states=list(definition.states),
        initial=definition.initial,
        transitions=[each for step in definition.transitions.values() for each in _moves(definition, step)],
        auto_transitions=False,
        send_event=True,
    )


def _moves(definition: Definition, step: Transition) -> Iterator[dict[str, Any]]:
    """Return the transitions of a step: one, or one for each state that facts may choose.

    Facts are not judged here: `decide` has chosen, and each transition asks whether it was meant.
    """
    move = {"trigger": step.key, "source": list(step.sources)}
    if not step.branches:
        yield {**move, "dest": step.target or "="}
        return
    for target in definition.targets_of(step, definition.initial):
        yield {**move, "dest": target, "conditions": [partial(_is_meant, target)]}


def _is_meant(target: str, event: EventData) -> bool:
    return bool(event.kwargs.get("target") == target)


def machine_for(definition: Definition) -> Machine:
    """The one machine of this definition, built at first use and shared by all cases and threads."""
    return _machine(Keyed(definition))


def fire(
    definition: Definition, step_key: str, standing: Standing, asked: Mapping[str, object] | None = None
) -> Verdict:
    """Decide and, where allowed, move. The verdict's `target` is the state the machine reached.

    Raises MachineDisagrees when a step that was allowed did not happen.
    """
    verdict = decide(definition, step_key, standing, asked or {})
    if not verdict.allowed:
        return verdict
    subject = _Subject(standing.state)
    moved = machine_for(definition).events[step_key].trigger(subject, target=verdict.target)
    if not moved or subject.state != verdict.target:
        raise MachineDisagrees(f"{definition.key}/{step_key}: {standing.state} -> {subject.state}")
    return verdict
