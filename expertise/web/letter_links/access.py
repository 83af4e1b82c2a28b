"""Signed pages of letters: find the page of a token, the steps its reader may take, and take one of them, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.cases import desk
from expertise.cases.desk import Done, Upload
from expertise.cases.queries import CASES, reference_of
from expertise.cases.services import Services
from expertise.cases.views import case_view
from expertise.cases.views.case_view import CaseView, Happened
from expertise.mail import tokens
from expertise.mail.tokens import FoundToken
from expertise.people.access import Actor, load_actor
from workflows.refusals import KeyReused, Refusal

#: What happens to a case without changing it.
_STAYS = frozenset({"answer", "comment", "note", "desk", "remind", "escalate"})


@dataclass(frozen=True, slots=True)
class SignedPage:
    """The page of a letter. `view` is None when the case is not open to this person (any more)."""

    found: FoundToken
    actor: Actor
    view: CaseView | None

    @property
    def decided(self) -> Happened | None:
        """The event of the decision that was taken on this page; None until there is one."""
        if self.found.used_at is None or self.view is None:
            return None
        return next((event for event in self.view.events if event.at == self.found.used_at), None)

    @property
    def open(self) -> bool:
        """True while a decision can be taken on this page."""
        return self.found.used_at is None and not self.found.expired and self.view is not None

    @property
    def meanwhile(self) -> tuple[Happened, ...]:
        """The events that have changed the case since the letter was written, the newest first."""
        if self.view is None or self.found.case_version is None:
            return ()
        moves = (event for event in self.view.events if event.act.split(":")[1] not in _STAYS)
        return tuple(islice(moves, self.view.case.version - self.found.case_version))


def look(session: Session, services: Services, text: str, now: datetime) -> SignedPage | None:
    """The page of this token; None for an unknown token and for a person without access. Writes nothing."""
    found = tokens.find(session, tokens.ACT, text, now)
    if found is None or found.case_id is None:
        return None
    actor = load_actor(session, found.person_id, services.calendar.local_day(now))
    if actor is None:
        return None
    signed_in = replace(actor, way="signed")
    reference = reference_of(session, found.case_id)
    return SignedPage(found, signed_in, case_view.look(session, services, signed_in, reference, now))


def decide(
    session: Session,
    services: Services,
    signed: SignedPage,
    step: str,
    raw: Mapping[str, Any],
    seen: int,
    uploads: Mapping[str, Upload] | None = None,
) -> Done | Refusal:
    """Take the step and consume the token, both or neither. The same decision sent twice is answered twice."""
    if signed.view is None:
        return KeyReused()
    reference = signed.view.case.reference
    done = desk.fire(
        desk.Unit(session, services),
        desk.Request(signed.actor, reference, seen, f"act:{signed.found.hash}"),
        step,
        raw,
        uploads,
    )
    return _consumed(session, signed, done)


def undo(session: Session, services: Services, signed: SignedPage) -> Done | Refusal:
    """Undo the step that the receipt reports, and no later one, and consume the token, both or neither."""
    if signed.view is None or signed.found.case_version is None:
        return KeyReused()
    reference, seen = signed.view.case.reference, signed.found.case_version
    done = desk.undo(
        desk.Unit(session, services), desk.Request(signed.actor, reference, seen, f"act:{signed.found.hash}")
    )
    return _consumed(session, signed, done)


def _consumed(session: Session, signed: SignedPage, done: Done | Refusal) -> Done | Refusal:
    """Consume the token after the one decision of the page."""
    if isinstance(done, Refusal) or done.repeated:
        return done
    at = session.execute(select(CASES.c.changed_at).where(CASES.c.reference == done.reference)).scalar_one()
    return done if tokens.consume(session, signed.found, at) else KeyReused()
