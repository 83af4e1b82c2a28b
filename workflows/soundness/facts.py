"""Checks that each fact a definition states is about something that is there, and is asked for by a step."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.amounts import CURRENCIES, measured
from workflows.definition import PERSON_ROLES, Definition, Field
from workflows.facts import COMPARISONS, Fact, Operand
from workflows.field import Widget
from workflows.fields.measures import DecimalType
from workflows.soundness.context import Universe, fault
from workflows.soundness.faults import Fault

_REMEDY = "Correct the name, or declare it"


def used(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """Each fact is needed by a step, chooses where a step leads, or is part of such a fact."""
    needed = {name for step in definition.transitions.values() for name in step.judged}
    waiting = list(needed)
    while waiting:
        fact = definition.facts.get(waiting.pop())
        inner = set(fact.facts) - needed if fact is not None else set()
        needed |= inner
        waiting += inner
    for key in definition.facts.keys() - needed:
        yield fault(
            definition, "unused_fact", f"facts.{key}", "no step needs this fact", "Name it in 'needs', or remove it"
        )


def compared(definition: Definition, universe: Universe) -> Iterator[Fault]:
    """Both sides of a comparison exist and are numbers, or both are money; of a person or link, the field is one."""
    for key, fact in definition.facts.items():
        where = f"facts.{key}"
        if fact.word in COMPARISONS:
            sides = [value_of(definition, universe, operand) for operand in fact.operands]
            for operand, side in zip(fact.operands, sides, strict=True):
                if operand.path and side is None:
                    message = f"there is no field '{operand.words}'"
                    yield fault(definition, "unknown_field", where, message, _REMEDY)
                elif side is not None and not side.type.is_amount:
                    message = f"'{operand.words}' is no number and no amount"
                    yield fault(definition, "fact_type", where, message, "Compare numbers, sums of money or measures")
            kinds = [_kind(operand, side) for operand, side in zip(fact.operands, sides, strict=True)]
            if None not in kinds and kinds[0] != kinds[1] and not _adopts(*kinds):
                message = f"{kinds[0]} and {kinds[1]} cannot be compared"
                yield fault(definition, "fact_type", where, message, "Compare like with like")
        yield from _named(definition, universe, fact)


def _kind(operand: Operand, side: Field | None) -> str | None:
    """Return in what an operand counts; None for one that does not exist or is no amount."""
    if operand.number is not None:
        return "a bare number"
    if operand.amount is not None:
        unit = measured(operand.amount)[0] or ""
        return "money" if unit in CURRENCIES else f"{unit}"
    if side is None or not side.type.is_amount:
        return None
    if side.type.units:
        return "money"
    if side.type.time_units:
        return side.unit.key if side.unit is not None else "days or hours"
    return side.type.unit(side).key if isinstance(side.type, DecimalType) else "a number"


def _adopts(first: str | None, second: str | None) -> bool:
    """Whether one of two is a bare number, which takes the unit of the other; money names its currency always."""
    others = {first, second} - {"a bare number"}
    return "a bare number" in (first, second) and others.isdisjoint({"money", "days or hours"})


def _named(definition: Definition, universe: Universe, fact: Fact) -> Iterator[Fault]:
    where = f"facts.{fact.key}"
    declared = definition.fields.get(fact.field)
    fits = {
        "person": declared is not None and declared.type.party == "expert",
        "party": declared is not None and declared.type.party == "lender",
        "link": declared is not None and declared.type.names_case,
    }
    if declared is not None and not fits.get(fact.word, True):
        message = f"the field '{fact.field}' cannot be meant by '{fact.word}'"
        yield fault(definition, "fact_type", where, message, "Name a field of the right type")
    if fact.word == "field" and declared is None:
        yield fault(definition, "unknown_field", where, f"there is no field '{fact.field}'", _REMEDY)
    yield from _within(definition, universe, fact, declared)
    for role in fact.not_acted_as:
        if role not in PERSON_ROLES and role not in definition.roles:
            yield fault(definition, "unknown_role", where, f"there is no role '{role}'", "Name a role of people")
    asked = fact.not_declared
    if asked is not None:
        part = part_of(definition, universe, asked.part)
        field = part.fields.get(asked.field) if part is not None else None
        if field is None or asked.value not in (field.options or {}):
            message = f"no part '{asked.part}' can declare '{asked.field}: {asked.value}'"
            yield fault(definition, "unknown_field", where, message, _REMEDY)


def _within(definition: Definition, universe: Universe, fact: Fact, declared: Field | None) -> Iterator[Fault]:
    """Each key of `in` is one that the field, or the state of the case it names, can have."""
    where = f"facts.{fact.key}"
    if declared is None or not fact.within:
        return
    if fact.word == "link":
        named = definition if declared.of == definition.key else universe.workflows.get(declared.of or "")
        known, thing = (set(named.states) if named is not None else None), "state"
    else:
        chosen = declared.type.widget in (Widget.CHOICE, Widget.CHOICES) and not declared.type.names_case
        if not chosen:
            message = f"nothing is chosen in '{fact.field}' from a list"
            yield fault(definition, "fact_type", where, message, "Name a choice")
            return
        known, thing = (None if declared.type.looks_up(declared) else set(declared.options or ())), "option"
    if known is None:
        return
    for key in set(fact.within) - known:
        yield fault(definition, f"unknown_{thing}", where, f"there is no {thing} '{key}'", _REMEDY)
    if known <= set(fact.within):
        message = f"it names every {thing} there is, so it says nothing"
        yield fault(definition, "empty_comparison", where, message, "Leave some out, or remove the fact")


def over_facts(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """Facts over other facts name facts of the definition, and never themselves, not even by way of others."""
    for key, fact in definition.facts.items():
        for name in fact.facts:
            if name not in definition.facts:
                message = f"there is no fact '{name}'"
                yield fault(definition, "unknown_fact", f"facts.{key}", message, "State it under 'facts'")
        if key in _inner(definition, key):
            message = "it depends on itself"
            yield fault(definition, "fact_circle", f"facts.{key}", message, "Remove one of the facts it names")


def _inner(definition: Definition, key: str) -> set[str]:
    """Return the facts on which a fact depends, by way of others, too."""
    found: set[str] = set()
    waiting = [key]
    while waiting:
        fact = definition.facts.get(waiting.pop())
        new = set(fact.facts) - found if fact is not None else set()
        found |= new
        waiting += new
    return found


def value_of(definition: Definition, universe: Universe, operand: Operand) -> Field | None:
    """Return the declaration of what an operand adds up; None where there is none."""
    match operand.path:
        case ["parent", name]:
            parents = [parent for parent, _part in universe.parents_of(definition)]
            return parents[0].fields.get(name) if parents else None
        case ["parent" | "parts", part, name]:
            inner = part_of(definition, universe, part)
            return inner.fields.get(name) if inner is not None else None
        case [table, column]:
            declared = definition.fields.get(table)
            return (declared.columns or {}).get(column) if declared is not None else None
        case [name]:
            return definition.fields.get(name)
    return None


def part_of(definition: Definition, universe: Universe, key: str) -> Definition | None:
    """Return the workflow of a part of this definition or of its parent."""
    for owner in (definition, *(parent for parent, _part in universe.parents_of(definition))):
        if key in owner.parts:
            workflow = owner.parts[key].workflow
            return definition if workflow == definition.key else universe.workflows.get(workflow)
    return None


def linked(definition: Definition, universe: Universe) -> Iterator[Fault]:
    """A field that names another case says of which workflow."""
    for key, field in definition.fields.items():
        if field.of is not None and field.of != definition.key and field.of not in universe.workflows:
            message = f"there is no workflow '{field.of}'"
            yield fault(definition, "unknown_workflow", f"fields.{key}.of", message, "Correct the name")


def matched(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """An expert is matched by days that are a number, a time from a date to a date, and a list of languages."""
    for key, field in definition.fields.items():
        where = f"fields.{key}.matches"
        if field.matches is not None and field.type.party != "expert":
            message = f"a {field.type} is not matched with anything"
            yield fault(definition, "match_misplaced", where, message, "Remove 'matches'")
        for wanted, name in (field.matches or {}).items():
            source = definition.fields.get(name)
            if source is None:
                yield fault(definition, "unknown_field", f"{where}.{wanted}", f"there is no field '{name}'", _REMEDY)
            elif not getattr(source.type, _MATCHED[wanted]):
                message = f"the field '{name}' does not say the {wanted}"
                yield fault(definition, "match_type", f"{where}.{wanted}", message, "Name a field of the right type")


#: What an expert is matched by → what the type of the field must be.
_MATCHED = {"languages": "has_options", "days": "is_amount", "since": "is_date", "until": "is_date"}

RULES = (used, compared, over_facts, linked, matched)
