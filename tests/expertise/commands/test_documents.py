"""What the documents say of commands and settings is true.."""

from __future__ import annotations

import re
from importlib.metadata import metadata, version
from pathlib import Path

import pytest
from click.testing import CliRunner

from expertise.cli import main
from expertise.config import SETTINGS

ROOT = Path(__file__).parents[3]
OPERATIONS = ROOT / "docs" / "operations.md"


def test_the_table_of_settings_is_that_of_the_program():
    rows = ["| setting | default | meaning |", "|---|---|---|"]
    rows += [f"| `{each.name}` | {each.default} | {each.meaning} |" for each in SETTINGS]
    _, _, rest = OPERATIONS.read_text(encoding="utf-8").partition("<!-- settings -->\n")
    table, _, _ = rest.partition("<!-- end of settings -->")
    assert table.strip().splitlines() == rows


@pytest.mark.parametrize("document", ["README.md", "docs/operations.md", "CONTRIBUTING.md"])
def test_every_command_that_a_document_names_exists(document):
    text = (ROOT / document).read_text(encoding="utf-8")
    for first, second in re.findall(r"(?:^|`|\s)komek ([a-z][a-z-]*) ?([a-z-]*)", "\n".join(_code(text))):
        command = main.commands[first]
        assert second == "" or not hasattr(command, "commands") or second in command.commands, (first, second)


def test_the_readme_begins_with_the_two_commands():
    code = _code((ROOT / "README.md").read_text(encoding="utf-8"))[0]
    assert [line.split("#")[0].strip() for line in code.strip().splitlines()] == ["./dev run", "./dev test"]


@pytest.mark.parametrize("document", [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))], ids=lambda p: p.name)
def test_links_lead_somewhere(document):
    for target in re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8")):
        assert "://" in target or (document.parent / target).exists(), target


def _code(text):
    """Blocks of code first, then code inside sentences."""
    return re.findall(r"^```\n(.*?)^```", text, re.DOTALL | re.MULTILINE) + re.findall(r"`([^`\n]+)`", text)


def test_version_licence_and_metadata_are_there():
    answer = CliRunner().invoke(main, ["--version"])
    assert answer.exit_code == 0 and answer.output == f"Komek {version('komek')}\n"
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert metadata("komek")["License-Expression"] == "Apache-2.0" and metadata("komek")["Summary"]
    assert "report" in (ROOT / "SECURITY.md").read_text(encoding="utf-8").lower()
