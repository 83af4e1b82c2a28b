"""Checks of one part of an Office or OpenDocument archive: nothing runs, nothing is fetched, nothing is hidden in it.

Names prove little: a macro may lie in any part, and XML may write every letter as a number. So the content decides.
"""

from __future__ import annotations

import html
import re
from xml.parsers import expat

import filetype

from expertise.files import signature
from expertise.files.addresses import is_remote, is_share, plain
from expertise.files.formats import FOREIGN, HEAD
from expertise.files.verdict import UnfitFile
from expertise.files.word_fields import FieldReader, parsed
from expertise.files.xml_content import XmlReader, calls_by_dde

OVERLAP = 8192 + 64  # bytes: the longest formula of a spreadsheet
OLE = b"\xd0\xcf\x11\xe0"
ZIP = b"PK\x03\x04"

#: Word and PowerPoint keep the table behind a chart as a whole document; that much is honest.
EMBEDDED = re.compile(r"(?:^|/)embeddings/[^/]+\.(?:docx|xlsx|pptx|bin)$", re.IGNORECASE)
_ENTITY = re.compile(rb"<!ENTITY")
_PACKAGED = "Ole10Native".encode("utf-16-le")  # any file, packed by Windows
_PROJECT = "_VBA_PROJECT".encode("utf-16-le")
#: Data by DDE, OpenDocument's calls of scripts, PowerPoint's calls of programs and macros.
_ACTIVE = re.compile(
    rb"<(?:\w+:)?(?:ddeLink|dde-connection-decl|dde-source|dde-link)\b"
    rb"|[\"']\s*(?:vnd\.sun\.star\.script:|macro://|ppaction://(?:program|macro))",
    re.IGNORECASE,
)
_FORMULA = re.compile(rb"<(?:\w+:)?(?:f|formula\d?|definedName)\b[^>]*>([^<]*\|[^<]*)<")

#: Types of relations (their last word) whose target may lie elsewhere: it is shown, or opened by a click.
_HARMLESS = frozenset(
    """
    hyperlink image audio video media externallinkpath xlexternallinkpath xlpathmissing xlstartup xlalternatestartup
    xllibrary slideupdateinfo slideupdateurl
    """.split()  # noqa: SIM905
)
_PROGRAMS = frozenset(
    """
    vbaproject wordvbadata xlmacrosheet xlintlmacrosheet keymapcustomizations attachedtoolbars extensibility control
    activexcontrolbinary
    """.split()  # noqa: SIM905
)
#: Types of relations that fetch nothing of the web, but would ask another computer's folder as the document opens.
_SHOWN = frozenset({"image", "audio", "video", "media"})
_RUNNING = re.compile(r"(?:javascript|vbscript|data|mhtml|mk|search-ms|smb|cifs|ms-(?:msdt|officecmd|search)):")


class PartCheck:
    """Takes the pieces of one unpacked part. Raises UnfitFile as soon as something is wrong."""

    def __init__(self, name: str, *, is_word: bool) -> None:
        self._name = name
        self._kept = b""
        self._start = b""
        self._xml = False
        self._wide = False  # UTF-16
        self._readers: list[XmlReader | RelationReader | FieldReader] = [XmlReader()]
        self._readers += [RelationReader()] if name.lower().endswith(".rels") else []
        self._readers += [FieldReader()] if is_word else []

    @property
    def is_document(self) -> bool:
        """Whether the part is an archive itself, embedded where a document may be."""
        return self._start.startswith(ZIP)

    def feed(self, piece: bytes) -> None:
        """Check the next piece."""
        if not self._start:
            self._begin(piece)
        window = self._kept + piece
        self._kept = window[-OVERLAP:]
        signature.check_window(window)
        if self._start.startswith(OLE) or self._name.lower().endswith(".bin"):
            check_compound(window)
        if self._xml:
            _check_xml(_readable(window, wide=self._wide))
            for reader in self._readers:
                reader.feed(piece)

    def _begin(self, piece: bytes) -> None:
        self._start = piece[:HEAD]
        plain = self._start.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
        self._xml = plain.startswith(b"<")
        self._wide = b"\0" in self._start[:64]
        document = self.is_document and EMBEDDED.search(self._name)
        if plain.startswith(b"{\\rt") or (filetype.guess_mime(self._start) in FOREIGN and not document):
            raise UnfitFile("file_hidden")
        if self._start.startswith(ZIP) and not document:
            raise UnfitFile("file_hidden")


def _readable(window: bytes, *, wide: bool) -> bytes:
    """Return XML in one byte a letter, with the letters that are written as numbers."""
    if wide:
        window = window.replace(b"\0", b"")
    if b"&#" in window:
        window = html.unescape(window.decode("latin-1")).encode("utf-8", "replace")
    return window


def check_compound(window: bytes) -> None:
    """Check an old Office object: raises UnfitFile for macros and for packed files."""
    if _PROJECT in window:
        raise UnfitFile("file_macros")
    if _PACKAGED in window:
        raise UnfitFile("file_hidden")


def _check_xml(window: bytes) -> None:
    if _ENTITY.search(window):
        raise UnfitFile("file_hidden")
    if _ACTIVE.search(window):
        raise UnfitFile("file_macros")
    for formula in _FORMULA.finditer(window) if b"|" in window else ():
        if calls_by_dde(html.unescape(formula[1].decode("utf-8", "replace"))):
            raise UnfitFile("file_macros")


class RelationReader:
    """Reads a part of relations: what the document takes from elsewhere when it is opened."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._element
        self._over = False

    def feed(self, piece: bytes) -> None:
        """Read the next piece. Text behind an error is not read, as no program reads it."""
        if not self._over:
            self._over = not parsed(self._parser, piece)

    def _element(self, name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(" ")[2] != "Relationship":
            return
        kind = attributes.get("Type", "").rpartition("/")[2].lower()
        target = attributes.get("Target", "")
        fetched = kind not in _HARMLESS and is_remote(target)
        shared = kind in _SHOWN and is_share(target)
        if kind in _PROGRAMS or fetched or shared or _RUNNING.match(plain(target)):
            raise UnfitFile("file_macros")
        if kind == "afchunk":  # a document of any other kind, taken in as this one opens
            raise UnfitFile("file_hidden")
