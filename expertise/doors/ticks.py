"""The worker's door: what the clock makes due. APScheduler is only the metronome; the truth is in tables."""

from __future__ import annotations

import logging
from collections import Counter

from expertise.base import clock
from expertise.base.errors import DatabaseAway
from expertise.base.transaction import Transactions
from expertise.cases import falling_due
from expertise.cases.kind import Shop
from expertise.reminders import plan as reminders

log = logging.getLogger("komek.worker")

#: Seconds between two looks at the timers, and at the outbox.
TIMERS_EVERY, LETTERS_EVERY = 20, 5


def sweep(transactions: Transactions, shop: Shop) -> Counter[str]:
    """Do every timer that is due, each in its own transaction; returns how many by outcome.

    A fault in one leaves it due and is logged; the others go on.
    """
    outcomes: Counter[str] = Counter()
    failed: set[int] = set()
    while True:
        with transactions.read() as session:
            rows = reminders.due(session, clock.now(), reminders.BATCH + len(failed))
        due = [(row.id, row.case_id) for row in rows if row.id not in failed]
        for timer_id, case_id in due:
            outcome = _one(transactions, shop, timer_id, case_id)
            if outcome in ("busy", "fault"):
                failed.add(timer_id)
            outcomes[outcome] += 1
        if not due:
            return outcomes


def _one(transactions: Transactions, shop: Shop, timer_id: int, case_id: int) -> str:
    try:
        return transactions.run(lambda session: falling_due.remind(session, shop, timer_id, case_id)) or "busy"
    except DatabaseAway:
        raise
    except Exception:
        log.exception("timer %s of case %s", timer_id, case_id)
        return "fault"
