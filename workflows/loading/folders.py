"""Process folders: everything that a process is, as data. One folder for each process, named after its workflow.

definition.yaml   the definition
letters/*.yaml    the letters that its steps name
lists/*.yaml      choices, by key: `options: NAME` of a field takes those of `lists/NAME.yaml`
scenario.yaml     cases that `komek process try` plays
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workflows.definition import Definition
from workflows.loading.reader import build
from workflows.loading.yaml_tree import ParsedFile, Tree, parse
from workflows.soundness.faults import Fault

DEFINITION, LETTERS, LISTS, SCENARIO = "definition.yaml", "letters", "lists", "scenario.yaml"


@dataclass(frozen=True, slots=True)
class ProcessFolder:
    """A process folder as it was read. `text`: the definition in one piece, lists included, as it is published.

    There is a definition exactly when there are no faults. Letters are read elsewhere.
    """

    path: Path
    definition: Definition | None
    text: str = ""
    faults: tuple[Fault, ...] = ()

    @property
    def key(self) -> str:
        """The name of the folder, which is that of the workflow."""
        return self.path.name


def is_process(path: Path) -> bool:
    """Return whether the path is a folder with a definition."""
    return (path / DEFINITION).is_file()


def folders_in(root: Path) -> tuple[Path, ...]:
    """Return the process folders inside `root`, by name; `root` itself if it is one. None for a path without any."""
    if is_process(root):
        return (root,)
    try:
        return tuple(path for path in sorted(root.iterdir()) if is_process(path))
    except OSError:
        return ()


def read_process(folder: Path) -> ProcessFolder:
    """Read a process folder, whatever it holds. Faults name their files from the folder's name on."""
    shown = f"{folder.name}/{DEFINITION}"
    text, faults = _text(folder / DEFINITION, shown)
    if faults:
        return ProcessFolder(folder, None, faults=faults)
    source = parse(text, shown)
    lists = dict(_lists(folder))
    broken = tuple(fault for each in lists.values() for fault in each.faults)
    used = _insert(source, lists)
    found = build(source, shown)
    errors = found.errors + broken
    if found.definition is not None and found.definition.key != folder.name:
        message = f"the workflow is called '{found.definition.key}', its folder is not"
        errors += (Fault(shown, "workflow", message, "Give both the same name", "name_differs"),)
    if found.definition is None or errors:
        return ProcessFolder(folder, None, faults=errors)
    # JSON is YAML, and every text in it is quoted: what is read from it again has the same digest.
    complete = json.dumps(source.tree, ensure_ascii=False, indent=1) if used else text
    return ProcessFolder(folder, found.definition, complete)


def _text(file: Path, shown: str) -> tuple[str, tuple[Fault, ...]]:
    try:
        return file.read_text(encoding="utf-8"), ()
    except UnicodeDecodeError as error:
        return "", (Fault(shown, "", f"byte {error.start} is not UTF-8", "Save the file as UTF-8", "not_utf8"),)
    except OSError as error:
        message = f"the file cannot be read ({error.strerror})"
        return "", (Fault(shown, "", message, "Let Komek read it", "unreadable"),)


def _lists(folder: Path) -> Iterator[tuple[str, ParsedFile]]:
    for file in sorted((folder / LISTS).glob("*.yaml")):
        shown = f"{folder.name}/{LISTS}/{file.name}"
        text, faults = _text(file, shown)
        found = ParsedFile(faults=list(faults)) if faults else parse(text, shown)
        if not found.faults and not isinstance(found.tree, dict):
            message, remedy = "keys and texts must stand here", "Write 'key: {kk: …, ru: …, en: …}' lines"
            found.faults.append(Fault(shown, "", message, remedy, "wrong_shape", 1))
        yield file.stem, found


def _insert(source: ParsedFile, lists: dict[str, ParsedFile]) -> bool:
    """Put the lists in place of their names; return whether any was named. A name without a list stays, as a fault."""
    used = False
    for declared in _fields(source.tree):
        named = declared.get("options")
        found = lists.get(named) if isinstance(named, str) else None
        if found is not None and not found.faults:
            declared["options"] = found.tree
            used = True
    return used


def _fields(tree: Tree) -> Iterator[dict[str, Any]]:
    """Yield the declarations of fields and of their columns."""
    declared = tree.get("fields") if isinstance(tree, dict) else None
    for each in declared.values() if isinstance(declared, dict) else ():
        if isinstance(each, dict):
            yield each
            columns = each.get("columns")
            yield from (one for one in (columns.values() if isinstance(columns, dict) else ()) if isinstance(one, dict))
