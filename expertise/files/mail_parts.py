"""Checks a forwarded mail with all that is in it: its files are judged like files that come by themselves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import Message
from pathlib import Path
from tempfile import NamedTemporaryFile

from expertise.files import file_names, formats, signature
from expertise.files.office_parts import OLE, check_compound
from expertise.files.verdict import UnfitFile

DEEPEST = 3  # mails in one another
MOST_PARTS, MOST_BOUNDARIES = 200, 200
_BOUNDARY = re.compile(rb"boundary\s*=", re.IGNORECASE)

#: Checks a file under a name; None where no check for its ending is known. It raises UnfitFile.
Judge = Callable[[Path, str, int], None]


def check_mail(path: Path, judge: Judge, depth: int = 0) -> None:
    """Check the begin of a mail and each of its parts. `depth` counts the mails around it."""
    formats.must_be_mail(path)
    content = path.read_bytes()
    if depth > DEEPEST or sum(1 for _ in _BOUNDARY.finditer(content)) > MOST_BOUNDARIES:
        raise UnfitFile("file_bomb")
    try:
        parts = list(_leaves(message_from_bytes(content, policy=policy.compat32)))
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise UnfitFile("file_damaged") from error
    if len(parts) > MOST_PARTS:
        raise UnfitFile("file_bomb")
    for name, inner in parts:
        _check_part(name, inner, judge, depth)


def _leaves(message: Message) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each part that holds no parts."""
    for part in message.walk():
        if part.is_multipart():
            continue
        content = part.get_payload(decode=True)
        yield _name(part), content if isinstance(content, bytes) else b""


def _name(part: Message) -> str:
    name = part.get_filename()
    return str(name) if name else ""


def _check_part(name: str, content: bytes, judge: Judge, depth: int) -> None:
    signature.check_window(content)
    if file_names.is_program(name.lower()):
        raise UnfitFile("file_hidden")
    if content.startswith(OLE):
        check_compound(content)
        return
    ending = name.rpartition(".")[2].strip().lower()
    if ending in ("txt", "csv", "ics", "") or not content:
        if name and formats.holds_foreign(content[: formats.HEAD]):
            raise UnfitFile("file_hidden")
        return
    with NamedTemporaryFile(prefix="komek-") as copy:
        copy.write(content)
        copy.flush()
        inner = Path(copy.name)
        if ending == "eml":
            check_mail(inner, judge, depth + 1)
        else:
            judge(inner, ending, len(content))
