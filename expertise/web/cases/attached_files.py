"""Files attached to a comment or to the answer of a step: several at once, each with its own refusal.

A file that was accepted waits as an upload (`files.uploads`), so a form that is shown again names it and needs no byte
of it anew. Files that a form names were sent before: by a form that was refused, or in parts (`web.cases.uploads`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from expertise.base import clock
from expertise.cases.actions import attachments
from expertise.cases.desk import Upload
from expertise.files import uploads
from expertise.files.uploads import UploadRecord
from expertise.identity import runtime
from expertise.people.access import Actor
from expertise.web.cases.files import charged, digest_of, size_of, taken
from expertise.web.kit import unsent
from expertise.web.kit.forms import ErrorLink
from expertise.web.kit.i18n import translator
from expertise.web.kit.messages import describe_problem
from workflows.definition import Definition, Transition
from workflows.fields.types import COMMENT
from workflows.refusals import Problem

#: Names of the controls: files that come with the form, and keys of uploads that came before.
NEW, KEPT = "new-files", "kept-files"
#: Files of one comment.
MOST = 20


@dataclass(frozen=True, slots=True)
class WaitingFile:
    """A file that came before and that the form names: its key, its name and its size in words."""

    key: str
    name: str
    size: str


@dataclass(frozen=True, slots=True)
class Attached:
    """The files of one form. `problems` are sentences, each with the name of the file that must be chosen again."""

    files: tuple[UploadRecord, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def uploads(self) -> tuple[Upload, ...]:
        """The accepted files, as the desk takes them."""
        return tuple(Upload(each.sha256 or "", each.size, each.name, each.media_type or "") for each in self.files)

    @property
    def errors(self) -> list[ErrorLink]:
        """The problems as lines of an error summary."""
        return [ErrorLink(sentence, f"#f-{NEW}") for sentence in self.problems]


@dataclass(frozen=True, slots=True)
class AttachmentField:
    """The control for files of a form, with the files that wait and the sentences about those that were refused."""

    waiting: Sequence[WaitingFile] = ()
    problems: Sequence[str] = ()
    longest: int = 0  # bytes of one file
    hint: str = ""


def control(db: Session, actor: Actor, attached: Attached | None = None) -> AttachmentField:
    """Return the control for the page of a form; without `attached` with what an unsent form of the page names."""
    limit = runtime().settings.upload_bytes
    files: Sequence[UploadRecord] = ()
    if attached is not None:
        files = attached.files
    elif actor.person_id is not None and (keys := unsent.values_left(KEPT)):
        files = uploads.chosen(db, actor.person_id, keys)
    return AttachmentField(
        [WaitingFile(each.key, each.name, translator().size(each.size)) for each in files],
        attached.problems if attached is not None else (),
        limit,
        hint=_(
            "Up to %(most)s files. PDF, Word, Excel, PowerPoint, OpenDocument, JPEG, PNG, text or CSV. "
            "At most %(limit)s MB each.",
            most=MOST,
            limit=limit // attachments.MEGABYTE,
        ),
    )


def takes_files(definition: Definition, step: Transition) -> bool:
    """Return whether files may come with the step: with its comment, unless what it says is sealed in a part."""
    sealed = step.opens is not None and definition.parts[step.opens].sealed
    return COMMENT.key in step.asks and not sealed


def has_new() -> bool:
    """Return whether files came with the form of this request."""
    return bool(_new())


def receive(actor: Actor) -> Attached:
    """Inspect and store the files of this form. Ask first whether the actor may do what the files are for."""
    person = actor.person_id
    if person is None:
        return Attached()
    with runtime().transactions.read() as db:
        files = uploads.chosen(db, person, request.form.getlist(KEPT))[:MOST]
    problems = []
    for came in _new():
        found = _stored(came, actor, person) if len(files) < MOST else Problem("too_many_files", (("max", MOST),))
        if isinstance(found, Problem):
            problems.append(_about(came.filename or "", found))
        else:
            files.append(found)
    return Attached(tuple(files), tuple(problems))


def hashed(actor: Actor) -> Attached:
    """Return the files of this form without storing them: enough to recognise a request sent twice."""
    with runtime().transactions.read() as db:
        files = uploads.chosen(db, actor.person_id or 0, request.form.getlist(KEPT))
    new = (UploadRecord("", each.filename or "", size_of(each), digest_of(each)) for each in _new())
    return Attached((*files, *new))


def _new() -> list[FileStorage]:
    return [each for each in request.files.getlist(NEW) if each.filename]


def _stored(came: FileStorage, actor: Actor, person: int) -> UploadRecord | Problem:
    most, size, name = runtime().settings.upload_daily_bytes, size_of(came), came.filename or ""
    if not charged(actor, size, most):
        return attachments.quota_spent(most)
    found = taken(came.stream, name)
    return found if isinstance(found, Problem) else remember(person, found)


def remember(person: int, upload: Upload) -> UploadRecord | Problem:
    """Write the row of a file that was accepted, and return it; a problem if too many of this person's files wait."""
    now = clock.now()
    with runtime().transactions.write() as db:
        key = uploads.begin(db, person, upload.name, upload.size, now)
        if key is None:
            return Problem("too_many_files", (("max", uploads.MOST),))
        uploads.complete(db, key, upload.sha256, upload.name, upload.media_type, now)
    return UploadRecord(key, upload.name, upload.size, upload.sha256, upload.media_type)


def _about(name: str, problem: Problem) -> str:
    return f"{' '.join(name.split())[:100]}: {describe_problem(problem)}"
