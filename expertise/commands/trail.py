"""Prove the trail."""

from __future__ import annotations

import os

import click

from expertise import config
from expertise.audit import trail
from expertise.commands.telling import Failure, open_house, told


@click.group()
def audit() -> None:
    """Prove the trail."""


@audit.command()
@click.argument("reference", required=False)
@told
def verify(reference: str | None) -> None:
    """Recompute every chain of events, or that of one case; names the first broken event of each.

    Example: komek audit verify ER-2026-0001
    """
    with open_house(config.read(os.environ)).transactions.read() as session:
        result = trail.verify(session, reference)
    if reference is not None and result.cases == 0:
        raise Failure(f"There is no case {reference}.")
    for broken in result.broken:
        click.echo(f"{broken.case}, event {broken.sequence}: {broken.reason}.", err=True)
    if result.broken:
        raise Failure(f"{len(result.broken)} of {result.cases} chains are broken.")
    click.echo(f"{result.events} events of {result.cases} cases: every chain holds.")
