"""Something is said on a case, on its page or in a mail. The desk's verb `comment`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from expertise.base import clock
from expertise.cases import answered, entrance, notices, queries, records, uploading
from expertise.cases.answered import Done
from expertise.cases.judging import roles_of
from expertise.cases.kind import Shop
from expertise.cases.records import Change
from expertise.cases.uploading import Upload
from expertise.cases.vocabulary import Known
from expertise.files.model import file_key
from expertise.people.access import Actor
from expertise.people.scope import READS_ONLY, STAFF
from workflows import fields
from workflows.refusals import Invalid, Missing, NotFound, NotReady, Refusal, WrongRole


@dataclass(frozen=True, slots=True)
class Received:
    """What somebody wrote, what their mail quoted, and files that were stored and inspected before."""

    words: str
    quoted: str = ""
    uploads: tuple[Upload, ...] = ()


def comment(
    session: Session, shop: Shop, actor: Actor, reference: str, text: str, key: str | None = None
) -> Done | Refusal:
    """Say something on a case. Everybody who sees it may, but who only reads; it makes nobody's page stale."""
    asked = answered.fingerprint("comment", reference, text)
    return say(session, shop, actor, reference, Received(text), key, asked)


def say(
    session: Session,
    shop: Shop,
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
    earlier = answered.before(session, actor.key, key, asked)
    if earlier is not None:
        return earlier
    roles = roles_of(case, actor)
    if roles <= READS_ONLY:
        return WrongRole(tuple(sorted(STAFF)))
    definition = shop.kinds.pinned(case.digest)
    loaded = fields.load(definition, ("comment",), {"comment": said.words}, Known(session, case.id))
    if loaded.errors:
        return Invalid(loaded.errors)
    text = loaded.values["comment"] or ""
    if not text and not said.uploads:
        return NotReady((Missing("answer", "comment"),))
    now = clock.now()
    keys = {str(place): file_key() for place in range(len(said.uploads))}
    uploading.keep(session, case.id, actor, dict(zip(keys, said.uploads, strict=True)), keys, now)
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
    columns = records.moved(session, shop, change)
    owner = definition.states[case.state].owner
    if owner is not None and owner not in roles:
        letters, subject = {owner: "comment_added"}, records.subject_of(change, columns)
        notices.tell(session, shop, subject, letters, now, actor_role=change.role, acted=change.acted, comment=text)
    return entrance.answer(session, change, columns, key, asked)
