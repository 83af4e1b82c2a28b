"""Who of a role has a case in hand: claim it, give it back, let a colleague do it, hand it over whole.

Having a case takes no right from the others of the role: they see who has it, and may act nevertheless. The holder
answers for it, also while a delegate does the work. It ends when the case goes to another role's desk (`records`).
No page goes stale by it and it counts as no act in the sense of four eyes, like a comment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from expertise.base import clock
from expertise.cases.actions import change as records
from expertise.cases.actions import idempotency, preconditions
from expertise.cases.actions.change import Change
from expertise.cases.actions.decide import roles_of
from expertise.cases.actions.idempotency import Done
from expertise.cases.lookups import Known
from expertise.cases.notify import notify
from expertise.cases.queries import CaseRow
from expertise.cases.services import Services
from expertise.people.access import Actor, Recipient
from expertise.people.model import Person
from expertise.people.scope import STAFF
from workflows.fields import types
from workflows.refusals import Invalid, Missing, NotReady, Problem, Refusal, WrongRole

#: Names of the private values of an event: no field of a workflow begins so.
HOLDER, DELEGATE, REASON = "_holder", "_delegate", "_reason"


@dataclass(frozen=True, slots=True)
class Taken(Refusal):
    """Somebody has it, and the page did not know; `by` is the name."""

    code: ClassVar[str] = "taken"
    by: str


@dataclass(frozen=True, slots=True)
class NotInYourHands(Refusal):
    """Only who has it gives it back or lets somebody do it."""

    code: ClassVar[str] = "not_in_your_hands"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants. `to` is the key of a colleague, `had` of the holder that the page showed, "" for nobody."""

    deed: str
    to: str = ""
    had: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Holding:
    """In whose hands a case is: ids of people."""

    holder: int | None = None
    delegate: int | None = None

    @property
    def people(self) -> frozenset[int]:
        """Both of them."""
        return frozenset(number for number in (self.holder, self.delegate) if number is not None)


def hold(
    session: Session, services: Services, actor: Actor, reference: str, wish: Wish, seen: int, key: str | None = None
) -> Done | Refusal:
    """Do one of DEEDS. Whoever gets the case is written to, and whoever has it no more."""
    asked = idempotency.fingerprint("hold", reference, asdict(wish), seen)
    case = preconditions.held(session, actor, reference, seen, key, asked)
    if not isinstance(case, Row):
        return case
    earlier = idempotency.before(session, actor.key, key, asked)  # a twin has not moved the version
    if earlier is not None:
        return earlier
    role = case.owner_role
    if role not in STAFF or role not in roles_of(case, actor):
        return WrongRole((role,) if role in STAFF else tuple(sorted(STAFF)))
    definition = services.definitions.pinned(case.digest)
    said = types.load(definition, ("comment",), {"comment": wish.reason}, Known(session, case.id))
    if said.errors:
        return Invalid(said.errors)
    after = DEEDS[wish.deed](session, services, case, actor, wish)
    if isinstance(after, Refusal):
        return after
    keys: dict[int | None, str] = dict(
        session.execute(select(Person.id, Person.key).where(Person.id.in_(after.people))).all()
    )
    change = Change(
        case=case,
        definition=definition,
        actor=actor,
        role=role,
        act=f"{actor.source}:desk:{wish.deed}",
        rule=f"{definition.key}@{definition.version}/desk",
        now=clock.now(),
        target=case.state,
        private={
            HOLDER: keys.get(after.holder),
            DELEGATE: keys.get(after.delegate),
            REASON: said.values["comment"] or "",
        },
        columns={"assignee_id": after.holder, "delegate_id": after.delegate},
        moves=False,
    )
    columns = records.moved(session, services, change)
    _tell(session, services, change, notices_about(wish.deed, case, after, actor), columns)
    return preconditions.answer(session, change, columns, key, asked)


def colleagues(session: Session, services: Services, case: CaseRow) -> Sequence[Recipient]:
    """Everybody of the role on whose desk the case lies, deputies included: who may be given it."""
    if case.owner_role not in STAFF:
        return []
    return notify.told(session, services, case, [case.owner_role], clock.now())


