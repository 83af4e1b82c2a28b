"""A mail is kept on a case: what was written, what it quoted, and its files. Like a comment, and told like one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from expertise.base import clock
from expertise.cases import answered, notices, queries, records, uploading
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
from workflows.fields import COMMENT
from workflows.refusals import Invalid, KeyReused, Missing, NotFound, NotReady, Refusal, WrongRole
from workflows.values import longest

#: What no text of ours may hold, and what a mail program may well have written.
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

_UNSEEN = " \t\n\u00a0\u00ad\u200b\u200c\u200d\u2060\ufeff"


@dataclass(frozen=True, slots=True)
class Received:
    """What somebody wrote, the rest of their mail, and files that were stored and inspected before."""

    words: str
    quoted: str = ""
    uploads: tuple[Upload, ...] = ()


def fit(text: str) -> str:
    """The text as a comment can hold it; the whole mail is kept elsewhere."""
    plain = _UNFIT.sub("", text.replace("\r\n", "\n")).strip(_UNSEEN)
    most = longest(COMMENT)
    return plain if len(plain) <= most else plain[: most - 1].rstrip() + "…"


def receive(
    session: Session, shop: Shop, actor: Actor, reference: str, mail: Received, key: str | None = None
) -> Done | Refusal:
    """Keep the mail of `actor` on the case. It makes nobody's page stale and restarts no clock."""
    asked = answered.fingerprint("receive", reference, mail.words, [upload.sha256 for upload in mail.uploads])
    case = queries.lock(session, actor, reference)
    if case is None:
        return NotFound()
    earlier = answered.before(session, actor.key, key, asked)
    if earlier is not None:
        return earlier
    if roles_of(case, actor) <= READS_ONLY:
        return WrongRole(tuple(sorted(STAFF)))
    definition = shop.kinds.pinned(case.digest)
    said = {"comment": fit(mail.words), "quoted": fit(mail.quoted)}
    loaded = fields.load(definition, ("comment",), {"comment": said["comment"]}, Known(session, case.id))
    if loaded.errors:
        return Invalid(loaded.errors)
    if not loaded.values["comment"] and not mail.uploads:
        return NotReady((Missing("answer", "comment"),))
    now = clock.now()
    keys = {str(place): file_key() for place in range(len(mail.uploads))}
    uploading.keep(session, case.id, actor, dict(zip(keys, mail.uploads, strict=True)), keys, now)
    private: dict[str, Any] = {**said, **loaded.values, "files": list(keys.values())}
    change = Change(
        case=case,
        definition=definition,
        actor=actor,
        role=min(roles_of(case, actor), default="anyone"),
        act=f"{actor.source}:comment:add",
        rule=f"{definition.key}@{definition.version}/comment",
        now=now,
        target=case.state,
        private={name: value for name, value in private.items() if value},
        moves=False,
    )
    columns = records.moved(session, shop, change)
    owner = definition.states[case.state].owner
    if owner is not None and owner not in roles_of(case, actor):
        letters = {owner: "comment_added"}
        subject = records.subject_of(change, columns)
        told = loaded.values["comment"] or ""
        notices.tell(session, shop, subject, letters, now, actor_role=change.role, comment=told)
    done = Done(case.reference, columns["version"], case.state, columns["sequence"])
    return done if answered.keep(session, actor.key, key, asked, done, now) else KeyReused()
