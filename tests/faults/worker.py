"""One action in a process of its own, which is killed at a named point.

The clock stands where the test's own stands, so that an action done here equals one done there.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from expertise import worker
from expertise.base import clock, crash
from expertise.cases.desk import Upload
from expertise.files import storage
from expertise.inbox import imap
from expertise.mail.outbound import delivery
from tests.support.contents import definitions
from tests.support.databases import connect
from tests.support.environment import Environment, environment
from tests.support.golden import PDF


@dataclass
class WorkerSettings:
    """The settings that storage and the carrier read."""

    data: Path
    smtp_url: str | None
    mail_from: str = "komek@komek.example.kz"
    secret_key: str = "k" * 40
    url: str = "https://komek.example.kz"
    mail_held: bool = False
    upload_bytes: int = 1024 * 1024


def do(env: Environment, action: dict, settings: WorkerSettings):
    """`{"verb": "fire", "with": [...]}`: a method of the environment, or carry, or submit_file."""
    if action["verb"] == "carry":
        return delivery.send_batch(env.transactions, settings, clock.now())
    if action["verb"] == "deliver":
        return worker.deliver(env.transactions, env.services, settings)
    if action["verb"] == "work":
        worker.sweep(env.transactions, env.services)
        return worker.deliver(env.transactions, env.services, settings)
    if action["verb"] == "poll":
        return imap.poll(env.transactions, *action["with"])
    if action["verb"] == "submit_file":
        name, reference, seen, key = action["with"]
        stored = storage.put(io.BytesIO(PDF), settings)
        upload = Upload(stored.sha256, stored.size, "Отчёт.pdf", "application/pdf")
        return env.fire(name, reference, "submit", {}, seen, key, {"report": upload})
    return getattr(env, action["verb"])(*action["with"])


def live(url: str, any_hour: bool, point: str, now: datetime, action: dict, settings: WorkerSettings) -> None:
    """The life of a process that dies at `point`: its own engine and connections, the test's time and hours."""
    crash._POINT = point
    with clock.travelling(now):
        engine = connect(url)
        env = environment(engine)
        env.services = replace(env.services, any_hour=any_hour)
        do(env, action, settings)
        engine.dispose()


definitions()  # read before the first fork, so that each child finds them ready
