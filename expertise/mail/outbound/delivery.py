"""Sends letters of the outbox to the mail server. No transaction is open while the server is spoken to.

For each batch: claim in one short transaction; then for each letter write the attempt, send, and record
the result in a transaction of its own. If the process is killed at any point, the letter is sent again after
its lease, under the same Message-ID. No letter is lost.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from expertise.base import clock
from expertise.base.crash import crashpoint
from expertise.base.transaction import Transactions
from expertise.mail import tokens
from expertise.mail.claimed_letter import ClaimedLetter
from expertise.mail.letters import overrides, templates
from expertise.mail.letters.templates import LetterTemplate
from expertise.mail.outbound import (
    circuit_breaker,
    claims,
    smtp,
    thread,
)
from expertise.mail.outbound import (
    headers as letter_headers,
)
from expertise.mail.outbound.claims import Recheck
from expertise.mail.outbound.message import message_bytes
from expertise.mail.outbound.results import RECORDS, AttemptEnd
from expertise.mail.outbound.thread import ThreadContext
from expertise.mail.tokens import LetterTokens

log = logging.getLogger("komek.mail")


class SendSettings(Protocol):
    """The settings that sending reads."""

    @property
    def smtp_url(self) -> str | None:
        """URL of the mail server; with None letters wait."""

    @property
    def mail_from(self) -> str:
        """Address of the sender."""

    @property
    def secret_key(self) -> str | None:
        """Secret from which tokens are derived; with None letters wait."""

    @property
    def url(self) -> str:
        """Public address of Komek, for links to signed pages."""

    @property
    def mail_held(self) -> bool:
        """Whether a letter leaves only after a person has released it."""


@dataclass(frozen=True, slots=True)
class BatchResult:
    """Number of letters of one batch by result. `paused`: the circuit breaker stops the queue."""

    sent: int = 0
    postponed: int = 0
    failed: int = 0
    uncertain: int = 0
    paused: bool = False


class _Batch:
    """One batch while it is sent. `moment` advances with the real clock from the caller's `now`."""

    def __init__(self, transactions: Transactions, settings: SendSettings, secret: str, now: datetime) -> None:
        self.transactions = transactions
        self.settings = settings
        self.secret = secret
        self.wordings: Mapping[str, LetterTemplate] = {}
        self.sender = letter_headers.LetterSender(settings.mail_from, settings.url)
        self.ended: Counter[AttemptEnd] = Counter()
        self.trial = self.paused = False
        self._now, self._begun = now, clock.now()

    def moment(self) -> datetime:
        return self._now + (clock.now() - self._begun)

    def claim(self, limit: int, recheck: Recheck | None) -> list[ClaimedLetter]:
        """Claim as many letters as the circuit breaker allows."""
        with self.transactions.write() as session:
            allowed = circuit_breaker.allowance(session, self._now, limit)
            self.paused, self.trial = not allowed, bool(allowed) and circuit_breaker.status(session).open
            if not allowed:
                return []
            held = self.settings.mail_held
            claimed = claims.claim(session, self._now, allowed, only_released=held, recheck=recheck)
            self.wordings = overrides.in_force(session) if claimed else {}
            return claimed

    def record(self, end: AttemptEnd, letter: ClaimedLetter, answer: str) -> None:
        """Record the result of an attempt, and update the breaker."""
        with self.transactions.write() as session:
            RECORDS[end](session, letter, answer, self.moment())
            self._learn(session, end, answer)
        self.ended[end] += 1
        if end is not AttemptEnd.ACCEPTED:
            log.warning("letter %s %s: %s", letter.id, end, answer)

    def trip(self, reason: str) -> None:
        with self.transactions.write() as session:
            circuit_breaker.trip(session, reason, self.moment())
        self.paused = True
        log.error("the queue of letters is paused: %s", reason)

    def _learn(self, session: Session, ended: AttemptEnd, answer: str) -> None:
        """Open or close the circuit breaker after this result."""
        if ended is AttemptEnd.ACCEPTED:
            self.paused = False if self.trial and circuit_breaker.close(session, self.moment()) else self.paused
        elif ended is not AttemptEnd.POSTPONED:
            if self.trial:
                circuit_breaker.trip(session, answer, self.moment())
            self.paused = self.trial or circuit_breaker.trip_if_failing(session, self.moment())

    def result(self) -> BatchResult:
        ended = self.ended
        return BatchResult(
            sent=ended[AttemptEnd.ACCEPTED],
            postponed=ended[AttemptEnd.POSTPONED] + ended[AttemptEnd.UNREACHABLE],
            failed=ended[AttemptEnd.FAILED] + ended[AttemptEnd.NO_SUCH_ADDRESS],
            uncertain=ended[AttemptEnd.UNCERTAIN],
            paused=self.paused,
        )


