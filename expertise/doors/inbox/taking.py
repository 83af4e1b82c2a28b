"""The one way in for a mail, by whichever route: it is stored and committed before anybody looks at it."""

from __future__ import annotations

from expertise.base import clock
from expertise.base.crash import crashpoint
from expertise.base.transaction import Transactions
from expertise.doors.inbox.processing import process
from expertise.mail.inbound import store as inbound_store
from expertise.mail.inbound.store import Envelope, Taken

__all__ = ["Envelope", "Taken", "process", "take_in"]


def take_in(transactions: Transactions, raw: bytes, envelope: Envelope) -> Taken:
    """Store the mail; when this returns, it survives everything, and the route may forget it.

    Raises DatabaseAway and nothing else: then the route keeps the mail and tries again.
    """
    with transactions.write() as session:
        taken = inbound_store.keep(session, raw, envelope, clock.now())
    crashpoint("inbound_after_store")
    return taken
