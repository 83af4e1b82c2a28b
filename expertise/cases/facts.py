"""Judges the facts that a definition states over values, links and people: gathers what each word asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from expertise.base import clock
from expertise.cases.parties import acted_around, root_of
from expertise.cases.queries import CASES, CaseRow
from expertise.cases.services import Definitions
from expertise.people.deputies import grant_in_force
from expertise.people.model import Grant, Lender, Person
from expertise.people.reference_data import lender_organisation
from workflows.calendar import ALMATY
from workflows.decision import Finding
from workflows.definition import Definition, Final
from workflows.facts import OVER_FACTS, Fact, Operand, alike, as_stored, comparable, compare, total
from workflows.field import Text

_AROUND = (CASES.c.id, CASES.c.part, CASES.c.final, CASES.c.fields, CASES.c.organisation_id)
#: The ends of parts whose values count: work that was refused or taken back claims nothing.
_COUNTS = (None, Final.SUCCEEDED)


@dataclass
class Around:
    """A case with the values that it would have, and its surroundings, read once when a fact asks for them."""

    session: Session
    case: CaseRow
    fields: Mapping[str, Any]
    changed: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)  # id of another case → its values to come
    stated: Mapping[str, Fact] = field(default_factory=dict)  # the facts of the definition, for those over others

    @property
    def root_fields(self) -> Mapping[str, Any]:
        """The fields of the root, with its values to come."""
        fields: Mapping[str, Any] = self.changed.get(self.root.id, self.root.fields)
        return fields

    @cached_property
    def root(self) -> Any:
        """The parent of a part; of any other case itself."""
        if self.case.parent_id is None:
            return self.case
        return self.session.execute(select(*_AROUND).where(CASES.c.id == self.case.parent_id)).one()

    @cached_property
    def parts(self) -> list[tuple[str, str | None, Mapping[str, Any]]]:
        """All parts of the root: kind, end and fields, this case with its values to come."""
        rows = self.session.execute(select(*_AROUND).where(CASES.c.parent_id == root_of(self.case)))
        mine = {**self.changed, self.case.id: self.fields}
        return [(row.part, row.final, mine.get(row.id, row.fields)) for row in rows]

    @cached_property
    def acted(self) -> Mapping[str, set[str]]:
        """Role → the persons who acted in it, in the case and around it."""
        return acted_around(self.session, self.case)

    def values(self, operand: Operand, alike: str | None) -> list[Any]:
        """The stored values that an operand adds up."""
        match operand.path:
            case ():
                return [operand.constant]
            case ["parent", name]:
                return [self.root_fields.get(name)]
            case ["parent" | "parts", part, name]:
                same = self.fields.get(alike) if alike else None
                mine = (fields for kind, final, fields in self.parts if kind == part and final in _COUNTS)
                return [fields.get(name) for fields in mine if not alike or fields.get(alike) == same]
            case [table, column]:
                return [row.get(column) for row in self.fields.get(table) or ()]
            case [name]:
                return [self.fields.get(name)]
        raise LookupError(operand.path)


def findings(
    session: Session,
    definition: Definition,
    case: CaseRow,
    names: Iterable[str],
    given: Mapping[str, Any] | None = None,
) -> dict[str, Finding]:
    """Return a finding for each of `names` that the definition states. `given` are values that come with a step."""
    around = Around(session, case, {**case.fields, **(given or {})}, stated=definition.facts)
    stated = (definition.facts[name] for name in names if name in definition.facts)
    return {fact.key: judge(around, fact) for fact in stated}


def _compared(around: Around, fact: Fact) -> Finding:
    one, two = fact.operands
    sides = total(around.values(one, fact.alike)), total(around.values(two, fact.alike))
    first, second = alike(one, two, sides)
    return Finding(
        holds=compare(fact.word, first, second),
        values=(as_stored(first), as_stored(second)),
        undecided=not comparable(first, second),
    )


def _chosen(around: Around, fact: Fact) -> Finding:
    """Nothing chosen is none of the keys."""
    value = around.fields.get(fact.field)
    chosen = value if isinstance(value, list) else [value]
    return Finding(not set(fact.within).isdisjoint(map(str, chosen)))


def _over(around: Around, fact: Fact) -> Finding:
    """A fact over others shows the two sides of the one that decides it, where there is a single one."""
    found = [judge(around, around.stated[name]) for name in fact.facts]
    holds = OVER_FACTS[fact.word](each.holds for each in found)
    telling = [each for each in found if each.values and each.holds is not (fact.word == "all")] or found
    return Finding(
        holds,
        values=telling[0].values if len(telling) == 1 else (),
        undecided=any(each.undecided for each in found) and not _settled(fact.word, found),
    )


def _settled(word: str, found: Sequence[Finding]) -> bool:
    """Whether the facts that can be said decide alone: one that fails all, or one that holds among any or none."""
    return any(not each.undecided and each.holds is (word != "all") for each in found)


def _person(around: Around, fact: Fact) -> Finding:
    """Nobody named yet breaks nothing: the step asks for a person where it needs one."""
    key = around.fields.get(fact.field)
    if not key:
        return Finding(holds=True)
    return Finding(not (_employed(around, fact, key) or _acted(around, fact, key) or _declared(around, fact, key)))


def _employed(around: Around, fact: Fact, key: str) -> bool:
    owner = around.root.organisation_id if fact.not_employed_by else None
    if owner is None:
        return False
    return around.session.execute(select(Person.organisation_id).where(Person.key == key)).scalar() == owner


def _acted(around: Around, fact: Fact, key: str) -> bool:
    return any(key in around.acted.get(role, ()) for role in fact.not_acted_as)


def _declared(around: Around, fact: Fact, key: str) -> bool:
    asked = fact.not_declared
    return asked is not None and any(
        kind == asked.part and fields.get(fact.field) == key and fields.get(asked.field) == asked.value
        for kind, _final, fields in around.parts
    )


def _link(around: Around, fact: Fact) -> Finding:
    reference = around.fields.get(fact.field)
    if not reference:
        return Finding(holds=not fact.within)
    stands = CASES.c.state.in_(fact.within) if fact.within else CASES.c.final.is_(None)
    wanted = select(CASES.c.id).where(CASES.c.reference == reference, stands)
    return Finding(around.session.execute(wanted).first() is not None)


def _party(around: Around, fact: Fact) -> Finding:
    code = around.fields.get(fact.field)
    return Finding(not code or can_answer(around.session, code))


def can_answer(session: Session, lender: str) -> bool:
    """Whether somebody with an account answers today for a lender, which must be one that lends."""
    today = clock.now().astimezone(ALMATY).date()
    people = (
        select(Person.id)
        .join(Grant, Grant.person_id == Person.id)
        .where(Person.organisation_id == lender_organisation(session, lender), Person.active)
        .where(Grant.role == "lender", grant_in_force(today))
    )
    lends = select(Lender.code).where(Lender.code == lender, Lender.lends)
    return session.execute(people.where(lends.exists()).limit(1)).first() is not None


#: Word → the function that judges it. `workflows.loading.facts` reads no other.
WORDS: Mapping[str, Callable[[Around, Fact], Finding]] = {
    "same": _compared,
    "at_most": _compared,
    "at_least": _compared,
    "person": _person,
    "link": _link,
    "field": _chosen,
    "party": _party,
    **dict.fromkeys(OVER_FACTS, _over),
}


def judge(around: Around, fact: Fact) -> Finding:
    """Return what is found of a fact."""
    return WORDS[fact.word](around, fact)


def barred(
    session: Session, definition: Definition, case: CaseRow, field: str, keys: Iterable[str]
) -> dict[str, list[Text]]:
    """Return the people among `keys` who cannot be named in `field`, with the labels of the facts that bar them."""
    needed = {name for step in definition.transitions.values() for name in step.needs}
    stated = [
        fact
        for key, fact in definition.facts.items()
        if key in needed and fact.word == "person" and fact.field == field
    ]
    around = Around(session, case, case.fields)
    found = {}
    for key in keys if stated else ():
        around.fields = {**case.fields, field: key}
        broken = [fact.label for fact in stated if not _person(around, fact).holds]
        if broken:
            found[key] = broken
    return found


def broken_by(
    session: Session, definitions: Definitions, case: CaseRow, values: Mapping[str, Any]
) -> list[tuple[Text, str, Finding]]:
    """Return the facts that a correction would break or make worse: those of the case, and of the cases beside it.

    Each as its label, its key and what would be found. Beside a case are its parent, the other parts of that, and its
    own parts, as far as they go on or have succeeded.
    """
    after = {case.id: {**case.fields, **values}}
    found = []
    for row in (case, *_beside(session, case)):
        definition = definitions.pinned(row.digest)
        own = row.id == case.id
        arounds = [
            Around(session, row, changed.get(row.id, row.fields), changed, definition.facts) for changed in ({}, after)
        ]
        needed = {name for step in definition.transitions.values() for name in step.needs}
        for fact in (definition.facts[name] for name in definition.facts if name in needed):
            if _is_touched(definition, fact, values, own=own):
                now, then = (judge(around, fact) for around in arounds)
                if not then.holds and (now.holds or _worse(fact, now, then)):
                    found.append((fact.label, fact.key, then))
    return found


def _is_touched(definition: Definition, fact: Fact, values: Mapping[str, Any], *, own: bool) -> bool:
    """Whether a correction can change a fact that a step needs: of the case itself, or of a case beside it."""
    if own:
        return bool(definition.fields_of_fact(fact.key) & values.keys())
    return any(operand.reaches for operand in fact.operands)


def _beside(session: Session, case: CaseRow) -> Sequence[CaseRow]:
    root = root_of(case)
    around = or_(CASES.c.id == root, CASES.c.parent_id.in_((root, case.id)))
    lives = or_(CASES.c.final.is_(None), CASES.c.final == Final.SUCCEEDED)
    return session.execute(select(CASES).where(around, lives, CASES.c.id != case.id).order_by(CASES.c.id)).all()


def _worse(fact: Fact, now: Finding, then: Finding) -> bool:
    """Whether a comparison that is broken would be broken further: its sides lie further apart, or in more units."""
    if not fact.operands or not (now.values and then.values):
        return False
    before, after = (_distance(finding) for finding in (now, then))
    return len(after) > len(before) or any(after[unit] > before.get(unit, after[unit] - 1) for unit in after)


def _distance(finding: Finding) -> dict[str | None, Decimal]:
    """Return how far the two sides of a comparison lie apart, in each unit."""
    first, second = (total(side) for side in finding.values)
    return {unit: abs(first.get(unit, Decimal(0)) - second.get(unit, Decimal(0))) for unit in {*first, *second}}