def send_batch(
    transactions: Transactions,
    settings: SendSettings,
    now: datetime,
    *,
    recheck: Recheck | None = None,
    limit: int = claims.BATCH,
    timeout: float = smtp.TIMEOUT,
) -> BatchResult:
    """Send up to `limit` letters that are due and return the counts. Several processes may run it at once.

    Call it again while it sends some. `recheck`: see `claims.claim`. `timeout`: seconds for one answer of the server.
    Errors of the mail server are recorded, not raised.
    """
    if settings.smtp_url is None or settings.secret_key is None:
        return BatchResult()
    batch = _Batch(transactions, settings, settings.secret_key, now)
    claimed = batch.claim(limit, recheck)
    crashpoint("outbox_after_claim")
    server = smtp.SmtpServer.from_url(settings.smtp_url)
    while claimed:
        claimed = _over_one_connection(batch, server, claimed, timeout)
    return batch.result()


def _over_one_connection(
    batch: _Batch, server: smtp.SmtpServer, claimed: list[ClaimedLetter], timeout: float
) -> list[ClaimedLetter]:
    """Send until the connection breaks; return the letters left for a new one, fewer than before."""
    rest = list(claimed)
    try:
        with smtp.SmtpConnection(server, batch.sender.domain, timeout) as connection:
            while rest and connection.ready() and not batch.paused:
                _one(batch, connection, rest.pop(0))
    except smtp.SenderRefused as fault:
        batch.trip(str(fault))
    except smtp.Unreachable as fault:
        _postpone_all(batch, rest, str(fault))
    else:
        if not batch.paused:
            return rest
    with batch.transactions.write() as session:
        for letter in rest:
            claims.give_back(session, letter)
    return []


def _one(batch: _Batch, connection: smtp.SmtpConnection, claimed: ClaimedLetter) -> None:
    letter_tokens = tokens.letter_tokens(batch.secret, claimed.message_id)
    with batch.transactions.write() as session:
        letter = claims.begin(session, claimed, batch.moment())
        if letter is None:
            return
        tokens.store(session, letter, letter_tokens, batch.moment(), stoppable=letter_headers.stoppable(letter.letter))
        context = thread.thread_context(session, letter)
    try:
        message = _built_message(batch, letter, letter_tokens, context)
        answer = connection.send(f"b.{letter_tokens.bounce}@{batch.sender.domain}", letter.email, message)
    except smtp.SenderRefused as fault:
        batch.record(AttemptEnd.UNREACHABLE, letter, str(fault))
        raise
    except smtp.Postponed as fault:
        batch.record(AttemptEnd.POSTPONED, letter, str(fault))
    except smtp.NoSuchAddress as fault:
        batch.record(AttemptEnd.NO_SUCH_ADDRESS, letter, str(fault))
    except (smtp.Refused, _NotRenderable) as fault:
        batch.record(AttemptEnd.FAILED, letter, str(fault))
    except smtp.Uncertain as fault:
        batch.record(AttemptEnd.UNCERTAIN, letter, str(fault))
    else:
        crashpoint("outbox_before_mark")
        batch.record(AttemptEnd.ACCEPTED, letter, answer)


class _NotRenderable(Exception):
    """The letter cannot be built, by a fault of Komek. Other letters are sent all the same."""


def _built_message(batch: _Batch, letter: ClaimedLetter, letter_tokens: LetterTokens, context: ThreadContext) -> bytes:
    about_a_case, sender, now = letter.case_id is not None, batch.sender, batch.moment()
    page = {"act": f"{sender.url}/act/{letter_tokens.act}" if about_a_case else "", "code": letter_tokens.code}
    if letter.context.get("objection"):
        page["objection"] = f"{sender.url}/act/{letter_tokens.act}/objection"
    try:
        letter.email.encode("ascii")
        language = letter.context.get("language") or letter.language  # a trial may be in another one
        rendered = templates.render(
            letter.letter, language, {**letter.context, **page}, batch.wordings.get(letter.letter)
        )
        headers = letter_headers.headers(letter, letter_tokens, context, sender)
        files = letter_headers.files(letter, context, sender, now)
        return message_bytes(letter, rendered, sender.address, headers, files, now)
    except Exception as fault:
        log.exception("letter %s (%s) cannot be written", letter.id, letter.letter)
        raise _NotRenderable(f"cannot be written: {type(fault).__name__}: {fault}") from fault


def _postpone_all(batch: _Batch, rest: list[ClaimedLetter], answer: str) -> None:
    """Record an attempt without a server for each letter, so that pauses grow during a long outage.

    Letters stay in `rest` once the circuit breaker has opened.
    """
    while rest and not batch.paused:
        claimed = rest.pop(0)
        with batch.transactions.write() as session:
            letter = claims.begin(session, claimed, batch.moment())
        if letter is not None:
            batch.record(AttemptEnd.UNREACHABLE, letter, answer)
