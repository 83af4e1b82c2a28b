"""Requests to the desk and the outcomes that actions answer: values, without a database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from expertise.cases.actions.attachments import Upload
from expertise.cases.actions.change import Change
from expertise.cases.notify.intents import Notice
from expertise.people.access import Actor


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody wants something of one case.

    `seen` is the version of the case that they looked at; None for what makes nobody's page stale. The same `key` with
    the same `body` is answered again and done once; `body` is the name of the action and all that came with it.
    """

    actor: Actor
    reference: str
    seen: int | None = None
    key: str | None = None
    body: tuple[Any, ...] = ()

    def asking(self, *body: Any) -> Request:
        """The same request with this body."""
        return replace(self, body=body)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The decision of an action: a change of the case, and all that follows from it in the same transaction."""

    change: Change
    notice: Notice | None = None
    opens: str | None = None  # the part that begins, by its name in the definition
    files: Mapping[str, Upload] = field(default_factory=dict)  # key of the stored file → the file
    internal: bool = False  # only the team sees the files
    takes_back: int | None = None  # the event whose letters are recalled, when they have not left
    carried: Outcome | None = None  # a step of the parent, in the same transaction
