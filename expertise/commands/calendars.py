"""`komek calendar`: working days of the country."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

import click

from expertise import config
from expertise.base import clock
from expertise.calendars.changes import Authority, move_days
from expertise.calendars.csv_file import moved_days
from expertise.calendars.model import COUNTRY
from expertise.commands.output import must_be_ready, open_runtime, with_plain_errors
from workflows.calendar import DayRule


@click.group()
def calendar() -> None:
    """Working days of the country."""


@calendar.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@with_plain_errors
def import_days(path: Path) -> None:
    """Take in days that decrees have moved: a CSV file with the columns day,working,source.

    Example: komek calendar import calendar.csv
    """
    rules = moved_days(path)
    runtime = open_runtime(config.read(os.environ))
    must_be_ready(runtime)
    together: dict[tuple[int, str], dict[object, DayRule]] = defaultdict(dict)
    for rule in rules:  # a later line wins
        together[rule.day.year, rule.source][rule.day] = rule
    with runtime.transactions.write() as session:
        changes = [
            move_days(session, COUNTRY, tuple(days.values()), Authority("command", source, clock.now()))
            for (_year, source), days in together.items()
        ]
    click.echo(f"Changes: {sum(change is not None for change in changes)}. The worker moves the open deadlines.")
