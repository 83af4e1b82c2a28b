"""The content of a parsed mail: plain values that pass through a pipe as JSON."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

#: Codes of `UnreadableMail.reason`, each explained on the page of the quarantine.
UNREADABLE = ("headers_too_long", "too_many_boundaries", "too_deep", "too_costly", "broken")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file in a mail under the name its sender gave. `small_picture`: part of the mail's layout, like a logo.

    `inner_names`: names of the files within a forwarded mail.
    """

    name: str
    media_type: str
    content: bytes
    small_picture: bool = False
    inner_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeliveryFailure:
    """A server's report on one recipient: `status` like 5.1.1, and `words` as the server wrote them."""

    recipient: str
    action: str
    status: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """A mail as text. `sender` is the unambiguous address of From, else None; addresses are in lower case.

    `headers` are all headers in their order, decoded and cut, but for Authentication-Results: it is raw and whole.
    `date` is an ISO moment. `flags` are two_senders, charset_guessed, html_only, hidden_text, cut, winmail,
    no_message_id, no_date.
    """

    sender: str | None
    sender_shown: str
    subject: str
    date: str | None
    message_id: str | None
    references: tuple[str, ...]
    recipients: tuple[str, ...]
    headers: tuple[tuple[str, str], ...]
    text: str
    attachments: tuple[Attachment, ...] = ()
    failures: tuple[DeliveryFailure, ...] = ()  # of a delivery report
    undelivered: tuple[str, ...] = ()  # addresses that flufl.bounce knows to have failed for good
    calendar: str | None = None  # the METHOD of an invitation or an answer to one
    flags: tuple[str, ...] = ()

    def header(self, name: str) -> str:
        """Return the first header of that name (in lower case); "" if there is none."""
        return next((value for found, value in self.headers if found.lower() == name), "")

    def has(self, name: str) -> bool:
        """Return whether there is a header of that name (in lower case)."""
        return any(found.lower() == name for found, _ in self.headers)


@dataclass(frozen=True, slots=True)
class UnreadableMail:
    """A mail that cannot be parsed within the limits; `reason` is one of UNREADABLE."""

    reason: str


def packed(found: ParsedMail | UnreadableMail) -> bytes:
    """Return the result as JSON; broken characters are replaced."""
    if isinstance(found, UnreadableMail):
        said: dict[str, Any] = {"unreadable": found.reason}
    else:
        said = {name: value for name, value in asdict(found).items() if name != "attachments"}
        said["attachments"] = [
            [each.name, each.media_type, base64.b64encode(each.content).decode(), each.small_picture, each.inner_names]
            for each in found.attachments
        ]
    return json.dumps(said).encode()


def unpacked(text: bytes) -> ParsedMail | UnreadableMail:
    """Return the result from its JSON. Raises ValueError, KeyError or TypeError for anything else."""
    said = json.loads(text)
    if "unreadable" in said:
        return UnreadableMail(said["unreadable"])
    attachments = tuple(
        Attachment(name, kind, base64.b64decode(content), small, tuple(inner))
        for name, kind, content, small, inner in said["attachments"]
    )
    said |= {name: tuple(said[name]) for name in ("references", "recipients", "undelivered", "flags")}
    said["headers"] = _pairs(said["headers"])
    said["failures"] = tuple(DeliveryFailure(**each) for each in said["failures"])
    return ParsedMail(**{**said, "attachments": attachments})


def _pairs(found: Iterable[Iterable[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in found)
