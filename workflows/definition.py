"""The definition of a workflow: frozen dataclasses, read from YAML by `loading`, never changed afterwards.

Everything here is plain data. Names (roles, facts, fields, letters, parts) are strings; `soundness`
proves that each of them is defined before a definition may be published.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from workflows.facts import Fact
from workflows.field import LANGUAGES, Field, Text
from workflows.roles import BUILT_IN, Kind, Role

__all__ = [
    "LANGUAGES",
    "MACHINE_ROLES",
    "MAIL_WORDS",
    "OTHER",
    "PERSON_ROLES",
    "READING_ROLES",
    "ROLES",
    "Budget",
    "CaseClock",
    "DayUnit",
    "Deadline",
    "Definition",
    "Extension",
    "Field",
    "Final",
    "Group",
    "Keyed",
    "Part",
    "Role",
    "Rung",
    "State",
    "Tab",
    "TargetBranch",
    "Text",
    "Transition",
]

#: The roles that need no declaration. `clock` and `part` are no persons: nobody can take their steps.
PERSON_ROLES = (*BUILT_IN, "anyone")
#: The roles that read everything and change nothing.
READING_ROLES = ("auditor",)
MACHINE_ROLES = ("clock", "part")
ROLES = PERSON_ROLES + MACHINE_ROLES

#: The commands of a reply by mail that take a step: ПРИНЯТЬ, ВЫПОЛНЕНО and their translations.
MAIL_WORDS = ("accept", "done")


class Final(enum.StrEnum):
    """The outcome of a case. The definition declares it; it is never parsed from the name of a state."""

    SUCCEEDED = "succeeded"  # the purpose was reached
    REFUSED = "refused"  # somebody decided against it
    WITHDRAWN = "withdrawn"  # its owner, or the team, took it back
    LAPSED = "lapsed"  # the clock ended it


class DayUnit(enum.StrEnum):
    """The unit in which a budget counts."""

    WORKING_DAYS = "working days"
    CALENDAR_DAYS = "calendar days"
    HOURS = "hours"  # of a reminder alone


class Tab(enum.StrEnum):
    """The tab of a case page on which the values of a group stand."""

    OVERVIEW = "overview"
    TERMS = "terms"


@dataclass(frozen=True, slots=True)
class Budget:
    """An amount of time to act in, not a date: `5 working days`."""

    amount: int
    unit: DayUnit


@dataclass(frozen=True, slots=True)
class Rung:
    """One reminder or escalation. `offset` is counted from the due moment; `to` is a role."""

    when: str  # "before" | "on" | "after"
    offset: Budget  # amount 0 for "on"
    to: str  # reminders go to the owner of the state, escalations to the named role

    @property
    def name(self) -> str:
        """The name of the rung, stable across versions: `before-2-working-days`."""
        if self.when == "on":
            return "on-the-day"
        return f"{self.when}-{self.offset.amount}-{self.offset.unit.replace(' ', '-')}"


@dataclass(frozen=True, slots=True)
class Extension:
    """The right to grant more time in a state: the roles, how often, and how much at once. A reason is always asked."""

    by: tuple[str, ...]
    times: int  # decisions for one budget
    at_most: Budget  # of one decision, in the unit of the deadline
    not_by: tuple[str, ...] = ()  # four eyes, as for a step


@dataclass(frozen=True, slots=True)
class Deadline:
    """The deadline of a state: its length or its day, its reminders, and the step that the clock takes at the end."""

    within: Budget | None = None
    on: str | None = None  # instead of `within`: a field with the day, or the moment, on which it ends
    remind: tuple[Rung, ...] = ()
    escalate: tuple[Rung, ...] = ()
    then: str | None = None  # a transition `by: clock`, fired when the budget is used up
    extend: Extension | None = None
    not_after: str | None = None  # a field with a date that the due day does not pass


@dataclass(frozen=True, slots=True)
class CaseClock:
    """A budget over several states: it starts, waits and stops with the states to which a case comes.

    The end of a case stops it. A case that comes to one of `starts` after it was stopped begins it anew.
    """

    key: str
    label: Text
    starts: tuple[str, ...]  # states whose entry starts it
    within: Budget
    stops: tuple[str, ...] = ()  # states whose entry stops it, ends besides
    pauses_in: tuple[str, ...] = ()  # states in which it waits
    remind: tuple[Rung, ...] = ()  # to the role that must act in the state of that moment
    escalate: tuple[Rung, ...] = ()
    then: str | None = None  # a transition `by: clock`, fired when the budget is used up


@dataclass(frozen=True, slots=True)
class State:
    """A state of a case. `owner` is the role that must act in it (`with` in the file)."""

    key: str
    label: Text
    owner: str | None = None
    edit: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # role → fields it may change
    deadline: Deadline | None = None
    paused: bool = False  # the budget of the state we came from waits (`clock: paused`)
    final: Final | None = None
    public: tuple[str, ...] = ()  # fields that the public register shows in this state
    is_public: bool = False  # the register shows the case at all
    iati: int | None = None  # IATI activity status 1 to 6
    retired: bool = False  # no step may lead here any more; kept because cases stand or stood in it
    phase: str | None = None  # a key of the definition's `phases`


@dataclass(frozen=True, slots=True)
class TargetBranch:
    """One of the states to which a step may lead: the one whose fact holds first, else the last, which has no fact."""

    state: str
    fact: str | None = None


@dataclass(frozen=True, slots=True)
class Transition:
    """A step. Its attributes are names; `decision` says whether a person may take it now."""

    key: str
    label: Text
    sources: tuple[str, ...]
    target: str | None  # None: the case stays in the state it is in (`to: same`); of several the one without a fact
    by: tuple[str, ...]
    requires: tuple[str, ...] = ()  # fields that must hold a value before
    needs: tuple[str, ...] = ()  # facts that must hold
    asks: Mapping[str, bool] = field(default_factory=dict)  # field or `comment` → required?
    tells: Mapping[str, str] = field(default_factory=dict)  # role → letter
    not_by: tuple[str, ...] = ()  # four eyes: nobody who acted in one of these roles
    quorum: int = 1  # how many different persons
    opens: str | None = None  # the part this step opens
    carries: str | None = None  # the step of the parent that this step of a part takes with it
    clears: tuple[str, ...] = ()  # fields that hold nothing afterwards
    corrected_by: tuple[str, ...] = ()  # who confirms, as second person, that it was taken by mistake
    risk: str = "low"  # "high": never by e-mail reply alone
    mail: str | None = None  # the word of a reply that takes this step: one of MAIL_WORDS
    weight: str = "normal"  # how the button looks: "main", "normal" or "grave"
    hint: Text | None = None  # one sentence beside the button
    branches: tuple[TargetBranch, ...] = ()  # of a step whose target facts choose

    @property
    def choosing(self) -> tuple[str, ...]:
        """The facts that choose the target."""
        return tuple(branch.fact for branch in self.branches if branch.fact is not None)

    @property
    def judged(self) -> tuple[str, ...]:
        """All facts on which the step depends: those it needs, and those that choose its target."""
        return tuple(dict.fromkeys((*self.needs, *self.choosing)))

    done: Text | None = None  # what history says once the step is taken: "Request submitted"

    @property
    def taken(self) -> Text:
        """Return the words of history, letters and receipts for the step once it is taken.

        It is `done`; a definition from before there was `done` has its label put into the past tense.
        """
        if self.done is not None:
            return self.done
        return {language: _TAKEN[language].format(self.label.get(language, self.key)) for language in LANGUAGES}


#: The past tense of a step without `done`, by language.
_TAKEN: Text = {"kk": "«{}» қадамы жасалды", "ru": "Выполнен шаг «{}»", "en": "Step “{}” taken"}


@dataclass(frozen=True, slots=True)
class Part:
    """Cases of another workflow that live inside this one.

    `takes` are the fields copied from the parent when it opens; what the opening step asks and the part takes
    belongs to the part alone (`Definition.handed_on`).
    `sealed` parts do not belong to the requester's organisation: only the team and the expert see them.
    """

    key: str
    workflow: str
    label: Text
    takes: tuple[str, ...] = ()
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that stand together under one heading: a section of a form, a part of the case page."""

    key: str
    label: Text
    fields: tuple[str, ...]
    hint: Text | None = None
    tab: Tab = Tab.OVERVIEW


