"""Whatever is read from the environment is written down: settings for who runs Komek, the rest for who works on it."""

from __future__ import annotations

import re

from expertise.config import KNOWN, SETTINGS
from tests.laws.product import ROOT
from tests.laws.test_tracked_files import tracked

NAME = re.compile(r"\bKOMEK_[A-Z]+(?:_[A-Z]+)*\b(?!_)")
#: In a test, because it is none.
MISTYPED = {"KOMEK_DATABSE_URL"}
DOCUMENTS = (".md",)


def in_table(document: str) -> set[str]:
    """The names in the first column of a document's tables."""
    rows = re.findall(r"^\| (`KOMEK_.*?) \|", (ROOT / document).read_text(encoding="utf-8"), re.MULTILINE)
    return {name for row in rows for name in NAME.findall(row)}


def named() -> set[str]:
    """Every name in a file that is no document."""
    return {name for path, text in tracked().items() if not path.endswith(DOCUMENTS) for name in NAME.findall(text)}


def test_every_name_is_written_down_once():
    of_operations, of_tests = in_table("docs/operations.md"), in_table("CONTRIBUTING.md")
    assert named() - MISTYPED == of_operations | of_tests
    assert of_operations == {setting.name for setting in SETTINGS}
    assert of_operations & of_tests == set()


def test_what_is_known_and_no_setting_is_for_tests():
    assert KNOWN - in_table("docs/operations.md") <= in_table("CONTRIBUTING.md")


def test_the_law_reads_whole_names():
    assert NAME.findall('os.environ["KOMEK_PORT"] $KOMEK_LMTP ${KOMEK_DATA:-x} KOMEK_OIDC_* KOMEK_TEST_') == [
        "KOMEK_PORT",
        "KOMEK_LMTP",
        "KOMEK_DATA",
    ]
