"""Checks that comparisons can hold: each by itself, and those that one step needs together.

Every comparison says that one amount is at most another plus a constant. Such a system has a solution unless its
constraints run in a circle whose constants add up to less than nothing (Bellman and Ford; Cormen et al., chapter 24.4).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations
from math import inf

from workflows.amounts import measured
from workflows.definition import Definition, Field, Transition
from workflows.facts import COMPARISONS, Fact, Operand
from workflows.soundness.context import Universe, fault
from workflows.soundness.facts import part_of, value_of
from workflows.soundness.faults import Fault

#: An amount: the path of an operand with the field of `alike`; () is zero.
_Amount = tuple[str, ...]
#: (first, second, constant): the first amount is at most the second plus the constant.
_Constraint = tuple[_Amount, _Amount, float]
_ZERO: _Amount = ()
#: Two amounts that differ are at least so far apart.
SMALLEST = 0.0001
_NARROWER = "Change the fact, put the narrower one first, or remove the branch"
_REMEDY = "Write numbers that leave a value between them, or remove one of them"


def possible(definition: Definition, universe: Universe) -> Iterator[Fault]:
    """Each comparison says something and can hold, and so can all that a step needs."""
    compared = {key: fact for key, fact in definition.facts.items() if fact.word in COMPARISONS}
    alone: set[str] = set()
    for key, fact in compared.items():
        if not any(operand.path for operand in fact.operands) or fact.operands[0] == fact.operands[1]:
            message = "it compares a thing with itself, or two numbers, and so says nothing"
            yield fault(definition, "empty_comparison", f"facts.{key}", message, "Compare a field with something else")
            alone.add(key)
        elif not _can_hold(definition, universe, [fact]):
            message = "it can never hold: no value of its fields within their bounds satisfies it"
            yield fault(definition, "impossible_fact", f"facts.{key}", message, _REMEDY)
            alone.add(key)
    for step in definition.transitions.values():
        needed = [compared[name] for name in required_facts(definition, step.needs) if name in compared.keys() - alone]
        clash = _clash(definition, universe, needed)
        if clash:
            named = " and ".join(f"'{each.key}'" for each in clash)
            message = f"{named} can never hold together, so nobody can take this step"
            yield fault(definition, "impossible_needs", f"transitions.{step.key}.needs", message, _REMEDY)


def required_facts(definition: Definition, names: Iterable[str]) -> list[str]:
    """Return these facts, and of one that says that all of others hold also those."""
    found: list[str] = []
    waiting = list(names)
    while waiting:
        name = waiting.pop(0)
        if name not in found:
            found.append(name)
            fact = definition.facts.get(name)
            waiting += fact.facts if fact is not None and fact.word == "all" else ()
    return found


def filled(definition: Definition, universe: Universe) -> Iterator[Fault]:
    """Something fills each field that a fact is about."""
    for key, fact in definition.facts.items():
        own = {name for name in fact.named if name in definition.fields}
        empty = sorted(name for name in own if not _is_filled(definition, universe, name))
        empty += [
            ".".join(operand.path)
            for operand in fact.operands
            if operand.own is None and operand.path and not _is_filled_elsewhere(definition, universe, operand)
        ]
        for name in empty:
            message = f"nothing ever fills '{name}', so the fact says nothing about it"
            remedy = "Let a state edit the field or a step ask for it, or remove the fact"
            yield fault(definition, "never_filled", f"facts.{key}", message, remedy)


def _is_filled_elsewhere(definition: Definition, universe: Universe, operand: Operand) -> bool:
    if operand.path[0] == "parent" and len(operand.path) == 2:
        parents = [parent for parent, _part in universe.parents_of(definition)]
        return not parents or any(_is_filled(parent, universe, operand.path[1]) for parent in parents)
    inner = part_of(definition, universe, operand.path[1])
    return inner is None or operand.path[2] not in inner.fields or _is_filled(inner, universe, operand.path[2])


def _is_filled(definition: Definition, universe: Universe, name: str, seen: frozenset[str] = frozenset()) -> bool:
    """Return whether a state edits the field, a step asks for it, or a parent that fills it hands it over."""
    if any(name in names for state in definition.states.values() for names in state.edit.values()):
        return True
    if any(name in step.asks for step in definition.transitions.values()):
        return True
    if definition.key in seen:
        return False
    seen |= {definition.key}
    givers = [parent for parent, part in universe.parents_of(definition) if name in part.takes]
    return any(name not in parent.fields or _is_filled(parent, universe, name, seen) for parent in givers)


def _clash(definition: Definition, universe: Universe, needed: list[Fact]) -> list[Fact]:
    """Return two facts that exclude each other; all of them where only together they do; none else."""
    for pair in combinations(needed, 2):
        if not _can_hold(definition, universe, pair):
            return list(pair)
    return needed if len(needed) > 2 and not _can_hold(definition, universe, needed) else []


def _can_hold(definition: Definition, universe: Universe, facts: Iterable[Fact]) -> bool:
    return _is_solvable([each for fact in facts for each in _constraints(definition, universe, fact)])


def can_hold_without(
    definition: Definition, universe: Universe, facts: Iterable[Fact], without: Iterable[Fact]
) -> bool:
    """Return whether the comparisons `facts` can hold while none of `without` does.

    A comparison that does not hold misses by at least the smallest step of an amount. The contrary of `same` is not
    looked at.
    """
    wanted = [each for fact in facts for each in _constraints(definition, universe, fact)]
    for fact in without:
        first, second = (_amount(operand, fact) for operand in fact.operands)
        by = [_constant(operand) for operand in fact.operands]
        if fact.word == "at_most":
            wanted.append((second, first, by[0] - by[1] - SMALLEST))
        if fact.word == "at_least":
            wanted.append((first, second, by[1] - by[0] - SMALLEST))
    return _is_solvable(wanted)


def _constraints(definition: Definition, universe: Universe, fact: Fact) -> Iterator[_Constraint]:
    first, second = (_amount(operand, fact) for operand in fact.operands)
    by = [_constant(operand) for operand in fact.operands]
    if fact.word in ("same", "at_most"):
        yield first, second, by[1] - by[0]
    if fact.word in ("same", "at_least"):
        yield second, first, by[0] - by[1]
    for operand, amount in zip(fact.operands, (first, second), strict=True):
        declared = value_of(definition, universe, operand)
        if declared is None:
            continue
        least, most = _bounds(declared, is_sum=len(operand.path) == 3 or operand.path[0] in _tables(definition))
        if least > -inf:
            yield _ZERO, amount, -least
        if most < inf:
            yield amount, _ZERO, most


def _constant(operand: Operand) -> float:
    """Return the number that an operand stands for; 0 for the path of something else."""
    return float(operand.number or 0) if operand.amount is None else float(measured(operand.amount)[1])


def _amount(operand: Operand, fact: Fact) -> _Amount:
    if not operand.path:
        return _ZERO
    return (*operand.path, f"alike {fact.alike}") if len(operand.path) == 3 and fact.alike else operand.path


def _tables(definition: Definition) -> set[str]:
    return {key for key, declared in definition.fields.items() if declared.type.has_columns}


def _bounds(declared: Field, *, is_sum: bool) -> tuple[float, float]:
    """Return the least and the greatest amount. An empty field counts as 0, and a sum has any number of addends."""
    least = 0.0 if declared.type.units else -inf
    least = max(least, float(declared.least)) if declared.least is not None else least
    if is_sum:
        return (0.0 if least >= 0 else -inf), inf
    return min(least, 0.0), max(float(declared.most), 0.0)


def _is_solvable(constraints: list[_Constraint]) -> bool:
    amounts = {amount for first, second, _ in constraints for amount in (first, second)}
    distance = dict.fromkeys(amounts, 0.0)
    for _round in range(len(amounts) + 1):
        shorter = [(first, distance[second] + by) for first, second, by in constraints]
        changed = [(first, length) for first, length in shorter if length < distance[first]]
        if not changed:
            return True
        for first, length in changed:
            distance[first] = min(distance[first], length)
    return False


def branches_taken(definition: Definition, universe: Universe) -> Iterator[Fault]:
    """Each branch is taken for some values: its fact can hold with what the step needs, and without those before it."""
    for key, step in definition.transitions.items():
        where = f"transitions.{key}.to"
        needed = _amounts_of(definition, required_facts(definition, step.needs))
        before: list[Fact] = []
        for branch in step.branches:
            own = _amounts_of(definition, required_facts(definition, [branch.fact])) if branch.fact is not None else []
            if branch.fact in step.needs:
                message = f"the step needs '{branch.fact}', so nothing is left for the branches after it"
                yield fault(definition, "branch_always", where, message, "Remove the branches, or what the step needs")
                break
            if not can_hold_without(definition, universe, [*needed, *own], before):
                message = f"no values lead to '{branch.state}': the branches before it leave none"
                yield fault(definition, "branch_never", where, message, _NARROWER)
            before += _plain(definition, branch.fact)


def _amounts_of(definition: Definition, names: Iterable[str]) -> list[Fact]:
    """Return those of the facts that compare amounts."""
    found = (definition.facts[name] for name in names if name in definition.facts)
    return [fact for fact in found if fact.word in COMPARISONS]


def _plain(definition: Definition, name: str | None) -> list[Fact]:
    fact = definition.facts.get(name or "")
    return [fact] if fact is not None and fact.word in COMPARISONS else []


def branches_known(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """Facts that choose where a step leads are about the case as it is when its last vote is cast."""
    for key, step in definition.transitions.items():
        if step.quorum > 1 and _asked(definition, step):
            where = f"transitions.{key}.to"
            message = "several persons decide, and each could answer so that another branch is taken"
            yield fault(definition, "branch_by_vote", where, message, "Choose by a field that is filled in before")


def _asked(definition: Definition, step: Transition) -> bool:
    return any(definition.waits_for_answers(step, name) for name in step.choosing)


RULES = (possible, filled, branches_taken, branches_known)
