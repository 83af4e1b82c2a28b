"""The start page of the demonstration as data: the roles it offers, and the stops of the tour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml
from sqlalchemy.orm import Session

from expertise.cases.queries import CASES
from expertise.cases.reach import NEWEST_FIRST, branches
from expertise.demo.accounts import DATA, Account, accounts
from expertise.people.access import Actor
from expertise.reports import worklists
from expertise.reports.worklists import Worklist
from workflows.definition import Text


@dataclass(frozen=True, slots=True)
class OfferedRole:
    """An account that the start page offers first, with what there is to do."""

    account: Account
    text: Text


@dataclass(frozen=True, slots=True)
class TourStop:
    """A stop of the tour: the account and what it looks at.

    A stop with a `workflow` shows the first case of it, in one of `states`, that the account sees. `page` is the
    address that is shown where there is none: the visitor has taken the step already.
    """

    account: Account
    title: Text
    text: Text
    page: str
    workflow: str | None
    states: Sequence[str]


@cache
def roles() -> tuple[OfferedRole, ...]:
    """Return the roles that the start page offers first."""
    return tuple(OfferedRole(accounts()[row["account"]], row["text"]) for row in _data()["roles"])


@cache
def stops() -> tuple[TourStop, ...]:
    """Return the stops of the tour, in their order."""
    return tuple(
        TourStop(
            accounts()[row["account"]],
            row["title"],
            row["text"],
            row["page"],
            row.get("workflow"),
            row.get("states", ()),
        )
        for row in _data()["stops"]
    )


def case_at(session: Session, actor: Actor, stop: TourStop) -> str | None:
    """Return the reference of the case that the stop shows to this actor, or None."""
    if stop.workflow is None:
        return None
    narrowed = [CASES.c.workflow == stop.workflow, CASES.c.state.in_(stop.states)]
    found = worklists.first(session, Worklist(branches(actor), NEWEST_FIRST, narrowed), 1)
    return found[0].reference if found else None


def _data() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DATA / "tour.yaml").read_text(encoding="utf-8"))
    return found
