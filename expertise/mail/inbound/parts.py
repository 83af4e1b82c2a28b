"""Collects the parts of a mail: text, files, delivery failures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message

from expertise.mail.inbound.charset import decode
from expertise.mail.inbound.headers import file_name, first_of, guarded, readable
from expertise.mail.inbound.html import read_html
from expertise.mail.inbound.parsed import Attachment, DeliveryFailure
from expertise.mail.inbound.quotes import letters_and_digits, split_quotations

LONGEST_TEXT = 200_000  # characters
SMALL_PICTURE = 20_000  # bytes: a logo below a name, not a scan of a letter

LONGEST_SUBJECT = 120  # characters of a forwarded mail's subject that name its file

#: Media type → ending of a file of that type.
_ENDINGS = {"message/rfc822": ".eml", "text/calendar": ".ics", "application/ics": ".ics"}
#: Addresses and pictures that programs write into the plain form of a text.
_LINK = re.compile(r"<?\b(?:https?://|mailto:)[^\s>]*>?|\[(?:image|cid|изображение)[^\]]*\]", re.IGNORECASE)
_METHOD = re.compile(r"^METHOD:(\w+)", re.MULTILINE | re.IGNORECASE)


@dataclass(slots=True)
class Parts:
    """The parts collected so far."""

    plain: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    failures: list[DeliveryFailure] = field(default_factory=list)
    calendar: str | None = None
    flags: set[str] = field(default_factory=set)
    alternative: bool = False  # plain text and HTML are two forms of one text

    def text(self) -> str:
        """Return the text as its writer saw it: the plain one, or what the HTML says where that is something else."""
        shown = "\n".join(self.plain)
        if self.html and (not shown.strip() or self._is_alternative()):
            seen, faint = read_html("\n".join(self.html)[: LONGEST_TEXT * 5])
            if not shown.strip() or (seen and not _says_the_same(shown, seen)):
                shown = seen
                self.flags |= {"html_only"} | ({"hidden_text"} if faint else set())
        if len(shown) > LONGEST_TEXT:
            self.flags.add("cut")
        return shown[:LONGEST_TEXT].replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")

    def _is_alternative(self) -> bool:
        return self.alternative and len(self.plain) == len(self.html) == 1


def parts_of(message: Message) -> Parts:
    """Collect the parts of a mail. Forwarded mails and delivery reports are not opened; the former become files."""
    found = Parts()
    for leaf, around in _leaves(message):
        kind = leaf.get_content_type().lower()
        if kind == "message/delivery-status":
            found.failures += _failures(leaf)
        elif _is_written(leaf, kind):
            _take_text(found, leaf, kind)
            found.alternative = found.alternative or around == "multipart/alternative"
        else:
            _note_meeting(found, leaf, kind, around)
            _take_file(found, leaf, kind)
    return found


def _leaves(message: Message) -> Iterator[tuple[Message, str]]:
    """Yield each part that holds no others, with the content type of the part around it; "" for the mail itself."""
    waiting = [(message, "")]
    while waiting:
        part, around = waiting.pop()
        inner = part.get_payload()
        if isinstance(inner, list) and part.get_content_maintype() == "multipart":
            kind = part.get_content_type().lower()
            waiting += [(child, kind) for child in reversed(inner) if isinstance(child, Message)]
        else:
            yield part, around


def _is_written(leaf: Message, kind: str) -> bool:
    named = file_name(leaf) or guarded(leaf.get_content_disposition, None) == "attachment"
    return kind in ("text/plain", "text/html") and not named


def _take_text(found: Parts, leaf: Message, kind: str) -> None:
    text, replaced = _decoded(leaf)
    if replaced:
        found.flags.add("charset_guessed")
    (found.plain if kind == "text/plain" else found.html).append(text)


def _says_the_same(plain: str, seen: str) -> bool:
    """Return whether each line of the sender's own words in plain text stands in the text of the HTML, too."""
    known = letters_and_digits(seen)
    own = split_quotations(plain[:LONGEST_TEXT]).own.splitlines()
    return all(letters_and_digits(_LINK.sub("", line)) in known for line in own)


def _note_meeting(found: Parts, leaf: Message, kind: str, around: str) -> None:
    """Note the method of an invitation that is the mail itself, or another form of its text; a file is none."""
    attached = guarded(leaf.get_content_disposition, None) == "attachment"
    if kind == "text/calendar" and not attached and around in ("", "multipart/alternative"):
        method = _METHOD.search(_decoded(leaf)[0])
        found.calendar = found.calendar or (method[1].lower() if method else "publish")


def _take_file(found: Parts, leaf: Message, kind: str) -> None:
    content, name = _content(leaf), file_name(leaf)
    if kind in ("application/ms-tnef", "application/vnd.ms-tnef") or name.lower() == "winmail.dat":
        found.flags.add("winmail")
    picture = kind.startswith("image/") and "Content-ID" in leaf and len(content) < SMALL_PICTURE
    name = name or _nameless(leaf, kind)
    ending = _ENDINGS.get(kind, "")
    if not name.lower().endswith(ending):
        name += ending  # programs name a forwarded mail by its subject, without one
    found.attachments.append(Attachment(name, kind, content, picture, tuple(_inner_names(leaf, kind))))


def _nameless(leaf: Message, kind: str) -> str:
    inner = leaf.get_payload()
    if kind == "message/rfc822" and isinstance(inner, list) and inner and isinstance(inner[0], Message):
        return readable(first_of(inner[0], "subject"))[:LONGEST_SUBJECT] or "message"
    return "invite" if kind == "text/calendar" else f"attachment.{leaf.get_content_subtype()[:10]}"


def _inner_names(leaf: Message, kind: str) -> Iterator[str]:
    if kind == "message/rfc822":
        for part in leaf.walk():
            name = file_name(part) if part is not leaf else ""
            if name:
                yield name


def _content(leaf: Message) -> bytes:
    inner = leaf.get_payload()
    if isinstance(inner, list):  # a mail within the mail
        return b"\n".join(guarded(child.as_bytes, b"") for child in inner if isinstance(child, Message))
    found = guarded(lambda: leaf.get_payload(decode=True), None)
    return found if isinstance(found, bytes) else str(inner).encode("utf-8", "surrogateescape")


def _decoded(leaf: Message) -> tuple[str, bool]:
    charset = guarded(lambda: leaf.get_content_charset(), None)  # noqa: PLW0108 inside the guard
    return decode(_content(leaf), charset)


def _failures(leaf: Message) -> Iterator[DeliveryFailure]:
    """Return a failure per recipient (RFC 3464); the first group of fields is about the message."""
    for group in leaf.get_payload():
        if isinstance(group, Message) and ("Action" in group or "Status" in group):
            said = {name: readable(str(group.get(name, ""))) for name in ("Action", "Status", "Diagnostic-Code")}
            recipient = readable(str(group.get("Final-Recipient", ""))).rpartition(";")[2].strip()
            yield DeliveryFailure(
                recipient, said["Action"].lower()[:20], said["Status"][:20], said["Diagnostic-Code"][:300]
            )
