"""Reads headers of a hostile mail so that none of them can stop the parser.

The library's modern policy raises on `<[x@y]>` and `a@[`. Its old policy, used here, returns raw text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from email.header import decode_header
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import unquote

from expertise.mail.inbound.charset import decode

T = TypeVar("T")

LONGEST = 8 * 1024  # characters of one header that are looked at
MOST_REFERENCES = 50

_BLANKS = re.compile(r"\s*[\r\n]+\s*")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"@\\]+@[^\s<>()\[\],;:\"@\\]+")
#: One address beyond doubt: alone, or in brackets after a name that could not be taken for an address itself.
_ALONE = re.compile(
    rf"\s*(?:(?:\"(?:[^\"\\]|\\.)*\"|[^<>@,;:\"]*)\s*<\s*({_ADDRESS.pattern})\s*>|({_ADDRESS.pattern}))\s*"
)
_PERCENTS = re.compile(r"(?:%[89A-F][0-9A-F]){2}", re.IGNORECASE)
_REFERENCE = re.compile(r"<([^<>\s]{1,200})>")


def raw_headers(message: Message) -> list[tuple[str, str]]:
    """Return name and unfolded text of every header in their order; encoded words are not decoded."""
    return [(name, _CONTROL.sub("\ufffd", _text(value))) for name, value in message.raw_items()]


def first_of(message: Message, name: str) -> str:
    """Return the unfolded text of the first header of that name (in lower case); "" if there is none."""
    return next((value for found, value in raw_headers(message) if found.lower() == name), "")


def readable(value: str) -> str:
    """Return the text with its encoded words decoded."""
    return guarded(lambda: "".join(_word(*part) for part in decode_header(value)), value).strip()


def file_name(part: Message) -> str:
    """Return the name of a part's file, "" if it has none: RFC 2231, encoded words, or raw eight-bit text.

    The library reads neither raw eight-bit names nor Kazakh ones that are declared as cp1251.
    """
    raw = {name.lower(): str(value) for name, value in reversed(list(part.raw_items()))}
    for header, parameter in (("content-disposition", "filename"), ("content-type", "name")):
        found = guarded(lambda: _parameter(raw[header], parameter), "") if header in raw else ""  # noqa: B023 called here
        if found:
            return found
    return ""


def _parameter(value: str, name: str) -> str:
    carrier = Message()
    carrier["X"] = _BLANKS.sub(" ", eight_bit(value[:LONGEST]))
    found = carrier.get_param(name, "", header="X")
    if isinstance(found, tuple):
        charset, _, text = found
        read = guarded(lambda: decode(text.encode("latin-1"), charset)[0], text)
    else:
        read = _without_percents(readable(str(found)))
    return _CONTROL.sub("\ufffd", read)


def _without_percents(name: str) -> str:
    """Return a name that some web mail percent-encodes without saying so; any other name unchanged."""
    if not _PERCENTS.search(name):
        return name
    return guarded(lambda: unquote(name, errors="strict"), name)


def the_sender(values: Iterable[str]) -> str | None:
    """Return the address of From in lower case; None for two headers, two addresses or an ambiguous text."""
    found = list(values)
    match = _ALONE.fullmatch(found[0]) if len(found) == 1 else None
    address = match[1] or match[2] if match else ""
    # asked before `lower`, which makes an ASCII k of U+212A
    return address.lower() if address.isascii() and address.isprintable() and address else None


def addresses(values: Iterable[str]) -> tuple[str, ...]:
    """Return everything that looks like an address in these headers, in lower case, each once."""
    return tuple(dict.fromkeys(found.lower() for value in values for found in _ADDRESS.findall(value)))


def references(values: Iterable[str]) -> tuple[str, ...]:
    """Return the well-formed Message-IDs."""
    return tuple(found for value in values for found in _REFERENCE.findall(value))[:MOST_REFERENCES]


def date_of(value: str) -> str | None:
    """Return the date as an ISO moment; None if it is no date or has no time zone."""
    moment = guarded(lambda: parsedate_to_datetime(value), None)
    return moment.isoformat() if moment is not None and moment.tzinfo is not None else None


def guarded(read: Callable[[], T], otherwise: T) -> T:
    """Return the result of `read`, or `otherwise` if it raises; hostile mail makes the library raise any error."""
    try:
        return read()
    except Exception:  # noqa: BLE001 see above; memory and recursion are left to the limits of the process
        return otherwise


def _text(value: object) -> str:
    """Return the header unfolded; cut at LONGEST characters, with U+FFFD in place of the rest.

    Raw eight-bit text stands as surrogates in what the library hands over.
    """
    text = str(value)
    return _BLANKS.sub(" ", eight_bit(text[:LONGEST])) + ("\ufffd" if len(text) > LONGEST else "")


def eight_bit(text: str) -> str:
    """Return the text with its surrogates read as the bytes for which they stand, in a guessed charset."""
    return text if text.isascii() else decode(text.encode("utf-8", "surrogateescape"), None)[0]


def _word(part: bytes | str, charset: str | None) -> str:
    return part if isinstance(part, str) else decode(part, charset)[0]
