"""YAML text → a plain tree without tags and aliases; the line of every key is known.

Only texts, whole numbers, true, false and null exist. YAML 1.1 would also turn `no` into False (a
language, an answer), `12:30` into 750 and `2026-01-01` into a date; a definition needs none of that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from workflows.soundness.faults import Fault

LARGEST_FILE = 512 * 1024  # bytes
DEEPEST = 12  # the format itself needs seven

Tree = dict[str, "Tree"] | list["Tree"] | str | int | bool | None
Path = tuple[str | int, ...]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml, where it was built in, is ten times faster
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass(slots=True)
class ParsedFile:
    """A file as a tree. `lines`: path inside the tree → line, counted from 1."""

    tree: Tree = None
    faults: list[Fault] = field(default_factory=list)
    lines: dict[Path, int] = field(default_factory=dict)


class _Refused(Exception):
    def __init__(self, code: str, message: str, remedy: str, mark: Any) -> None:
        super().__init__(message)
        self.code, self.message, self.remedy, self.mark = code, message, remedy, mark


def parse(text: str, path: str) -> ParsedFile:
    """Read one document. Duplicate keys are all reported; what stops the parser is reported alone."""
    source = ParsedFile()
    flaw = _unusable(text)
    if flaw is not None:
        source.faults.append(Fault(path, "", *flaw))
        return source
    try:
        source.tree = _Reader(text, path, source).document()
    except _Refused as error:
        source.faults.append(_fault(path, error.code, error.message, error.remedy, error.mark))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = ", ".join(part for part in (error.context, error.problem) if part)
        source.faults.append(_fault(path, "broken_yaml", message, "Mend the YAML at this place", mark))
    except yaml.YAMLError as error:  # a character that YAML forbids; it has a position, but no line
        message = str(error).splitlines()[0]
        source.faults.append(Fault(path, "", message, "Remove the unprintable character", "broken_yaml"))
    return source


def _unusable(text: str) -> tuple[str, str, str] | None:
    """Return message, remedy and code for a text that the parser must not read; None for any other."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        return "half a character stands here", "Save the file as UTF-8", "not_utf8"
    if size > LARGEST_FILE:
        return "the file is larger than 512 kB", "Split the workflow into parts", "too_large_a_file"
    return None


def _fault(path: str, code: str, message: str, remedy: str, mark: Any) -> Fault:
    line, column = (None, None) if mark is None else (mark.line + 1, mark.column + 1)
    return Fault(path, "", message, remedy, code, line, column)


class _Reader:
    """Builds the tree straight from parser events, so nothing is ever constructed by tag or by reference."""

    def __init__(self, text: str, path: str, source: ParsedFile) -> None:
        self._events: Iterator[Any] = iter(yaml.parse(text, Loader=_LOADER))
        self._path = path
        self._source = source

    def document(self) -> Tree:
        next(self._events)  # the stream
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return None
        tree = self._node(next(self._events), ())
        next(self._events)  # the document's end
        another: Any = next(self._events)
        if not isinstance(another, yaml.StreamEndEvent):
            remedy = "Remove the line '---'"
            raise _Refused("second_document", "the file holds a second document", remedy, another.start_mark)
        return tree

    def _node(self, event: Any, here: Path) -> Tree:
        if isinstance(event, yaml.AliasEvent):
            raise _Refused("alias", "aliases (*name) are refused", "Write the value out", event.start_mark)
        if getattr(event, "tag", None) is not None:
            raise _Refused("tag", "tags (!name) are refused", "Write the plain value", event.start_mark)
        if len(here) > DEEPEST:
            raise _Refused("too_deep", "the file is nested too deeply", "Flatten this part", event.start_mark)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(here)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(here)
        return _scalar(event)

    def _mapping(self, here: Path) -> Tree:
        found: dict[str, Tree] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent) or event.tag is not None:
                raise _Refused("odd_key", "a key must be a plain word", "Write a word as the key", event.start_mark)
            key = event.value
            if key in found:
                remedy = "Keep one of the two"
                message = f"the key '{key}' stands here a second time"
                self._source.faults.append(_fault(self._path, "duplicate_key", message, remedy, event.start_mark))
            self._source.lines[*here, key] = _line(event)
            found[key] = self._node(next(self._events), (*here, key))
        return found

    def _sequence(self, here: Path) -> Tree:
        found: list[Tree] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            place = (*here, len(found))
            self._source.lines[place] = _line(event)
            found.append(self._node(event, place))
        return found


def _line(event: Any) -> int:
    line: int = event.start_mark.line
    return line + 1


def _scalar(event: Any) -> Tree:
    text: str = event.value
    if event.style:  # quoted or a block: text, whatever it looks like
        return text
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    return int(text) if _INTEGER.fullmatch(text) else text
