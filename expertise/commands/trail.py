"""Prove the trail."""

from __future__ import annotations

import os

import click

from expertise import config
from expertise.audit import history_check, trail
from expertise.audit.trail import Verified
from expertise.commands.telling import Failure, open_house, told


@click.group()
def audit() -> None:
    """Prove the trail."""


@audit.command()
@click.argument("reference", required=False)
@told
def verify(reference: str | None) -> None:
    """Recompute every chain of events, of cases and people, or that of one case; names the first broken event of each.

    Example: komek audit verify ER-2026-0001
    """
    with open_house(config.read(os.environ)).transactions.read() as session:
        cases = trail.verify(session, reference)
        people = history_check.verify(session) if reference is None else Verified(0, 0, ())
    if reference is not None and cases.cases == 0:
        raise Failure(f"There is no case {reference}.")
    broken = (*cases.broken, *people.broken)
    for fault in broken:
        click.echo(f"{fault.case}, event {fault.sequence}: {fault.reason}.", err=True)
    if broken:
        raise Failure(f"{len(broken)} of {cases.cases + people.cases} chains are broken.")
    also = f"{people.events} events of {people.cases} people and organisations, " if reference is None else ""
    click.echo(f"{also}{cases.events} events of {cases.cases} cases: every chain holds.")
