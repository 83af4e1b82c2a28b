"""The declaration of `expertise.people.reach` as SQL: one condition for one case, branches for lists; and in Python.

A request that was never sent (a draft) is its author's and their organisation's own; the team reaches it once it is
sent, or when no person began it (an import). A lender reaches what was laid on its desk, from then on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, false, func, not_, or_, select, true, union

from expertise.base.database import table_of
from expertise.cases.model import Case, CaseParty
from expertise.people.access import Actor, HeldGrant
from expertise.people.reach import KIND_OF, Kind
from expertise.people.scope import EVERYWHERE, STAFF
from workflows.roles import BUILT_IN, ROLE_LABELS, by_kind

CASES, PARTIES = table_of(Case), table_of(CaseParty)
JOINED = PARTIES.join(CASES, CASES.c.id == PARTIES.c.case_id)


def desks() -> tuple[str, ...]:
    """Every role on whose desk an open case may lie; it lies on one, as soundness asks of each state that is no end."""
    return tuple(ROLE_LABELS)


_SENT = or_(CASES.c.visit > 1, CASES.c.parent_id.is_not(None), CASES.c.opened_by_id.is_(None))


# --- one case, in Python -----------------------------------------------------------------------


def roles_of(case: Any, actor: Actor) -> frozenset[str]:
    """The actor's roles in a case. A draft has no region to go by yet, or a mistyped one: its author has all."""
    roles = _roles_in(case, actor)
    if is_draft(case) and case.opened_by_id == actor.person_id:
        roles |= {grant.role for grant in actor.grants if grant.role in STAFF}
    return roles


def reaches(actor: Actor, case: Any) -> bool:
    """Whether the actor may see the case: by one of its roles, or as somebody of the team who opened it."""
    if _is_author(actor) and case.opened_by_id == actor.person_id:
        return True
    roles = _roles_in(case, actor)
    return bool(roles - STAFF if is_draft(case) else roles)


def _roles_in(case: Any, actor: Actor) -> frozenset[str]:
    """The roles, without those that a draft gives: whom a field names learns of it once the case was sent."""
    roles = actor.roles_in(case)
    if not is_draft(case):
        return roles
    return roles - {party.role for party in case.parties if party.is_declared}


def is_draft(case: Any) -> bool:
    """Whether the case was begun by a person and never sent."""
    return case.visit == 1 and case.parent_id is None and case.opened_by_id is not None


def _is_author(actor: Actor) -> bool:
    return actor.person_id is not None and any(grant.role in STAFF for grant in actor.grants)


def _sees_all(actor: Actor) -> bool:
    return actor.machine is not None or any(actor.has(role) for role in EVERYWHERE)


# --- one case, in SQL --------------------------------------------------------------------------


def condition(actor: Actor) -> ColumnElement[bool]:
    """The condition on `cases` under which the actor reaches one. For one row, or a few: a list takes `branches`."""
    if _sees_all(actor):
        return true()
    named = (Branch(JOINED, (*each.where, *_BY_NAME)) for each in _named(actor))
    return or_(false(), *(in_a_row(branch) for branch in (*_by_grants(actor), *named)))


def in_the_team(actor: Actor) -> ColumnElement[bool]:
    """The condition on a case in reach under which the actor reads what only the team and those see who see all.

    The roles that `roles_of` gives, as SQL.
    """
    if _sees_all(actor):
        return true()
    own = [and_(not_(_SENT), CASES.c.opened_by_id == actor.person_id)] if _is_author(actor) else []
    return or_(reads_notes(actor), *own)


def reads_notes(actor: Actor) -> ColumnElement[bool]:
    """The condition on a case in reach under which the actor reads its internal notes: `queries.sees_notes`, as SQL."""
    granted = (and_(true(), *_within(grant)) for grant in _widest(g for g in actor.grants if g.role in STAFF))
    return or_(false(), *granted)


def in_a_row(branch: Branch) -> ColumnElement[bool]:
    """The condition on a row of `cases` to be among those of the branch."""
    if branch.source is CASES:
        return and_(*branch.where)
    return select(PARTIES.c.id).where(PARTIES.c.case_id == CASES.c.id, *branch.where).correlate(CASES).exists()


# --- lists -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Branch:
    """One way to reach cases: the rows of `source` (`cases`, or parties joined with them) for which `where` holds.

    `waits`: they wait on this person's desk, and the party row has the deadline that orders them.
    """

    source: FromClause
    where: tuple[ColumnElement[bool], ...] = ()
    waits: bool = False

    def column(self, name: str) -> ColumnElement[Any]:
        """The column of `cases`, or its copy in the party row, whose index has it in order."""
        copied = {"id": PARTIES.c.case_id, "due_at": PARTIES.c.due_at}
        return copied.get(name, CASES.c[name]) if self.waits else CASES.c[name]


