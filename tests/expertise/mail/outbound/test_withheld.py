"""A letter to nobody is one statement on either database, and leaves nothing behind."""

from __future__ import annotations

from sqlalchemy import event, select

from expertise.base import clock
from expertise.mail.model import OutgoingLetter
from expertise.mail.outbound.outbox import queue_for_nobody


def test_nobody_gets_no_letter(transactions):
    statements = []
    event.listen(transactions.engine, "before_cursor_execute", lambda *sent: statements.append(sent[2]))
    with transactions.write() as session:
        queue_for_nobody(session, clock.now())
    assert [text.split()[0] for text in statements if text.startswith("INSERT")] == ["INSERT"]
    with transactions.read() as session:
        assert session.scalars(select(OutgoingLetter)).all() == []
