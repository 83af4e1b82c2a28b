"""Brings a case of any workflow to any of its steps, by real steps of people: the way is found in the definitions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import select

from expertise.cases.desk import Done, Upload
from expertise.cases.model import Case
from expertise.people.model import Person
from tests.support.environment import Environment, done
from tests.support.main_line import REPORT
from workflows.definition import Definition, Field, Final, Transition
from workflows.extension import decisions
from workflows.refusals import Missing, NotReady

#: Who takes a step on the way: the first of these who may.
USUAL = ("requester", "coordinator", "approver", "manager", "expert")
MOST = 60  # steps on one way
#: A good answer for each type of field whose declaration does not say one.
VALUES = {"text": "Мәтін", "long_text": "Ұзақ мәтін", "email": "unit@example.kz", "phone": "+7 701 123 45 67"}
VALUES |= {"money": {"amount": "5", "currency": "EUR"}, "date": "2026-05-01", "region": "KZ-43", "topic": "waste"}
#: Numbers that facts bound: days are agreed on and not all claimed.
NUMBERS = {"expert_days": 90, "days_claimed": 1}
VALUES |= {
    "percent": "90",
    "decimal": "5",
    "duration": "5 working days",
    "datetime": "12.05.2026 10:00",
    "place": "Арал",
}
VALUES |= {"lender": "EBRD", "yes_no": True, "confirm": True}


class NoWay(AssertionError):
    """People alone do not come there; the text says where the way ended."""


@dataclass(frozen=True)
class Goal:
    """A step that is about to be taken; None: more time is about to be given. A part is opened by `whole`."""

    workflow: str
    step: str | None
    states: tuple[str, ...]
    whole: str
    part: str | None

    def __str__(self) -> str:
        return f"{self.workflow}.{self.step or 'extend'}"


def guarded(kinds: Mapping[str, Definition]) -> list[tuple[Goal, Transition]]:
    """Every decision of the application that somebody may not take because of what they did before."""
    return [
        (Goal(definition.key, None if step.key == "extend" else step.key, step.sources, *place), step)
        for definition in kinds.values()
        for state in definition.states
        for step in decisions(definition, state)
        if step.not_by and state == step.sources[0]
        for place in places(kinds, definition)
    ]


def places(kinds: Mapping[str, Definition], definition: Definition) -> Iterator[tuple[str, str | None]]:
    """Where such a case comes from: by itself, or as a part."""
    if definition.opened_by:
        yield definition.key, None
    for whole in kinds.values():
        yield from ((whole.key, part.key) for part in whole.parts.values() if part.workflow == definition.key)


def answers(definition: Definition, step: Transition, expert: str) -> tuple[dict, dict[str, Upload]]:
    """Everything that the step asks, and the files apart."""
    if step.key == "extend":
        return {"days": 1, "comment": "Су тасқыны"}, {}
    fields = {name: definition.fields.get(name) for name in step.asks}
    files = {name: REPORT for name, field in fields.items() if field is not None and field.type.key == "file"}
    said = {name: "Түсініктеме" if field is None else value(field, expert) for name, field in fields.items()}
    return {name: each for name, each in said.items() if name not in files}, files


def value(field: Field, expert: str):
    """A good answer."""
    if field.type.key == "table":
        return [{name: value(column, expert) for name, column in (field.columns or {}).items()}]
    if field.type.key == "number":
        return max(field.min or 0, min(NUMBERS.get(field.key, 5), field.max or 5))
    if field.type.key == "choice":
        return next(iter(field.options or ()))
    if field.not_after == "today":
        return "2026-03-02"  # what has happened
    return expert if field.type.key == "expert" else VALUES.get(field.type.key)


@dataclass
class Guide:
    """Walks with the usual people; `expert` is who gets the assignments."""

    env: Environment
    expert: str = "expert"

    def lead(self, goal: Goal) -> str:
        """The reference of a case in whose state the step is offered."""
        reference = self._open(goal.whole)
        if goal.part is not None:
            self._begin_part(reference, goal.part)
            reference = self.env.part(reference, goal.part)
        self._go(reference, goal.states)
        return reference

    def _open(self, workflow: str) -> str:
        definition = self.env.services.definitions.current(workflow)
        role = definition.opened_by[0]
        fields = self._known(definition, definition.states[definition.initial].edit.get(role, ()))
        return done(self.env.file(fields, role, workflow=workflow)).reference

    def _go(self, reference: str, targets: tuple[str, ...]) -> None:
        for _ in range(MOST):
            if self.env.case(reference).state in targets:
                return
            self._nearer(reference, targets)
        raise NoWay(f"{reference} goes round and round")

    def _nearer(self, reference: str, targets: tuple[str, ...]) -> None:
        definition, state = self._definition(reference), self.env.case(reference).state
        ways = _ways(definition, state, targets)
        for step in ways:
            if self._carried(reference, step) if step.by == ("part",) else self._take(reference, step):
                return
        raise NoWay(f"{definition.key}: none of {[step.key for step in ways]} leads from {state} to {targets}")

    def _take(self, reference: str, step: Transition) -> bool:
        """Somebody takes it; what it misses is brought first."""
        for _ in range(3):
            answer = self._attempt(reference, step)
            if isinstance(answer, Done):
                return True
            if not isinstance(answer, NotReady):
                return False
            for missing in answer.missing:
                self._bring(reference, missing)
        return False

    def _attempt(self, reference: str, step: Transition):
        raw, files = answers(self._definition(reference), step, self._expert())
        fields = self._definition(reference).fields
        raw |= {name: self._another(fields[name].of) for name in raw if name in fields and fields[name].of}
        answer = None
        for name in dict.fromkeys((*USUAL, self.expert)):
            actor = self.env.actor(name)
            if any(actor.has(role) for role in step.by) or "anyone" in step.by:
                answer = self.env.fire(name, reference, step.key, raw, uploads=files or None)
                if isinstance(answer, (Done, NotReady)):
                    return answer
        return answer

    def _another(self, workflow: str) -> str:
        """Another case that goes on: a draft of the coordinator's own."""
        return done(self.env.file({"title": "Басқасы"}, "coordinator", workflow=workflow)).reference

    def _bring(self, reference: str, missing: Missing) -> None:
        if missing.name == "lender_can_answer":
            self.env.hire("banker", "lender", "lender-ebrd")
        elif missing.kind == "field" or missing.name in self._definition(reference).facts:
            self._fill(reference)
        elif missing.kind == "fact":
            _, part, wanted = missing.name.split(".")
            if wanted in ("some", "one_succeeded") and not self._open_parts(reference, part):
                self._begin_part(reference, part)
            for each in self._open_parts(reference, part) if wanted != "some" else ():
                states = self._definition(each).states.values()
                self._go(each, tuple(state.key for state in states if state.final is Final.SUCCEEDED))

    def _fill(self, reference: str) -> None:
        definition, state = self._definition(reference), self.env.case(reference).state
        for role, names in definition.states[state].edit.items():
            files = {name: REPORT for name in names if definition.fields[name].type.is_file}
            done(self.env.edit(role, reference, self._known(definition, names), uploads=files))

    def _begin_part(self, reference: str, part: str) -> None:
        """Where the step that opens it is offered; the way there is found first."""
        opening = [step for step in self._definition(reference).transitions.values() if step.opens == part]
        self._go(reference, tuple(state for step in opening for state in step.sources))
        state = self.env.case(reference).state
        if not any(self._take(reference, step) for step in opening if state in step.sources):
            raise NoWay(f"{reference}: nobody opens {part}")

    def _carried(self, reference: str, step: Transition) -> bool:
        """A step of the whole that only a part takes."""
        definition = self._definition(reference)
        for part in definition.parts.values():
            carriers = self.env.services.definitions.current(part.workflow).transitions.values()
            for carrier in (each for each in carriers if each.carries == step.key):
                opened = self._open_parts(reference, part.key)
                if not opened:
                    self._begin_part(reference, part.key)
                    opened = self._open_parts(reference, part.key)
                self._go(opened[-1], carrier.sources)
                if self._take(opened[-1], carrier):
                    return True
        return False

    def _open_parts(self, reference: str, part: str) -> list[str]:
        with self.env.transactions.read() as session:
            whole = select(Case.id).where(Case.reference == reference).scalar_subquery()
            mine = (Case.parent_id == whole, Case.part == part, Case.final.is_(None))
            return list(session.scalars(select(Case.reference).where(*mine).order_by(Case.id)))

    def _known(self, definition: Definition, names: tuple[str, ...]) -> dict:
        fields = (definition.fields[name] for name in names)
        return {field.key: value(field, self._expert()) for field in fields if field.type.key not in ("file", "expert")}

    def _definition(self, reference: str) -> Definition:
        return self.env.services.definitions.pinned(self.env.case(reference).digest)

    def _expert(self) -> str:
        with self.env.transactions.read() as session:
            return session.scalars(select(Person.key).where(Person.name == self.expert)).one()


def _ways(definition: Definition, state: str, targets: tuple[str, ...]) -> list[Transition]:
    """The steps out of a state that lead to one of the targets without a clock, the nearest first.

    A pause is no short cut: what leads out of it asks for what was decided before it.
    """
    detours = {state.key for state in definition.states.values() if state.paused} - set(targets)
    steps = [step for step in definition.transitions.values() if step.target and step.by != ("clock",)]
    steps = [step for step in steps if step.target not in detours]
    far, edge = dict.fromkeys(targets, 0), list(targets)
    for reached in edge:
        for step in steps:
            if step.target == reached:
                new = [source for source in step.sources if source not in far]
                far |= dict.fromkeys(new, far[reached] + 1)
                edge += new
    return sorted((step for step in steps if state in step.sources and step.target in far), key=lambda s: far[s.target])