#: Stands in drawings for the target of a step that no fact has chosen.
OTHERWISE: Text = {"kk": "әйтпесе", "ru": "иначе", "en": "otherwise"}

#: The key and the label of the group in which the fields stand that no group names.
OTHER = "other"
_OTHER_LABEL: Text = {"kk": "Басқа мәліметтер", "ru": "Прочие сведения", "en": "Other"}


@dataclass(frozen=True)
class Definition:
    """A workflow in one version. Two definitions are the same when their `digest` is."""

    key: str
    version: int
    reference: str  # format with {year} and {number}
    title: Text
    calendar: str
    states: Mapping[str, State]
    transitions: Mapping[str, Transition]
    fields: Mapping[str, Field]
    initial: str
    digest: str  # canonical SHA-256 of the file's content, hexadecimal
    uses: tuple[str, ...] = ()
    parts: Mapping[str, Part] = field(default_factory=dict)
    facts: Mapping[str, Fact] = field(default_factory=dict)
    opened_by: tuple[str, ...] = ()  # roles that may open such a case by itself; none for pure parts
    groups: tuple[Group, ...] = ()  # in the order of the page
    phases: Mapping[str, Text] = field(default_factory=dict)  # key → label, in the order of the process
    clocks: Mapping[str, CaseClock] = field(default_factory=dict)  # budgets over several states
    roles: Mapping[str, Role] = field(default_factory=dict)  # what it declares besides the built-in ones
    lines: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)  # path in the file → its line

    @cached_property
    def steps_from(self) -> Mapping[str, tuple[Transition, ...]]:
        """State → its steps in the order of the file: the index behind every list of buttons."""
        index: dict[str, list[Transition]] = {key: [] for key in self.states}
        for step in self.transitions.values():
            for source in step.sources:
                index[source].append(step)
        return {key: tuple(steps) for key, steps in index.items()}

    @cached_property
    def team(self) -> frozenset[str]:
        """The roles that an administrator grants for the team, declared ones included."""
        return frozenset(each.key for each in (*BUILT_IN.values(), *self.roles.values()) if each.kind is Kind.GRANT)

    @cached_property
    def named_roles(self) -> Mapping[str, str]:
        """The declared roles of the person or the organisation that a field names: role → field."""
        return {key: role.field for key, role in self.roles.items() if role.field is not None}

    @cached_property
    def path_of(self) -> Mapping[str, int]:
        """State → its place in the file, the order in which people read the process."""
        return {key: place for place, key in enumerate(self.states)}

    def grouped(self, names: Iterable[str]) -> tuple[Group, ...]:
        """Return the groups that hold some of these fields, each with these fields alone, in the order of the file.

        Fields that stand in no group come last, in the order given, in a group whose key is `OTHER`.
        """
        wanted = dict.fromkeys(names)
        found = [replace(one, fields=tuple(name for name in one.fields if name in wanted)) for one in self.groups]
        named = {name for one in self.groups for name in one.fields}
        rest = tuple(name for name in wanted if name not in named)
        return tuple(one for one in (*found, Group(OTHER, _OTHER_LABEL, rest)) if one.fields)

    def lapse_of(self, state: str) -> Transition | None:
        """Return the step that the clock takes when the deadline of the state is over; None for none."""
        deadline = self.states[state].deadline
        return self.transitions.get(deadline.then or "") if deadline is not None else None

    def target_of(self, step: Transition, state: str) -> str:
        """Return the state to which `step` leads from `state`; where facts choose, the one without a fact."""
        return step.target or state

    def targets_of(self, step: Transition, state: str) -> tuple[str, ...]:
        """Return every state to which `step` can lead from `state`, each once, in the order of the file."""
        if not step.branches:
            return (self.target_of(step, state),)
        return tuple(dict.fromkeys(branch.state for branch in step.branches))

    def way_label(self, step: Transition, target: str) -> Text:
        """Return the label of a line to `target`: that of the step, and behind a diamond the fact that leads there."""
        if not step.branches:
            return step.label
        facts = [branch.fact for branch in step.branches if branch.state == target]
        said = [self.facts[fact].label if fact and fact in self.facts else OTHERWISE for fact in facts]
        return {each: f"{step.label[each]} ◇ {' / '.join(one[each] for one in said)}" for each in LANGUAGES}

    def fields_of_fact(self, name: str) -> frozenset[str]:
        """Return the fields whose values a fact is about; of a fact over other facts those of all of them."""
        found: set[str] = set()
        waiting, seen = [name], set[str]()
        while waiting:
            fact = self.facts.get(waiting.pop())
            if fact is not None and fact.key not in seen:
                seen.add(fact.key)
                found |= fact.fields
                waiting += fact.facts
        return frozenset(found)

    def asked_by_mail(self, step: Transition) -> str:
        """Return the name that the text of a reply answers: the one field that the step needs, else the comment."""
        return next((name for name, needed in step.asks.items() if needed), "comment")

    def waits_for_answers(self, step: Transition, fact: str) -> bool:
        """Whether a fact that `step` needs is about what the step itself asks: it is judged with the answers."""
        return not self.fields_of_fact(fact).isdisjoint(step.asks)

    def handed_on(self, step: Transition) -> frozenset[str]:
        """Return what `step` asks for the part it opens. The parent keeps no copy: the next part replaces it."""
        part = self.parts.get(step.opens or "")
        return frozenset(step.asks) & frozenset(part.takes) if part is not None else frozenset()


class Keyed:
    """A definition as a cache key: equal when the digest is, whatever object it is."""

    __slots__ = ("definition",)

    def __init__(self, definition: Definition) -> None:
        self.definition = definition

    def __hash__(self) -> int:
        return hash(self.definition.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Keyed) and other.definition.digest == self.definition.digest
