"""`komek workflow`: list, check and draw definitions."""

from __future__ import annotations

from pathlib import Path

import click

from expertise import registry
from expertise.commands.output import CommandFailed, with_plain_errors
from workflows import LANGUAGES, Definition, DefinitionsBroken
from workflows.drawing.diagram import mermaid, svg
from workflows.loading.reader import read_directory, read_file
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
    usable = registry.load_usable()
    for definition in usable.definitions.values():
        counted = f"{len(definition.states)} states, {len(definition.transitions)} steps"
        click.echo(f"{definition.key:<28} version {definition.version}, {counted}, {definition.digest[:12]}")
    for key in usable.broken:
        click.echo(f"{key:<28} out of service; `komek workflow check` says why")


@workflow.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_plain_errors
def check(files: tuple[Path, ...]) -> None:
    """Judge definition files, or those in force, and report everything that is wrong with them.

    Example: komek workflow check workflows/definitions/expert_offer.yaml
    """
    known, unreadable = read_directory(registry.DEFINITIONS)
    loaded, broken = _loaded(files) if files else (known, dict(unreadable))
    for fault in (fault for faults in broken.values() for fault in faults):
        click.echo(str(fault), err=True)
    lenient = not unreadable.keys() <= loaded.keys()
    unsound = list(broken)
    for definition in loaded.values():
        report = registry.judge(definition, known | loaded)
        errors = registry.own_errors(definition, report, others_broken=lenient)
        for fault in (*errors, *report.warnings):
            click.echo(str(fault), err=True)
        if errors:
            unsound.append(definition.key)
        else:
            click.echo(f"{definition.key} version {definition.version} is sound.")
    if unsound:
        raise CommandFailed(f"Not sound: {', '.join(unsound)}.")


def _loaded(files: tuple[Path, ...]) -> tuple[dict[str, Definition], dict[str, tuple[Fault, ...]]]:
    """Return the definitions in `files` by key, and the faults of those that cannot be read, by file."""
    loaded: dict[str, Definition] = {}
    broken: dict[str, tuple[Fault, ...]] = {}
    for file in files:
        reading = read_file(file, str(file))
        if reading.definition is not None:
            loaded[reading.definition.key] = reading.definition
        else:
            broken[file.name] = reading.errors
    return loaded, broken


@workflow.command()
@click.argument("key", metavar="WORKFLOW|FILE")
@click.option("--language", type=click.Choice(LANGUAGES), default="en", help="Language of the labels.")
@click.option("--mermaid", "as_text", is_flag=True, help="Mermaid text instead of SVG.")
@with_plain_errors
def draw(key: str, language: str, as_text: bool) -> None:
    """Draw a workflow in force, or the one in a file, on standard output.

    Example: komek workflow draw expertise_request --language kk > request.svg
    """
    click.echo((mermaid if as_text else svg)(_drawn(key), language))


def _drawn(key: str) -> Definition:
    """Return the definition in the file of that name, or of the workflow of that name."""
    if Path(key).suffix or Path(key).is_file():
        if not Path(key).is_file():
            raise CommandFailed(f"There is no file {key}.")
        reading = read_file(Path(key), key)
        if reading.definition is None:
            raise DefinitionsBroken(reading.errors)
        return reading.definition
    definitions, broken = read_directory(registry.DEFINITIONS)
    if key in broken:
        raise DefinitionsBroken(broken[key])
    if key not in definitions:
        raise CommandFailed(f"There is no workflow {key}; there are {', '.join(definitions)}.")
    return definitions[key]
