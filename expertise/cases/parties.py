"""The people and organisations that a case names in a role, those who acted in it, and the votes that stand.

Rows of `case_parties`, `case_actors` and `case_votes`, written in the transaction of the change that they follow from.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Dialect,
    Label,
    Text,
    TypeDecorator,
    bindparam,
    insert,
    select,
    type_coerce,
    update,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from expertise.base.database import table_of
from expertise.base.write_set import WriteSet
from expertise.cases.model import Case, CaseActor, CaseParty, CaseVote
from expertise.people.model import Organisation, Person
from expertise.people.reach import Kind, Party
from expertise.people.reference_data import lender_organisation
from workflows.definition import Definition, Field

CASES, PARTIES = table_of(Case), table_of(CaseParty)
ACTORS, VOTES = table_of(CaseActor), table_of(CaseVote)

#: Step → the votes for it in the order in which they were given, each with its persons: voter and absent person.
Votes = Mapping[str, Sequence[Sequence[str]]]


# --- read with the case ------------------------------------------------------------------------


class JsonRows(FunctionElement[str]):
    """All rows of a subquery as one text of JSON, a list of lists: what hangs on a case comes in its own statement."""

    inherit_cache = True
    type = Text()


@compiles(JsonRows, "sqlite")
def _on_sqlite(element: JsonRows, compiler: SQLCompiler, **more: Any) -> str:
    return f"json_group_array(json_array({compiler.process(element.clauses, **more)}))"


@compiles(JsonRows, "postgresql")
def _on_postgresql(element: JsonRows, compiler: SQLCompiler, **more: Any) -> str:
    return f"CAST(json_agg(json_build_array({compiler.process(element.clauses, **more)})) AS TEXT)"


class AsParties(TypeDecorator[tuple[Party, ...]]):
    """The text of JsonRows as parties, by role."""

    impl = Text
    cache_ok = True

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[Party, ...]:  # noqa: ARG002 the signature is SQLAlchemy's
        """An empty tuple for a case that names nobody."""
        return tuple(Party(*row) for row in sorted(json.loads(value or "[]"), key=lambda row: row[0]))


class AsVotes(TypeDecorator[Votes]):
    """The text of JsonRows as votes by step."""

    impl = Text
    cache_ok = True

    def process_result_value(self, value: str | None, dialect: Dialect) -> Votes:  # noqa: ARG002 the signature is SQLAlchemy's
        """An empty mapping for a case without a vote that stands."""
        found: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
        for step, sequence, person in sorted(json.loads(value or "[]")):
            found[step][sequence].append(person)
        return {step: list(votes.values()) for step, votes in found.items()}


def _of_case(row: ColumnElement[str], *mine: ColumnElement[bool]) -> ColumnElement[Any]:
    return select(row).where(*mine).correlate(CASES).scalar_subquery()


#: Column of a case: the parties that it has now, as `Party`.
PARTIES_OF: Label[Any] = type_coerce(
    _of_case(
        JsonRows(PARTIES.c.role, PARTIES.c.person_id, PARTIES.c.organisation_id, PARTIES.c.source),
        PARTIES.c.case_id == CASES.c.id,
        PARTIES.c.until.is_(None),
    ),
    AsParties(),
).label("parties")

#: Column of a case: the votes that stand, as `Votes`.
VOTES_OF: Label[Any] = type_coerce(
    _of_case(
        JsonRows(VOTES.c.step, VOTES.c.sequence, VOTES.c.person),
        VOTES.c.case_id == CASES.c.id,
        VOTES.c.visit == CASES.c.visit,
    ),
    AsVotes(),
).label("votes")


# --- parties -----------------------------------------------------------------------------------


def in_role(parties: Iterable[Party], role: str) -> Party | None:
    """The party of that role; None when the case names nobody in it."""
    return next((party for party in parties if party.role == role), None)


def replaced(parties: Sequence[Party], named: Mapping[str, Party | None]) -> tuple[Party, ...]:
    """The parties after a change that names others: role → the party of now, None for nobody.

    Whoever is named again stays the party that they were.
    """
    kept = [party for party in parties if party.role not in named]
    for role, party in named.items():
        before = in_role(parties, role)
        same = before is not None and party is not None and before.number == party.number
        kept += [each for each in ((before if same else party),) if each is not None]
    return tuple(sorted(kept, key=lambda party: party.role))


def lender_there(
    session: Session, definition: Definition, state: str, fields: Mapping[str, Any]
) -> Mapping[str, Party | None]:
    """The lender that becomes a party when the case comes to `state`: the one it names, once it is on its desk.

    Nothing in the states of others, without a lender, and for a lender of whom Komek knows no organisation.
    """
    if definition.states[state].owner != "lender":
        return {}
    named = ((name, fields.get(name)) for name, field in definition.fields.items() if field.type.party == "lender")
    name, code = next(((name, code) for name, code in named if code), ("", None))
    organisation = None if code is None else lender_organisation(session, code)
    if organisation is None:
        return {}
    return {"lender": Party("lender", organisation_id=organisation, source=f"field:{name}")}


def declared_parties(session: Session, definition: Definition, values: Mapping[str, Any]) -> Mapping[str, Party | None]:
    """The parties of declared roles whose field is among `values`: role → who it is now, None for nobody."""
    found: dict[str, Party | None] = {}
    for key, name in definition.named_roles.items():
        if name in values and name in definition.fields:
            number = _number(session, definition.fields[name], values[name])
            side = "person_id" if definition.roles[key].kind is Kind.PERSON else "organisation_id"
            found[key] = Party(key, **{side: number}, source=f"field:{name}") if number is not None else None
    return found


def _number(session: Session, field: Field, value: Any) -> int | None:
    """The id of the person or the organisation that a field names; None for one that Komek does not know."""
    if not value:
        return None
    if field.type.names_person or field.type.party == "expert":
        return session.scalar(select(Person.id).where(Person.key == value))
    if field.type.party == "lender":
        return lender_organisation(session, value)
    return session.scalar(select(Organisation.id).where(Organisation.key == value))


_END = (
    update(PARTIES)
    .where(PARTIES.c.case_id == bindparam("this_case"), PARTIES.c.role.in_(bindparam("roles", expanding=True)))
    .where(PARTIES.c.until.is_(None))
    .values(until=bindparam("at"), waiting=False, due_at=None)
)


def write_parties(
    session: Session, case_id: int, before: Sequence[Party], after: Sequence[Party], now: datetime
) -> None:
    """End and add what differs; nothing is sent when nothing does."""
    ended = sorted({party.role for party in before if party not in after})
    if ended:
        session.execute(_END, {"this_case": case_id, "roles": ended, "at": now})
    joined = [
        {
            "case_id": case_id,
            "role": party.role,
            "person_id": party.person_id,
            "organisation_id": party.organisation_id,
            "source": party.source,
            "since": now,
            "waiting": False,  # the trigger of the table knows better
        }
        for party in after
        if party not in before
    ]
    if joined:
        session.execute(insert(PARTIES), joined)


# --- those who acted ---------------------------------------------------------------------------


def acted_around(session: Session, case: Any) -> dict[str, set[str]]:
    """Role → who acted in it in this case, in its parent or in a part of either: for four eyes they are one work.

    Whoever asked for a study does not take it on as an expert; whoever took it on neither accepts it for the akimat
    nor gives the expert more time.
    """
    found: dict[str, set[str]] = {}
    for role, person in session.execute(_ACTED, {"root": root_of(case)}):
        found.setdefault(role, set()).add(person)
    return found


_ACTED = select(ACTORS.c.role, ACTORS.c.person).where(ACTORS.c.root_id == bindparam("root"))


def has_acted(session: Session, case_id: int, role: str) -> bool:
    """Whether anybody has acted in that role in this very case."""
    found = select(ACTORS.c.person).where(ACTORS.c.case_id == case_id, ACTORS.c.role == role)
    return session.execute(found.limit(1)).first() is not None


def root_of(case: Any) -> int:
    """The id of the parent of a part, of any other case its own."""
    return case.id if case.parent_id is None else case.parent_id


def write_actors(writes: WriteSet, case_id: int, root_id: int, role: str, persons: Collection[str]) -> None:
    """Remember who acted; whoever has in that role before is not written again."""
    rows = [{"case_id": case_id, "root_id": root_id, "role": role, "person": person} for person in persons]
    writes.insert(ACTORS, rows, unless_there=True)


# --- votes -------------------------------------------------------------------------------------


def votes_of(session: Session, definition: Definition, case: Any) -> Votes:
    """The votes that stand in a case; no statement where no step of its state needs several persons."""
    if not takes_votes(definition, case.state):
        return {}
    return session.execute(select(VOTES_OF).select_from(CASES).where(CASES.c.id == case.id)).scalar_one()


def takes_votes(definition: Definition, state: str) -> bool:
    """Whether a step from that state needs several persons."""
    return any(step.quorum > 1 for step in definition.steps_from.get(state, ()))


def write_vote(writes: WriteSet, case: Any, step: str, voter: str, absent: str | None, sequence: int) -> None:
    """A vote: the voter's counts, and the absent person in whose place it is given cannot vote any more."""
    persons = [voter, *([absent] if absent is not None else [])]
    given = {"case_id": case.id, "visit": case.visit, "step": step, "sequence": sequence}
    writes.insert(VOTES, [{**given, "person": each, "counts": each == voter} for each in persons])


def forget_votes(writes: WriteSet, case_id: int, step: str | None = None) -> None:
    """They fall when the case moves on or a value changes: they were given to something else.

    Those for one `step` fall when it is taken and the case stays where it is: they are used up.
    """
    writes.delete(VOTES, {"case_id": case_id} if step is None else {"case_id": case_id, "step": step})
