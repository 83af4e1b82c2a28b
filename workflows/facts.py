"""Facts that a definition states over values, links and people, in a closed vocabulary with named arguments.

A fact is data: one word, its arguments, and a label that says in every language what must hold. Nothing here reads a
database: `expertise.cases.facts` gathers the values, `compare` judges them. See docs/decisions/0028.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from workflows.amounts import in_unit, measured
from workflows.field import Text

#: The words that compare two amounts → whether they hold, when both are in one unit.
COMPARISONS = {
    "same": lambda first, second: first == second,
    "at_most": lambda first, second: first <= second,
    "at_least": lambda first, second: first >= second,
}


#: The words over other facts → whether they hold, by those of the others.
OVER_FACTS: Mapping[str, Callable[[Iterable[bool]], bool]] = {
    "all": all,
    "any": any,
    "none": lambda holding: not any(holding),
}


@dataclass(frozen=True, slots=True)
class Operand:
    """One side of a comparison.

    `NAME` is a field, `NAME.COLUMN` the sum of a column of a table. `parts.PART.NAME` is the sum of a field over the
    parts of one kind that live or have succeeded; `parent.PART.NAME` that over the parts of the parent, this case among
    them; `parent.NAME` a field of the parent. A number, and an amount with its unit as it is stored, stand for
    themselves.
    """

    number: int | None = None
    path: tuple[str, ...] = ()
    amount: Mapping[str, Any] | None = field(default=None, hash=False)

    @property
    def constant(self) -> Any:
        """The number or amount that stands for itself; None for the path of something else."""
        return self.number if self.amount is None else self.amount

    @property
    def words(self) -> str:
        """The operand as a definition writes it."""
        if self.amount is not None:
            return " ".join(map(str, reversed(measured(self.amount))))
        return ".".join(self.path) if self.path else str(self.number)

    @property
    def own(self) -> str | None:
        """The field of the case itself that the operand names; None for none."""
        return self.path[0] if self.path and self.path[0] not in ("parts", "parent") else None

    @property
    def reaches(self) -> bool:
        """Whether the operand is about the values of other cases."""
        return bool(self.path) and self.path[0] in ("parts", "parent")

    @property
    def beside(self) -> str | None:
        """The field of parts beside this case, which may be one of them; None for none."""
        return self.path[-1] if len(self.path) == 3 and self.path[0] == "parent" else None


@dataclass(frozen=True, slots=True)
class Declared:
    """Declarations that parts of one kind may have made: a value in one of their fields."""

    part: str
    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact of a definition. `word` is the key of the vocabulary; only the arguments of that word are filled.

    same, at_most, at_least: `operands`, of parts only those whose field `alike` has the value of this case's.
    person: `field` names an expert, who does not work for the owner of the case (`not_employed_by`), has not acted in
    it (`not_acted_as`), and about whom no part has declared something (`not_declared`).
    link: `field` names another case, which goes on, or stands in one of the states `within`.
    in: what was chosen in `field` is, or is among, the keys `within`.
    party: somebody can answer for the lender that `field` names. all, any, none: over other `facts`.
    """

    key: str
    label: Text
    word: str
    operands: tuple[Operand, ...] = ()
    alike: str | None = None
    field: str = ""
    not_employed_by: str | None = None
    not_acted_as: tuple[str, ...] = ()
    not_declared: Declared | None = None
    within: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()

    @property
    def named(self) -> frozenset[str]:
        """The fields of the case itself that the fact names."""
        return frozenset(filter(None, (*(operand.own for operand in self.operands), self.alike, self.field)))

    @property
    def fields(self) -> frozenset[str]:
        """The fields whose values the fact is about: those it names, and those of the parts beside it."""
        return self.named | frozenset(filter(None, (operand.beside for operand in self.operands)))


#: The sum of some values by unit: currency → amount; None is the unit of plain numbers.
Total = Mapping[str | None, Decimal]


def total(values: Iterable[Any]) -> Total:
    """Add up stored numbers and sums of money, each unit for itself; None counts for nothing."""
    found: dict[str | None, Decimal] = {}
    for value in values:
        if isinstance(value, Mapping):
            unit, amount = measured(value)
        elif isinstance(value, int) and not isinstance(value, bool):
            unit, amount = None, Decimal(value)
        else:
            continue
        found[unit] = found.get(unit, Decimal(0)) + amount
    return found


def alike(first: Operand, second: Operand, sides: tuple[Total, Total]) -> tuple[Total, Total]:
    """Give a bare number the unit of the other side, where that has one: 80 beside a percentage is 80 percent."""
    one, two = sides
    if first.number is not None and len(two) == 1:
        one = {unit: Decimal(first.number) for unit in two}
    if second.number is not None and len(one) == 1:
        two = {unit: Decimal(second.number) for unit in one}
    return one, two


def comparable(first: Total, second: Total) -> bool:
    """Whether both sides are in one unit; nothing is in every unit."""
    return len({*first, *second}) <= 1


def compare(word: str, first: Total, second: Total) -> bool:
    """Whether the comparison holds. Nothing counts as zero in every unit; two currencies cannot be compared."""
    units = {*first, *second}
    if len(units) > 1:
        return False
    sides = (side.get(unit, Decimal(0)) for side in (first, second) for unit in units or {None})
    return bool(COMPARISONS[word](*sides))


def as_stored(side: Total) -> Sequence[Any]:
    """Return a total as stored values, to be written for people: 0 for nothing."""
    return tuple(in_unit(unit, amount) for unit, amount in side.items()) or (0,)
