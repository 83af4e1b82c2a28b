"""Refusals as values with reasons. `expertise.text` describes them for pages, letters and programs.

`code` is for programs and never changes; the other members name what would mend it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that is missing. `kind` is `field`, `fact` or `answer`; `mended_by`: the roles that can supply it.

    `values`: the two sides of a comparison that does not hold, each as stored numbers or sums of money.
    """

    kind: str
    name: str
    mended_by: tuple[str, ...] = ()
    detail: tuple[str, ...] = ()
    values: tuple[Sequence[Any], ...] = ()
    label: Mapping[str, str] | None = None  # of a fact that another definition states


@dataclass(frozen=True, slots=True)
class Refusal:
    """The base of all refusals."""

    code: ClassVar[str] = "refused"


@dataclass(frozen=True, slots=True)
class UnknownStep(Refusal):
    """The definition has no such step."""

    code: ClassVar[str] = "unknown_step"
    step: str


@dataclass(frozen=True, slots=True)
class WrongState(Refusal):
    """The step exists, but not from where the case is."""

    code: ClassVar[str] = "wrong_state"
    state: str
    offered_in: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WrongRole(Refusal):
    """The step belongs to other roles."""

    code: ClassVar[str] = "wrong_role"
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FourEyes(Refusal):
    """The person acted on the other side of this case, as `role`."""

    code: ClassVar[str] = "four_eyes"
    role: str


@dataclass(frozen=True, slots=True)
class AlreadyVoted(Refusal):
    """The quorum needs different persons, and this one has voted."""

    code: ClassVar[str] = "already_voted"
    given: int
    quorum: int


@dataclass(frozen=True, slots=True)
class NotReady(Refusal):
    """Something is missing; each entry says what, and who can mend it."""

    code: ClassVar[str] = "not_ready"
    missing: tuple[Missing, ...]


@dataclass(frozen=True, slots=True)
class Invalid(Refusal):
    """The values cannot be stored. `errors`: field → problems, each (code, parameters)."""

    code: ClassVar[str] = "invalid"
    errors: tuple[tuple[str, tuple[Problem, ...]], ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem of a value: a code of `workflows.fields.types.PROBLEMS` and its parameters."""

    code: str
    parameters: tuple[tuple[str, str | int], ...] = ()


@dataclass(frozen=True, slots=True)
class NotExtendable(Refusal):
    """Nobody may grant more time in this state (`times` 0), or it was granted so often already."""

    code: ClassVar[str] = "not_extendable"
    times: int


@dataclass(frozen=True, slots=True)
class Stale(Refusal):
    """The case was moved since the page was shown. `fields`: those that were changed here and there, to two values."""

    code: ClassVar[str] = "stale"
    seen: int
    current: int
    moved_at: datetime | None = None
    own: bool = False  # every change since is of who asks, from another window
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyReused(Refusal):
    """The idempotency key came before with another body."""

    code: ClassVar[str] = "key_reused"


@dataclass(frozen=True, slots=True)
class OutOfService(Refusal):
    """The file of this workflow has faults: its cases are shown, and nothing is decided in them."""

    code: ClassVar[str] = "out_of_service"
    workflow: str


@dataclass(frozen=True, slots=True)
class NotFound(Refusal):
    """No such case, or none that this person may see: the two look the same on purpose."""

    code: ClassVar[str] = "not_found"
