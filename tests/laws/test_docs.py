"""What the documents name is there: commands, files, settings, tables, codes of workflows and tests."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from expertise.cli import main
from expertise.config import KNOWN, TOOLS

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(path for pattern in ("*.md", "docs/*.md", "docs/decisions/*.md") for path in ROOT.glob(pattern))
FILES = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*.*") if not {".venv", ".git"} & set(path.parts)]
IDS = [str(path.relative_to(ROOT)) for path in DOCUMENTS]

_COMMAND = re.compile(r"(?:`|^|\s|/)komek((?: [a-z][a-z-]+)+)", re.MULTILINE)
_ROOMS = "expertise|workflows|tests|tools|docs|templates|migrations|requirements"
_PATH = re.compile(rf"`((?:{_ROOMS})/[\w./-]*\w/?)(?::[\w.]+)?`")
_SOURCE = re.compile(r"`((?:\w+/)*\w+\.(?:py|yaml|html|po|toml|sh))(?::[\w.]+)?`")
_MODULE = re.compile(r"`((?:expertise|workflows)(?:\.[a-z_]+)+)(?:\.[A-Z]\w+)?`")
_SETTING = re.compile(r"\bKOMEK_[A-Z_]+\b")


def _commands(group: click.Group, words: tuple[str, ...] = ()) -> dict[tuple[str, ...], click.Command]:
    found: dict[tuple[str, ...], click.Command] = {}
    for name, command in group.commands.items():
        found[*words, name] = command
        if isinstance(command, click.Group):
            found |= _commands(command, (*words, name))
    return found


COMMANDS = _commands(main)


def _is_command(words: tuple[str, ...]) -> bool:
    """Whether the words begin with a command, or are a group of commands."""
    for length in range(len(words), 0, -1):
        command = COMMANDS.get(words[:length])
        if command is not None:
            return not isinstance(command, click.Group) or length == len(words)
    return False


@pytest.mark.parametrize("path", DOCUMENTS, ids=IDS)
def test_every_command_is_there(path: Path) -> None:
    code = "\n".join(re.findall(r"`[^`\n]+`|^```[\s\S]*?^```", path.read_text(encoding="utf-8"), re.MULTILINE))
    named = {tuple(words.split()) for words in _COMMAND.findall(code)}
    assert sorted(" ".join(words) for words in named if not _is_command(words)) == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=IDS)
def test_every_file_is_there(path: Path) -> None:
    named = {name for name in _PATH.findall(path.read_text(encoding="utf-8")) if not re.search("[A-Z]{2}", name)}
    assert sorted(name for name in named if not (ROOT / name).exists()) == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=IDS)
def test_every_source_is_there(path: Path) -> None:
    """Also by a part of its path: `cases/desk.py`."""
    named = {name for name in _SOURCE.findall(path.read_text(encoding="utf-8")) if not re.search("[A-Z]{2}", name)}
    named -= {"pylock.toml"}  # which 0001 says is not used
    assert sorted(name for name in named if not any(f"/{file}".endswith(f"/{name}") for file in FILES)) == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=IDS)
def test_every_module_is_there(path: Path) -> None:
    def exists(name: str) -> bool:
        parts = name.split(".")
        return any(
            (ROOT.joinpath(*parts[:length]).with_suffix(".py")).exists() or ROOT.joinpath(*parts[:length]).is_dir()
            for length in (len(parts), len(parts) - 1)
            if length > 1
        )

    named = set(_MODULE.findall(path.read_text(encoding="utf-8")))
    assert sorted(name for name in named if not exists(name)) == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=IDS)
def test_every_setting_is_there(path: Path) -> None:
    named = set(_SETTING.findall(path.read_text(encoding="utf-8")))
    known = {*KNOWN, *TOOLS}
    free = ("KOMEK_TEST_", "KOMEK_REQUIRE_", "KOMEK_POSTGRES_", "KOMEK_MAILSTACK_")
    assert sorted(name for name in named if name not in known and not name.startswith(free) and name != "KOMEK_") == []
