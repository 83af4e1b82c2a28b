"""`komek import`: imports records."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise import config
from expertise.app import AppRuntime
from expertise.base import clock
from expertise.commands.output import CommandFailed, must_be_ready, open_runtime, with_plain_errors
from expertise.importing import cases, expertise_requests, tables
from expertise.importing.report import TEXTS, ImportRemark
from expertise.people import access
from expertise.people.deputies import holding
from expertise.people.manage import csv_import
from expertise.people.model import Person
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


@import_group.command("cases")
@click.argument("workflow")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--number", "numbered_by", multiple=True, help="Column with the record's own number; give several to join."
)
@click.option("--map", "mapped", multiple=True, help="COLUMN=FIELD; a column called as a field needs none.")
@click.option("--apply", "writes", is_flag=True, help="Write; without it only say what would come of each record.")
@click.option("--language", type=click.Choice(LANGUAGES), default="ru", help="Language of the report.")
@with_plain_errors
def import_cases(
    workflow: str, file: Path, numbered_by: tuple[str, ...], mapped: tuple[str, ...], writes: bool, language: str
) -> None:
    """Bring drafts in from a CSV or XLSX table, each line judged by itself. Doing it again changes nothing.

    Example: komek import cases project_proposal pipeline.xlsx --number No --map "Project name=title" --apply
    """
    runtime = open_runtime(config.read(os.environ))
    must_be_ready(runtime)
    read = _table(file, language)
    if workflow not in {each.key for each in cases.openable(runtime.services, access.IMPORT)}:
        raise CommandFailed(f"No case of a workflow called {workflow} can be opened.")
    mapping = {**cases.guess(runtime.services.definitions.current(workflow), read.columns), **_pairs(mapped)}
    wanted = cases.TableImport(workflow, mapping, numbered_by or cases.guess_number(read.columns), preview=not writes)
    report = cases.import_cases(runtime.transactions, runtime.services, access.IMPORT, read, wanted)
    for line in report.lines:
        click.echo(line.in_language(language))
    click.echo(report.totals(language))
    _end(bool(report.refused), writes, language)


@import_group.command("people")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--map", "mapped", multiple=True, help="COLUMN=FIELD; a column called as a field needs none.")
@click.option("--apply", "writes", is_flag=True, help="Write; without it only say what would come of each line.")
@click.option("--by", "asker", help="E-mail of the administrator in whose name roles that decide are asked for.")
@click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    default="ru",
    help="Language of what is said of the file as a whole; lines have codes.",
)
@with_plain_errors
def import_people(file: Path, mapped: tuple[str, ...], writes: bool, asker: str | None, language: str) -> None:
    """Add people and roles from a CSV or XLSX table. Nothing known is overwritten; doing it again changes nothing.

    Roles that decide or see everything are not given: they wait until another administrator confirms them.

    Example: komek import people staff.xlsx --map "Full name=name" --apply
    """
    runtime = open_runtime(config.read(os.environ))
    must_be_ready(runtime)
    read, pairs = _table(file, language), _pairs(mapped)
    content = tables.as_csv(read, pairs)
    with runtime.transactions.write() as session:
        report = csv_import.import_people(session, content, clock.now(), _asker(session, runtime, asker))
        if not writes:
            session.rollback()
    for where, problem in report.problems:
        click.echo(f"{where}: {problem.code}", err=True)
    for number, remark in read.faults.items():
        click.echo(f"{number:>4}  refused: {remark.in_language(language)}")
    for line in report.lines:
        reasons = "; ".join(f"{where}: {problem.code}" for where, problem in line.problems)
        waits = "the role waits for another administrator (page /changes)" if line.role_waits else ""
        click.echo(": ".join(filter(None, (f"{line.number:>4}  {line.email} {line.outcome}", reasons, waits))))
    _end(bool(report.problems or read.faults or report.count("refused")), writes, language)


def _asker(session: Session, runtime: AppRuntime, email: str | None) -> int:
    """Return the administrator in whose name the import asks for roles: the one named, else the first one.

    Returns 0, which asks for no role, where there is none.
    """
    held = select(Person.id).where(holding("administrator", runtime.services.calendar.local_day(clock.now())))
    found = session.scalar((held if email is None else held.where(Person.email == email.lower())).order_by(Person.id))
    if found is None and email is not None:
        raise CommandFailed(f"{email} is no administrator.")
    return found or 0


def _table(file: Path, language: str) -> tables.ImportedTable:
    read = tables.read_table(file.read_bytes(), file.name)
    if isinstance(read, ImportRemark):
        raise CommandFailed(read.in_language(language))
    return read


def _pairs(mapped: tuple[str, ...]) -> dict[str, str]:
    pairs = [each.rpartition("=") for each in mapped]
    wrong = [each for each, pair in zip(mapped, pairs, strict=True) if not pair[0]]
    if wrong:
        raise CommandFailed(f"Write --map COLUMN=FIELD instead of {wrong[0]!r}.")
    return {column: name for column, _, name in pairs}


def _end(refused: bool, writes: bool, language: str) -> None:
    if not writes:
        click.echo(TEXTS["preview"][language])
    if refused:
        sys.exit(1)
