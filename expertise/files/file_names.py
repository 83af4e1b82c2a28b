"""Names of files, which are text for people. No file is stored or looked up under one."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

from expertise.files.verdict import UnfitFile

LONGEST = 255  # characters, as the column holds

#: Endings that make a program out of what follows them on some systems: x.exe.pdf is nobody's report.
PROGRAMS = frozenset(
    """
    app bat cmd cpl dll docm dotm elf exe hta htm html jar js jse lnk msi php pif potm ppam pptm ps1 py
    reg scr sh svg swf vb vbe vbs wsf xhtml xlam xlsm xltm
    """.split()  # noqa: SIM905
)

#: A drive, a server, or a folder by its way from another one.
_PATH = re.compile(r"\s*(?:[A-Za-z]:|~?/|\.{1,2}/)")


def clean(name: str) -> str:
    """Return the name without folders, control characters and direction marks. Raises UnfitFile without an extension.

    Only what begins like a path has folders; elsewhere a slash belongs to the number of a paper and becomes "_".
    Cut in its middle to LONGEST characters, so that the extension stays.
    """
    name = unicodedata.normalize("NFC", name[-10_000:]).replace("\\", "/")
    last = name.rpartition("/")[2]
    name = last if _PATH.match(name) or last.lstrip().startswith(".") else name.replace("/", "_")
    shown = "".join(" " if character.isspace() else character for character in name if _shows(character))
    stem, dot, ending = " ".join(shown.split()).rpartition(".")
    stem, ending = stem.strip(" ."), ending.strip()
    if not stem or not dot or not ending or len(ending) > 10:
        raise UnfitFile("file_type")
    return f"{stem[: LONGEST - len(ending) - 1].rstrip(' .')}.{ending}"


def ending(clean_name: str) -> str:
    """Return the extension in lower case. Raises UnfitFile if another extension before it is that of a program."""
    inner = [suffix.lower().lstrip(".") for suffix in PurePosixPath(clean_name).suffixes]
    if PROGRAMS.intersection(inner[:-1]):
        raise UnfitFile("file_type")
    return inner[-1]


def is_program(name: str) -> bool:
    """Return whether one of the extensions in a name is that of a program."""
    return not PROGRAMS.isdisjoint(suffix.lower().strip(". ") for suffix in name.split(".")[1:])


def _shows(character: str) -> bool:
    """Return False for control characters, direction marks and surrogates. Blanks are judged later."""
    return character.isspace() or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn")
