"""Something is said on a case, on its page or in a mail. The desk's verb `comment`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from expertise.base import clock
from expertise.cases import queries
from expertise.cases.actions import (
    attachments,
    idempotency,
    preconditions,
)
from expertise.cases.actions import (
    change as records,
)
from expertise.cases.actions.attachments import Upload
from expertise.cases.actions.change import Change
from expertise.cases.actions.decide import roles_of
from expertise.cases.actions.idempotency import Done
from expertise.cases.lookups import Known
from expertise.cases.notify import notify
from expertise.cases.services import Services
from expertise.files.model import file_key
from expertise.people.access import Actor
from expertise.people.scope import READS_ONLY, STAFF
from workflows.fields import types
from workflows.fields.types import COMMENT
from workflows.fields.values import longest
from workflows.refusals import Invalid, Missing, NotFound, NotReady, Refusal, WrongRole


@dataclass(frozen=True, slots=True)
class Received:
    """What somebody wrote, what their mail quoted, and files that were stored and inspected before."""

    words: str
    quoted: str = ""
    uploads: tuple[Upload, ...] = ()


def comment(
    session: Session, services: Services, actor: Actor, reference: str, text: str, key: str | None = None
) -> Done | Refusal:
    """Say something on a case. Everybody who sees it may, but who only reads; it makes nobody's page stale."""
    asked = idempotency.fingerprint("comment", reference, text)
    return say(session, services, actor, reference, Received(text), key, asked)


def say(
    session: Session,
    services: Services,
    actor: Actor,
    reference: str,
    said: Received,
    key: str | None,
    asked: str,
) -> Done | Refusal:
    """Keep it on the case; who must act there is told."""
    case = queries.lock(session, actor, reference)
    if case is None:
        return NotFound()
    earlier = idempotency.before(session, actor.key, key, asked)
    if earlier is not None:
        return earlier
    roles = roles_of(case, actor)
    if roles <= READS_ONLY:
        return WrongRole(tuple(sorted(STAFF)))
    definition = services.definitions.pinned(case.digest)
    loaded = types.load(definition, ("comment",), {"comment": said.words}, Known(session, case.id))
    if loaded.errors:
        return Invalid(loaded.errors)
    text = loaded.values["comment"] or ""
    if not text and not said.uploads:
        return NotReady((Missing("answer", "comment"),))
    now = clock.now()
    keys = {str(place): file_key() for place in range(len(said.uploads))}
    attachments.keep(session, case.id, actor, dict(zip(keys, said.uploads, strict=True)), keys, now)
    private: dict[str, Any] = {"comment": text, "quoted": said.quoted, "files": list(keys.values())}
    change = Change(
        case=case,
        definition=definition,
        actor=actor,
        role=min(roles, default="anyone"),
        act=f"{actor.source}:comment:add",
        rule=f"{definition.key}@{definition.version}/comment",
        now=now,
        target=case.state,
        private={name: value for name, value in private.items() if value},
        moves=False,
    )
    columns = records.moved(session, services, change)
    owner = definition.states[case.state].owner
    if owner is not None and owner not in roles:
        letters, subject = {owner: "comment_added"}, records.subject_of(change, columns)
        notify.tell(session, services, subject, letters, now, actor_role=change.role, acted=change.acted, comment=text)
    return preconditions.answer(session, change, columns, key, asked)


#: What no text of ours may hold, and what a mail program may well have written.
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

_UNSEEN = " \t\n\u00a0\u00ad\u200b\u200c\u200d\u2060\ufeff"


def fit(text: str) -> str:
    """The text as a comment can hold it; the whole mail is kept elsewhere."""
    plain = _UNFIT.sub("", text.replace("\r\n", "\n")).strip(_UNSEEN)
    most = longest(COMMENT)
    return plain if len(plain) <= most else plain[: most - 1].rstrip() + "…"


def receive(
    session: Session, services: Services, actor: Actor, reference: str, mail: Received, key: str | None = None
) -> Done | Refusal:
    """Keep the mail of `actor` on the case. It makes nobody's page stale and restarts no clock."""
    asked = idempotency.fingerprint("receive", reference, mail.words, [upload.sha256 for upload in mail.uploads])
    fitting = Received(fit(mail.words), fit(mail.quoted), mail.uploads)
    return say(session, services, actor, reference, fitting, key, asked)
