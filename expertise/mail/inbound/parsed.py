"""What a mail holds, once it is read: plain values that pass through a pipe as JSON."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

#: Codes of `Unreadable.reason`, each explained on the page of the quarantine.
UNREADABLE = ("headers_too_long", "too_many_boundaries", "too_deep", "too_costly", "broken")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file in a mail, under the name somebody gave it. `small_picture`: belongs to how the mail looks."""

    name: str
    media_type: str
    content: bytes
    small_picture: bool = False


@dataclass(frozen=True, slots=True)
class DeliveryFailure:
    """What a server says of one recipient: `status` as 5.1.1, `words` as it put it."""

    recipient: str
    action: str
    status: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """A mail as text. `sender` is the one address that From means beyond doubt, else None; all in lower case.

    `headers` are all of them in their order, decoded, the long ones cut. `date` is an ISO moment. `flags` say
    what was strange: two_senders, charset_guessed, html_only, cut, winmail, no_message_id, no_date.
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
        """The first header of that name, in lower case; empty when there is none."""
        return next((value for found, value in self.headers if found.lower() == name), "")

    def has(self, name: str) -> bool:
        """Whether there is a header of that name, in lower case."""
        return any(found.lower() == name for found, _ in self.headers)


@dataclass(frozen=True, slots=True)
class UnreadableMail:
    """A mail that cannot be read within the limits; nothing else is known of it but its headers' beginning."""

    reason: str


def packed(found: ParsedMail | UnreadableMail) -> bytes:
    """As JSON; what was broken in a way JSON cannot say is replaced."""
    if isinstance(found, UnreadableMail):
        said: dict[str, Any] = {"unreadable": found.reason}
    else:
        said = {name: value for name, value in asdict(found).items() if name != "attachments"}
        said["attachments"] = [
            [each.name, each.media_type, base64.b64encode(each.content).decode(), each.small_picture]
            for each in found.attachments
        ]
    return json.dumps(said).encode()


def unpacked(text: bytes) -> ParsedMail | UnreadableMail:
    """The counterpart of `packed`. Raises ValueError, KeyError or TypeError for anything else."""
    said = json.loads(text)
    if "unreadable" in said:
        return UnreadableMail(said["unreadable"])
    attachments = tuple(
        Attachment(name, kind, base64.b64decode(content), small) for name, kind, content, small in said["attachments"]
    )
    said |= {name: tuple(said[name]) for name in ("references", "recipients", "undelivered", "flags")}
    said["headers"] = _pairs(said["headers"])
    said["failures"] = tuple(DeliveryFailure(**each) for each in said["failures"])
    return ParsedMail(**{**said, "attachments": attachments})


def _pairs(found: Iterable[Iterable[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in found)
