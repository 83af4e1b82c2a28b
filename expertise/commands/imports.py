"""`komek import`: imports records."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from expertise import config
from expertise.commands.output import must_be_ready, open_runtime, with_plain_errors
from expertise.importing import expertise_requests
from expertise.people import access
from workflows import LANGUAGES


@click.group("import")
def import_group() -> None:
    """Take records in."""


@import_group.command("requests")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--language", type=click.Choice(LANGUAGES), default="ru", help="Language of the report.")
@with_plain_errors
def import_requests(files: tuple[Path, ...], language: str) -> None:
    """Turn records of JSON files into requests, and report on each one. Doing it again changes nothing.

    Example: komek import requests ta_requests.json
    """
    settings = config.read(os.environ)
    runtime = open_runtime(settings)
    must_be_ready(runtime)
    refused = 0
    for file in files:
        report = expertise_requests.import_requests(
            runtime.transactions, runtime.services, file, access.IMPORT, settings
        )
        for line in report.lines:
            click.echo(line.in_language(language))
        click.echo(report.totals(language))
        refused += report.refused
    if refused:
        sys.exit(1)
