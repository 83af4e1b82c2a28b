"""Reads the fields of a Word document: {PAGE}, {DATE}, and {DDEAUTO}, which starts a program.

The code of a field may be split over any number of runs, nested in others, or written as numbers (QUOTE 68 68 69).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.parsers import expat

from expertise.files.addresses import is_remote, is_share
from expertise.files.verdict import UnfitFile

LONGEST = 4096  # characters of a code that are kept; its name stands at the beginning

_DDE = re.compile(r"\W*DDE(?:AUTO)?\b", re.IGNORECASE)
_SPELLED = re.compile(r"\W*QUOTE(?:\s+\"?\d+\"?){2,}\s*", re.IGNORECASE)
_CODES = ("instrText", "delInstrText")
#: Fields that take in what lies at an address: pictures, which may be of the web, and texts and data, which may not.
_PICTURED = re.compile(r"\W*(?:INCLUDEPICTURE|INCLUDEPICT|IMPORT)\b", re.IGNORECASE)
_INCLUDED = re.compile(r"\W*(?:INCLUDETEXT|INCLUDE|RD|LINK|DATABASE|AUTOTEXTLIST)\b", re.IGNORECASE)
_ARGUMENT = re.compile(r"\"([^\"]*)|[“”„«]([^“”„«»]*)|(\S+)")


def parsed(parser: expat.XMLParserType, piece: bytes) -> bool:
    """Give the parser a piece; return False after an error of grammar. Raises UnfitFile for an unknown encoding."""
    try:
        parser.Parse(piece, False)
    except expat.ExpatError as error:
        if expat.ErrorString(error.code) in (
            expat.errors.XML_ERROR_UNKNOWN_ENCODING,
            expat.errors.XML_ERROR_INCORRECT_ENCODING,
        ):
            raise UnfitFile("file_damaged") from error
        return False
    except (LookupError, ValueError) as error:  # an encoding of several bytes a letter
        raise UnfitFile("file_damaged") from error
    return True


@dataclass(slots=True)
class _Field:
    """A field that is open: its code so far, and whether its result has begun."""

    code: str = ""
    has_result: bool = False


class FieldReader:
    """Takes the pieces of a part of WordprocessingML. Raises UnfitFile for a field that starts a program."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._stray = _Field()  # takes codes that stand in no field
        self._open: list[_Field] = []
        self._reading = False
        self._over = False

    def feed(self, piece: bytes) -> None:
        """Read the next piece. Text behind an error is not read, as Word does not read it."""
        if not self._over:
            self._over = not parsed(self._parser, piece)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(" ")[2]
        if local in _CODES:
            self._reading = True
        elif local in ("fldSimple", "fldChar"):
            own = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
            _judge(own.get("instr", ""), complete=True)
            self._mark(own.get("fldCharType", ""))

    def _end(self, name: str) -> None:
        self._reading = self._reading and name.rpartition(" ")[2] not in _CODES

    def _text(self, text: str) -> None:
        if self._reading:
            field = self._open[-1] if self._open else self._stray
            field.code = (field.code + text)[:LONGEST]
            _judge(field.code)

    def _mark(self, kind: str) -> None:
        if kind == "begin":
            if self._open and _lacks_name(self._open[-1]):
                raise UnfitFile("file_macros")  # the nested field would write the name of this one
            self._open.append(_Field())
        elif kind == "separate" and self._open:
            _judge(self._open[-1].code, complete=True)
            self._open[-1].has_result = True
        elif kind == "end" and self._open:
            closed = self._open.pop()
            _judge(closed.code, complete=True)
            if self._open and not self._open[-1].has_result:
                self._open[-1].code += _spoken(closed.code)  # QUOTE writes its text into the code around it


def _lacks_name(field: _Field) -> bool:
    """Return whether the name of the field, its first word, may still be unfinished. IF and = need no blank."""
    begun = field.code.lstrip()
    return not field.has_result and not re.match(r"=|IF\b|\w+[^\w]", begun, re.IGNORECASE)


def _spoken(code: str) -> str:
    """Return the text that a closed field writes, as far as it is known: that of QUOTE."""
    said = re.match(r"\s*QUOTE\b\s*(.*)", code, re.IGNORECASE | re.DOTALL)
    return said[1].strip().strip('"') if said else ""


def _judge(code: str, *, complete: bool = False) -> None:
    """Judge a code as far as it is read. Addresses count once it is complete."""
    if _DDE.match(code) or _SPELLED.match(code):
        raise UnfitFile("file_macros")
    if not complete:
        return
    pictured, included = _PICTURED.match(code), _INCLUDED.match(code)
    name = pictured or included
    if name is None:
        return
    for argument in _ARGUMENT.finditer(code[name.end() :]):
        address = next(text for text in argument.groups() if text is not None)
        if is_share(address) or (included is not None and is_remote(address)):
            raise UnfitFile("file_macros")
