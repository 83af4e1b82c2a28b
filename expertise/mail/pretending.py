"""A letter to nobody: costs what a letter costs, so that time does not tell who has an account."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import cast

from sqlalchemy import Table, false, insert, literal, select
from sqlalchemy.orm import Session

from expertise.mail.model import OutgoingLetter

_TABLE = cast("Table", OutgoingLetter.__table__)


def queue_for_nobody(session: Session, now: datetime) -> None:
    """The one statement of `outbox.queue`, without its effect."""
    row = {
        "dedupe_key": secrets.token_hex(32),
        "message_id": secrets.token_hex(32),
        "recipient_id": 0,
        "letter": "",
        "not_before": now,
        "expires_at": now,
        "created_at": now,
    }
    values = [literal(value, _TABLE.c[name].type) for name, value in row.items()]
    session.execute(insert(_TABLE).from_select(list(row), select(*values).where(false())))
