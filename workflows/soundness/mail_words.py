"""Checks of the steps that a reply by mail takes."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.definition import MACHINE_ROLES, Definition, State, Transition
from workflows.fields.types import COMMENT
from workflows.graph import sources
from workflows.soundness.context import Universe, fault
from workflows.soundness.faults import Fault


def may_be_undone(definition: Definition, step: Transition, state: str) -> bool:
    """Return whether a step taken by a reply from `state` can be taken back without a trace.

    It cannot where a part or its parent, votes or a lender are touched, or where a paused budget went on.
    """
    origin = definition.states[state]
    targets = [definition.states[target] for target in definition.targets_of(step, state)]
    alone = step.opens is None and step.carries is None and step.quorum == 1
    moves = all(origin is not target and _at_home(origin, target) for target in targets)
    return step.mail is not None and alone and moves


def _at_home(origin: State, target: State) -> bool:
    return target.owner != "lender" and not (origin.retired or origin.paused)


def light(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """A step of high risk or grave weight has no word of a reply, because the sender of a mail is easily forged."""
    for key, step in definition.transitions.items():
        if step.mail is None:
            continue
        if step.risk == "high" or step.weight == "grave":
            message = "a step of high risk or grave weight cannot be taken by a reply alone"
            yield fault(definition, "mail_too_grave", f"transitions.{key}.mail", message, "Remove it")
        if set(step.by) <= set(MACHINE_ROLES):
            message = "the clock and a part write no mail"
            yield fault(definition, "mail_of_machines", f"transitions.{key}.mail", message, "Remove it")


def answerable(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """A step with a word of a reply needs one text or the comment at most."""
    for key, step in definition.transitions.items():
        needed = [name for name, is_needed in step.asks.items() if is_needed] if step.mail is not None else []
        declared = [definition.fields.get(name) for name in needed if name != COMMENT.key]
        if len(needed) > 1 or any(field is not None and not field.type.is_prose for field in declared):
            message = f"a reply cannot answer {', '.join(needed)}"
            remedy = "Remove 'mail', or ask for one text alone"
            yield fault(definition, "mail_cannot_answer", f"transitions.{key}.mail", message, remedy)


def distinct(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """In one state one word means one step, for each role."""
    said: dict[tuple[str, str, str], str] = {}
    for key, step in definition.transitions.items():
        if step.mail is None:
            continue
        meanings = [(state, step.mail, role) for state in sources(definition, step) for role in step.by]
        taken = next((meaning for meaning in meanings if meaning in said), None)
        if taken is not None:
            message = f"in the state '{taken[0]}' the word means '{said[taken]}' for {taken[2]} already"
            yield fault(definition, "mail_word_twice", f"transitions.{key}.mail", message, "Keep it for one of the two")
        said |= dict.fromkeys(meanings, key)


RULES = (light, answerable, distinct)
