"""The product's source, parsed once for all laws."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def sources() -> dict[str, ast.Module]:
    """Path from the root → syntax tree, of both packages."""
    files = [file for package in ("expertise", "workflows") for file in sorted((ROOT / package).rglob("*.py"))]
    return {file.relative_to(ROOT).as_posix(): ast.parse(file.read_text(encoding="utf-8")) for file in files}


def length(path: str) -> int:
    return len((ROOT / path).read_text(encoding="utf-8").splitlines())


def calls(tree: ast.Module) -> list[str]:
    """What is called, as it is written: `clock.now`, `session.commit`; an unnamed thing before the dot is `?`."""
    found = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [name for name in map(dotted, found) if name]


def dotted(node: ast.expr) -> str:
    match node:
        case ast.Name():
            return node.id
        case ast.Attribute():
            return f"{dotted(node.value) or '?'}.{node.attr}"
    return ""
