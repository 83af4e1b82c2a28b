"""The decision whether a person may take a step: the only place that answers, always with reasons.

It is set arithmetic over a definition and a `Standing`; nothing is read, nothing is changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workflows.definition import MACHINE_ROLES, Definition, TargetBranch, Transition
from workflows.refusals import AlreadyVoted, FourEyes, Missing, NotReady, Refusal, UnknownStep, WrongRole, WrongState


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer of a fact: whether it holds; if not, what is missing and which roles can supply it."""

    holds: bool
    missing: tuple[str, ...] = ()
    mended_by: tuple[str, ...] = ()
    values: tuple[Sequence[Any], ...] = ()  # the two sides of a comparison
    undecided: bool = False  # neither it nor its contrary can be said: the sides are in two units


@dataclass(frozen=True, slots=True)
class Standing:
    """A person and the state of a case, gathered before anything is decided.

    `person` identifies a natural person; `instead_of` maps a role that they hold only as a deputy to the
    absent person. `acted` maps a role to the persons who took a step or filed something in it; `votes` maps
    a step to the votes cast since the state was entered, each the persons it stands for: voter and absentee.
    """

    state: str
    roles: frozenset[str]
    person: str | None = None
    instead_of: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, object] = field(default_factory=dict)
    facts: Mapping[str, Finding] = field(default_factory=dict)
    acted: Mapping[str, Collection[str]] = field(default_factory=dict)
    votes: Mapping[str, Collection[Collection[str]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TargetChoice:
    """The branch that a step takes, and what was found of the facts before it and of its own.

    `open` names the facts about what the step itself asks: before that is given, no branch is known.
    """

    branch: TargetBranch | None = None
    found: Mapping[str, Finding] = field(default_factory=dict)
    open: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer about one step. No refusals: it may be taken, as `role`, leading to `target`."""

    step: Transition | None
    target: str
    role: str | None
    refusals: tuple[Refusal, ...] = ()
    completes: bool = True  # False: one more vote is counted, the quorum is not reached by it
    persons: frozenset[str] = frozenset()  # who acts, and in whose place; nobody for clock and part
    choice: TargetChoice | None = None  # of a step whose target facts choose

    @property
    def allowed(self) -> bool:
        """Whether the step may be taken."""
        return not self.refusals


def is_empty(value: object) -> bool:
    """Return whether nothing was given: None, an empty text, list or mapping. False and 0 are answers."""
    return value is None or value in ("", [], {}, ())


def decide(
    definition: Definition, step_key: str, standing: Standing, asked: Mapping[str, object] | None = None
) -> Verdict:
    """Decide one step. `asked` are the values that came with it; None decides the step before anything was typed."""
    step = definition.transitions.get(step_key)
    if step is None:
        return Verdict(None, standing.state, None, (UnknownStep(step_key),))
    role = _role_for(step, standing)
    persons = _persons(standing, role)
    refusals = tuple(_refusals(definition, step, standing, role, persons, asked))
    choice = choose(definition, step, standing.facts, asked) if step.branches else None
    if choice is not None and not refusals:
        refusals = tuple(_undecided(choice))
    voted = standing.votes.get(step.key, ())
    counted = len(voted) + (bool(persons) and not _among(persons, voted))  # clock and part are no persons
    return Verdict(
        step=step,
        target=_target(definition, step, standing.state, choice),
        role=role,
        refusals=refusals,
        completes=step.quorum == 1 or counted >= step.quorum,
        persons=persons,
        choice=choice,
    )


def choose(
    definition: Definition, step: Transition, facts: Mapping[str, Finding], asked: Mapping[str, object] | None
) -> TargetChoice:
    """Return the first branch whose fact holds, else the last one. `asked` as in `decide`.

    A fact of which nothing was found does not hold. One that is undecided ends the search without a branch.
    """
    found: dict[str, Finding] = {}
    for branch in step.branches:
        if branch.fact is None:
            return TargetChoice(branch, found)
        if asked is None and definition.waits_for_answers(step, branch.fact):
            return TargetChoice(None, found, tuple(name for name in step.choosing if name not in found))
        finding = found[branch.fact] = facts.get(branch.fact, Finding(holds=False))
        if finding.undecided:
            return TargetChoice(None, found)
        if finding.holds:
            return TargetChoice(branch, found)
    return TargetChoice(None, found)


def _target(definition: Definition, step: Transition, state: str, choice: TargetChoice | None) -> str:
    branch = choice.branch if choice is not None else None
    return branch.state if branch is not None else definition.target_of(step, state)


def _undecided(choice: TargetChoice) -> Iterator[Refusal]:
    """Refuse a step whose target cannot be told: two currencies are not compared, and no way is the safe one."""
    unclear = tuple(
        Missing("fact", name, finding.mended_by, finding.missing, finding.values)
        for name, finding in choice.found.items()
        if finding.undecided
    )
    if unclear:
        yield NotReady(unclear)


def offers(definition: Definition, standing: Standing) -> tuple[Verdict, ...]:
    """Return a verdict for every step of the current state that belongs to one of the person's roles."""
    return tuple(
        decide(definition, step.key, standing)
        for step in definition.steps_from.get(standing.state, ())
        if _role_for(step, standing) is not None
    )


def _role_for(step: Transition, standing: Standing) -> str | None:
    """Return the first role of the step that the person has, an own one before one held as a deputy; None for none.

    `anyone` is any person, never clock or part.
    """
    nobody_special = standing.roles.isdisjoint(MACHINE_ROLES)
    held = [role for role in step.by if role in standing.roles or (role == "anyone" and nobody_special)]
    return min(held, key=lambda role: role in standing.instead_of, default=None)


def _persons(standing: Standing, role: str | None) -> frozenset[str]:
    """Return the natural persons behind an act in this role: of a deputy also the absent person."""
    absent = standing.instead_of.get(role) if role is not None else None
    return frozenset(person for person in (standing.person, absent) if person is not None)


def _among(persons: frozenset[str], votes: Collection[Collection[str]]) -> bool:
    return any(not persons.isdisjoint(vote) for vote in votes)


def _refusals(
    definition: Definition,
    step: Transition,
    standing: Standing,
    role: str | None,
    persons: frozenset[str],
    asked: Mapping[str, object] | None,
) -> Iterator[Refusal]:
    if standing.state not in step.sources:
        yield WrongState(standing.state, step.sources)
        return
    if role is None:
        yield WrongRole(step.by)
        return
    for other in step.not_by:
        if not persons.isdisjoint(standing.acted.get(other, ())):
            yield FourEyes(other)
    voted = standing.votes.get(step.key, ())
    if step.quorum > 1 and _among(persons, voted):
        yield AlreadyVoted(len(voted), step.quorum)
    missing = tuple(_missing(definition, step, standing, role, asked))
    if missing:
        yield NotReady(missing)


def _missing(
    definition: Definition, step: Transition, standing: Standing, role: str, asked: Mapping[str, object] | None
) -> Iterator[Missing]:
    for name in step.requires:
        if is_empty(standing.fields.get(name)):
            yield Missing("field", name)
    for name in step.needs:
        finding = standing.facts.get(name, Finding(holds=False))
        if not finding.holds and (asked is not None or not definition.waits_for_answers(step, name)):
            yield Missing("fact", name, finding.mended_by, finding.missing, finding.values)
    if asked is not None:
        for name, required in step.asks.items():
            if required and is_empty(asked.get(name)):
                yield Missing("answer", name, (role,))
