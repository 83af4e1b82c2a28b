"""The people who can be there at each point of a case: its owner, an expert, a lender, a team that sees it.

A role that a case names is a party only after something has named it: the expert by a field `as: expert`, the lender
when the case comes to its desk, the requester by the organisation that owns the case. `expertise.people.reach` and
`expertise.cases.parties` carry this out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from workflows.definition import MACHINE_ROLES, READING_ROLES, Definition, Part, Transition
from workflows.roles import Kind
from workflows.soundness.case_clocks import clock_walk
from workflows.soundness.context import Universe
from workflows.soundness.walk import Position, Walk, walk


def opening_roles(definition: Definition) -> frozenset[str]:
    """The roles that open a case and see it afterwards. An expert or a lender is no party of what they opened."""
    return definition.team | {"requester", "administrator"}


def named_roles(definition: Definition) -> tuple[str, ...]:
    """The roles that a case has only when something names them."""
    return ("requester", "expert", "lender", *definition.named_roles)


def single_roles(definition: Definition) -> frozenset[str]:
    """The roles in which at most one person acts for a case."""
    return frozenset({"expert", *(key for key, role in definition.roles.items() if role.kind is Kind.PERSON)})


#: Whether the field of a lender is filled, and whether the lender is a party.
_LenderValue = tuple[bool, bool]


@dataclass(frozen=True, slots=True)
class Opening:
    """A step of a parent that opens a part."""

    parent: Cast
    part: Part
    step: Transition


class Cast:
    """The roles of a definition among the others, by state."""

    def __init__(self, definition: Definition, universe: Universe) -> None:
        self.definition = definition
        self.universe = universe

    @cached_property
    def openings(self) -> tuple[Opening, ...]:
        """Return the steps of other workflows that open such a case as their part."""
        found = []
        for outer, part in self.universe.parents_of(self.definition):
            if any(self.universe.parents_of(outer)):
                continue  # parts have no parts, which is a fault of its own
            others = {**self.universe.workflows, self.definition.key: self.definition}
            cast = Cast(outer, Universe(workflows=others))
            found += [Opening(cast, part, step) for step in outer.transitions.values() if step.opens == part.key]
        return tuple(found)

    @cached_property
    def openers(self) -> tuple[str, ...]:
        """Return the roles that can open such a case by itself."""
        return tuple(role for role in self.definition.opened_by if role in opening_roles(self.definition))

    @cached_property
    def named(self) -> tuple[str, ...]:
        """Return the roles that such a case has only when something names them."""
        return named_roles(self.definition)

    # --- fields ------------------------------------------------------------------------------------

    def field_of(self, column: str) -> frozenset[str]:
        """Return the names of the field that fills a column: one, or none."""
        return frozenset(key for key, field in self.definition.fields.items() if field.column == column)

    @cached_property
    def lender_fields(self) -> frozenset[str]:
        """Return the fields that name a lender."""
        return frozenset(key for key, field in self.definition.fields.items() if field.type.party == "lender")

    def filled(self, names: frozenset[str], step: Transition, value: bool) -> set[bool]:
        """Return whether one of `names` holds a value after the step, when it was so (`value`) before."""
        asks = [needed for name, needed in step.asks.items() if name in names - self.definition.handed_on(step)]
        if names & set(step.clears):
            return {False}
        if any(asks):
            return {True}
        return {value, True} if asks else {value}

    def edited(self, names: frozenset[str], place: Position) -> set[bool]:
        """Return the values that editing in this place can give one of `names`: filled, or emptied."""
        edit = self.definition.states[place.state].edit
        editors = [role for role, fields in edit.items() if names & set(fields)]
        return {True, False} if any(self.acts(role, place) for role in editors) else set()

    def given(self, name: str) -> set[bool]:
        """Return whether the field holds a value when a case begins: what its parent can hand to it."""
        return {value for opening in self.openings for value in self._handed(opening, name)}

    def before(self, walked: Walk, step: Transition) -> Iterator[Position]:
        """The places of a walk from which the step is taken."""
        for source in step.sources:
            yield from walked.at(source)

    def starts(self, values: Iterable[object]) -> Iterator[Position]:
        """The places where cases begin, with these values where they begin as parts, and with none of them else."""
        initial = self.definition.initial
        yield from (Position(initial, opener, False) for opener in self.openers)
        if self.openings:
            yield from (Position(initial, None, value) for value in values)
        elif not self.openers:  # no way to open one is known yet
            yield Position(initial, None, False)

    def field_walk(self, name: str) -> Walk:
        """Walk with the value of one field: whether it is filled."""
        names = frozenset({name})
        return walk(
            self.definition,
            self.starts(self.given(name)),
            lambda step, place: self.filled(names, step, bool(place.value)) if self.passes(step, place, names) else (),
            lambda place: self.edited(names, place),
        )

    def passes(self, step: Transition, place: Position, names: frozenset[str]) -> bool:
        """Return whether somebody can take the step, and what it requires of `names` is filled (the value)."""
        needed = set(self.required(step)) & names
        return (bool(place.value) or not needed) and self.somebody(step, place)

    def required(self, step: Transition) -> tuple[str, ...]:
        """Return the fields that must be filled: those it requires, and what the parent's carried step asks for."""
        found = list(step.requires)
        for opening in self.openings if step.carries else ():
            along = opening.parent.definition.transitions.get(step.carries or "")
            found += [name for name, needed in (along.asks if along else {}).items() if needed and name != "comment"]
        return tuple(name for name in dict.fromkeys(found) if name in step.requires or name not in step.asks)

    # --- roles -------------------------------------------------------------------------------------

    def role_walk(self, role: str, *, guarded: bool) -> Walk:
        """Walk with the presence of a role. `guarded`: without the steps that its absence bars."""
        walks = {"requester": self._owners, "expert": self._experts, "lender": self._lenders}
        found = walks.get(role)
        return self._declared(role, guarded=guarded) if found is None else found(guarded=guarded)

    def is_there(self, role: str, place: Position) -> bool:
        """Return whether the role of a `role_walk` is there in a place of it; a declared one sees no draft."""
        if place.opener is not None and role in self.definition.roles:
            return False
        return bool(place.value[1]) if isinstance(place.value, tuple) else bool(place.value)

    @cached_property
    def presence(self) -> Mapping[str, frozenset[tuple[str, str | None]]]:
        """Return role → the states, each with the opener of a case that never left it, in which the role can be."""
        return {
            role: frozenset(
                (place.state, place.opener)
                for place in self.role_walk(role, guarded=False).onward
                if self.is_there(role, place)
            )
            for role in self.named
        }

    def acts(self, role: str, place: Position) -> bool:
        """Return whether somebody can act in this role in this place."""
        if role in self.definition.team:
            return place.opener in (None, role)
        if role in self.named and (self.openers or self.openings):
            return (place.state, place.opener) in self.presence[role]
        return role == "administrator" or not (self.openers or self.openings)

    def somebody(self, step: Transition, place: Position) -> bool:
        """Return whether anybody, or a machine, can take the step in this place."""
        if self._machine(step, place):
            return True
        roles = [role for role in step.by if role not in (*MACHINE_ROLES, *READING_ROLES)]
        there = [role for role in roles if role == "anyone" or self.acts(role, place)]
        if step.quorum == 1:
            return bool(there)
        if set(step.by) - set(step.not_by) <= single_roles(self.definition):
            return bool(there)  # too few whoever comes, which `permissions.persons` reports
        voting = [role for role in there if role not in step.not_by]
        single = {"" if role in self.definition.team else role for role in voting if role in self._single(place)}
        many = any(role not in self._single(place) for role in voting)
        return many or len(single) >= step.quorum

    def _single(self, place: Position) -> frozenset[str]:
        """The roles in which one person alone acts in this place: of the team its opener, before it is sent."""
        alone = self.definition.team if place.opener is not None else frozenset()
        return single_roles(self.definition) | alone

    def _machine(self, step: Transition, place: Position) -> bool:
        deadline = self.definition.states[place.state].deadline
        ended = "clock" in step.by and deadline is not None and deadline.then == step.key
        return ended or "part" in step.by or ("clock" in step.by and self._runs_out(step, place))

    def _runs_out(self, step: Transition, place: Position) -> bool:
        """Whether a clock over several states, whose step this is, can run out in this place."""
        ending = [key for key, rule in self.definition.clocks.items() if rule.then == step.key]
        return any(place.state in clock_walk(self.definition).runs_in(key) for key in ending)

    def _owners(self, *, guarded: bool) -> Walk:
        region = self.field_of("region")
        initial = self.definition.initial
        starts = [Position(initial, opener, opener == "requester") for opener in self.openers]
        for opening in self.openings:
            outer = opening.parent
            named = not region.isdisjoint(set(opening.step.asks) & set(opening.part.takes))
            starts += [
                Position(initial, None, not opening.part.sealed and (named or bool(place.value)))
                for place in outer.before(outer.role_walk("requester", guarded=True), opening.step)
            ]

        def taken(step: Transition, place: Position) -> set[bool]:
            barred = not self._free(step, place, "requester") or (self.openers and region & set(step.requires))
            if guarded and not place.value and barred:
                return set()
            return {True} if place.value else self._named(region, step)

        def idle(place: Position) -> set[bool]:
            is_part = place.opener is None and not self.openers
            edit = self.definition.states[place.state].edit
            named = any(region & set(fields) for role, fields in edit.items() if role in self.definition.team)
            return {True} if named and not is_part else set()

        return walk(self.definition, starts, taken, idle)

    def _named(self, region: frozenset[str], step: Transition) -> set[bool]:
        return self.filled(region, step, value=False) if self.openers else {False}

    def _experts(self, *, guarded: bool) -> Walk:
        names = self.field_of("expert")
        starts = [Position(self.definition.initial, opener, value=False) for opener in self.openers]
        for opening in self.openings:
            outer = opening.parent
            inherited = {
                bool(place.value) for place in outer.before(outer.role_walk("expert", guarded=True), opening.step)
            }
            starts += [
                Position(self.definition.initial, None, mine or theirs)
                for mine in self._named_by(opening, names)
                for theirs in inherited
            ]
        return walk(
            self.definition,
            starts,
            lambda step, place: self._expert_after(names, step, place, guarded=guarded),
            lambda place: self._edited_by_others(names, place, "expert"),
        )

    def _named_by(self, opening: Opening, names: frozenset[str]) -> set[bool]:
        """Return whether one of `names` holds a value in a part that this step opens."""
        handed = [self._handed(opening, name) for name in names]
        return {True} if {True} in handed else set.union({False}, *handed)

    def _handed(self, opening: Opening, name: str) -> set[bool]:
        outer = opening.parent
        if name not in opening.part.takes or name not in outer.definition.fields:
            return {False}
        needed = opening.step.asks.get(name)
        if needed:
            return {True}
        held = {bool(place.value) for place in outer.before(outer.field_walk(name), opening.step)}
        return held | ({True} if needed is False else set())

    def _declared(self, role: str, *, guarded: bool) -> Walk:
        """Walk with whether the field of a declared role is filled: whom it names is there once the case was sent."""
        field = self.definition.named_roles[role]
        names = frozenset({field})
        starts = self.starts(self.given(field))

        def taken(step: Transition, place: Position) -> set[bool]:
            barred = (not self.is_there(role, place) and not self._free(step, place, role)) or (
                not place.value and names & set(self.required(step))
            )
            return set() if guarded and barred else self.filled(names, step, bool(place.value))

        return walk(self.definition, starts, taken, lambda place: self._edited_by_others(names, place, role))

    def _edited_by_others(self, names: frozenset[str], place: Position, role: str) -> set[bool]:
        edit = self.definition.states[place.state].edit
        editors = [each for each, fields in edit.items() if names & set(fields) and each != role]
        return {True, False} if editors else set()

    def _expert_after(self, names: frozenset[str], step: Transition, place: Position, *, guarded: bool) -> set[bool]:
        barred = not self._free(step, place, "expert") or names & set(self.required(step))
        if guarded and not place.value and barred:
            return set()
        return self.filled(names, step, bool(place.value))

    def _lenders(self, *, guarded: bool) -> Walk:
        names = self.lender_fields
        initial = self.definition.initial
        at_once = self.definition.states[initial].owner == "lender"
        starts = [Position(initial, opener, (False, False)) for opener in self.openers]
        edit = self.definition.states[initial].edit
        choosing = [opener for opener in self.openers if names & set(edit.get(opener, ()))]
        starts += [Position(initial, opener, (True, at_once)) for opener in choosing]
        for opening in self.openings:
            starts += [Position(initial, None, (value, value and at_once)) for value in self._named_by(opening, names)]

        def taken(step: Transition, place: Position) -> set[_LenderValue]:
            filled, party = place.value if isinstance(place.value, tuple) else (False, False)
            if guarded and not party and not self._free(step, place, "lender"):
                return set()
            if guarded and not filled and names & set(self.required(step)):
                return set()
            targets = self.definition.targets_of(step, place.state)
            comes = any(each != place.state and self.definition.states[each].owner == "lender" for each in targets)
            return {(after, party or (after and comes)) for after in self.filled(names, step, bool(filled))}

        def idle(place: Position) -> set[_LenderValue]:
            party = isinstance(place.value, tuple) and bool(place.value[1])
            return {(value, party) for value in self._edited_by_others(names, place, "lender")}

        return walk(self.definition, starts, taken, idle)

    def _free(self, step: Transition, place: Position, role: str) -> bool:
        """Whether the step can be taken without anybody of this role."""
        if self._machine(step, place):
            return True
        others = [each for each in step.by if each not in (role, *MACHINE_ROLES, *READING_ROLES)]
        return any(each not in self.definition.team or place.opener in (None, each) for each in others)
