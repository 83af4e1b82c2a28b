"""The life of a process that takes a mail in and works it off, until it is killed at a named point."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from expertise.base import clock, crash
from expertise.inbox.process import process_waiting, receive_mail
from expertise.mail.inbound.store import Envelope
from tests.support.databases import connect
from tests.support.environment import environment
from tests.support.postbox import settings


def take_and_work(url: str, point: str, now: datetime, folder: Path, raw: bytes, to: str) -> None:
    with clock.travelling(now):
        engine = connect(url)
        env = environment(engine)
        if point == "inbound_after_store":
            crash._POINT = point
        receive_mail(env.transactions, raw, Envelope("lmtp", "requester@example.kz", to))
        crash._POINT = point
        process_waiting(env.transactions, env.services, settings(folder))
        engine.dispose()
