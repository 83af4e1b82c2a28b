"""Drafts that an import has made and whose records come again with what they lacked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.audit.model import Event
from expertise.cases import desk, queries
from expertise.cases.desk import Done
from expertise.cases.model import Answered
from expertise.cases.services import Services
from expertise.people.access import Actor
from workflows.refusals import Invalid


def mend(
    session: Session, services: Services, actor: Actor, reference: str | None, fields: Mapping[str, Any]
) -> Done | None:
    """Fill what a draft that was brought in lacks, such as its region, and nothing that it has.

    Returns None where nothing was filled: nobody but the import may have touched the draft.
    """
    case = queries.find(session, actor, reference) if reference is not None else None
    if case is None or case.state != services.definitions.pinned(case.digest).initial:
        return None
    if session.execute(select(Event.case_id).where(Event.case_id == case.id, Event.actor != actor.key)).first():
        return None
    lacking = {name: value for name, value in fields.items() if case.fields.get(name) in (None, "", [], {})}
    for _try in range(2):
        asked = desk.Request(actor, case.reference, case.version)
        filled = desk.edit(desk.Unit(session, services), asked, lacking)
        if isinstance(filled, Invalid):
            lacking = {name: value for name, value in lacking.items() if name not in dict(filled.errors)}
            continue
        return filled if isinstance(filled, Done) and filled.version > case.version else None
    return None


def reference_of_key(session: Session, actor: str, key: str) -> str | None:
    """Return the case that was begun under this key; None where there is none."""
    answer = session.execute(select(Answered.answer).where(Answered.actor == actor, Answered.key == key)).scalar()
    return None if answer is None else str(answer["reference"])
