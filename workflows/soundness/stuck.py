"""Checks that somebody can act wherever a case comes, and that no case stands where nothing leads on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from workflows.definition import Definition, Final, Transition
from workflows.graph import edges, reach, sources
from workflows.soundness.cast import Cast
from workflows.soundness.context import Universe, fault
from workflows.soundness.faults import Fault
from workflows.soundness.reachability import is_judgeable
from workflows.soundness.walk import Position, Walk, walk

#: Ends in which the purpose of a case is reached, and all ends: what still leads on must lead to one of each.
_GOOD = (Final.SUCCEEDED,)
_ALL = tuple(Final)

_MENDED = {
    "requester": "Let the field of the region be required before, do not seal the part, or give it to another role",
    "expert": "Let an earlier step ask for a field of type expert with 'as: expert', or give it to another role",
    "lender": "Fill a field of type lender and let the case come to a state 'with: lender', or name another role",
}
_MISSING = {
    "requester": "no requester owns such a case here",
    "expert": "nothing names an expert before",
    "lender": "no lender has had the case on its desk before",
}


def people(definition: Definition, universe: Universe) -> Iterator[Fault]:
    """A role that only some cases have is there where the file speaks of it."""
    if not is_judgeable(definition):
        return
    cast = Cast(definition, universe)
    live = reach(edges(definition), [definition.initial])
    if not (cast.openers or cast.openings):
        return
    for where, role, places in _mentions(definition, frozenset(cast.named)):
        there = {state for state, _ in cast.presence[role]}
        if places & live and not places & there:
            message = f"there is no '{role}' here: {_missing(definition, role)}"
            yield fault(definition, "absent_role", where, message, _mended(definition, role))


def _missing(definition: Definition, role: str) -> str:
    declared = definition.roles.get(role)
    return _MISSING[role] if declared is None else f"no step and no form has filled '{declared.field}' before"


def _mended(definition: Definition, role: str) -> str:
    declared = definition.roles.get(role)
    if declared is None:
        return _MENDED[role]
    return f"Let an earlier step ask for '{declared.field}', or give it to another role"


def _mentions(definition: Definition, roles: frozenset[str]) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Where one of these roles stands, the role, and the states in one of which it must be there."""
    for key, state in definition.states.items():
        named = [(f"states.{key}.with", state.owner)] if not state.final else []
        named += [(f"states.{key}.edit.{role}", role) for role in state.edit]
        if state.deadline is not None:
            named += [(f"states.{key}.deadline.escalate", rung.to) for rung in state.deadline.escalate]
        if state.deadline is not None and state.deadline.extend is not None:
            named += [(f"states.{key}.deadline.extend.by", role) for role in state.deadline.extend.by]
        yield from ((where, role, frozenset({key})) for where, role in named if role in roles)
    for key, step in definition.transitions.items():
        starts = frozenset(sources(definition, step))
        around = starts | {target for source in starts for target in definition.targets_of(step, source)}
        yield from ((f"transitions.{key}.by", role, starts) for role in step.by if role in roles)
        if step.opens is None:  # else the letter may be about the part, to its own people
            yield from ((f"transitions.{key}.tells.{role}", role, around) for role in step.tells if role in roles)


def openers_act(definition: Definition, universe: Universe) -> Iterator[Fault]:
    """Somebody can lead a case on from wherever it comes, whoever opened it."""
    if not is_judgeable(definition):
        return
    cast = Cast(definition, universe)
    walked = _who(cast)
    for place in _stuck(walked):
        steps = definition.steps_from[place.state]
        blocked = [step for step in steps if not cast.somebody(step, place)]
        absent = [step for step in steps if any(role in cast.named and not cast.acts(role, place) for role in step.by)]
        if not blocked or (absent and place.opener is None):
            continue  # the place before the one that is at fault, or told by `people`
        if place.opener is None:
            message = "nobody can lead a case on from here"
            yield fault(definition, "nobody_leads_on", f"states.{place.state}", message, "Give a step to another role")
        else:
            message = f"a case that '{place.opener}' opens lies here unseen by others, and no step here leads it on"
            remedy = f"Give a step that starts here to '{place.opener}'"
            yield fault(definition, "nobody_leads_on", f"states.{place.state}", message, remedy)