def own(case: CaseRow, actor: Actor) -> frozenset[int]:
    """The people for whom this actor acts on the desk where the case lies: themselves, and the absent."""
    return actor.stands_for(case.owner_role or "", region=case.region, workflow=case.workflow)


# --- the deeds: who has it afterwards, or why not -----------------------------------------------


def _claim(session: Session, _shop: Services, case: CaseRow, actor: Actor, _wish: Wish) -> Holding | Refusal:
    """A deputy claims for the absent, and does it for them."""
    if case.assignee_id is not None:
        return Taken(_name(session, case.assignee_id))
    absent = actor.standing_in(region=case.region, workflow=case.workflow).get(case.owner_role)
    return Holding(absent.person_id, actor.person_id) if absent is not None else Holding(actor.person_id)


def _release(_session: Session, _shop: Services, case: CaseRow, actor: Actor, _wish: Wish) -> Holding | Refusal:
    """A delegate gives it back to the holder, the holder to all."""
    if case.assignee_id in own(case, actor):
        return Holding()
    return Holding(case.assignee_id) if case.delegate_id in own(case, actor) else NotInYourHands()


def _delegate(session: Session, services: Services, case: CaseRow, actor: Actor, wish: Wish) -> Holding | Refusal:
    """The holder names somebody, or takes it back by naming themselves."""
    if case.assignee_id not in own(case, actor):
        return NotInYourHands()
    to = _colleague(session, services, case, wish.to)
    if isinstance(to, Refusal):
        return to
    return Holding(case.assignee_id, None if to == case.assignee_id else to)


def _forward(session: Session, services: Services, case: CaseRow, actor: Actor, wish: Wish) -> Holding | Refusal:
    """Give it to somebody, oneself included. Taking it out of another's hands needs a reason."""
    had = session.scalar(select(Person.key).where(Person.id == case.assignee_id)) or ""
    if wish.had != had:
        return Taken(_name(session, case.assignee_id))
    to = _colleague(session, services, case, wish.to)
    if isinstance(to, Refusal):
        return to
    if case.assignee_id is not None and case.assignee_id not in own(case, actor) and not wish.reason.strip():
        return NotReady((Missing("answer", "comment"),))
    return Holding(to)


#: What can be done, by its word in the trail.
DEEDS: Mapping[str, Callable[[Session, Services, CaseRow, Actor, Wish], Holding | Refusal]] = {
    "claim": _claim,
    "release": _release,
    "delegate": _delegate,
    "forward": _forward,
}


def _colleague(session: Session, services: Services, case: CaseRow, key: str) -> int | Invalid:
    known = {each.key: each.person_id for each in colleagues(session, services, case)}
    if key not in known:
        return Invalid((("to", (Problem("unknown_choice" if key else "needed"),)),))
    return known[key]


def _name(session: Session, person_id: int | None) -> str:
    return session.scalar(select(Person.name).where(Person.id == person_id)) or ""


# --- letters ------------------------------------------------------------------------------------


def notices_about(deed: str, case: CaseRow, after: Holding, actor: Actor) -> Mapping[str, frozenset[int]]:
    """Letter → who gets it: never the one who acts, and nobody for a claim, which gives nobody anything to do."""
    before, own_id = Holding(case.assignee_id, case.delegate_id), frozenset({actor.person_id})
    if deed == "claim":
        return {}
    came, went = after.people - before.people - own_id, before.people - after.people - own_id
    return {
        "case_delegated": came & {after.delegate},
        "case_handed_over": came & {after.holder},
        "case_taken_over": went,
    }


def _tell(
    session: Session,
    services: Services,
    change: Change,
    letters: Mapping[str, frozenset[int]],
    columns: Mapping[str, object],
) -> None:
    subject = records.subject_of(change, columns)
    for letter, people in letters.items():
        if people:
            notify.tell(
                session,
                services,
                subject,
                {change.role: letter},
                change.now,
                actor_role=change.role,
                acted=change.acted,
                comment=change.private[REASON],
                person=change.actor.name,
                only=people,
            )
