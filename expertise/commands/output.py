"""Errors of commands, and the running application they work on."""

from __future__ import annotations

import functools
import shutil
import socket
import sys
from collections.abc import Callable
from itertools import count
from typing import Any

import click
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import inspect

from expertise import drafts, registry
from expertise.app import AppRuntime, create_app
from expertise.base import clock
from expertise.base.database import Base
from expertise.base.errors import DatabaseAway, KomekError, StoreUnwritable, unwritable
from expertise.calendars import public_holidays
from expertise.cases.services import BrokenWorkflow
from expertise.config import Settings, WrongSetting
from expertise.drafts import DraftStatus
from expertise.people import reference_seed
from expertise.registry import newest
from workflows import DefinitionsBroken
from workflows.loading.folders import folders_in

#: Key of `app.extensions` under which migrations/env.py finds what to call after each migration.
STEPS = "komek-steps"


class CommandFailed(click.ClickException):
    """The command failed. The text is shown on standard error."""


def with_plain_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Decorate a command: a foreseeable error becomes one sentence and exit code 1."""

    @functools.wraps(command)
    def wrapper(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except StoreUnwritable as error:
            raise CommandFailed(f"The store is full or cannot be written: {str(error).splitlines()[0]}") from error
        except DatabaseAway as error:
            raise CommandFailed(f"The database does not answer: {str(error).splitlines()[0]}") from error
        except (KomekError, WrongSetting, DefinitionsBroken, BrokenWorkflow) as error:
            raise CommandFailed(str(error)) from error
        except OSError as error:
            fault = unwritable(error)
            if fault is None:
                raise
            raise CommandFailed(f"The store is full or cannot be written: {fault}") from error

    return wrapper


class ProgressLine:
    """Says on standard error how far something is: in one line of a terminal, else in a line for each twentieth."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._said = -1
        self._terminal = sys.stderr.isatty()

    def __call__(self, done: int, total: int, about: str = "") -> None:
        """Say that `done` of `total` are done, if that is news."""
        percent = 100 * done // total if total else 100
        if percent // 5 <= self._said and not self._terminal:
            return
        self._said = percent // 5
        line = f"{self._label}: {done} of {total} ({percent} %){f', {about}' if about else ''}"
        if not self._terminal:
            click.echo(line, err=True)
            return
        end = "\n" if done >= total else ""
        click.echo(f"\r\x1b[2K{line[: shutil.get_terminal_size().columns - 1]}{end}", nl=False, err=True)


def open_runtime(settings: Settings) -> AppRuntime:
    """Return Komek with these settings. Touches no table."""
    return closing_runtime(create_app(settings))


def prepared_runtime(settings: Settings) -> AppRuntime:
    """Return Komek with these settings after everything that `init` does."""
    settings.data.mkdir(parents=True, exist_ok=True)
    app = create_app(settings)
    runtime = closing_runtime(app)
    with runtime.transactions.read() as session:  # says in our words when there is no database
        session.connection()
    with app.app_context():
        _bring_tables_up(app)
    click.echo("Filling in regions, topics, lenders, calendars and workflows.", err=True)
    with runtime.transactions.write() as session:
        reference_seed.load_reference(session)
        public_holidays.fill(session)
        known = runtime.services.definitions
        own = {path.name for root in settings.processes for path in folders_in(root)}
        current = {found.key: found for found in known.all_current()}
        shipped = {key: found for key, found in current.items() if key not in own or newest(session, key) is None}
        registry.publish(session, shipped, clock.now(), others_broken=bool(known.broken))
    if settings.processes:
        _begin_processes(runtime)
    for fault in (fault for faults in runtime.services.definitions.broken.values() for fault in faults):
        click.echo(f"Out of service: {fault}", err=True)
    return runtime


def throw_away_runtime(settings: Settings, key: str) -> AppRuntime:
    """Return Komek on a new database in `settings.data`, with the process folder `key` in force.

    Raises DefinitionsBroken for a folder with faults, and for one that belongs together with such a folder.
    """
    app = create_app(settings)
    runtime: AppRuntime = app.extensions["komek"]
    Base.metadata.create_all(runtime.transactions.engine)
    with runtime.transactions.write() as session:
        reference_seed.load_reference(session)
        public_holidays.fill(session)
        known = runtime.services.definitions
        registry.publish(session, {found.key: found for found in known.all_current()}, clock.now(), others_broken=True)
        found = drafts.drafts(session, settings.processes, known)
        wanted = next(each for each in found if each.key == key)
        drafts.publish(session, drafts.together(wanted, found) or [wanted], clock.now())
    known.refresh()
    return runtime


def _begin_processes(runtime: AppRuntime) -> None:
    """Publish the process folders of which nothing is published yet, and say which wait or are refused.

    No case hangs on a first version. A later one needs `komek process publish` or two administrators.
    """
    known = runtime.services.definitions
    with runtime.transactions.write() as session:
        found = drafts.drafts(session, runtime.settings.processes, known)
        fresh = [each for each in found if each.status is DraftStatus.NEW]
        ready = [each for each in fresh if all(one in fresh for one in drafts.together(each, found))]
        for key in drafts.publish(session, ready, clock.now()):
            click.echo(f"Published: {key}", err=True)
    for each in found:
        for fault in each.errors:
            click.echo(f"Refused: {fault}", err=True)
        if each.status is DraftStatus.WAITING or (each.status is DraftStatus.NEW and each not in ready):
            click.echo(f"Waits for publication: {each.key}; see the page Processes, or komek process publish", err=True)
    known.refresh()


def _bring_tables_up(app: Flask) -> None:
    """Make or change the tables, and say after each migration how far it is."""
    script = ScriptDirectory.from_config(app.extensions["migrate"].migrate.get_config())
    with app.extensions["komek"].transactions.read() as session:
        present = MigrationContext.configure(session.connection()).get_current_revision()
    wanted = list(script.iterate_revisions("head", present or "base"))
    if not wanted:
        click.echo("The tables are those of this version.", err=True)
        return
    progress, made = ProgressLine("Tables, migrations"), count(1)
    app.extensions[STEPS] = lambda: progress(next(made), len(wanted))
    try:
        progress(0, len(wanted))
        upgrade()
    finally:
        del app.extensions[STEPS]


def closing_runtime(app: Flask) -> AppRuntime:
    """Return the runtime of an application; its connections are closed when the command ends."""
    runtime: AppRuntime = app.extensions["komek"]
    context = click.get_current_context(silent=True)
    if context is not None:
        context.call_on_close(runtime.transactions.engine.dispose)
    return runtime


def must_be_ready(runtime: AppRuntime) -> None:
    """Raise CommandFailed unless `init` has been run with this version."""
    with runtime.transactions.read() as session:
        tables = inspect(session.connection()).get_table_names()
        if "definitions" not in tables or registry.unpublished(session, runtime.services.definitions.all_current()):
            raise CommandFailed("The database is not prepared for this version of Komek; run `komek init` first.")


def must_be_free(host: str, port: int, setting: str) -> None:
    """Raise CommandFailed if the port is taken or not permitted."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandFailed(
                f"Port {port} cannot be used ({error.strerror}); choose another with {setting}."
            ) from error
