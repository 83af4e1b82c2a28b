"""Checks that each fact a definition states is about something that is there, and is asked for by a step."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.definition import PERSON_ROLES, Definition, Field
from workflows.facts import COMPARISONS, Fact, Operand
from workflows.soundness.context import Universe, fault
from workflows.soundness.faults import Fault

_REMEDY = "Correct the name, or declare it"


def used(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """Each fact is needed by a step."""
    needed = {name for step in definition.transitions.values() for name in step.needs}
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
                if operand.number is None and side is None:
                    message = f"there is no field '{'.'.join(operand.path)}'"
                    yield fault(definition, "unknown_field", where, message, _REMEDY)
                elif side is not None and not side.type.is_amount:
                    message = f"'{'.'.join(operand.path)}' is no number and no sum of money"
                    yield fault(definition, "fact_type", where, message, "Compare numbers or sums of money")
            money = {bool(side.type.units) for side in sides if side is not None}
            if len(money) > 1 or (True in money and any(operand.number is not None for operand in fact.operands)):
                yield fault(
                    definition, "fact_type", where, "money and a number cannot be compared", "Compare like with like"
                )
        yield from _named(definition, universe, fact)


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

RULES = (used, compared, linked, matched)
