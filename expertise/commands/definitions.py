"""`komek workflow`: list, check and draw definitions."""

from __future__ import annotations

from pathlib import Path

import click

from expertise import registry
from expertise.commands.output import CommandFailed, with_plain_errors
from workflows import LANGUAGES, Definition, DefinitionsBroken
from workflows.drawing.diagram import mermaid, svg
from workflows.loading.reader import read
from workflows.soundness.faults import Fault


@click.group()
def workflow() -> None:
    """Look at workflow definitions."""


@workflow.command("list")
@with_plain_errors
def list_workflows() -> None:
    """Name the workflows in force.

    Example: komek workflow list
    """
    for definition in registry.load().values():
        counted = f"{len(definition.states)} states, {len(definition.transitions)} steps"
        click.echo(f"{definition.key:<28} version {definition.version}, {counted}, {definition.digest[:12]}")


@workflow.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_plain_errors
def check(files: tuple[Path, ...]) -> None:
    """Judge definition files, or those in force, and report everything that is wrong with them.

    Example: komek workflow check workflows/definitions/expert_offer.yaml
    """
    loaded = _loaded(files)
    known = registry.load() | loaded
    unsound = []
    for definition in (loaded or known).values():
        report = registry.judge(definition, known)
        for fault in (*report.errors, *report.warnings):
            click.echo(str(fault), err=True)
        if report.errors:
            unsound.append(definition.key)
        else:
            click.echo(f"{definition.key} version {definition.version} is sound.")
    if unsound:
        raise CommandFailed(f"Not sound: {', '.join(unsound)}.")


def _loaded(files: tuple[Path, ...]) -> dict[str, Definition]:
    """Return the definitions in `files`. Raises DefinitionsBroken with the faults of all of them."""
    loaded: dict[str, Definition] = {}
    faults: list[Fault] = []
    for file in files:
        reading = read(file.read_text(encoding="utf-8", errors="replace"), str(file))
        faults += reading.errors
        if reading.definition is not None:
            loaded[reading.definition.key] = reading.definition
    if faults:
        raise DefinitionsBroken(tuple(faults))
    return loaded


@workflow.command()
@click.argument("key")
@click.option("--language", type=click.Choice(LANGUAGES), default="en", help="Language of the labels.")
@click.option("--mermaid", "as_text", is_flag=True, help="Mermaid text instead of SVG.")
@with_plain_errors
def draw(key: str, language: str, as_text: bool) -> None:
    """Draw a workflow on standard output.

    Example: komek workflow draw expertise_request --language kk > request.svg
    """
    definitions = registry.load()
    if key not in definitions:
        raise CommandFailed(f"There is no workflow {key}; there are {', '.join(definitions)}.")
    click.echo((mermaid if as_text else svg)(definitions[key], language))
