"""Something is said on a case, on its page or in a mail."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from expertise.audit.act import Act, Subject, act_of
from expertise.cases.actions.attachments import Upload
from expertise.cases.actions.change import Change
from expertise.cases.actions.decide import own_first
from expertise.cases.actions.outcome import Outcome
from expertise.cases.lookups import Known
from expertise.cases.notify.intents import Notice
from expertise.cases.queries import CaseRow
from expertise.cases.reach import roles_of
from expertise.cases.services import Unit
from expertise.files.model import file_key
from expertise.people.access import Actor
from expertise.people.scope import READS_ONLY, STAFF
from workflows.fields import types
from workflows.fields.texts import longest
from workflows.fields.types import COMMENT
from workflows.refusals import Invalid, Missing, NotReady, Refusal, WrongRole


@dataclass(frozen=True, slots=True)
class Received:
    """A comment: the words, the quotation of a mail, and files that were stored and inspected before."""

    words: str
    quoted: str = ""
    uploads: tuple[Upload, ...] = ()


def comment(unit: Unit, actor: Actor, case: CaseRow, said: Received) -> Outcome | Refusal:
    """Keep it on the case; who must act there is notified. Everybody who sees the case may, but who only reads.

    It makes nobody's page stale and restarts no clock.
    """
    roles = roles_of(case, actor)
    if roles <= READS_ONLY:
        return WrongRole(tuple(sorted(STAFF)))
    definition = unit.services.definitions.pinned(case.digest)
    loaded = types.load(definition, ("comment",), {"comment": said.words}, Known(unit.session, case.id))
    if loaded.errors:
        return Invalid(loaded.errors)
    text = loaded.values["comment"] or ""
    if not text and not said.uploads:
        return NotReady((Missing("answer", "comment"),))
    files = {file_key(): upload for upload in said.uploads}
    private: dict[str, Any] = {"comment": text, "quoted": said.quoted, "files": list(files)}
    change = Change(
        case=case,
        definition=definition,
        actor=actor,
        role=min(roles, default="anyone"),
        act=Act(actor.source, Subject.COMMENT, "add"),
        rule=f"{definition.key}@{definition.version}/comment",
        now=unit.now,
        target=case.state,
        private={name: value for name, value in private.items() if value},
        moves=False,
    )
    owner = definition.states[case.state].owner
    notice = Notice.to({owner: "comment_added"}) if owner is not None and owner not in roles else None
    return Outcome(change, notice, files=files)


#: What no text of ours may hold, and what a mail program may well have written.
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

_UNSEEN = " \t\n\u00a0\u00ad\u200b\u200c\u200d\u2060\ufeff"


def fit(text: str) -> str:
    """The text as a comment can hold it; the complete mail is kept elsewhere."""
    plain = _UNFIT.sub("", text.replace("\r\n", "\n")).strip(_UNSEEN)
    most = longest(COMMENT)
    return plain if len(plain) <= most else plain[: most - 1].rstrip() + "…"


def fitting(mail: Received) -> Received:
    """The mail as a comment can hold it."""
    return Received(fit(mail.words), fit(mail.quoted), mail.uploads)


def note(
    unit: Unit, actor: Actor, case: CaseRow, about: str, values: Mapping[str, Any], roles: tuple[str, ...]
) -> Outcome | Refusal:
    """An event `about` (subject:action) with private `values`, in one of `roles`. It makes nobody's page stale."""
    mine = own_first(case, actor, roles)
    if not mine:
        return WrongRole(roles)
    definition = unit.services.definitions.pinned(case.digest)
    return Outcome(
        Change(
            case=case,
            definition=definition,
            actor=actor,
            role=mine[0],
            act=act_of(f"{actor.source}:{about}"),
            rule=f"{definition.key}@{definition.version}/{about.partition(':')[0]}",
            now=unit.now,
            target=case.state,
            private=values,
            moves=False,
        )
    )
