"""Files that arrive in parts: a broken upload goes on where it stopped (the protocol tus 1.0, core and creation).

POST announces a file and answers its address, HEAD or GET there says how much has come, PATCH adds the next part. The
file is inspected when its last byte is here; a form then names the upload by its key. An upload belongs to one person,
is announced within the size limit and counts for the person's day at once. Without a script a file comes with its form.
"""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Mapping

from flask import Blueprint, Flask, abort, jsonify, request, url_for
from flask.wrappers import Response
from werkzeug.exceptions import ClientDisconnected

from expertise import identity
from expertise.base import clock
from expertise.cases.actions import attachments
from expertise.files import storage, uploads
from expertise.files.uploads import UploadRecord
from expertise.identity import runtime
from expertise.web.cases.files import charged, taken
from expertise.web.kit.forms import natural_number
from expertise.web.kit.messages import describe_problem
from workflows.refusals import Problem

log = logging.getLogger("komek.web")
blueprint = Blueprint("uploads", __name__)

VERSION = "1.0.0"
EXTENSIONS = "creation,termination"
#: The media type of a part.
PART = "application/offset+octet-stream"
Answer = Response | tuple[Response | str, int] | tuple[Response | str, int, Mapping[str, str]]


def attach(app: Flask) -> None:
    """Register the addresses."""
    app.register_blueprint(blueprint)


@blueprint.before_request
def check_version() -> Answer | None:
    """Refuse another version of the protocol."""
    if request.headers.get("Tus-Resumable", VERSION) == VERSION:
        return None
    return "", 412, {"Tus-Version": VERSION}


@blueprint.after_request
def add_version(response: Response) -> Response:
    """Name the version in every answer; none of them is kept by a cache."""
    response.headers["Tus-Resumable"] = VERSION
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/uploads")
def begin() -> Answer:
    """Announce a file: `Upload-Length` in bytes, and its name as `filename` in `Upload-Metadata`."""
    size, settings = _number("Upload-Length"), runtime().settings
    if size is None:
        abort(400)
    if size > settings.upload_bytes:
        return _refused(Problem("file_too_large", (("max", settings.upload_bytes // attachments.MEGABYTE),)), 413)
    with runtime().transactions.read() as db:
        actor = identity.actor(db)
    if size == 0 or actor.person_id is None:
        return _refused(Problem("file_empty"))
    if not charged(actor, size, settings.upload_daily_bytes):
        return _refused(attachments.quota_spent(settings.upload_daily_bytes))
    with runtime().transactions.write() as db:
        key = uploads.begin(db, actor.person_id, _name(), size, clock.now())
    if key is None:
        return _refused(Problem("too_many_files", (("max", uploads.MOST),)))
    return "", 201, {"Location": url_for("uploads.state", upload=key), "Upload-Offset": "0"}


@blueprint.get("/uploads/<upload>")
def state(upload: str) -> Answer:
    """Say how much has come, and what became of the file."""
    found = _mine(upload)
    message = describe_problem(Problem(found.problem)) if found.problem else ""
    body = jsonify(key=found.key, name=found.name, ready=found.sha256 is not None, message=message)
    return body, 200, {"Upload-Offset": str(_offset(found)), "Upload-Length": str(found.size)}


@blueprint.patch("/uploads/<upload>")
def add(upload: str) -> Answer:
    """Add a part at `Upload-Offset`; inspect the file when it is complete."""
    found, offset = _mine(upload), _number("Upload-Offset")
    if request.mimetype != PART:
        abort(415)
    came = _append(found, offset) if offset == _offset(found) else None
    if came is None:
        return "", 409, {"Upload-Offset": str(_offset(found))}
    problem = _finish(found) if came == found.size and found.is_open else None
    if problem is not None:
        return _refused(problem, 503 if problem.code == "file_unchecked" else 422)
    return "", 204, {"Upload-Offset": str(came)}


@blueprint.delete("/uploads/<upload>")
def end(upload: str) -> Answer:
    """Give the upload up."""
    found = _mine(upload)
    with runtime().transactions.write() as db:
        uploads.drop(db, identity.actor(db).person_id or 0, found.key)
    storage.remove_part(runtime().settings.data, found.key)
    return "", 204


def _mine(key: str) -> UploadRecord:
    with runtime().transactions.read() as db:
        found = uploads.find(db, identity.actor(db).person_id or 0, key)
    if found is None:
        abort(404)
    return found


def _offset(upload: UploadRecord) -> int:
    """Return how many bytes have come; all of them once the file was inspected, because its parts are gone then."""
    if not upload.is_open:
        return upload.size
    return storage.part_size(runtime().settings.data, upload.key)


def _append(upload: UploadRecord, offset: int) -> int | None:
    """Add the body of the request; return how much is here now, None if somebody else adds to it."""
    data = runtime().settings.data
    if not upload.is_open:
        return upload.size
    try:
        return storage.append(data, upload.key, offset, request.stream, upload.size)
    except ClientDisconnected:
        log.info("upload %s broke at %s of %s bytes", upload.key, _offset(upload), upload.size)
        return storage.part_size(data, upload.key)


def _finish(upload: UploadRecord) -> Problem | None:
    """Inspect the complete file and store it; return why it was refused. One that cannot be checked now stays."""
    data, now = runtime().settings.data, clock.now()
    try:
        with storage.open_part(data, upload.key) as stream:
            found = taken(stream, upload.name)
    except FileNotFoundError:  # another request has just finished it
        return None
    if isinstance(found, Problem) and found.code == "file_unchecked":
        return found
    with runtime().transactions.write() as db:
        if isinstance(found, Problem):
            uploads.refuse(db, upload.key, found.code, now)
        else:
            uploads.complete(db, upload.key, found.sha256, found.name, found.media_type, now)
    storage.remove_part(data, upload.key)
    return found if isinstance(found, Problem) else None


def _refused(problem: Problem, status: int = 422) -> Answer:
    return jsonify(message=describe_problem(problem)), status


def _number(header: str) -> int | None:
    return natural_number(request.headers.get(header, ""), 11)


def _name() -> str:
    """Return the name in `Upload-Metadata`: pairs of a word and its value in Base64, parted by commas; "" for none."""
    pairs = (pair.split() for pair in request.headers.get("Upload-Metadata", "").split(","))
    coded = next((pair[1] for pair in pairs if len(pair) == 2 and pair[0] == "filename"), "")
    try:
        return base64.b64decode(coded, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""
