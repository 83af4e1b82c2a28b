"""`komek demo`: builds the demonstration and serves it with a worker and a mail catcher."""

from __future__ import annotations

import functools
import os
import secrets
import socket
import threading
from contextlib import suppress
from dataclasses import replace

import click
from sqlalchemy import event

from expertise import config, worker
from expertise.app import AppRuntime
from expertise.commands.output import ProgressLine, must_be_free, open_runtime, prepared_runtime, with_plain_errors
from expertise.commands.server import serve_pages
from expertise.config import Settings
from expertise.demo import accounts, build
from expertise.demo.supervisor import supervise
from expertise.mail.dev_catcher import MailCatcher


@click.command()
@click.option("--serve", "serving", is_flag=True, help="Then serve it, with a worker and a mail catcher.")
@with_plain_errors
def demo(serving: bool) -> None:
    """Prepare the demonstration in KOMEK_DATA: accounts and cases told from public records.

    Example: KOMEK_PORT=8080 komek demo --serve
    """
    settings = _demo_settings(config.read(os.environ))
    if serving:
        must_be_free(settings.host, settings.port, "KOMEK_PORT")
    if settings.smtp_url is None:
        must_be_free("127.0.0.1", settings.catcher_port, "KOMEK_CATCHER_PORT")
    click.echo("Preparing the demonstration; the first time takes half a minute, on a slow machine minutes.", err=True)
    runtime = prepared_runtime(settings)
    _filled(runtime)
    runtime.transactions.engine.dispose()
    if not serving:
        click.echo(f"The demonstration is ready in {settings.data}; komek demo --serve shows it.")
        return
    click.echo("Starting the web server and the worker.", err=True)
    parts = {"web": functools.partial(serve_pages, settings), "worker": functools.partial(_work, settings)}
    supervise(parts, started=functools.partial(_announce, settings))


def _demo_settings(settings: Settings) -> Settings:
    """Return the settings with a key stored in the folder, so that a restart signs nobody out."""
    settings.data.mkdir(parents=True, exist_ok=True)
    kept = settings.data / "demo-secret"
    if not kept.exists():
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_hex(32), encoding="utf-8")
    secret = settings.secret_key or kept.read_text(encoding="utf-8")
    server = settings.mail_authserv or settings.mail_domain  # answers are written on a page of our own
    return replace(settings, demo=True, second_factor="offered", secret_key=secret, mail_authserv=server)


def _caught_here(settings: Settings) -> tuple[MailCatcher | None, Settings]:
    """Start a catcher for the letters and return it with the settings; None if a mail server is configured."""
    if settings.smtp_url is not None:
        return None, settings
    catcher = MailCatcher(settings.caught, settings.catcher_port)
    catcher.start()
    return catcher, replace(settings, smtp_url=f"smtp://127.0.0.1:{settings.catcher_port}")


def _filled(runtime: AppRuntime) -> None:
    """Build the demonstration. SQLite does not wait for the disk after each of three thousand commits."""
    engine = runtime.transactions.engine
    if engine.dialect.name == "sqlite":
        engine.dispose()
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    catcher, settings = _caught_here(runtime.settings)
    by_day = replace(runtime.services, any_hour=False)  # a visitor acts at night; the people of the past did not
    try:
        build.build(
            runtime,
            deliver=lambda: worker.deliver(runtime.transactions, by_day, settings),
            progress=ProgressLine("Demonstration, events"),
        )
    finally:
        if catcher is not None:
            catcher.stop()


def _work(settings: Settings) -> None:
    _, settings = _caught_here(settings)
    runtime = open_runtime(settings)
    worker.build_scheduler(runtime.transactions, runtime.services, settings).start()


def _announce(settings: Settings) -> None:
    """Print the addresses once the server answers."""
    for _ in range(600):
        with suppress(OSError), socket.create_connection((settings.host, settings.port), timeout=1):
            break
        threading.Event().wait(0.1)
    click.echo(_where_to_look(settings))


def _where_to_look(settings: Settings) -> str:
    people = "\n".join(f"    {email:<42} {name['en']}" for email, name in accounts.sign_in_list())
    return (
        f"\nKomek is open at {settings.url}\n"
        f"Letters: {settings.url}/demo/letters\n\n"
        f"Everybody's password is: {accounts.PASSWORD}\n{people}\n\nEnd it with Ctrl-C."
    )
