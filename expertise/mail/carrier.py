"""Carries letters from the outbox to the mail server, outside of any transaction of the house.

For each batch: claim in one short transaction; then for each letter write the attempt, send, and record
what happened in a transaction of its own. Killed at any point, a letter is sent again after its lease,
under the same Message-ID; it is never lost.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from expertise.base import clock
from expertise.base.crash import crashpoint
from expertise.base.transaction import Transactions
from expertise.mail import letters, outbox, smtp, tokens
from expertise.mail.envelope import message_bytes
from expertise.mail.outbox import Claimed
from expertise.mail.tokens import Given

log = logging.getLogger("komek.mail")


class Post(Protocol):
    """The settings a carrier reads."""

    @property
    def smtp_url(self) -> str | None:
        """Where the mail server is; None: letters wait."""

    @property
    def mail_from(self) -> str:
        """The sender's address."""

    @property
    def secret_key(self) -> str | None:
        """What tokens are derived from; None: letters wait."""

    @property
    def url(self) -> str:
        """The public address, for the signed pages."""


@dataclass(frozen=True, slots=True)
class Carried:
    """How many letters of one batch ended how."""

    sent: int = 0
    postponed: int = 0
    failed: int = 0
    uncertain: int = 0


class _Round:
    """One batch on its way. `moment` follows the real clock from the caller's `now`."""

    def __init__(self, transactions: Transactions, settings: Post, secret: str, now: datetime) -> None:
        self.transactions = transactions
        self.settings = settings
        self.secret = secret
        self.domain = settings.mail_from.rpartition("@")[2]
        self.ended: Counter[str] = Counter()
        self._now, self._begun = now, clock.now()

    def moment(self) -> datetime:
        return self._now + (clock.now() - self._begun)

    def record(self, verb: Callable[[Session, int, str, datetime], None], letter: Claimed, answer: str) -> None:
        with self.transactions.write() as session:
            verb(session, letter.id, answer, self.moment())
        self.ended[verb.__name__] += 1
        if verb is not outbox.accepted:
            log.warning("letter %s %s: %s", letter.id, verb.__name__, answer)


def carry(
    transactions: Transactions,
    settings: Post,
    now: datetime,
    *,
    limit: int = outbox.BATCH,
    timeout: float = smtp.TIMEOUT,
) -> Carried:
    """Send up to `limit` letters that are due; call again while it sends some. Any number may run at once.

    `timeout`: seconds the server has for one answer. Never raises for what a mail server does.
    """
    if settings.smtp_url is None or settings.secret_key is None:
        return Carried()
    with transactions.write() as session:
        claimed = outbox.claim(session, now, limit)
    crashpoint("outbox_after_claim")
    batch = _Round(transactions, settings, settings.secret_key, now)
    server = smtp.Server.from_url(settings.smtp_url)
    while claimed:
        claimed = _over_one_line(batch, server, claimed, timeout)
    ended = batch.ended
    return Carried(ended["accepted"], ended["postponed"], ended["failed"], ended["uncertain"])


def _over_one_line(batch: _Round, server: smtp.Server, claimed: list[Claimed], timeout: float) -> list[Claimed]:
    """Send until the line breaks; returns the letters that are left for a new line, fewer than came."""
    rest = list(claimed)
    current: Claimed | None = None
    try:
        with smtp.Line(server, batch.domain, timeout) as line:
            while rest and line.ready():
                current = rest.pop(0)
                _one(batch, line, current)
    except smtp.Unreachable as fault:
        _put_all_off(batch, current, rest, str(fault))
        return []
    return rest


def _one(batch: _Round, line: smtp.Line, letter: Claimed) -> None:
    carried = tokens.given(batch.secret, letter.message_id)
    with batch.transactions.write() as session:
        if not outbox.begin(session, letter, batch.moment()):
            return
        tokens.keep(session, letter, carried, batch.moment())
    try:
        message = _written(batch, letter, carried)
        answer = line.send(f"b.{carried.bounce}@{batch.domain}", letter.email, message)
    except smtp.Postponed as fault:
        batch.record(outbox.postponed, letter, str(fault))
    except (smtp.Refused, _Unwritable) as fault:
        batch.record(outbox.failed, letter, str(fault))
    except smtp.Uncertain as fault:
        batch.record(outbox.uncertain, letter, str(fault))
    else:
        crashpoint("outbox_before_mark")
        batch.record(outbox.accepted, letter, answer)


class _Unwritable(Exception):
    """Our own fault: the letter cannot be made. It must not stand in the way of the others."""


def _written(batch: _Round, letter: Claimed, carried: Given) -> bytes:
    about_a_case = letter.case_id is not None
    page = {"act": f"{batch.settings.url}/act/{carried.act}" if about_a_case else "", "code": carried.code}
    try:
        letter.email.encode("ascii")
        rendered = letters.render(letter.letter, letter.language, {**letter.context, **page})
        reply_to = f"r.{carried.reply}@{batch.domain}"
        return message_bytes(letter, rendered, batch.settings.mail_from, reply_to, batch.moment())
    except Exception as fault:
        log.exception("letter %s (%s) cannot be written", letter.id, letter.letter)
        raise _Unwritable(f"cannot be written: {type(fault).__name__}: {fault}") from fault


def _put_all_off(batch: _Round, begun: Claimed | None, rest: list[Claimed], answer: str) -> None:
    """No server: it counts as an attempt of each of them, so that a long outage is asked about less and less."""
    for letter in rest:
        with batch.transactions.write() as session:
            mine = outbox.begin(session, letter, batch.moment())
        if mine:
            batch.record(outbox.postponed, letter, answer)
    if begun is not None:
        batch.record(outbox.postponed, begun, answer)
