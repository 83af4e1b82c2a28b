"""Incoming mail, as a test writes it: from whom, to which letter, how the server found the sender to be."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Row, select

from expertise import config
from expertise.base import clock
from expertise.base.database import table_of
from expertise.config import Settings
from expertise.inbox.process import process, receive_mail
from expertise.mail import tokens
from expertise.mail.claimed_letter import ClaimedLetter
from expertise.mail.inbound.model import InboundMail
from expertise.mail.inbound.store import Envelope
from expertise.mail.model import OutgoingLetter
from expertise.mail.outbound.outbox import NewLetter, queue
from expertise.people.model import Person
from tests.support.environment import Environment

DOMAIN = "komek.example.kz"
AUTHSERV = "mx.komek.example.kz"
SECRET = "s" * 40
RESULTS = {
    "pass": "dmarc=pass header.from={domain}; spf=pass smtp.mailfrom={domain}",
    "none": "dmarc=none header.from={domain}; spf=none smtp.mailfrom={domain}",
    "fail": "dmarc=fail header.from={domain}; spf=fail smtp.mailfrom={domain}",
}


def settings(folder: Path, **others: object) -> Settings:
    given = {
        "KOMEK_DATA": str(folder),
        "KOMEK_SECRET_KEY": SECRET,
        "KOMEK_MAIL_FROM": f"komek@{DOMAIN}",
        "KOMEK_MAIL_AUTHSERV": AUTHSERV,
        "KOMEK_URL": f"https://{DOMAIN}",
    }
    return replace(config.read(given), **others)


@dataclass(frozen=True)
class Sent:
    """A letter that has left, with the addresses that answers and reports come to."""

    id: int
    reply: str
    bounce: str


class Postbox:
    def __init__(self, env: Environment, post: Settings) -> None:
        self.env, self.post = env, post
        self._numbers = itertools.count(1)

    # --- letters that left --------------------------------------------------------------------

    def letter(self, name: str, reference: str | None = None, now: datetime | None = None) -> Sent:
        """The newest letter to that person about that case, as if it had just been carried."""
        with self.env.transactions.write() as session:
            person = session.scalars(select(Person).where(Person.email == self.env.email(name))).one()
            wanted = select(OutgoingLetter).where(OutgoingLetter.recipient_id == person.id)
            if reference is not None:
                wanted = wanted.where(OutgoingLetter.case_id == self.env.case(reference).id)
            row = session.scalars(wanted.order_by(OutgoingLetter.id.desc()).limit(1)).one()
            return self._leave(session, row, person, now)

    def letter_like(self, name: str, letter: str, context: dict, case_id: int | None = None) -> Sent:
        """A letter that no step has written: a digest, a questionnaire."""
        now = clock.now()
        with self.env.transactions.write() as session:
            person = session.scalars(select(Person).where(Person.email == self.env.email(name))).one()
            key = f"test:{next(self._numbers)}"
            queue(session, [NewLetter(key, letter, person.id, case_id, None, context, now, now)], now)
            row = session.scalars(select(OutgoingLetter).where(OutgoingLetter.dedupe_key == key)).one()
            return self._leave(session, row, person, now)

    def _leave(self, session, row, person, now) -> Sent:
        moment = now or clock.now()
        given = tokens.letter_tokens(SECRET, row.message_id)
        letter = ClaimedLetter(
            row.id, row.message_id, row.letter, row.context, row.case_id, person.id, person.email, "ru", moment
        )
        tokens.store(session, letter, given, moment)
        row.state = "accepted"
        return Sent(row.id, f"r.{given.reply}@{DOMAIN}", f"b.{given.bounce}@{DOMAIN}")

    # --- mail that comes ----------------------------------------------------------------------

    def write(
        self,
        sender: str,
        to: str,
        text: str,
        *,
        auth: str | None = "pass",
        attachments: tuple[tuple[str, bytes], ...] = (),
        **headers: str,
    ) -> bytes:
        """A mail as it reaches us: our own server's word about the sender on top."""
        message = EmailMessage()
        shown = headers.pop("From", sender)
        message["From"] = shown
        message["To"] = to
        message["Subject"] = headers.pop("Subject", "Re: Komek")
        message["Date"] = headers.pop("Date", format_datetime(clock.now()))
        message["Message-ID"] = f"<{next(self._numbers)}@{sender.rpartition('@')[2] or 'nowhere'}>"
        for name, value in headers.items():
            message[name.replace("_", "-")] = value
        message.set_content(text)
        for name, content in attachments:
            message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
        if auth is None:
            return message.as_bytes()
        result = RESULTS[auth].format(domain=sender.rpartition("@")[2])
        return f"Authentication-Results: {AUTHSERV}; {result}\n".encode() + message.as_bytes()

    def take(self, raw: bytes, to: str = "", sender: str = "somebody@example.kz", source: str = "lmtp") -> Row[Any]:
        """Take it in, process it, and look at what became of it."""
        taken = receive_mail(self.env.transactions, raw, Envelope(source, sender, to))
        process(self.env.transactions, self.env.services, self.post, taken.id)
        return self.mail(taken.id)

    def answer(self, name: str, letter: Sent, text: str, **others) -> Row[Any]:
        """A reply of that person."""
        address = self.env.email(name)
        return self.take(self.write(address, letter.reply, text, **others), letter.reply, address)

    def mail(self, mail_id: int) -> Row[Any]:
        with self.env.transactions.read() as session:
            return session.execute(select(table_of(InboundMail)).where(InboundMail.id == mail_id)).one()

    def receipts(self) -> list[Row[Any]]:
        """Every automatic answer, the oldest first."""
        wanted = select(table_of(OutgoingLetter)).where(OutgoingLetter.dedupe_key.startswith("mail:"))
        with self.env.transactions.read() as session:
            return list(session.execute(wanted.order_by(OutgoingLetter.id)))
