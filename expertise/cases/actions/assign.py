"""Assignment of a case within the role on whose desk it lies: claim, release, delegate, forward.

An assignment takes no right from the others of the role: they see the assignee, and may act nevertheless. The assignee
answers for it, also while a delegate does the work. It ends when the case goes to another role's desk (`change`).
No page goes stale by it and it counts as no act in the sense of four eyes, like a comment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.audit.act import Act, Subject
from expertise.base import clock
from expertise.cases.actions.change import Change
from expertise.cases.actions.outcome import Outcome
from expertise.cases.events import ASSIGNEE, DELEGATE, REASON
from expertise.cases.lookups import Known
from expertise.cases.notify import notify
from expertise.cases.notify.intents import Letter, Notice
from expertise.cases.queries import CaseRow
from expertise.cases.reach import roles_of
from expertise.cases.services import Services, Unit
from expertise.people.access import Actor, Recipient
from expertise.people.model import Person
from expertise.people.scope import STAFF
from workflows.fields import types
from workflows.refusals import Invalid, Missing, NotReady, Problem, Refusal, WrongRole


@dataclass(frozen=True, slots=True)
class Taken(Refusal):
    """Somebody has it, and the page did not know; `by` is the name."""

    code: ClassVar[str] = "taken"
    by: str


@dataclass(frozen=True, slots=True)
class NotYoursToPass(Refusal):
    """Only who has it gives it back or lets somebody do it."""

    code: ClassVar[str] = "not_in_your_hands"


@dataclass(frozen=True, slots=True)
class AssignmentRequest:
    """The assignment that somebody wants. `to` is the key of a colleague, `had` of the assignee that the page showed.

    An empty key means nobody.
    """

    action: str
    to: str = ""
    had: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Assignees:
    """The assignee of a case and the delegate who does the work: ids of people."""

    assignee: int | None = None
    delegate: int | None = None

    @property
    def people(self) -> frozenset[int]:
        """Both of them."""
        return frozenset(number for number in (self.assignee, self.delegate) if number is not None)


def assign(unit: Unit, actor: Actor, case: CaseRow, wish: AssignmentRequest) -> Outcome | Refusal:
    """Decide one of ACTIONS. The new assignee or delegate gets a letter, and so does whoever has lost the case."""
    role = case.owner_role
    if role not in STAFF or role not in roles_of(case, actor):
        return WrongRole((role,) if role in STAFF else tuple(sorted(STAFF)))
    definition = unit.services.definitions.pinned(case.digest)
    said = types.load(definition, ("comment",), {"comment": wish.reason}, Known(unit.session, case.id))
    if said.errors:
        return Invalid(said.errors)
    after = ACTIONS[wish.action](unit, case, actor, wish)
    if isinstance(after, Refusal):
        return after
    keys: dict[int | None, str] = dict(
        unit.session.execute(select(Person.id, Person.key).where(Person.id.in_(after.people))).all()
    )
    reason = said.values["comment"] or ""
    change = Change(
        case=case,
        definition=definition,
        actor=actor,
        role=role,
        act=Act(actor.source, Subject.DESK, wish.action),
        rule=f"{definition.key}@{definition.version}/desk",
        now=unit.now,
        target=case.state,
        private={ASSIGNEE: keys.get(after.assignee), DELEGATE: keys.get(after.delegate), REASON: reason},
        columns={"assignee_id": after.assignee, "delegate_id": after.delegate},
        moves=False,
    )
    letters = letters_about(wish.action, case, after, actor)
    meant = tuple(Letter(role, letter, people) for letter, people in letters.items() if people)
    return Outcome(change, Notice(meant, person=actor.name))


def colleagues(session: Session, services: Services, case: CaseRow) -> Sequence[Recipient]:
    """Everybody of the role on whose desk the case lies, deputies included: who may be given it."""
    if case.owner_role not in STAFF:
        return []
    return notify.recipients_of(session, services, case, [case.owner_role], clock.now())


def own(case: CaseRow, actor: Actor) -> frozenset[int]:
    """The people for whom this actor acts on the desk where the case lies: themselves, and the absent."""
    return actor.stands_for(case.owner_role or "", region=case.region, workflow=case.workflow)


# --- the actions: who has it afterwards, or why not ---------------------------------------------


def _claim(unit: Unit, case: CaseRow, actor: Actor, _wish: AssignmentRequest) -> Assignees | Refusal:
    """A deputy claims for the absent, and does it for them."""
    if case.assignee_id is not None:
        return Taken(_name(unit.session, case.assignee_id))
    absent = actor.standing_in(region=case.region, workflow=case.workflow).get(case.owner_role)
    return Assignees(absent.person_id, actor.person_id) if absent is not None else Assignees(actor.person_id)


def _release(_unit: Unit, case: CaseRow, actor: Actor, _wish: AssignmentRequest) -> Assignees | Refusal:
    """A delegate gives it back to the assignee, the assignee to all."""
    if case.assignee_id in own(case, actor):
        return Assignees()
    return Assignees(case.assignee_id) if case.delegate_id in own(case, actor) else NotYoursToPass()


def _delegate(unit: Unit, case: CaseRow, actor: Actor, wish: AssignmentRequest) -> Assignees | Refusal:
    """The assignee names somebody, or takes it back by naming themselves."""
    if case.assignee_id not in own(case, actor):
        return NotYoursToPass()
    to = _colleague(unit, case, wish.to)
    if isinstance(to, Refusal):
        return to
    return Assignees(case.assignee_id, None if to == case.assignee_id else to)


def _forward(unit: Unit, case: CaseRow, actor: Actor, wish: AssignmentRequest) -> Assignees | Refusal:
    """Give it to somebody, oneself included. Taking it from another assignee needs a reason."""
    had = unit.session.scalar(select(Person.key).where(Person.id == case.assignee_id)) or ""
    if wish.had != had:
        return Taken(_name(unit.session, case.assignee_id))
    to = _colleague(unit, case, wish.to)
    if isinstance(to, Refusal):
        return to
    if case.assignee_id is not None and case.assignee_id not in own(case, actor) and not wish.reason.strip():
        return NotReady((Missing("answer", "comment"),))
    return Assignees(to)


#: What can be done, by its word in the trail.
ACTIONS: Mapping[str, Callable[[Unit, CaseRow, Actor, AssignmentRequest], Assignees | Refusal]] = {
    "claim": _claim,
    "release": _release,
    "delegate": _delegate,
    "forward": _forward,
}


def _colleague(unit: Unit, case: CaseRow, key: str) -> int | Invalid:
    known = {each.key: each.person_id for each in colleagues(unit.session, unit.services, case)}
    if key not in known:
        return Invalid((("to", (Problem("unknown_choice" if key else "needed"),)),))
    return known[key]


def _name(session: Session, person_id: int | None) -> str:
    return session.scalar(select(Person.name).where(Person.id == person_id)) or ""


# --- letters ------------------------------------------------------------------------------------


def letters_about(action: str, case: CaseRow, after: Assignees, actor: Actor) -> Mapping[str, frozenset[int]]:
    """Letter → who gets it: never the one who acts, and nobody for a claim, which gives nobody anything to do."""
    before, own_id = Assignees(case.assignee_id, case.delegate_id), frozenset({actor.person_id})
    if action == "claim":
        return {}
    came, went = after.people - before.people - own_id, before.people - after.people - own_id
    return {
        "case_delegated": came & {after.delegate},
        "case_handed_over": came & {after.assignee},
        "case_taken_over": went,
    }
