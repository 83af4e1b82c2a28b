"""Something is said on a case, on its page or in a mail: to everybody who sees the case, or to the team alone.

The text of an internal note has a name of its own among the private values of its event. So nothing that reads
comments (letters, search, signed pages, reports) can show one; only `views.case_view` reads it, for the team.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import select

from expertise.audit.act import Act, Subject, act_of
from expertise.audit.model import Event, PrivateValue
from expertise.cases.actions.attachments import FILES, HASHES, Upload
from expertise.cases.actions.change import Change
from expertise.cases.actions.decide import own_first
from expertise.cases.actions.mentions import MENTIONS, Mentioned, mentioned
from expertise.cases.actions.outcome import Outcome
from expertise.cases.events import NOTE
from expertise.cases.lookups import Known
from expertise.cases.notify.intents import Letter, Notice
from expertise.cases.queries import CaseRow
from expertise.cases.reach import roles_of
from expertise.cases.services import Unit
from expertise.files.model import file_key
from expertise.people.access import Actor
from expertise.people.scope import READS_ONLY, STAFF
from workflows.definition import Definition
from workflows.fields import types
from workflows.fields.texts import longest
from workflows.fields.types import COMMENT
from workflows.refusals import Invalid, Missing, NotReady, Refusal, WrongRole

#: Whether it is an internal note → the letter to people whom it mentions.
MENTIONED = {False: "mentioned", True: "mentioned_in_note"}


#: For so long after a comment the same words of the same person are asked back where `Received.asks_back` is set.
#: The button "Back" shows the words again in a form with a new key, so its key alone does not show the repetition.
REPEATED_WITHIN = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class JustSaid(Refusal):
    """The same person said the same on this case a moment ago, in the event `sequence`; nobody confirmed a second."""

    code: ClassVar[str] = "just_said"
    at: datetime
    sequence: int


@dataclass(frozen=True, slots=True)
class Received:
    """A comment: the words, the quotation of a mail, and files that were stored and inspected before.

    `internal`: only the team sees it. `mentions`: keys of people who were chosen; @names are found in the words.
    `asks_back`: what this person has just said here is refused with JustSaid instead of being said twice.
    """

    words: str
    quoted: str = ""
    uploads: tuple[Upload, ...] = ()
    internal: bool = False
    mentions: tuple[str, ...] = ()
    by_mail: bool = False  # an @ in a mail is no mention
    asks_back: bool = False


def comment(unit: Unit, actor: Actor, case: CaseRow, said: Received) -> Outcome | Refusal:
    """Keep it on the case; who must act there is notified. Everybody who sees the case may, but who only reads.

    Only the team writes internal notes, and nobody is notified of one. It makes nobody's page stale and restarts no
    clock.
    """
    roles = roles_of(case, actor)
    if not may_speak(roles, internal=said.internal):
        return WrongRole(tuple(sorted(STAFF)))
    if said.internal:
        roles &= STAFF
    definition = unit.services.definitions.pinned(case.digest)
    loaded = types.load(definition, ("comment",), {"comment": said.words}, Known(unit.session, case.id))
    if loaded.errors:
        return Invalid(loaded.errors)
    text = loaded.values["comment"] or ""
    if not text and not said.uploads:
        return NotReady((Missing("answer", "comment"),))
    repeated = _just_said(unit, actor, case, said, text) if said.asks_back and text else None
    if repeated is not None:
        return repeated
    people = _mentioned(unit, case, said, text)
    if isinstance(people, Invalid):
        return people
    files = {file_key(): upload for upload in said.uploads}
    private: dict[str, Any] = {NOTE if said.internal else "comment": text, "quoted": said.quoted, FILES: list(files)}
    private[MENTIONS] = people.keys
    change = Change(
        case=case,
        definition=definition,
        actor=actor,
        role=min(roles, default="anyone"),
        act=Act(actor.source, Subject.NOTE if said.internal else Subject.COMMENT, "add"),
        rule=f"{definition.key}@{definition.version}/comment",
        now=unit.now,
        target=case.state,
        private={name: value for name, value in private.items() if value},
        moves=False,
    )
    letters = _letters(definition, case, said, roles, people.letters(MENTIONED[said.internal], actor))
    return Outcome(change, Notice(letters, person=actor.name) if letters else None, files=files, internal=said.internal)


def _just_said(unit: Unit, actor: Actor, case: CaseRow, said: Received, text: str) -> JustSaid | None:
    """Return the actor's last comment, or note, on this case if it is young and says the same; None otherwise.

    Files that it had not make another comment of it; a form that was gone back to has lost its files.
    """
    subject, name = (Subject.NOTE, NOTE) if said.internal else (Subject.COMMENT, COMMENT.key)
    last = unit.session.execute(
        select(Event.sequence, Event.at)
        .where(
            Event.case_id == case.id,
            Event.actor == actor.key,
            Event.act == str(Act(actor.source, subject, "add")),
            Event.at > unit.now - REPEATED_WITHIN,
        )
        .order_by(Event.sequence.desc())
        .limit(1)
    ).first()
    if last is None:
        return None
    mine = (PrivateValue.case_id == case.id, PrivateValue.sequence == last.sequence)
    rows = unit.session.execute(select(PrivateValue.name, PrivateValue.value).where(*mine))
    values = {row.name: json.loads(row.value) for row in rows}
    sent = set(values.get(HASHES, {}).values())
    same = values.get(name) == text and all(upload.sha256 in sent for upload in said.uploads)
    return JustSaid(last.at, last.sequence) if same else None


def may_speak(roles: frozenset[str], *, internal: bool) -> bool:
    """Return whether somebody with these roles in a case may comment on it, or write an internal note."""
    return not (roles & STAFF if internal else roles) <= READS_ONLY


def _mentioned(unit: Unit, case: CaseRow, said: Received, text: str) -> Mentioned | Invalid:
    return Mentioned() if said.by_mail else mentioned(unit, case, text, said.mentions, internal=said.internal)


def _letters(
    definition: Definition, case: CaseRow, said: Received, roles: Collection[str], mentions: tuple[Letter, ...]
) -> tuple[Letter, ...]:
    """Return the letters about a comment: to the people it mentions first, then to the role that must act.

    That role hears nothing of a note, nor of a comment of somebody who has it as well.
    """
    owner = definition.states[case.state].owner
    if owner is None or owner in roles or said.internal:
        return mentions
    return (*mentions, Letter(owner, "comment_added"))


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
    return replace(mail, words=fit(mail.words), quoted=fit(mail.quoted), by_mail=True)


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