def branches(actor: Actor) -> list[Branch]:
    """All that the actor reaches, one branch for each way; the ways may overlap, a branch has no case twice."""
    if _sees_all(actor):
        return [Branch(CASES)]
    return [*_by_grants(actor), *(Branch(JOINED, where) for _role, where in _by_name(actor))]


def _by_grants(actor: Actor) -> list[Branch]:
    found = of_team(actor)
    if _is_author(actor):
        found.append(Branch(CASES, (CASES.c.opened_by_id == actor.person_id,)))
    for role in _other_roles(actor):
        found += _others(actor, role)
    return found


def of_team(actor: Actor) -> list[Branch]:
    """The branches for what the actor reaches as one of the team: cases that were sent, in the scope of the grants."""
    if _sees_all(actor):
        return [Branch(CASES)]
    team = _widest(grant for grant in actor.grants if grant.role in STAFF)
    return [Branch(CASES, (_SENT, *_within(grant))) for grant in team]


def waiting(actor: Actor) -> list[Branch]:
    """Return the branches for the actor's own worklist: one for each grant, each over one index."""
    found = []
    for grant in _widest_by_role(actor):
        own = or_(_SENT, CASES.c.opened_by_id == actor.person_id)
        found.append(Branch(CASES, (CASES.c.final.is_(None), CASES.c.owner_role == grant.role, *_within(grant), own)))
    for role in _other_roles(actor):
        for each in _others(actor, role):
            if each.source is CASES:
                there = (CASES.c.final.is_(None), CASES.c.owner_role == role)
                found.append(Branch(CASES, (*each.where, *there)))
            else:
                found.append(Branch(each.source, (*each.where, PARTIES.c.waiting), waits=True))
    by_name = (Branch(JOINED, (*where, PARTIES.c.waiting), waits=True) for _role, where in _by_name(actor))
    return [*found, *by_name]


def begun(actor: Actor) -> list[Branch]:
    """The cases that count as the actor's own from their begin: the person's, and those of an owner's organisation.

    Somebody who only reads has none, however many they reach.
    """
    found = [Branch(CASES, (CASES.c.opened_by_id == actor.person_id,))] if _is_author(actor) else []
    owning = (role for role in _other_roles(actor) if KIND_OF.get(role) is Kind.OWNER)
    return found + [branch for role in owning for branch in _others(actor, role)]


def with_others(actor: Actor) -> list[Branch]:
    """Open cases that the actor reaches as owner or party, and that lie on another desk."""
    found = []
    for role in _other_roles(actor):
        for each in _others(actor, role):
            # An akimat owns tens of thousands of cases: one branch a desk, in the order of the owner's index.
            others = [CASES.c.owner_role == other for other in desks() if other != role]
            elsewhere = others if each.source is CASES else [CASES.c.owner_role != role]
            found += [Branch(each.source, (*each.where, CASES.c.final.is_(None), desk)) for desk in elsewhere]
    for role, where in _by_name(actor):
        found.append(Branch(JOINED, (*where, CASES.c.final.is_(None), CASES.c.owner_role != role)))
    return found


def _other_roles(actor: Actor) -> list[str]:
    return sorted({grant.role for grant in actor.grants} - STAFF - EVERYWHERE)


def _others(actor: Actor, role: str) -> list[Branch]:
    """The reach of a role that hangs on the case itself: on its owner or on a party."""
    party = (PARTIES.c.role == role, PARTIES.c.until.is_(None))
    organisation, person = actor.organisation_id, actor.person_id
    match KIND_OF.get(role):
        case Kind.OWNER if organisation is not None:
            return [Branch(CASES, (CASES.c.organisation_id == organisation,))]
        case Kind.ORGANISATION if organisation is not None:
            return [Branch(JOINED, (PARTIES.c.organisation_id == organisation, *party))]
        case Kind.PERSON if person is not None:
            return [Branch(JOINED, (PARTIES.c.person_id == person, *party))]
    return []


@dataclass(frozen=True, slots=True)
class _Named:
    """The rows of parties that name somebody: a person, or the organisation for which they act."""

    kind: Kind
    where: tuple[ColumnElement[bool], ...]


def _named(actor: Actor) -> list[_Named]:
    """The rows that name this actor or their organisation now; in declared roles they need no grant of the role."""
    found, now = [], PARTIES.c.until.is_(None)
    if actor.person_id is not None:
        found.append(_Named(Kind.PERSON, (PARTIES.c.person_id == actor.person_id, now)))
    if actor.acts_for_organisation:
        found.append(_Named(Kind.ORGANISATION, (PARTIES.c.organisation_id == actor.organisation_id, now)))
    return found


