"""The command `komek`. Ends with 0 only when it did what it says; errors go to standard error, one sentence."""

from __future__ import annotations

import logging

import click

from expertise.commands.calendars import calendar
from expertise.commands.demonstration import demo
from expertise.commands.imports import import_group
from expertise.commands.mail import listen, take_in
from expertise.commands.people import person
from expertise.commands.processes import process
from expertise.commands.server import downgrade, init, search, serve, worker
from expertise.commands.trail import audit


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="komek", message="Komek %(version)s")
def main() -> None:
    """Komek: requests for expertise, carried through workflows with reminders, letters and a trail.

    Settings come from the environment; docs/operations.md lists them.
    """
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.WARNING)


for command in (
    init,
    downgrade,
    demo,
    serve,
    worker,
    audit,
    process,
    import_group,
    person,
    calendar,
    listen,
    take_in,
    search,
):
    main.add_command(command)
