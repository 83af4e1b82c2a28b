"""Upload and download. Uploads are stored and inspected before any transaction; a download needs a visible case."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Flask, abort, send_file
from flask.wrappers import Response as Page
from flask_babel import gettext as _
from sqlalchemy import Row
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.wrappers import Response

from expertise import identity
from expertise.base import clock
from expertise.cases import queries
from expertise.cases.actions import attachments
from expertise.cases.desk import Upload
from expertise.files import quota, storage
from expertise.files.scanner import ScannerAway
from expertise.files.storage import ByteStream
from expertise.identity import runtime
from expertise.people.access import Actor
from expertise.web.cases import load
from expertise.web.kit.errors import say
from workflows.definition import Definition
from workflows.refusals import Invalid, Problem

log = logging.getLogger("komek.web")
blueprint = Blueprint("files", __name__)

#: What a browser may do with a file that it opens after all: nothing.
SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"


class FileUnavailable(Exception):
    """The bytes of a stored file cannot be read: lost, on a disk that is away, or closed to this process."""


def attach(app: Flask) -> None:
    """Register the pages and the answer to a missing file."""
    app.register_blueprint(blueprint)
    app.register_error_handler(FileUnavailable, file_unavailable)


def file_unavailable(_error: FileUnavailable) -> tuple[Page | str, int]:
    """Answer with 503, not with 404 or 500: the file is known, and it comes back with the disk."""
    return say(
        503,
        _("The file is not available at present"),
        _("Komek knows the file, but its content is missing from the store. The fault is ours and has been recorded."),
        _("Tell the administrator, who can bring it back from the backup; nothing else of the case is affected."),
    )


@blueprint.get("/files/<key>")
def download(key: str) -> Response:
    """The file as an attachment, under the name it came with."""
    with runtime().transactions.read() as db:
        found = queries.find_file(db, identity.actor(db), key)
        if found is not None:
            load.record_access(db, queries.of_id(db, found.case_id), key)
    if found is None:
        abort(404)
    return hand_out(found)


def hand_out(found: Row[Any]) -> Response:
    """Answer with a stored file as an attachment, never shown in the browser. Raises FileUnavailable."""
    try:
        content = storage.open_file(runtime().settings.data, found.sha256)
    except OSError as error:
        log.error("file %s is not in the store: %s (%s)", found.key, found.sha256, error.strerror or "no hash")  # noqa: TRY400
        raise FileUnavailable from error
    answer = send_file(content, found.media_type, as_attachment=True, download_name=found.name, max_age=0)
    answer.headers["Content-Security-Policy"] = SANDBOX
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def files_in(definition: Definition, names: Iterable[str]) -> list[str]:
    """Those of `names` that are fields of the definition and take a file."""
    return [name for name in names if name in definition.fields and definition.fields[name].type.is_file]


def receive(sent: MultiDict[str, FileStorage], names: Iterable[str], actor: Actor) -> dict[str, Upload] | Invalid:
    """Inspect and store the uploads for the fields `names`; Invalid with the problems of all of them.

    Ask first whether the actor may do what the files are for: these bytes count for their day, whatever comes of them.
    """
    came = _came(sent, names)
    most = runtime().settings.upload_daily_bytes
    if came and not charged(actor, sum(size_of(each) for each in came.values()), most):
        return Invalid(tuple((name, (attachments.quota_spent(most),)) for name in came))
    uploads: dict[str, Upload] = {}
    errors: list[tuple[str, tuple[Problem, ...]]] = []
    for name, each in came.items():
        found = taken(each.stream, each.filename or "")
        if isinstance(found, Problem):
            errors.append((name, (found,)))
        else:
            uploads[name] = found
    return Invalid(tuple(errors)) if errors else uploads


def hashed(sent: MultiDict[str, FileStorage], names: Iterable[str]) -> dict[str, Upload]:
    """Return the uploads for the fields `names` without storing them: enough to recognise a request sent twice."""
    return {
        name: Upload(digest_of(each), size_of(each), each.filename or "", "")
        for name, each in _came(sent, names).items()
    }


def _came(sent: MultiDict[str, FileStorage], names: Iterable[str]) -> dict[str, FileStorage]:
    return {name: sent[name] for name in names if name in sent and sent[name].filename}


def charged(actor: Actor, size: int, most: int) -> bool:
    """Count bytes for the actor's day; False, and nothing counted, if they would exceed `most`."""
    if actor.person_id is None:
        return True  # a machine
    today = runtime().services.calendar.local_day(clock.now())
    with runtime().transactions.write() as db:
        return quota.charge(db, actor.person_id, today, size, most)


def digest_of(came: FileStorage) -> str:
    """Return the SHA-256 of a file that came with a form."""
    return hashlib.file_digest(came.stream, "sha256").hexdigest()  # type: ignore[arg-type]


def size_of(came: FileStorage) -> int:
    """Return the size of a file that came with a form, in bytes."""
    size = came.stream.seek(0, os.SEEK_END)
    came.stream.seek(0)
    return size


def taken(stream: ByteStream, name: str) -> Upload | Problem:
    """Inspect and store a file that came under this name; a problem if it is refused, or cannot be checked now."""
    try:
        return attachments.take(stream, name, runtime().settings)
    except ScannerAway as error:
        log.error("a file was not taken: %s", error)  # noqa: TRY400 the text says all
        return Problem("file_unchecked")
