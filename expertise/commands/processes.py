"""`komek process`: list, check, draw, compare, try and publish processes."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from expertise import config, drafts, registry
from expertise.app import AppRuntime
from expertise.base import clock
from expertise.cases import migrate_cases
from expertise.cases.migrate_cases import DecideReason, MigrationPlan, MigrationVerdict, PlannedMove
from expertise.commands.output import CommandFailed, must_be_ready, open_runtime, throw_away_runtime, with_plain_errors
from expertise.config import Settings
from expertise.drafts import DraftStatus, ProcessDraft
from expertise.text.differences import sentences
from expertise.text.translator import TRANSLATORS, moment
from expertise.trial import Trial
from workflows import LANGUAGES, Definition, DefinitionsBroken
from workflows.drawing.diagram import mermaid, svg
from workflows.loading.folders import SCENARIO, ProcessFolder, folders_in, is_process, read_process
from workflows.loading.reader import read_directory, read_file
from workflows.loading.reference import json_schema
from workflows.loading.scenario import read_scenario
from workflows.soundness.faults import Fault

_PATHS = click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[FILE|FOLDER]...")
_LANGUAGE = click.option("--language", type=click.Choice(LANGUAGES), default="en", help="Language of the labels.")


@click.group()
def process() -> None:
    """Look at processes, and publish those of this installation."""


@process.command("list")
@with_plain_errors
def list_processes() -> None:
    """Name the processes in force, and those that wait or are refused.

    Example: komek process list
    """
    usable = registry.load_usable()
    for definition in usable.definitions.values():
        _line(definition, "")
    for key in usable.broken:
        click.echo(f"{key:<28} out of service; `komek process check` says why")
    for each in _own(config.read(os.environ)):
        if each.definition is not None and not each.errors:
            _line(each.definition, f", {each.status.value.replace('_', ' ')}")
        else:
            click.echo(f"{each.key:<28} refused; `komek process check` says why")


def _line(definition: Definition, more: str) -> None:
    counted = f"{len(definition.states)} states, {len(definition.transitions)} steps"
    click.echo(f"{definition.key:<28} version {definition.version}, {counted}, {definition.digest[:12]}{more}")


def _own(settings: Settings) -> list[ProcessDraft]:
    """Return the process folders of this installation, with what is published of them if there is a database."""
    if not settings.processes:
        return []
    runtime = open_runtime(settings)
    try:
        must_be_ready(runtime)
    except Exception:  # noqa: BLE001 without a database the files are judged alone
        return drafts.judged(_folders(settings.processes), registry.load_usable().definitions)
    with runtime.transactions.read() as session:
        return drafts.drafts(session, settings.processes, runtime.services.definitions)


def _folders(roots: Iterable[Path]) -> Iterator[ProcessFolder]:
    return (read_process(path) for root in roots for path in folders_in(root))


@process.command()
@_PATHS
@with_plain_errors
def check(paths: tuple[Path, ...]) -> None:
    """Judge definition files and process folders, or those in force, and report everything that is wrong with them.

    Example: komek process check processes/small_grant
    """
    known, unreadable = read_directory(registry.DEFINITIONS)
    folders = [each for path in paths if path.is_dir() for each in _in(path)]
    if not paths:
        folders = [path for root in config.read(os.environ).processes for path in folders_in(root)]
    loaded, broken = _loaded(path for path in paths if path.is_file())
    if not paths:
        loaded, broken = known, dict(unreadable)
    found = drafts.judged(map(read_process, folders), known | loaded)
    inside = {each.key: each.definition for each in found if each.definition is not None}
    unsound = [*_report(broken), *_report({each.key: each.errors for each in found if each.errors})]
    lenient = not unreadable.keys() <= loaded.keys()
    for definition in loaded.values():
        report = registry.judge(definition, known | loaded | inside)
        errors = registry.own_errors(definition, report, others_broken=lenient)
        unsound += _said(definition, errors, report.warnings)
    for each in found:
        if each.definition is not None and not each.errors:
            _said(each.definition, (), each.warnings)
    if unsound:
        raise CommandFailed(f"Not sound: {', '.join(unsound)}.")


def _in(folder: Path) -> tuple[Path, ...]:
    found = folders_in(folder)
    if not found:
        raise CommandFailed(f"There is no definition.yaml in {folder}, nor in a folder inside it.")
    return found


def _report(broken: dict[str, tuple[Fault, ...]]) -> list[str]:
    for fault in (fault for faults in broken.values() for fault in faults):
        click.echo(str(fault), err=True)
    return list(broken)


def _said(definition: Definition, errors: tuple[Fault, ...], warnings: tuple[Fault, ...]) -> list[str]:
    """Write the verdict on one definition; return its key if it is unsound."""
    for fault in (*errors, *warnings):
        click.echo(str(fault), err=True)
    if errors:
        return [definition.key]
    click.echo(f"{definition.key} version {definition.version} is sound.")
    return []


def _loaded(files: Iterable[Path]) -> tuple[dict[str, Definition], dict[str, tuple[Fault, ...]]]:
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


@process.command()
@click.argument("key", metavar="WORKFLOW|FILE|FOLDER")
@_LANGUAGE
@click.option("--mermaid", "as_text", is_flag=True, help="Mermaid text instead of SVG.")
@with_plain_errors
def draw(key: str, language: str, as_text: bool) -> None:
    """Draw a process in force, or the one in a file or folder, on standard output.

    Example: komek process draw expertise_request --language kk > request.svg
    """
    click.echo((mermaid if as_text else svg)(_named(key), language))


@process.command()
@click.argument("before", metavar="WORKFLOW|FILE|FOLDER")
@click.argument("after", metavar="WORKFLOW|FILE|FOLDER")
@_LANGUAGE
@with_plain_errors
def diff(before: str, after: str, language: str) -> None:
    """Say in words how two definitions differ; nothing where they say the same.

    Example: komek process diff expert_offer processes/expert_offer
    """
    for line in sentences(_named(before), _named(after), TRANSLATORS[language]):
        click.echo(line)


@process.command()
@with_plain_errors
def schema() -> None:
    """Write the JSON Schema of a definition, for editors, on standard output.

    Example: komek process schema > komek.schema.json
    """
    click.echo(json.dumps(json_schema(), ensure_ascii=False, indent=2))


def _named(key: str) -> Definition:
    """Return the definition in the file or folder of that name, or of the process of that name."""
    path = Path(key)
    if path.is_dir() and is_process(path):
        found = read_process(path.resolve())
        if found.definition is None:
            raise DefinitionsBroken(found.faults)
        return found.definition
    if path.suffix or path.is_file():
        return _in_file(path, key)
    definitions, broken = read_directory(registry.DEFINITIONS)
    own = {each.key: each for each in _folders(config.read(os.environ).processes)}
    definitions |= {name: each.definition for name, each in own.items() if each.definition is not None}
    broken |= {name: each.faults for name, each in own.items() if each.definition is None}
    if key in broken:
        raise DefinitionsBroken(broken[key])
    if key not in definitions:
        raise CommandFailed(f"There is no process {key}; there are {', '.join(definitions)}.")
    return definitions[key]


def _in_file(path: Path, shown: str) -> Definition:
    if not path.is_file():
        raise CommandFailed(f"There is no file {shown}.")
    reading = read_file(path, shown)
    if reading.definition is None:
        raise DefinitionsBroken(reading.errors)
    return reading.definition


@process.command("try")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@_LANGUAGE
@with_plain_errors
def try_out(folder: Path, language: str) -> None:
    """Play the scenario table of a process folder on a throw-away database, and print what happens.

    Each row with the state it leads to or the refusal and its reasons, and each letter that would go out. Ends with 1
    where something comes otherwise than the table expects.

    Example: komek process try processes/small_grant
    """
    given = read_process(folder.resolve())
    if given.definition is None:
        raise DefinitionsBroken(given.faults)
    table = folder / SCENARIO
    if not table.is_file():
        raise CommandFailed(f"There is no {SCENARIO} in {folder}.")
    cases, faults = read_scenario(table.read_text(encoding="utf-8"), f"{given.key}/{SCENARIO}")
    if faults:
        raise DefinitionsBroken(faults)
    with TemporaryDirectory() as data:
        settings = config.read({"KOMEK_DATA": data, "KOMEK_PROCESSES": str(folder.resolve().parent)})
        wrong = 0
        with clock.travelling(clock.now()) as frozen:
            runtime = throw_away_runtime(settings, given.key)
            definition = runtime.services.definitions.current(given.key)
            services = replace(runtime.services, any_hour=True)
            trial = Trial(runtime.transactions, services, definition, TRANSLATORS[language], frozen)
            for case in cases:
                click.echo(case.name)
                for line in trial.play(case):
                    click.echo(line.text)
                    wrong += not line.expected
            runtime.transactions.engine.dispose()
    if wrong:
        raise CommandFailed("Something came otherwise than the table expects.")


@process.command()
@click.argument("keys", nargs=-1, metavar="[WORKFLOW]...")
@click.option(
    "--map", "mapped", multiple=True, metavar="OLD=NEW", help="A state left out, whose cases you will migrate."
)
@with_plain_errors
def publish(keys: tuple[str, ...], mapped: tuple[str, ...]) -> None:
    """Publish processes of KOMEK_PROCESSES that wait, or all of them. Parents and parts are published together.

    New cases begin under the new version; open ones stay on theirs. Whoever has the machine needs no second
    administrator.

    Example: KOMEK_PROCESSES=/srv/processes komek process publish small_grant
    """
    settings = config.read(os.environ)
    if not settings.processes:
        raise CommandFailed("KOMEK_PROCESSES names no folder; processes of Komek itself are published by `komek init`.")
    runtime = open_runtime(settings)
    must_be_ready(runtime)
    with runtime.transactions.write() as session:
        given_up = [each.partition("=")[0] for each in mapped]
        found = drafts.drafts(session, settings.processes, runtime.services.definitions, given_up)
        missing = sorted(set(keys) - {each.key for each in found})
        if missing:
            raise CommandFailed(f"There is no process {', '.join(missing)} in KOMEK_PROCESSES.")
        wanted = [each for each in found if each.key in keys or (not keys and each.status is not DraftStatus.IN_FORCE)]
        done = drafts.publish(session, _with_others(wanted, found), clock.now())
    runtime.services.definitions.refresh()
    click.echo(f"Published: {', '.join(done)}." if done else "Nothing waits: all of it is in force.")


def _with_others(wanted: list[ProcessDraft], found: list[ProcessDraft]) -> list[ProcessDraft]:
    keys = {one.key for each in wanted for one in drafts.together(each, found)}
    return [each for each in found if each.key in keys]


@process.command()
@click.argument("key", metavar="WORKFLOW")
@click.option("--map", "mapped", multiple=True, metavar="OLD=NEW", help="A state that is called otherwise now.")
@click.option("--apply", "applied", is_flag=True, help="Do it. Without this the cases are only listed.")
@click.option("--revert", is_flag=True, help="Bring cases back that nobody has touched since they were migrated.")
@with_plain_errors
def migrate(key: str, mapped: tuple[str, ...], applied: bool, revert: bool) -> None:
    """List the open cases of older versions, and move them to the version in force.

    Each goes on, is mapped to another state, or needs a decision and stays where it is; with its due date before and
    after. A run that was broken off goes on where it stopped.

    Example: komek process migrate expertise_request --map completeness_check=check --apply
    """
    runtime = open_runtime(config.read(os.environ))
    must_be_ready(runtime)
    definition = runtime.services.definitions.current(key)
    if revert:
        _bring_back(runtime, definition, applied=applied)
        return
    wanted = MigrationPlan(definition, _states(mapped, definition))
    counts: Counter[str] = Counter()
    for move in _moved(runtime, wanted) if applied else _planned(runtime, wanted):
        counts[move.verdict] += 1
        click.echo(_told(move))
    said = ", ".join(f"{counts[each]} {WORDS[each]}" for each in MigrationVerdict)
    click.echo(f"{said}." if applied else f"{said}. Nothing is changed; --apply does it.")


def _states(mapped: tuple[str, ...], definition: Definition) -> dict[str, str]:
    pairs = (each.partition("=") for each in mapped)
    found = {old: new for old, _, new in pairs}
    unknown = sorted(new for new in found.values() if new not in definition.states)
    if unknown:
        known = ", ".join(definition.states)
        raise CommandFailed(f"Version {definition.version} has no state {', '.join(unknown)}; it has {known}.")
    return found


def _planned(runtime: AppRuntime, wanted: MigrationPlan) -> Iterator[PlannedMove]:
    with runtime.transactions.read() as session:
        yield from migrate_cases.plan(session, runtime.services, wanted)


def _moved(runtime: AppRuntime, wanted: MigrationPlan) -> Iterator[PlannedMove]:
    last = 0
    while True:
        work = partial(migrate_cases.move, services=runtime.services, wanted=wanted, after=last, now=clock.now())
        done = runtime.transactions.run(work)
        if not done:
            return
        yield from done
        last = done[-1].case_id


def _bring_back(runtime: AppRuntime, definition: Definition, *, applied: bool) -> None:
    with runtime.transactions.read() as session:
        kept = migrate_cases.moved_on(session, definition)
        waiting = migrate_cases.to_bring_back(session, definition.key)
    for reference in kept:
        click.echo(f"{reference}  has been changed since; it stays")
    count, last = len(waiting), 0
    if applied:
        count = 0
        work = partial(migrate_cases.bring_back, services=runtime.services, workflow=definition.key)
        while done := runtime.transactions.run(partial(work, after=last, now=clock.now())):
            count, last = count + len(done), done[-1][0]
    said = f"{count} brought back, {len(kept)} stay" if applied else f"{count} would come back, {len(kept)} would stay"
    click.echo(f"{said}." if applied else f"{said}. Nothing is changed; --apply does it.")


#: MigrationVerdict and reason in words of the command.
WORDS = {
    MigrationVerdict.GOES_ON: "go on",
    MigrationVerdict.MAPPED: "mapped",
    MigrationVerdict.DECIDE: "need a decision",
}
REASONS = {
    DecideReason.NO_STATE: "the new version has no state {state}; say --map {state}=…",
    DecideReason.ENDED: "it would have ended there",
    DecideReason.FIELD: "the value of {detail} does not fit any more; change it in the case",
    DecideReason.VOTES: "votes are being collected",
    DecideReason.CORRECTION: "a correction waits for its second person",
}


def _told(move: PlannedMove) -> str:
    if move.reason is not None:
        why = REASONS[move.reason].format(state=move.state, detail=move.detail)
        return f"{move.reference}  needs a decision: {why}"
    way = move.state if move.state == move.target else f"{move.state} → {move.target}"
    dates = [moment(each) or "–" for each in (move.due_at, move.due_after)]
    return f"{move.reference}  {way}  {dates[0] if dates[0] == dates[1] else ' → '.join(dates)}"
