"""`komek init`, `komek serve` and `komek worker`."""

from __future__ import annotations

import os

import click
from alembic import command
from alembic.util import CommandError

from expertise import config
from expertise import worker as ticks
from expertise.app import create_app
from expertise.cases import search as words
from expertise.commands.output import (
    CommandFailed,
    closing_runtime,
    must_be_free,
    must_be_ready,
    open_runtime,
    prepared_runtime,
    with_plain_errors,
)
from expertise.config import Settings, WrongSetting
from expertise.inbox import process
from expertise.web.kit.server import Server


@click.command()
@with_plain_errors
def init() -> None:
    """Prepare the database: tables, regions, topics, lenders, workflows. Doing it again changes nothing.

    Example: KOMEK_DATA=/srv/komek komek init
    """
    runtime = prepared_runtime(config.read(os.environ))
    click.echo(f"The database is ready: {runtime.transactions.engine.url.render_as_string(hide_password=True)}")


@click.command()
@click.argument("revision")
@click.option("--lose", is_flag=True, help="Go back although data that the older tables cannot hold are lost.")
@with_plain_errors
def downgrade(revision: str, *, lose: bool) -> None:
    """Take the database back to an older REVISION, for the older version of Komek. Refused where data would be lost.

    Make a backup first. `init` goes forward again.

    Example: komek downgrade 0024_intents
    """
    app = create_app(config.read(os.environ))
    runtime = closing_runtime(app)
    with runtime.transactions.read() as session:  # says in our words when there is no database
        session.connection()
    with app.app_context():
        setup = app.extensions["migrate"].migrate.get_config(x_arg=["lose=yes"] if lose else None)
        try:
            command.downgrade(setup, revision)
        except CommandError as error:
            raise CommandFailed(f"{error}; migrations/versions names them all.") from error
    click.echo(f"The database is at {revision}.")


@click.command()
@with_plain_errors
def serve() -> None:
    """Serve the web pages until the process is ended.

    Example: KOMEK_SECRET_KEY=$(openssl rand -hex 32) KOMEK_PORT=8000 komek serve
    """
    settings = config.read(os.environ)
    if settings.secret_key is None:
        raise WrongSetting("KOMEK_SECRET_KEY is missing; `openssl rand -hex 32` makes a good one.")
    must_be_ready(open_runtime(settings))
    must_be_free(settings.host, settings.port, "KOMEK_PORT")
    serve_pages(settings)


@click.command()
@click.option("--once", is_flag=True, help="Do what is due now, then end.")
@with_plain_errors
def worker(once: bool) -> None:
    """Send letters and reminders, work off mail that came in, until the process is ended. Any number may run at once.

    Example: KOMEK_SMTP_URL=smtp://127.0.0.1:25 komek worker
    """
    settings = config.read(os.environ)
    if settings.smtp_url is None:
        raise WrongSetting("KOMEK_SMTP_URL is missing: letters could not leave; e.g. smtp://127.0.0.1:25.")
    if settings.secret_key is None:
        raise WrongSetting("KOMEK_SECRET_KEY is missing; the worker needs the one of `komek serve`.")
    runtime = open_runtime(settings)
    must_be_ready(runtime)
    if not once:
        ticks.build_scheduler(runtime.transactions, runtime.services, settings).start()
        return
    ticks.sweep(runtime.transactions, runtime.services)
    ticks.fetch(runtime.transactions, settings)
    process.process_waiting(runtime.transactions, runtime.services, settings)
    ticks.digests(runtime.transactions, runtime.services)
    carried = ticks.deliver(runtime.transactions, runtime.services, settings)
    if carried.paused:
        raise CommandFailed("The queue of letters is paused; the page of the outbox says why.")
    if carried.postponed:
        raise CommandFailed(f"{carried.postponed} letters wait: the mail server did not take them.")


def serve_pages(settings: Settings) -> None:
    """Serve pages until the process is asked to end."""
    Server(lambda: create_app(settings), settings).run()


@click.group()
def search() -> None:
    """Look after the search."""


@search.command()
@with_plain_errors
def rebuild() -> None:
    """Index every case anew, while people go on working; to be run after an upgrade that changed the search.

    Example: komek search rebuild
    """
    runtime = open_runtime(config.read(os.environ))
    must_be_ready(runtime)
    last = 0
    while True:
        with runtime.transactions.write() as session:
            found = words.index_some(session, last)
        if found is None:
            break
        last = found
        click.echo(f"Indexed up to case {last}.", err=True)
    click.echo("Every case is indexed anew.")
