"""Checks that every name in a definition is defined, and that everything it declares is used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from workflows.definition import LANGUAGES, PERSON_ROLES, READING_ROLES, ROLES, Definition
from workflows.fields.types import COLUMNS
from workflows.soundness.cast import opening_roles
from workflows.soundness.context import ESCALATION_LETTER, PART_FACTS, REMINDER_LETTER, Universe, fault
from workflows.soundness.faults import Fault
from workflows.soundness.labels import texts


def roles(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """Each role exists, and none stands where only people, or only certain people, can."""
    for where, role, allowed in _roles(definition):
        if role not in ROLES and role not in definition.roles:
            remedy = f"The roles are {', '.join((*ROLES, *definition.roles))}"
            yield fault(definition, "unknown_role", where, f"there is no role '{role}'", remedy)
        elif role not in allowed:
            message = f"'{role}' is nobody who can be meant here"
            yield fault(definition, "role_misplaced", where, message, f"Name one of {', '.join(sorted(allowed))}")


def _roles(definition: Definition) -> Iterator[tuple[str, str, Iterable[str]]]:
    # Roles that stand for certain people, who can be notified and waited for.
    named = (frozenset(PERSON_ROLES) - {"anyone"}) | definition.roles.keys()
    opening = opening_roles(definition) | set(READING_ROLES)  # that a reader opens nothing is said by `readers`
    yield from (("opened_by", role, opening) for role in definition.opened_by)
    for key, state in definition.states.items():
        if state.owner is not None:
            yield f"states.{key}.with", state.owner, named
        yield from ((f"states.{key}.edit.{role}", role, named) for role in state.edit)
        for rung in state.deadline.escalate if state.deadline else ():
            yield f"states.{key}.deadline.escalate", rung.to, named
        if state.deadline and (extend := state.deadline.extend):
            yield from ((f"states.{key}.deadline.extend.by", role, named) for role in extend.by)
            yield from ((f"states.{key}.deadline.extend.not_by", role, named) for role in extend.not_by)
    for key, rule in definition.clocks.items():
        yield from ((f"clocks.{key}.escalate", rung.to, named) for rung in rule.escalate)
    granted = named - definition.named_roles.keys()
    yield from ((f"fields.{key}.role", field.role, granted) for key, field in definition.fields.items() if field.role)
    for key, step in definition.transitions.items():
        yield from ((f"transitions.{key}.by", role, (*ROLES, *definition.roles)) for role in step.by)
        yield from ((f"transitions.{key}.not_by", role, named) for role in step.not_by)
        yield from ((f"transitions.{key}.tells.{role}", role, named) for role in step.tells)
        yield from ((f"transitions.{key}.corrected_by", role, named) for role in step.corrected_by)


def states(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """Each state that is named exists; the one where cases begin is among them."""
    remedy = "Add the state, or correct the name"
    if definition.initial not in definition.states:
        message = f"cases cannot begin in '{definition.initial}': there is no such state"
        yield fault(definition, "unknown_initial", "initial", message, remedy)
    for key, step in definition.transitions.items():
        named = [("from", source) for source in step.sources] + [("to", step.target)]
        named += [("to", branch.state) for branch in step.branches if branch.state != step.target]
        for side, name in named:
            if name is not None and name not in definition.states:
                where = f"transitions.{key}.{side}"
                yield fault(definition, "unknown_state", where, f"there is no state '{name}'", remedy)


def steps(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """Each `then` names a step."""
    for key, state in definition.states.items():
        then = state.deadline.then if state.deadline else None
        if then is not None and then not in definition.transitions:
            where = f"states.{key}.deadline.then"
            yield fault(definition, "unknown_step", where, f"there is no step '{then}'", "Add it, or correct the name")


def fields(definition: Definition, universe: Universe) -> Iterator[Fault]:
    """Each field that is named is declared, and each declared one is filled, asked, needed or shown somewhere."""
    used = {name for parent, part in universe.parents_of(definition) for name in part.takes}
    for where, name in _fields(definition):
        if not where.startswith("roles."):  # that a role follows from a field fills it nowhere
            used.add(name)
        if name not in definition.fields:
            remedy = "Declare it under 'fields', or correct the name"
            yield fault(definition, "unknown_field", where, f"there is no field '{name}'", remedy)
    for name in definition.fields.keys() - used:
        remedy = "Let a state edit it or a step ask for it, or remove it"
        yield fault(definition, "unused_field", f"fields.{name}", "no state and no step mentions this field", remedy)


def _fields(definition: Definition) -> Iterator[tuple[str, str]]:
    for key, state in definition.states.items():
        for role, names in state.edit.items():
            yield from ((f"states.{key}.edit.{role}", name) for name in names)
        yield from ((f"states.{key}.public", name) for name in state.public)
        if state.deadline is not None and state.deadline.not_after is not None:
            yield f"states.{key}.deadline.not_after", state.deadline.not_after
        if state.deadline is not None and state.deadline.on is not None:
            yield f"states.{key}.deadline.on", state.deadline.on
    for key, step in definition.transitions.items():
        yield from ((f"transitions.{key}.requires", name) for name in step.requires)
        yield from ((f"transitions.{key}.asks.{name}", name) for name in step.asks if name != "comment")
        yield from ((f"transitions.{key}.clears", name) for name in step.clears)
    for key, fact in definition.facts.items():
        yield from ((f"facts.{key}", name) for name in fact.named)
    for key, part in definition.parts.items():
        yield from ((f"parts.{key}.takes", name) for name in part.takes)
    yield from ((f"roles.{key}", name) for key, name in definition.named_roles.items())


def columns(definition: Definition, universe: Universe) -> Iterator[Fault]:
    """Each `as` names a case column that holds such values, and no column is filled twice."""
    filled: dict[str, str] = {}
    for key, field in definition.fields.items():
        where, column = f"fields.{key}.as", field.column
        if column is None:
            continue
        if column not in universe.columns:
            remedy = f"The columns are {', '.join(sorted(universe.columns))}"
            yield fault(definition, "unknown_column", where, f"a case has no column '{column}'", remedy)
        elif column in COLUMNS and column not in field.type.case_columns:
            message = f"the column '{column}' holds values of type {COLUMNS[column]}"
            yield fault(definition, "column_type", where, message, "Change the type, or remove 'as'")
        elif column in filled:
            message = f"the field '{filled[column]}' fills the column '{column}' already"
            yield fault(definition, "column_twice", where, message, "Keep 'as' on one of them")
        filled.setdefault(column, key)


def public(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """No personal data stands in the public register."""
    for key, state in definition.states.items():
        for name in state.public:
            if name in definition.fields and definition.fields[name].personal:
                message = f"the field '{name}' holds personal data"
                where = f"states.{key}.public"
                yield fault(definition, "personal_in_public", where, message, "Remove it from the list")


def letters(definition: Definition, universe: Universe) -> Iterator[Fault]:
    """Each letter exists, in every language of `LANGUAGES`."""
    for where, letter in _letters(definition):
        languages = universe.letters.get(letter)
        if languages is None:
            remedy = f"Write templates/letters/{letter}.yaml, or correct the name"
            yield fault(definition, "unknown_letter", where, f"there is no letter '{letter}'", remedy)
        elif missing := [language for language in LANGUAGES if language not in languages]:
            message = f"the letter '{letter}' is missing in {', '.join(missing)}"
            yield fault(definition, "letter_language_missing", where, message, "Write its subject and body there")


def _letters(definition: Definition) -> Iterator[tuple[str, str]]:
    for key, state in definition.states.items():
        if state.deadline is not None and state.deadline.remind:
            yield f"states.{key}.deadline.remind", REMINDER_LETTER
        if state.deadline is not None and state.deadline.escalate:
            yield f"states.{key}.deadline.escalate", ESCALATION_LETTER
    for key, rule in definition.clocks.items():
        yield from ((f"clocks.{key}.remind", REMINDER_LETTER) for _ in rule.remind[:1])
        yield from ((f"clocks.{key}.escalate", ESCALATION_LETTER) for _ in rule.escalate[:1])
    for key, step in definition.transitions.items():
        yield from ((f"transitions.{key}.tells.{role}", letter) for role, letter in step.tells.items())


def facts(definition: Definition, universe: Universe) -> Iterator[Fault]:
    """Each fact is supplied: by the parts, or by a capability that the workflow uses."""
    for key, step in definition.transitions.items():
        where = f"transitions.{key}.needs"
        for name in step.needs:
            if not _is_fact(name, definition, universe):
                remedy = f"Facts of parts are parts.<part>.{{{', '.join(sorted(PART_FACTS))}}}; correct the name"
                yield fault(definition, "unknown_fact", where, f"nobody supplies the fact '{name}'", remedy)
            elif (capability := name.split(".")[0]) in universe.capabilities - set(definition.uses):
                message = f"the fact '{name}' comes from a capability that this workflow does not use"
                yield fault(definition, "capability_not_used", where, message, f"Add '{capability}' to 'uses'")
    for name in definition.uses:
        if name not in universe.capabilities:
            remedy = f"Known are {', '.join(sorted(universe.capabilities)) or 'none'}"
            yield fault(definition, "unknown_capability", "uses", f"there is no capability '{name}'", remedy)


def choosing(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """Each fact that chooses where a step leads is stated."""
    for key, step in definition.transitions.items():
        for name in step.choosing:
            if name not in definition.facts:
                where, remedy = f"transitions.{key}.to", "State it under 'facts', or correct the name"
                yield fault(definition, "unknown_fact", where, f"there is no fact '{name}'", remedy)


def _is_fact(name: str, definition: Definition, universe: Universe) -> bool:
    match name.split("."):
        case ["parts", part, predicate]:
            return part in definition.parts and predicate in PART_FACTS
        case _:
            return name in definition.facts or name in universe.facts


def translations(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """Each text is there in every language. `read` sees to it; a definition may come another way."""
    for where, text in texts(definition):
        for language in LANGUAGES:
            if not text.get(language):
                message = "the text is missing in this language"
                yield fault(definition, "missing_translation", f"{where}.{language}", message, "Write it")


RULES = (roles, states, steps, fields, columns, public, letters, facts, choosing, translations)
