"""Letters as their readers get them, without a mail server: rendered, with their tokens written down."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import select

from expertise.base import clock
from expertise.mail import tokens
from expertise.mail.letters import templates
from expertise.mail.outbound import claims, results
from expertise.people.model import Person

SECRET = "k" * 40
URL = re.compile(r"https?://[^\s\"<>]+")


@dataclass(frozen=True)
class Post:
    """The settings of a carrier."""

    smtp_url: str | None
    mail_from: str = "komek@komek.example.kz"
    secret_key: str | None = SECRET
    url: str = "https://komek.example.kz"
    mail_held: bool = False


@dataclass(frozen=True)
class Delivered:
    letter: str
    to: str
    act: str  # the path of the signed page
    code: str
    reply: str
    rendered: templates.RenderedLetter

    @property
    def addresses(self) -> set[str]:
        return set(URL.findall(self.rendered.text)) | set(URL.findall(self.rendered.html))


def deliver(transactions, secret=SECRET, url="https://komek.example.kz"):
    """Everything that waits in the outbox, as a carrier would send it."""
    found = []
    with transactions.write() as session:
        for claimed in [claims.begin(session, each, clock.now()) for each in claims.claim(session, clock.now(), 500)]:
            given = tokens.letter_tokens(secret, claimed.message_id)
            tokens.store(session, claimed, given, clock.now())
            act = f"/act/{given.act}" if claimed.case_id is not None else ""
            page = {"act": f"{url}{act}" if act else "", "code": given.code}
            rendered = templates.render(claimed.letter, claimed.language, {**claimed.context, **page})
            results.accepted(session, claimed, "250", clock.now())
            to = session.scalar(select(Person.email).where(Person.id == claimed.recipient_id))
            found.append(Delivered(claimed.letter, to, act, given.code, given.reply, rendered))
    return found
