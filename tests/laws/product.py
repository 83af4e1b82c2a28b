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


@cache
def imports() -> frozenset[tuple[str, str]]:
    """(importer, imported) by path, for every import of one own module by another."""
    paths = {path.removesuffix(".py").removesuffix("/__init__").replace("/", "."): path for path in sources()}
    return frozenset(
        (path, paths[target])
        for path, tree in sources().items()
        for target in _imported(tree, paths)
        if paths[target] != path
    )


def _imported(tree: ast.Module, paths: dict[str, str]) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                found.add(full if full in paths else node.module)
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found & paths.keys()