def _by_name(actor: Actor) -> list[tuple[str, tuple[ColumnElement[bool], ...]]]:
    """Each declared role that a field names, with the rows that name this actor in it: one index, in its order."""
    return [
        (role, (*each.where, PARTIES.c.role == role, _SENT))
        for each in _named(actor)
        for role in sorted(by_kind(each.kind) - BUILT_IN.keys())
    ]


#: The condition of a row of a declared role in a case that was sent: a draft is its author's own.
_BY_NAME = (*(PARTIES.c.role != role for role in BUILT_IN if KIND_OF[role] in (Kind.PERSON, Kind.ORGANISATION)), _SENT)


def _within(grant: HeldGrant) -> list[ColumnElement[bool]]:
    """The reach of a grant of the team; None leaves that side open."""
    sides = {CASES.c.region: grant.region, CASES.c.workflow: grant.workflow}
    return [column == wanted for column, wanted in sides.items() if wanted is not None]


def _widest(grants: Iterable[HeldGrant]) -> list[HeldGrant]:
    """The grants without those that lie within another one, whatever their roles."""
    sides = dict.fromkeys((grant.region, grant.workflow) for grant in grants)
    kept = [
        side
        for side in sides
        if not any(other != side and other[0] in (None, side[0]) and other[1] in (None, side[1]) for other in sides)
    ]
    return [HeldGrant("", region, workflow) for region, workflow in kept]


def _widest_by_role(actor: Actor) -> list[HeldGrant]:
    found = []
    for role in sorted({grant.role for grant in actor.grants} & STAFF):
        wide = _widest(grant for grant in actor.grants if grant.role == role)
        found += [HeldGrant(role, each.region, each.workflow) for each in wide]
    return found


@dataclass(frozen=True, slots=True)
class Order:
    """How a list is ordered: the columns of `cases` that decide, besides the id, and the clauses over them."""

    names: tuple[str, ...]
    clauses: Callable[[Any], tuple[ColumnElement[Any], ...]]

    def within(self, branch: Branch) -> tuple[ColumnElement[Any], ...]:
        """The clauses over the columns of a branch."""
        return self.clauses(SimpleNamespace(**{name: branch.column(name) for name in ("id", *self.names)}))


BY_DEADLINE = Order(("due_at",), lambda each: (each.due_at.asc().nulls_last(), each.id))
NEWEST_FIRST = Order(("changed_at",), lambda each: (each.changed_at.desc(), each.id.desc()))


def listed(
    shown: Sequence[ColumnElement[Any]],
    sources: Sequence[Branch],
    order: Order,
    limit: int,
    *narrowed: ColumnElement[bool],
) -> Select[Any]:
    """The columns `shown` of the first `limit` cases of all branches.

    Each branch is read by itself, in the order of one index, and gives ids only; the rows are fetched last. One OR
    over all of them would read and sort everything that the actor reaches.
    """
    if len(sources) == 1:
        (only,) = sources
        wanted = select(*shown).select_from(only.source).where(*only.where, *narrowed)
        return wanted.order_by(*order.within(only)).limit(limit)
    together = union(*_heads(sources, order, limit, narrowed)).subquery()
    first = select(together).order_by(*order.clauses(together.c)).limit(limit).subquery()
    return select(*shown).join_from(first, CASES, CASES.c.id == first.c.id).order_by(*order.clauses(first.c))


def counted(sources: Sequence[Branch], most: int, *narrowed: ColumnElement[bool]) -> Select[Any]:
    """How many cases all branches have together; counting stops at `most`."""
    each = [
        select(CASES.c.id).select_from(branch.source).where(*branch.where, *narrowed).limit(most) for branch in sources
    ]
    found = union(*(one.subquery().select() for one in each)) if len(each) > 1 else (each or [_NOTHING])[0]
    return select(func.count()).select_from(select(found.subquery()).limit(most).subquery())


def _heads(
    sources: Sequence[Branch], order: Order, limit: int, narrowed: Sequence[ColumnElement[bool]]
) -> list[Select[Any]]:
    names = ("id", *order.names)
    heads = [
        select(*(branch.column(name).label(name) for name in names))
        .select_from(branch.source)
        .where(*branch.where, *narrowed)
        .order_by(*order.within(branch))
        .limit(limit)
        for branch in sources
    ]
    return [head.subquery().select() for head in heads] or [select(*(CASES.c[name] for name in names)).where(false())]


_NOTHING = select(CASES.c.id).where(false())
