"""Checks that each step can be taken by somebody, and that each rule about persons binds somebody."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.definition import MACHINE_ROLES, READING_ROLES, Definition
from workflows.graph import sources
from workflows.soundness.case_clocks import clock_walk
from workflows.soundness.cast import single_roles
from workflows.soundness.context import Universe, fault
from workflows.soundness.faults import Fault

_MACHINES = frozenset(MACHINE_ROLES)


def clock(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """A step of the clock ends a deadline in every state it starts from: nobody can press it."""
    ends = {(key, state.deadline.then) for key, state in definition.states.items() if state.deadline}
    for name, rule in definition.clocks.items():
        ends |= {(state, rule.then) for state in clock_walk(definition).runs_in(name)}
    for key, step in definition.transitions.items():
        if "clock" not in step.by:
            continue
        idle = [source for source in sources(definition, step) if (source, key) not in ends]
        # Beside another role the clock may serve one state and the role all of them.
        if idle and (step.by == ("clock",) or len(idle) == len(step.sources)):
            message = f"no deadline in {', '.join(idle)} ends with this step of the clock"
            remedy = "Name it in 'deadline.then' of the state, or give it to a role"
            yield fault(definition, "never_triggered", f"transitions.{key}.by", message, remedy)


def parts(definition: Definition, universe: Universe) -> Iterator[Fault]:
    """A step `by: part` is carried along by a step of one of the parts."""
    known = len(tuple(universe.parts_of(definition))) == len(definition.parts)
    for key, step in definition.transitions.items():
        if known and "part" in step.by and not universe.carriers_of(definition, key):
            remedy = "Let a step of a part carry it ('carries'), or give it to a role"
            message = "no step of a part carries this step along"
            yield fault(definition, "never_triggered", f"transitions.{key}.by", message, remedy)


def answers(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """The clock answers no questions."""
    for key, step in definition.transitions.items():
        required = [name for name, needed in step.asks.items() if needed]
        if "clock" in step.by and required:
            message = f"the clock cannot answer '{required[0]}'"
            yield fault(definition, "clock_cannot_answer", f"transitions.{key}.asks", message, "Make it optional")


def persons(definition: Definition, universe: Universe) -> Iterator[Fault]:
    """Four eyes and quorum leave somebody who may act, and bind somebody."""
    known = acting(definition) | {role for parent, _ in universe.parents_of(definition) for role in acting(parent)}
    for key, step in definition.transitions.items():
        where = f"transitions.{key}"
        if set(step.by) <= set(step.not_by):
            message = "'not_by' shuts out every role that may take this step"
            remedy = "Remove one of them; for a second person of the same role write 'quorum: 2'"
            yield fault(definition, "nobody_may_take", f"{where}.not_by", message, remedy)
        if step.quorum > 1 and not _MACHINES.isdisjoint(step.by):
            message = "a quorum counts persons, and the clock or a part is none"
            yield fault(definition, "quorum_of_machines", f"{where}.quorum", message, "Leave only people in 'by'")
        voting = set(step.by) - set(step.not_by)
        if step.quorum > 1 and voting and voting <= single_roles(definition):
            message = f"a case has one '{min(voting)}', who cannot be {step.quorum} persons"
            remedy = "Write 'quorum: 1', or name a role in 'by' that several people have"
            yield fault(definition, "quorum_too_great", f"{where}.quorum", message, remedy)
        for role in step.not_by:
            if role not in known:
                message = f"'{role}' never acts in this workflow, so one person could still do both"
                remedy = "Name the role that prepares the step, or remove it"
                yield fault(definition, "void_four_eyes", f"{where}.not_by", message, remedy)


def readers(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """A role that only reads takes no step, edits nothing, opens no case, and no case waits for it."""
    for role in READING_ROLES:
        found = [f"transitions.{key}.by" for key, step in definition.transitions.items() if role in step.by]
        found += [f"states.{key}.edit" for key, state in definition.states.items() if role in state.edit]
        found += [f"states.{key}.with" for key, state in definition.states.items() if role == state.owner]
        found += [
            f"states.{key}.deadline.extend.by"
            for key, state in definition.states.items()
            if state.deadline is not None and state.deadline.extend is not None and role in state.deadline.extend.by
        ]
        found += ["opened_by"] * (role in definition.opened_by)
        for where in found:
            message = f"'{role}' only reads, and could judge no case in which they acted"
            yield fault(definition, "reader_acts", where, message, "Give it to another role")


def administrators(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """Nobody decides a case as the one who looks after accounts: they could give themselves any other role.

    An administrator may open a case and send it off.
    """
    sent_off = {definition.initial} if "administrator" in definition.opened_by else set()
    found = [
        f"transitions.{key}.by"
        for key, step in definition.transitions.items()
        if "administrator" in step.by and not set(sources(definition, step)) <= sent_off
    ]
    found += [
        f"transitions.{key}.corrected_by"
        for key, step in definition.transitions.items()
        if "administrator" in (step.corrected_by or ())
    ]
    found += [
        f"states.{key}.deadline.extend.by"
        for key, state in definition.states.items()
        if state.deadline is not None and state.deadline.extend and "administrator" in state.deadline.extend.by
    ]
    for where in found:
        message = "the 'administrator' looks after accounts and decides no case"
        yield fault(definition, "administrator_decides", where, message, "Give it to the role that answers for it")


def corrected(definition: Definition, universe: Universe) -> Iterator[Fault]:
    """A step that can be taken back touched nothing but its own case, and a person took it."""
    parents = {parent.key for parent, _part in universe.parents_of(definition)}
    for key, step in definition.transitions.items():
        reasons = {
            "it stays in its state": step.target is None,
            "it opens a part": step.opens is not None,
            "it takes a step of its parent with it": step.carries is not None,
            "its parent may have gone on since": bool(parents),
            "no person takes it": _MACHINES.issuperset(step.by),
            "only readers could confirm": bool(step.corrected_by) and set(step.corrected_by) <= set(READING_ROLES),
        }
        for reason in (reason for reason, holds in reasons.items() if step.corrected_by and holds):
            message, where = f"this step cannot be taken back: {reason}", f"transitions.{key}.corrected_by"
            yield fault(definition, "cannot_be_corrected", where, message, "Remove 'corrected_by'")


def acting(definition: Definition) -> frozenset[str]:
    """Return the roles in which somebody takes a step, files something or opens a case."""
    taking = {role for step in definition.transitions.values() for role in step.by}
    filing = {role for state in definition.states.values() for role in state.edit}
    return frozenset(taking | filing | set(definition.opened_by))


RULES = (clock, parts, answers, persons, readers, administrators, corrected)
