"""Reads the XML of Office and OpenDocument parts: formulas, links and attributes as a program sees them.

A pattern over the bytes sees neither CDATA nor a comment between two letters, nor a prefix that it does not know.
"""

from __future__ import annotations

import re
from xml.parsers import expat

from expertise.files.addresses import is_remote, is_share, plain
from expertise.files.verdict import UnfitFile
from expertise.files.word_fields import parsed

LONGEST = 64 * 1024  # characters of a formula that are kept; Excel itself stops at 8,192

_FORMULAS = frozenset({"f", "formula", "formula1", "formula2", "definedname", "calculatedcolumnformula", "oldformula"})
_OF_FORMULA = frozenset({"formula", "condition", "expression", "apply-style-name", "refersto"})
_DDE = frozenset({"ddelink", "dde-connection-decl", "dde-connection-decls", "dde-source", "dde-link"})
_TEXT = re.compile(r'"(?:[^"]|"")*"')
_QUOTED = re.compile(r"'((?:[^']|'')*)'")
#: Programs that a formula calls by DDE, even where all of it stands between apostrophes.
_SERVERS = re.compile(
    r"(?:cmd|command|powershell|pwsh|ms(?:excel|word|access|hta)|mshta|rundll32|regsvr32|[cw]script|explorer|winword)"
    r"(?:\.exe)?\|",
    re.IGNORECASE,
)
_CALL = re.compile(r"[\w.\])Q]\s*\|\s*[\w(\[]")
_FUNCTION = re.compile(r"(?<![\w.])DDE\s*\(", re.IGNORECASE)
_PREFIXED = re.compile(r"\s*(?:of:|oooc:|msoxl:)?=", re.IGNORECASE)
_SCRIPT = re.compile(r"(?:vnd\.sun\.star\.(?:script|expand):|macro:|service:|ppaction://(?:program|macro))")
#: Elements whose address is opened by a click, and not with the document.
_CLICKED = frozenset({"a", "hyperlink", "hlinkclick", "hlinkmouseover", "hlinkhover", "bookmark"})
#: Elements of OpenDocument that take their content from the address as the document opens.
_LINKED = frozenset(
    """
    section-source table-source cell-range-source object object-ole plugin applet floating-frame database-source
    connection-resource data-source dde-source font-face-uri
    """.split()  # noqa: SIM905
)
_ADDRESSES = frozenset({"href", "src"})


def calls_by_dde(formula: str) -> bool:
    """Return whether a formula calls another program: cmd|'/c calc'!A0, or DDE("soffice"; …).

    Names of sheets between apostrophes may hold a bar: 'План|факт'!A1.
    """
    bare = _TEXT.sub('""', formula)
    if any(_SERVERS.match(name[1]) for name in _QUOTED.finditer(bare)):
        return True
    bare = _QUOTED.sub("Q", bare)
    return bool(_CALL.search(bare) or _FUNCTION.search(bare))


class XmlReader:
    """Takes the pieces of one XML part. Raises UnfitFile for what runs, fetches or hides in it."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate()  # without namespaces: a prefix that nobody declares is no way out
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.EntityDeclHandler = self._entity
        self._formula: list[str] | None = None
        self._over = False

    def feed(self, piece: bytes) -> None:
        """Read the next piece. Text behind an error is not read, as no program reads it."""
        if not self._over:
            self._over = not parsed(self._parser, piece)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = _local(name)
        if local in _DDE:
            raise UnfitFile("file_macros")
        if local == "altchunk":
            raise UnfitFile("file_hidden")
        if local in _FORMULAS:
            self._formula = []
        for key, value in attributes.items():
            _check_attribute(local, _local(key), value)

    def _end(self, name: str) -> None:
        if self._formula is not None and _local(name) in _FORMULAS:
            formula, self._formula = "".join(self._formula), None
            if calls_by_dde(formula):
                raise UnfitFile("file_macros")

    def _text(self, text: str) -> None:
        if self._formula is not None:
            self._formula.append(text)
            if sum(map(len, self._formula)) > LONGEST:
                raise UnfitFile("file_bomb")

    def _entity(self, *_declared: object) -> None:
        raise UnfitFile("file_hidden")


def _local(name: str) -> str:
    return name.rpartition(":")[2].lower()


def _check_attribute(element: str, name: str, value: str) -> None:
    if (name in _OF_FORMULA or _PREFIXED.match(value)) and calls_by_dde(value):
        raise UnfitFile("file_macros")
    if ":" in value and _SCRIPT.match(plain(value)):
        raise UnfitFile("file_macros")
    if name not in _ADDRESSES or element in _CLICKED:
        return
    if is_share(value) or (element in _LINKED and is_remote(value)):
        raise UnfitFile("file_macros")
