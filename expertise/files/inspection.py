"""Inspection of uploads: extension and content must agree, and nothing may be hidden.

Reads the file from disk in pieces, so that it is never in memory as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from expertise.files import file_names, formats, scanner, signature
from expertise.files.mail_parts import check_mail
from expertise.files.office import check_office, check_open_document
from expertise.files.pdf import check_pdf
from expertise.files.scanner import Address
from expertise.files.verdict import AcceptedFile, UnfitFile
from workflows.refusals import Problem

_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."

#: Ending → media type, and what looks at the content; it raises UnfitFile.
FileKinds = Mapping[str, tuple[str, Callable[[Path], None]]]
KINDS: FileKinds = {
    "pdf": ("application/pdf", check_pdf),
    "docx": (_OFFICE + "wordprocessingml.document", check_office("wordprocessingml.document")),
    "xlsx": (_OFFICE + "spreadsheetml.sheet", check_office("spreadsheetml.sheet")),
    "pptx": (_OFFICE + "presentationml.presentation", check_office("presentationml.presentation")),
    "odt": (_OPEN + "text", check_open_document(_OPEN + "text")),
    "ods": (_OPEN + "spreadsheet", check_open_document(_OPEN + "spreadsheet")),
    "png": ("image/png", formats.check_png),
    "jpg": ("image/jpeg", formats.check_jpeg),
    "jpeg": ("image/jpeg", formats.check_jpeg),
    "txt": ("text/plain", formats.check_text),
    "csv": ("text/csv", formats.check_text),
}
#: What mail may bring besides: a forwarded mail and an invitation.
MAIL_KINDS: FileKinds = {
    **KINDS,
    "eml": ("message/rfc822", lambda path: check_mail(path, _judge_inner)),
    "ics": ("text/calendar", formats.check_calendar),
}


def inspect(
    path: Path, name: str, size: int, kinds: FileKinds = KINDS, clamav: Address | None = None
) -> AcceptedFile | Problem:
    """Inspect the file at `path` with the given name. Codes of problems: `verdict.PROBLEMS`.

    `clamav` is the address of a virus scanner that must find the file clean as well. Raises ScannerAway if it does
    not answer.
    """
    try:
        accepted = _judge(path, name, size, kinds)
        if clamav is not None:
            scanner.scan(path, clamav)
        return accepted
    except UnfitFile as fault:
        return Problem(fault.code)


def _judge_inner(path: Path, ending: str, size: int) -> None:
    """Check a file within a mail: by its ending where that is known, else for archives and programs."""
    kind = KINDS.get(ending)
    if kind is not None and size:
        kind[1](path)
    elif formats.holds_foreign(formats.head(path)):
        raise UnfitFile("file_hidden")


def _judge(path: Path, name: str, size: int, kinds: FileKinds) -> AcceptedFile:
    clean_name = file_names.clean(name)
    kind = kinds.get(file_names.ending(clean_name))
    if kind is None:
        raise UnfitFile("file_type")
    if size == 0:
        raise UnfitFile("file_empty")
    media_type, check = kind
    signature.check(formats.windows(path.open("rb")))
    check(path)
    return AcceptedFile(media_type, clean_name)
