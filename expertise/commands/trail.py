"""`komek audit`: verifies the trail and the stored files."""

from __future__ import annotations

import os

import click
from sqlalchemy import select

from expertise import config
from expertise.audit import history_verify, trail
from expertise.audit.trail import Verified
from expertise.cases.queries import CASES
from expertise.commands.output import CommandFailed, open_runtime, with_plain_errors
from expertise.files import integrity


@click.group()
def audit() -> None:
    """Check the trail and the files against what was written."""


@audit.command()
@with_plain_errors
def files() -> None:
    """Read every file that a case names; tells which are missing from the store, or not what once came.

    Example: komek audit files
    """
    settings = config.read(os.environ)
    with open_runtime(settings).transactions.read() as session:
        checked = list(integrity.check(session, settings.data))
        names = dict(session.execute(select(CASES.c.id, CASES.c.reference)).all())
    faults = [each for each in checked if each.fault is not None]
    for each in faults:
        click.echo(f"{names[each.case_id]}, file {each.key}: {each.fault}.", err=True)
    if faults:
        raise CommandFailed(f"{len(faults)} of {len(checked)} files are not as they came.")
    click.echo(f"{len(checked)} files: every one is as it came.")


@audit.command()
@click.argument("reference", required=False)
@with_plain_errors
def verify(reference: str | None) -> None:
    """Recompute every chain of events, of cases and people, or that of one case; names the first broken event of each.

    Example: komek audit verify ER-2026-0001
    """
    with open_runtime(config.read(os.environ)).transactions.read() as session:
        cases = trail.verify(session, reference)
        people = history_verify.verify(session) if reference is None else Verified(0, 0, ())
    if reference is not None and cases.cases == 0:
        raise CommandFailed(f"There is no case {reference}.")
    broken = (*cases.broken, *people.broken)
    for fault in broken:
        click.echo(f"{fault.case}, event {fault.sequence}: {fault.reason}.", err=True)
    if broken:
        raise CommandFailed(f"{len(broken)} of {cases.cases + people.cases} chains are broken.")
    also = f"{people.events} events of {people.cases} people and organisations, " if reference is None else ""
    click.echo(f"{also}{cases.events} events of {cases.cases} cases: every chain holds.")
