"""Process folders for tests: copies of the example of the documentation, with some words exchanged."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "study_visit"
KEY = "study_visit"
VISIT = {
    "title": "Қатты тұрмыстық қалдықтар",
    "region": "KZ-43",
    "topic": "waste",
    "purpose": "technology",
    "travellers": 3,
    "first_day": "2026-05-04",
    "last_day": "2026-05-06",
}


def copy(root: Path, *exchanges: tuple[str, str], key: str = KEY) -> Path:
    """Put the example into `root` under the name `key`, its definition with the exchanges made; returns the root."""
    folder = root / key
    copytree(EXAMPLE, folder, dirs_exist_ok=True)
    file = folder / "definition.yaml"
    text = file.read_text(encoding="utf-8").replace(f"workflow: {KEY}", f"workflow: {key}")
    for old, new in exchanges:
        assert old in text, old
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
    return root
