"""Small files, small functions, and packages that say in one sentence what they are."""

from __future__ import annotations

import ast
from collections import Counter
from statistics import median

from tests.laws.product import imports, length, sources

LONGEST_FILE, FULLEST_FOLDER = 400, 22
DWARF = 40  # lines: a shorter module with a single importer belongs into it
#: Registers every page and imports each for that alone; a page does not belong into it.
LIST_OF_PAGES = "expertise/web/blueprints.py"
LONGEST_FUNCTION, MEDIAN_FUNCTION = 60, 10

#: Packages that are more than a name: the engine shows its face.
FACES = {"workflows/__init__.py"}


def test_files_are_small():
    assert {path: length(path) for path in sources() if length(path) > LONGEST_FILE} == {}


def test_folders_are_small():
    folders = Counter(path.rpartition("/")[0] for path in sources())
    assert {folder: number for folder, number in folders.items() if number > FULLEST_FOLDER} == {}


def test_functions_are_small():
    lengths = {
        f"{path}:{node.name}": node.end_lineno - node.lineno + 1
        for path, tree in sources().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}
    assert median(lengths.values()) < MEDIAN_FUNCTION


def test_packages_hold_their_docstring_alone():
    full = {
        path
        for path, tree in sources().items()
        if path.endswith("__init__.py") and (ast.get_docstring(tree) is None or len(tree.body) != 1)
    }
    assert full == FACES


def test_every_folder_of_code_is_a_package():
    folders = {path.rpartition("/")[0] for path in sources()}
    assert {folder for folder in folders if f"{folder}/__init__.py" not in sources()} == set()


def test_short_modules_have_several_importers():
    importers = Counter(imported for importer, imported in imports() if importer != LIST_OF_PAGES)
    short = {path: length(path) for path in sources() if not path.endswith("__init__.py") and length(path) < DWARF}
    assert {path: lines for path, lines in short.items() if importers[path] == 1} == {}
