"""The form of a comment: its words and its files, sent to the desk, and shown again with what was wrong."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from flask import request
from sqlalchemy.orm import Session

from expertise import identity
from expertise.cases import desk, queries
from expertise.cases.actions import mentions
from expertise.cases.actions.comment import JustSaid, Received, may_speak
from expertise.cases.queries import CaseRow
from expertise.cases.reach import roles_of
from expertise.cases.views.case_view import CaseView
from expertise.identity import runtime
from expertise.people.access import Actor
from expertise.people.scope import STAFF
from expertise.web.cases import attached_files
from expertise.web.cases.attached_files import Attached, AttachmentField
from expertise.web.kit import unsent
from expertise.web.kit.form_fields import FormField
from expertise.web.kit.forms import KEY, SURE, ErrorLink, Form, new_key, summary
from expertise.web.kit.messages import describe, role_name
from workflows.fields.types import COMMENT
from workflows.refusals import Invalid, NotFound, Refusal, WrongRole

#: The control that makes an internal note of a comment.
INTERNAL = "internal"
#: The control whose values stand for people to be notified.
MENTION = "mention"


@dataclass(frozen=True, slots=True)
class SentComment:
    """A comment that was not taken: what was typed and attached, and what was wrong."""

    text: str = ""
    attached: Attached = field(default_factory=Attached)
    internal: bool = False
    mentions: tuple[str, ...] = ()
    refusal: Refusal | None = None

    @property
    def status(self) -> int:
        """The HTTP status of the page that shows it again."""
        if isinstance(self.refusal, WrongRole):
            return 403
        return 409 if isinstance(self.refusal, JustSaid) else 422


@dataclass(frozen=True, slots=True)
class Mentionable:
    """Somebody whom the comment may mention: a word for this case and this person, name, role in words, and the choice.

    Pages show no pseudonyms.
    """

    word: str
    key: str
    name: str
    role: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class CommentForm:
    """The form on the page of a case; `errors` belong into the summary above the page."""

    key: str
    words: FormField
    files: AttachmentField
    notes: bool  # the reader may write internal notes
    internal: bool = False  # this is one
    people: Sequence[Mentionable] = ()
    open: bool = False  # somebody is chosen already
    errors: Sequence[ErrorLink] = ()
    said_in: int = 0  # the event that says the same already; 0 where it was not said yet


def form_of(db: Session, view: CaseView, sent: SentComment | None = None) -> CommentForm | None:
    """Return the form for the reader of the view; None for somebody who only reads."""
    if not may_speak(view.roles, internal=False) and sent is None:
        return None
    again = sent or SentComment()
    problems = dict(again.refusal.errors) if isinstance(again.refusal, Invalid) else {}
    form = Form(view.definition, {COMMENT.key: again.text}, errors=problems)
    people = _people(db, view, again.mentions)
    described = describe(again.refusal, view.definition) if again.refusal is not None else None
    return CommentForm(
        new_key(),
        form.fields([COMMENT.key])[0],
        attached_files.control(db, view.actor, sent.attached if sent is not None else None),
        queries.sees_notes(view.roles),
        again.internal,
        people,
        any(person.chosen for person in people),
        [*(summary(described.items) if described else []), *again.attached.errors],
        again.refusal.sequence if isinstance(again.refusal, JustSaid) else 0,
    )


def _people(db: Session, view: CaseView, chosen: Sequence[str]) -> list[Mentionable]:
    """Return who can be mentioned, without the reader."""
    found = mentions.mentionable(desk.Unit(db, runtime().services), view.case, internal=False)
    others = (person for person in found if person.person_id != view.actor.person_id)
    return [
        Mentionable(_word(view.case, each.key), each.key, each.name, role_name(each.role), each.key in chosen)
        for each in others
    ]


def _word(case: CaseRow, key: str) -> str:
    """Return the word that stands for a person in the form of this case."""
    return hmac.digest(identity.key().encode(), f"komek:mention:{case.id}:{key}".encode(), "sha256").hex()[:16]


def _keys(db: Session, case: CaseRow, words: Sequence[str]) -> tuple[str, ...]:
    """Return the pseudonyms of the people that were chosen; a word of nobody here stays a word, which nobody has."""
    if not words:
        return ()
    found = mentions.mentionable(desk.Unit(db, runtime().services), case, internal=False)
    keys = {_word(case, person.key): person.key for person in found}
    return tuple(keys.get(word, "?") for word in dict.fromkeys(words))


def post(reference: str) -> desk.Done | NotFound | SentComment:
    """Add the comment of this request to the case, or say what is wrong with it. A refused file refuses the comment.

    Words that the person has just said here are asked back, unless they confirm them, and not kept as unsent.
    """
    typed = SentComment(request.form.get(COMMENT.key, ""), internal=request.form.get(INTERNAL) == "yes")
    speaker = _speaker(reference, internal=typed.internal)
    if isinstance(speaker, Refusal):
        return speaker if isinstance(speaker, NotFound) else replace(typed, refusal=speaker)
    actor, chosen = speaker
    typed = replace(typed, mentions=chosen)
    attached = attached_files.receive(actor)
    sent = replace(typed, attached=attached)
    if attached.problems:
        return sent
    asked, sure = desk.Request(actor, reference, key=request.form.get(KEY)), request.form.get(SURE) == "yes"
    answer = runtime().transactions.run(
        lambda db: desk.comment(
            desk.Unit(db, runtime().services),
            replace(asked, actor=identity.actor(db)),
            Received(sent.text, "", attached.uploads, sent.internal, sent.mentions, asks_back=not sure),
        )
    )
    if isinstance(answer, NotFound):
        return answer
    if isinstance(answer, JustSaid):
        unsent.keep_nothing()
    return replace(sent, refusal=answer) if isinstance(answer, Refusal) else answer


def _speaker(reference: str, *, internal: bool) -> tuple[Actor, tuple[str, ...]] | Refusal:
    """Return the person who may speak on this case, and whom they chose: bytes of anybody else are not stored."""
    with runtime().transactions.read() as db:
        actor = identity.actor(db)
        case = queries.find(db, actor, reference)
        if case is None:
            return NotFound()
        if not may_speak(roles_of(case, actor), internal=internal):
            return WrongRole(tuple(sorted(STAFF)))
        return actor, _keys(db, case, request.form.getlist(MENTION))
