"""Checks of the roles that a definition declares: one meaning everywhere, a field that can name somebody, a use."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.definition import Definition
from workflows.roles import RESERVED, Kind
from workflows.soundness.context import Universe, fault
from workflows.soundness.faults import Fault


def meanings(definition: Definition, universe: Universe) -> Iterator[Fault]:
    """A name means one kind and one label in all definitions, and no built-in role is declared anew."""
    for key, role in definition.roles.items():
        where = f"roles.{key}"
        if key in RESERVED:
            message = f"'{key}' is a role that every workflow has"
            yield fault(definition, "role_reserved", where, message, "Remove it, or choose another name")
        for other in universe.workflows.values():
            theirs = other.roles.get(key) if other.key != definition.key else None
            if theirs is not None and theirs.meaning != role.meaning:
                message = f"'{other.key}' declares '{key}' in another way, or by another label"
                yield fault(definition, "role_differs", where, message, "Declare both alike, or choose another name")


def kept(definition: Definition, universe: Universe) -> Iterator[Fault]:
    """A role of the published version stays what it is: people hold it, and cases name them in it."""
    for key, before in universe.published.roles.items() if universe.published is not None else ():
        now = definition.roles.get(key)
        if now is None or now.kind is not before.kind:
            message = f"the version in force declares '{key}', and people have it"
            yield fault(definition, "role_removed", f"roles.{key}", message, "Keep it as it was")


def naming(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """The field of a role names a person or an organisation, as the kind of the role asks."""
    for key, name in definition.named_roles.items():
        role, field = definition.roles[key], definition.fields.get(name)
        if field is None:
            continue  # `names.fields` says it
        person = role.kind is Kind.PERSON
        named = field.type.names_person if person else field.type.names_organisation
        if not named and field.type.party != ("expert" if person else "lender"):
            what = "a person" if person else "an organisation"
            message = f"the field '{name}' does not name {what}"
            yield fault(definition, "role_field_type", f"roles.{key}", message, "Name a field of the right type")


def used(definition: Definition, universe: Universe) -> Iterator[Fault]:
    """Each declared role does something, or is told something; one that was published may rest."""
    published = universe.published.roles if universe.published is not None else {}
    for key in definition.roles.keys() - _mentioned(definition) - published.keys():
        message = "no state and no step mentions this role"
        yield fault(definition, "unused_role", f"roles.{key}", message, "Name it, or remove it")


def _mentioned(definition: Definition) -> frozenset[str]:
    found = set(definition.opened_by)
    for state in definition.states.values():
        found |= {state.owner or "", *state.edit}
        if state.deadline is not None:
            found |= {rung.to for rung in state.deadline.escalate}
            found |= set(state.deadline.extend.by) if state.deadline.extend is not None else set()
    found |= {field.role or "" for field in definition.fields.values()}
    found |= {rung.to for clock in definition.clocks.values() for rung in clock.escalate}
    for step in definition.transitions.values():
        found |= {*step.by, *step.tells, *step.corrected_by}
    return frozenset(found)


RULES = (meanings, kept, naming, used)
