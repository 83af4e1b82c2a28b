"""SMTP server for demonstrations that writes letters to a folder instead of delivering them."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from expertise.base import clock

SHOWN = 200  # letters in a list
_MOMENT = "%Y%m%d%H%M%S%f"
_NAME = re.compile(r"[0-9]{20}-[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class CaughtLetter:
    """A caught letter as a page shows it. `name` identifies it; `at` is when it was caught."""

    name: str
    sender: str
    to: str
    subject: str
    at: datetime
    text: str
    html: str
    answers_to: str  # where an answer goes; empty where nobody reads one
    message_id: str


class MailCatcher:
    """Listens on 127.0.0.1 in a thread of its own, between `start` and `stop`."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self._controller = Controller(self, hostname="127.0.0.1", port=port)

    def start(self) -> None:
        """Open the port. Raises OSError if it is taken."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._controller.start()

    def stop(self) -> None:
        """Close the port. Caught letters stay."""
        self._controller.stop()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 aiosmtpd's name
        """Answer 250 once the letter is in its file."""
        content = envelope.content
        save(self._folder, content if isinstance(content, bytes) else (content or "").encode())
        return "250 caught"


def save(folder: Path, message: bytes) -> str:
    """Write a message as NAME.eml atomically; return the name."""
    name = f"{clock.now().strftime(_MOMENT)}-{secrets.token_hex(4)}"
    draft = folder / f"{name}.part"
    draft.write_bytes(message)
    draft.replace(folder / f"{name}.eml")
    return name


def caught(folder: Path) -> list[CaughtLetter]:
    """Return the newest letters first, at most SHOWN of them."""
    names = sorted((path.stem for path in folder.glob("*.eml")), reverse=True)[:SHOWN]
    return [letter for letter in (find(folder, name) for name in names) if letter is not None]


def find(folder: Path, name: str) -> CaughtLetter | None:
    """Return the letter with that name; None if there is none."""
    if not _NAME.fullmatch(name):
        return None
    try:
        content = (folder / f"{name}.eml").read_bytes()
    except FileNotFoundError:
        return None
    message = message_from_bytes(content, policy=policy.default)
    return CaughtLetter(
        name=name,
        sender=str(message.get("From", "")),
        to=str(message.get("To", "")),
        subject=str(message.get("Subject", "")),
        at=datetime.strptime(name.partition("-")[0], _MOMENT).replace(tzinfo=UTC),
        text=_part(message, "plain"),
        html=_part(message, "html"),
        answers_to=str(message.get("Reply-To", "")),
        message_id=str(message.get("Message-ID", "")),
    )


def answer(letter: CaughtLetter, text: str, authserv: str) -> bytes:
    """Return a reply as the recipient's mail program and the server `authserv` would write it.

    The same words give the same mail.
    """
    mark = hashlib.sha256(f"{letter.message_id}\n{text}".encode()).hexdigest()[:32]
    domain = letter.to.rpartition("@")[2]
    message = EmailMessage(policy=policy.SMTP)
    message["Authentication-Results"] = f"{authserv}; dmarc=pass header.from={domain}"
    message["From"], message["To"] = letter.to, letter.answers_to
    message["Subject"] = f"Re: {letter.subject}"
    message["In-Reply-To"], message["Message-ID"] = letter.message_id, f"<{mark}@{domain}>"
    quoted = "".join(f"> {line}\n" for line in letter.text.splitlines())
    message.set_content(f"{text}\n\n{letter.at:%d.%m.%Y %H:%M}, {letter.sender}:\n{quoted}")
    return message.as_bytes()


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    return "" if part is None else str(part.get_content())
