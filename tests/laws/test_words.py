"""Names and docstrings use the words of docs/glossary.md; the old private dialect is refused."""

from __future__ import annotations

import ast
import re
from collections import defaultdict

import pytest

from tests.laws.product import ROOT, sources

#: Old word → the standard one. A part of a name between underscores or capitals counts as a word.
OLD = {
    "house": "runtime, application",
    "shop": "services",
    "knock": "failed sign-in",
    "knocks": "failed sign-ins",
    "hands": "assignment",
    "voice": "vote",
    "voices": "votes, quorum",
    "sheet": "form",
    "deed": "action",
    "deeds": "actions",
    "beat": "run",
    "beats": "runs",
    "threshold": "login required",
    "keeper": "administrator",
    "keepers": "administrators",
    "whole": "parent",
    "wholes": "parents",
    "door": "interface, page",
    "doors": "interfaces, pages",
    "holder": "assignee",
    "verbs": "actions",
    "chronicle": "events",
    "vocabulary": "lookups",
    "neighbours": "foreign tables",
    "surroundings": "thread",
    "ledger": "queries",
    "logbook": "log",
    "guesses": "attempts",
    "dress": "describe",
    "dressed": "described",
    "epoch": "visit",
}
#: Phrases that docstrings and comments must not use.
PHRASES = re.compile(
    r"\b(the house|this house|of the house|the shop|knocks?|in (?:the |whose |nobody's )?hands|voices?|deeds?|"
    r"beats? of the worker|the worker's beats?|thresholds?|keepers?|the whole's|its whole|their whole|"
    r"of the whole\b(?! \w)|doors?|the sheet|ceremon(?:y|ies)|metronome)\b",
    re.IGNORECASE,
)
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def names(tree):
    """Every name that the module itself gives: classes, functions, parameters, variables, attributes it sets."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.Name | ast.Attribute) and not isinstance(node.ctx, ast.Load):
            yield (node.id if isinstance(node, ast.Name) else node.attr), node.lineno
        elif isinstance(node, ast.alias) and node.asname:
            yield node.asname, node.lineno


def words(name):
    return {part.lower() for part in WORD.findall(name)}


def test_no_name_speaks_the_old_dialect():
    found = {
        f"{path}:{line} {name}": {old: OLD[old] for old in words(name) & OLD.keys()}
        for path, tree in sources().items()
        for name, line in [*names(tree), (path.rpartition("/")[2].removesuffix(".py"), 1)]
        if words(name) & OLD.keys()
    }
    assert found == {}


def test_no_docstring_speaks_the_old_dialect():
    found = [
        f"{path}: {match[0]!r} in {docstring.splitlines()[0][:80]!r}"
        for path, tree in sources().items()
        for docstring in _docstrings(tree)
        for match in PHRASES.finditer(docstring)
    ]
    assert found == []


def _docstrings(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = ast.get_docstring(node)
            if docstring:
                yield docstring


def test_no_comment_speaks_the_old_dialect():
    found = [
        f"{path}:{number} {match[0]!r}"
        for path in sources()
        for number, line in enumerate((ROOT / path).read_text(encoding="utf-8").splitlines(), 1)
        if "#" in line
        for match in PHRASES.finditer(line.partition("#")[2])
    ]
    assert found == []


@pytest.mark.parametrize("first", ["Who", "What", "Whose"])
def test_docstrings_are_sentences_about_the_function(first):
    found = [
        f"{path}: {docstring.splitlines()[0][:80]!r}"
        for path, tree in sources().items()
        for docstring in _docstrings(tree)
        if re.search(rf"(?:^|[.!]\s+){first}\b", docstring)
    ]
    assert found == []


def test_public_class_names_stand_once():
    places = defaultdict(list)
    for path, tree in sources().items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(path)
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


#: Modules whose gerund is the standard noun of the field.
NOUNS = {"expertise/importing", "workflows/drawing", "workflows/loading"}


def test_no_module_is_named_by_a_bare_gerund():
    bare = {path for path in sources() if re.fullmatch(r"[a-z]+ing", path.rpartition("/")[2].removesuffix(".py"))}
    folders = {path.rpartition("/")[0] for path in sources()}
    assert bare == set()
    assert {folder for folder in folders if re.fullmatch(r"[a-z]+ing", folder.rpartition("/")[2])} <= NOUNS


def test_the_law_hears_the_old_words():
    assert words("open_house") & OLD.keys() == {"house"}
    assert words("ShopKeeper") & OLD.keys() == {"shop", "keeper"}
    assert PHRASES.search("The door of the house.") and not PHRASES.search("Doormat, household, wholesale.")


def test_the_glossary_has_each_term_once():
    rows = re.findall(
        r"^\| ([^|]+?) \| ([^|]+?) \| ([^|]*)\| ([^|]*)\|$", (ROOT / "docs" / "glossary.md").read_text(), re.MULTILINE
    )
    terms = [term for term, *_ in rows if term not in ("term", "---")]
    assert len(terms) >= 30 and len(set(terms)) == len(terms)
    assert terms == sorted(terms, key=str.lower)
    assert {term for term, meaning, *_ in rows if not meaning.strip()} == set()
    assert {term for term, _, russian, kazakh in rows if bool(russian.strip()) != bool(kazakh.strip())} == set()
