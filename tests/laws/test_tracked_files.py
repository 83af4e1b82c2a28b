"""What is in the repository speaks of no machine and of no registry: it is installed from anywhere, anywhere."""

from __future__ import annotations

import re
import subprocess
from functools import cache

import pytest

from tests.laws.product import ROOT

#: Written in two halves, so that this file does not break its own law.
REGISTRIES = (
    "pypi." + "org",
    "python" + "hosted.org",
    "registry." + "npmjs",
    "regi" + "stry.yarnpkg",
    "crates" + ".io",
)
#: Folders of this machine, where a file may have been copied from; `/tmp` and `/usr` are on every one.
FOLDERS = ("work", "root", "home", "Users", "mnt", "opt/venv")
MACHINE = re.compile(r"(?<![\w./:-])/(?:" + "|".join(FOLDERS) + r")/[\w.-]+")
PICTURES = (".png", ".woff2", ".ttf", ".ico", ".mo", ".pdf", ".docx", ".xlsx", ".jpg")


@cache
def tracked():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git repository")
    names = [name for name in listed.stdout.split("\0") if name and not name.endswith(PICTURES)]
    return {name: (ROOT / name).read_text(encoding="utf-8") for name in names if (ROOT / name).is_file()}


def test_no_registry_is_named():
    assert {(name, host) for name, text in tracked().items() for host in REGISTRIES if host in text} == set()


def test_no_folder_of_this_machine_is_named():
    found = {
        name: MACHINE.findall(text) for name, text in tracked().items() if str(ROOT) in text or MACHINE.search(text)
    }
    assert found == {}


def test_the_law_finds_a_folder():
    for place in (("home", "somebody", "x.csv"), ("work", "main")):
        assert MACHINE.search(f"open('/{'/'.join(place)}')")
    innocent = ("docs", "work", "plan.md"), ("https://example.kz", "home", "page"), ("", "cases", "new")
    assert not MACHINE.search("see " + ", ".join("/".join(parts) for parts in innocent))