def absences(definition: Definition, universe: Universe) -> Iterator[Fault]:
    """No case comes without an expert, a lender or a requester to where only that role leads it on."""
    if not is_judgeable(definition):
        return
    cast = Cast(definition, universe)
    seen = _who(cast).states
    for role in cast.named:
        walked = cast.role_walk(role, guarded=True)
        for place in _stuck(walked):
            if cast.is_there(role, place) or place.state not in seen:
                continue
            for step in definition.steps_from[place.state]:
                there = (place.state, place.opener) in cast.presence[role]
                if role in step.by and there and not cast.somebody(_without(step, role), place):
                    message = f"a case can stand in '{place.state}' without a '{role}', and nothing leads on from there"
                    remedy = _mended(definition, role)
                    yield fault(definition, "role_left_out", f"transitions.{step.key}.by", message, remedy)


def empty_desks(definition: Definition, universe: Universe) -> Iterator[Fault]:
    """Where a state waits for a role that a case may lack, its reminders reach nobody."""
    if not is_judgeable(definition):
        return
    cast = Cast(definition, universe)
    if not (cast.openers or cast.openings):
        return
    for role in cast.named:
        walked = cast.role_walk(role, guarded=True)
        for key, state in definition.states.items():
            there = {cast.is_there(role, place) for place in walked.at(key)}
            if state.owner == role and state.deadline is not None and there == {True, False}:
                message = f"a case can wait here without a '{role}', and then nobody is reminded"
                yield fault(definition, "desk_may_be_empty", f"states.{key}.with", message, _mended(definition, role))


def filled(definition: Definition, universe: Universe) -> Iterator[Fault]:
    """Each field that a step requires can be filled in before it, on every way that leads there."""
    if not is_judgeable(definition):
        return
    cast = Cast(definition, universe)
    seen = _who(cast).states
    wanted = {name: None for step in definition.transitions.values() for name in cast.required(step)}
    for name in (name for name in wanted if name in definition.fields):
        yield from _filled(cast, name, seen)


def _filled(cast: Cast, name: str, seen: frozenset[str]) -> Iterator[Fault]:
    definition, walked = cast.definition, cast.field_walk(name)
    dead = set(_stuck(walked))
    for step in definition.transitions.values():
        if name not in cast.required(step):
            continue
        key = "requires" if name in step.requires else "carries"
        where = f"transitions.{step.key}.{key}"
        for source in (source for source in sources(definition, step) if source in seen):
            places = walked.at(source)
            if places and not any(place.value for place in places):
                message = f"nobody can fill in '{name}' before a case stands in '{source}'"
                remedy = "Let an earlier state edit it, or an earlier step ask for it"
                yield fault(definition, "never_fillable", where, message, remedy)
            elif any(place in dead for place in places if not place.value) and not dead.issuperset(places):
                message = f"a case can come to '{source}' with '{name}' empty, and nobody can fill it in from there"
                remedy = f"Let '{source}' edit it, or require it in every step that leads there"
                yield fault(definition, "may_stay_empty", where, message, remedy)


def _who(cast: Cast) -> Walk:
    starts = cast.starts({False})
    return walk(cast.definition, starts, lambda step, place: (False,) if cast.somebody(step, place) else ())


def _stuck(walked: Walk) -> list[Position]:
    return _ordered(walked.dead_ends(_ALL) | walked.dead_ends(_GOOD))


def _ordered(places: Iterable[Position]) -> list[Position]:
    return sorted(places, key=repr)


def _without(step: Transition, role: str) -> Transition:
    return replace(step, by=tuple(each for each in step.by if each != role))


RULES = (people, openers_act, absences, filled)
