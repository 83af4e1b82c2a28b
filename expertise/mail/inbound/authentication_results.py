"""Parser for the value of an Authentication-Results header, by the grammar of RFC 8601, section 2.2.

Three things that servers write beyond the grammar are accepted, because none of them can end a value or begin
a result: a semicolon at the end, unquoted values with characters that MIME wants quoted (`header.b=a/b=`), and
properties without a type (`action=none`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_FOLD = re.compile(r"\r?\n(?=[ \t])")
#: Control characters; and U+FFFD, which the reader of a mail puts in place of them and of the rest of a long header.
_FORBIDDEN = re.compile("[\x00-\x08\x0a-\x1f\x7f\ufffd]")
_BLANKS = re.compile(r"[ \t]+")
_BRACKET = re.compile(r"[()]")
_COMMENT_TEXT = re.compile(r"(?:[^\\()]|\\.)+")
_COMMENT_TEXT_WITH_QUOTES = re.compile(r"(?:[^\\()\"]|\\.|\"(?:[^\\\"]|\\.)*\")+")
_QUOTED = re.compile(r"\"((?:[^\\\"]|\\.)*)\"")
_KEYWORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_SERVER = re.compile(r"[^\s;()\"\\=,<>]+")
_VALUE = re.compile(r"[^\s;()\"\\,]+")
_DOMAIN = re.compile(r"@[^\s;()\"\\,@<>]+")
_DIGITS = re.compile(r"[0-9]+")
_VERSION = "1"


@dataclass(frozen=True, slots=True)
class MethodResult:
    """The result of one method: `dmarc=pass header.from=example.kz`.

    `properties` holds pairs of name and unquoted value in their order: `("header.from", "example.kz")`. ASCII
    letters are in lower case; text with other letters stays as it is.
    """

    method: str
    result: str
    properties: tuple[tuple[str, str], ...] = ()


def server_name(value: str) -> str | None:
    """Return the authserv-id of a header in lower case; None if the header does not begin with one."""
    try:
        return _server_name(_Scanner(_FOLD.sub("", value)))
    except _MalformedError:
        return None


def parse_results(
    value: str, *, quotes_in_comments: bool = False, named: bool = True
) -> tuple[MethodResult, ...] | None:
    """Return the results of a header; empty for `none`, and None if the header does not follow the grammar.

    By the grammar a quotation mark means nothing inside a comment. With `quotes_in_comments` a comment does not
    end within quotation marks; a server that copied a quoted address into a comment meant it that way. Without
    `named` the header begins with its first result, as Exchange Online writes it.
    """
    unfolded = _FOLD.sub("", value)
    try:
        return (
            None
            if _FORBIDDEN.search(unfolded)
            else _results(_Scanner(unfolded, quotes_in_comments=quotes_in_comments), named=named)
        )
    except _MalformedError:
        return None


class _MalformedError(Exception):
    """The text does not follow the grammar. This module catches it."""


class _Scanner:
    """A position in the unfolded text of a header that moves over one element of the grammar at a time."""

    def __init__(self, text: str, *, quotes_in_comments: bool = False) -> None:
        self._text = text
        self._at = 0
        self._comment_text = _COMMENT_TEXT_WITH_QUOTES if quotes_in_comments else _COMMENT_TEXT

    def at_end(self) -> bool:
        """Return whether nothing but blanks and comments is left."""
        self.blanks()
        return self._at == len(self._text)

    def match(self, pattern: re.Pattern[str]) -> str | None:
        """Move over the pattern and return its group or all of it; None if the text does not go on with it."""
        found = pattern.match(self._text, self._at)
        if found is None:
            return None
        self._at = found.end()
        return found[found.lastindex or 0]

    def expect(self, pattern: re.Pattern[str]) -> str:
        """Like `match`, but raises where the text does not go on with the pattern."""
        found = self.match(pattern)
        if found is None:
            raise _MalformedError
        return found

    def blanks(self) -> bool:
        """Move over blanks and comments (CFWS) and return whether there were any. Raises at a comment left open."""
        start = self._at
        while self.match(_BLANKS) is not None or self._comment():
            pass
        return self._at > start

    def symbol(self, symbol: str) -> bool:
        """Move over a character and the CFWS around it; return False, and stay, where another one follows."""
        start = self._at
        self.blanks()
        if not self._text.startswith(symbol, self._at):
            self._at = start
            return False
        self._at += len(symbol)
        self.blanks()
        return True

    def _comment(self) -> bool:
        if not self._text.startswith("(", self._at):
            return False
        self._at += 1
        depth = 1
        while depth:
            self.match(self._comment_text)
            depth += 1 if self.expect(_BRACKET) == "(" else -1
        return True


def _server_name(scanner: _Scanner) -> str:
    scanner.blanks()
    quoted = scanner.match(_QUOTED)
    name = scanner.expect(_SERVER) if quoted is None else _unescaped(quoted)
    if scanner.symbol("="):  # a result, before which no server is named
        raise _MalformedError
    return _lower(name)


def _results(scanner: _Scanner, *, named: bool) -> tuple[MethodResult, ...]:
    version = None
    results: list[MethodResult | None] = []
    if named:
        _server_name(scanner)
        scanner.blanks()
        version = scanner.match(_DIGITS)
    else:
        scanner.blanks()
        results.append(_result(scanner))
    while scanner.symbol(";") and not (results and scanner.at_end()):
        results.append(_result(scanner))
    known = tuple(result for result in results if result is not None)
    is_none = results == [None]
    if version not in (None, _VERSION) or not scanner.at_end() or not (is_none or len(known) == len(results) > 0):
        raise _MalformedError
    return known


def _result(scanner: _Scanner) -> MethodResult | None:
    """Return a result, or None for the word `none` in its place."""
    method = _lower(scanner.expect(_KEYWORD))
    if scanner.symbol("/") and scanner.expect(_DIGITS) != _VERSION:
        raise _MalformedError
    if not scanner.symbol("="):
        if method != "none":
            raise _MalformedError
        return None
    result = _lower(scanner.expect(_KEYWORD))
    properties = []
    while scanner.blanks() and (name := scanner.match(_KEYWORD)) is not None:
        properties.append((_lower(name) + _subname(scanner), _value(scanner)))
    return MethodResult(method, result, tuple(properties))


def _subname(scanner: _Scanner) -> str:
    return f".{_lower(scanner.expect(_KEYWORD))}" if scanner.symbol(".") else ""


def _value(scanner: _Scanner) -> str:
    if not scanner.symbol("="):
        raise _MalformedError
    quoted = scanner.match(_QUOTED)
    if quoted is None:
        return _lower(scanner.expect(_VALUE))
    return _lower(_unescaped(quoted) + (scanner.match(_DOMAIN) or ""))


def _unescaped(quoted: str) -> str:
    return re.sub(r"\\(.)", r"\1", quoted)


def _lower(text: str) -> str:
    """Outside ASCII other letters may have an ASCII letter in lower case: U+212A is no k."""
    return text.lower() if text.isascii() else text
