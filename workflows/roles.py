"""Roles: those that Komek has, and those that definitions declare under `roles:`.

A role of a definition becomes known with `declare`, when the definition is put in force or read for a case under it.
A name means one kind and one label in all definitions (`soundness.roles`), so one directory serves the whole process.
`STAFF`, `KIND_OF` and `ROLE_LABELS` are views of it: they always answer what is known now.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from workflows.field import Text

#: The longest name of a role, in characters: the tables hold no more.
LONGEST_NAME = 20


class Kind(enum.Enum):
    """By what a role reaches a case. A closed list: each reading has one line for each of them."""

    GRANT = "grant"  # by the region and the workflow of the grant, once the case was sent
    OWNER = "owner"  # by the organisation that owns the case
    ORGANISATION = "organisation"  # by an organisation that the case names as a party in this role
    PERSON = "person"  # by being a person whom the case names as a party in this role
    EVERYONE = "everyone"  # every case


class GrantScope(enum.StrEnum):
    """For which regions an administrator may grant a declared role."""

    ANY = "any"  # for one region or for the whole country
    REGION = "region"  # for one region
    COUNTRY = "country"  # for the whole country


@dataclass(frozen=True, slots=True)
class Role:
    """A role. `field` is the field of the case that names the person or the organisation; None for other kinds."""

    key: str
    label: Text
    kind: Kind
    field: str | None = None
    scope: GrantScope = GrantScope.ANY

    @property
    def meaning(self) -> tuple[Kind, GrantScope, tuple[tuple[str, str], ...]]:
        """The values that all definitions with this role share; each names it by a field of its own."""
        return self.kind, self.scope, tuple(sorted(self.label.items()))


def _built_in(key: str, kind: Kind, kk: str, ru: str, en: str) -> Role:
    return Role(key, {"kk": kk, "ru": ru, "en": en}, kind)


#: The roles that need no declaration, in their usual order.
BUILT_IN: Mapping[str, Role] = {
    each.key: each
    for each in (
        _built_in("requester", Kind.OWNER, "өтінім беруші", "заявитель", "requester"),
        _built_in("coordinator", Kind.GRANT, "үйлестіруші", "координатор", "coordinator"),
        _built_in("approver", Kind.GRANT, "бекітуші", "утверждающее лицо", "approver"),
        _built_in("manager", Kind.GRANT, "басшы", "руководитель", "manager"),
        _built_in("expert", Kind.PERSON, "сарапшы", "эксперт", "expert"),
        _built_in("lender", Kind.ORGANISATION, "кредитор", "кредитор", "lender"),
        _built_in("auditor", Kind.EVERYONE, "аудитор", "аудитор", "auditor"),
        _built_in("administrator", Kind.EVERYONE, "әкімші", "администратор", "administrator"),
    )
}
#: Names that stand where roles stand, and are no role of a certain person. They reach no case by themselves.
_OTHER_LABELS: Mapping[str, Text] = {
    "anyone": {"kk": "кез келген адам", "ru": "любой участник", "en": "anyone"},
    "clock": {"kk": "жүйе (мерзім бойынша)", "ru": "система (по сроку)", "en": "the system (by deadline)"},
    "part": {"kk": "жүйе (бөлік бойынша)", "ru": "система (по части дела)", "en": "the system (through a part)"},
}
#: Names that no definition may declare.
RESERVED = frozenset({*BUILT_IN, *_OTHER_LABELS})


# --- the directory -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DeclaredRole:
    """A role of definitions, and the workflows that declare it: a grant reaches no other."""

    role: Role
    workflows: frozenset[str]


#: Name → declared role. Replaced as a whole, so that a reader in another thread sees it before or after a change.
_declared: Mapping[str, DeclaredRole] = MappingProxyType({})


def declared() -> Mapping[str, DeclaredRole]:
    """The roles of all definitions that this process knows, by name."""
    return _declared


def declare(workflow: str, roles: Iterable[Role]) -> None:
    """Make the roles of a definition known. Those known before stay: cases go on by older definitions."""
    found = dict(_declared)
    for role in roles:
        before = found.get(role.key)
        found[role.key] = DeclaredRole(role, (before.workflows if before else frozenset()) | {workflow})
    replace_all(found)


def replace_all(roles: Mapping[str, DeclaredRole]) -> None:
    """Make these the declared roles, and no others; for tests that put back what they found."""
    global _declared  # noqa: PLW0603 the one place where it changes
    _declared = MappingProxyType(dict(roles))


class RoleSet(AbstractSet[str]):
    """The names of the roles, built in and declared, that are wanted; a set that follows the directory."""

    def __init__(self, wanted: Callable[[Role], bool]) -> None:
        self._wanted = wanted

    @classmethod
    def _from_iterable(cls, found: Iterable[Any]) -> Any:
        """Return what an operator makes of it: a plain set, which follows nothing."""
        return frozenset(found)

    def __contains__(self, name: object) -> bool:
        role = KIND_OF.role(name) if isinstance(name, str) else None
        return role is not None and self._wanted(role)

    def __iter__(self) -> Iterator[str]:
        return (name for name in KIND_OF if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def by_kind(kind: Kind) -> RoleSet:
    """Return the roles that reach a case in this way."""
    return RoleSet(lambda role: role.kind is kind)


class _Kinds(Mapping[str, Kind]):
    """Role → kind, the built-in ones first."""

    def role(self, name: str) -> Role | None:
        """Return the role of that name; None for none."""
        found = _declared.get(name)
        return BUILT_IN.get(name) or (found.role if found is not None else None)

    def __getitem__(self, name: str) -> Kind:
        role = self.role(name)
        if role is None:
            raise KeyError(name)
        return role.kind

    def __iter__(self) -> Iterator[str]:
        yield from BUILT_IN
        yield from _declared

    def __len__(self) -> int:
        return len(BUILT_IN) + len(_declared)


class _Labels(Mapping[str, Text]):
    """Role → its name for pages, letters and pictures, of `anyone` and the machines as well."""

    def __getitem__(self, name: str) -> Text:
        role = KIND_OF.role(name)
        return _OTHER_LABELS[name] if role is None else role.label

    def __iter__(self) -> Iterator[str]:
        yield from KIND_OF
        yield from _OTHER_LABELS

    def __len__(self) -> int:
        return len(KIND_OF) + len(_OTHER_LABELS)


#: Role → kind. The machines `clock` and `part` have none: they reach the case on which they act.
KIND_OF = _Kinds()
ROLE_LABELS: Mapping[str, Text] = _Labels()
#: The roles of the team: given for a region and a workflow, and lent to deputies.
STAFF: AbstractSet[str] = by_kind(Kind.GRANT)


def reaches_workflow(role: str, workflow: str) -> bool:
    """Return whether the role can be had in cases of the workflow: a declared one where it is declared."""
    found = _declared.get(role)
    return role in BUILT_IN or (found is not None and workflow in found.workflows)
