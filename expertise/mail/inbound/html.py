"""Converts an HTML mail to the text its reader sees, with quotations behind `>`. Nothing is executed or fetched."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser

from expertise.mail.inbound.html_styles import Attributes, Look, StyleRule, look_of, rules_of

_BREAKS = frozenset(
    [
        "p",
        "div",
        "tr",
        "li",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "table",
        "thead",
        "tbody",
        "tfoot",
        "caption",
        "ul",
        "ol",
        "dl",
        "dt",
        "dd",
        "blockquote",
        "hr",
        "pre",
        "center",
        "address",
        "section",
        "article",
        "header",
        "footer",
        "main",
        "aside",
        "figure",
        "figcaption",
        "form",
        "fieldset",
        "body",
    ]
)
#: Content of these is no text of the mail. A browser shows text in <head>, and programs leave that open.
_UNSEEN = ("script", "style", "title", "template", "noscript", "xml")
_EMPTY = frozenset("area base br col embed hr img input link meta param source track wbr".split())  # noqa: SIM905
_CELLS = frozenset({"td", "th"})
#: A tag → the open elements that end where it begins, and the element beyond which nothing is looked for.
_ENDS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "li": (frozenset({"li"}), frozenset({"ul", "ol"})),
    "td": (_CELLS, frozenset({"table"})),
    "th": (_CELLS, frozenset({"table"})),
    "tr": (_CELLS | {"tr"}, frozenset({"table"})),
    "dt": (frozenset({"dt", "dd"}), frozenset({"dl"})),
    "dd": (frozenset({"dt", "dd"}), frozenset({"dl"})),
}
_LEFT_OPEN = re.compile(rf"<({'|'.join(_UNSEEN)})\b[^>]*>(?!.*</\1)", re.DOTALL | re.IGNORECASE)


class _Text(HTMLParser):
    """Collects lines of text. `colours`: text in the colour of its background is left out."""

    def __init__(self, rules: tuple[StyleRule, ...], *, colours: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = [""]
        self._rules = rules
        self._colours = colours
        self._open: list[tuple[str, Look]] = []
        self._counts: Counter[str] = Counter()  # of the open elements by tag
        self._unseen = 0

    @property
    def _look(self) -> Look:
        return self._open[-1][1] if self._open else Look()

    def handle_starttag(self, tag: str, attributes: Attributes) -> None:
        if "@" in tag or tag.startswith("http"):
            self.handle_data(f"<{tag}>")  # an address that somebody's program did not escape
            return
        self._end_implied(tag)
        self._unseen += tag in _UNSEEN
        if tag == "br" or tag in _BREAKS:
            self.end_line()
        if tag == "hr":
            self.end_line("________________________________")
        if tag in _CELLS and self.lines[-1].strip():
            self.lines[-1] = self.lines[-1].rstrip() + "\t"
        if tag not in _EMPTY:
            self._open.append((tag, look_of(tag, attributes, self._look, self._rules)))
            self._counts[tag] += 1

    def handle_endtag(self, tag: str) -> None:
        self._unseen = max(0, self._unseen - (tag in _UNSEEN))
        if tag in _BREAKS:
            self.end_line()
        while self._counts[tag] and self._close() != tag:
            pass

    def handle_data(self, data: str) -> None:
        look = self._look
        if self._unseen or look.is_hidden or (self._colours and look.is_faint):
            return
        data = data.replace("\u00a0", " ")
        if self._counts["pre"]:
            first, *others = data.replace("\r", "").split("\n")
            self.lines[-1] += first
            for line in others:
                self.end_line()
                self.lines[-1] += line
        else:
            self.lines[-1] += data.replace("\r", " ").replace("\n", " ").replace("\t", " ")

    def end_line(self, line: str = "") -> None:
        """End the line, behind a mark for each quotation that it stands in; and add another one, if given."""
        if line:
            self.lines.append(line)
        if self.lines[-1].strip():
            self.lines[-1] = "> " * self._counts["blockquote"] + self.lines[-1].strip()
        self.lines.append("")

    def _end_implied(self, tag: str) -> None:
        """Close what ends where this element begins, although nothing says so: `<p>` before a block, a cell, a row."""
        if tag in _BREAKS and self._open and self._open[-1][0] == "p":
            self._close()
        ends, limits = _ENDS.get(tag, (frozenset(), frozenset()))
        if not ends:
            return
        within = len(self._open)
        while within and self._open[within - 1][0] not in limits:
            within -= 1
        first = next((place for place in range(within, len(self._open)) if self._open[place][0] in ends), None)
        while first is not None and len(self._open) > first:
            self._close()

    def _close(self) -> str:
        """Close the innermost open element and return its tag."""
        tag, _ = self._open.pop()
        self._counts[tag] -= 1
        return tag


def as_text(html: str) -> str:
    """Return lines of text; each level of quotation puts a `>` before its lines, and a tab parts cells of a table."""
    return read_html(html)[0]


def read_html(html: str) -> tuple[str, bool]:
    """Return the text, and whether all of it has the colour of its background, as programs for dark screens leave it.

    Text that its reader cannot see is left out. A title or a comment that a program left open hides nothing.
    """
    source = _LEFT_OPEN.sub("", html)
    at = source.rfind("<!--")
    if at >= 0 and "-->" not in source[at:]:
        source = source[:at] + source[at + 4 :]
    rules = rules_of(source)
    text = _lines(source, rules, colours=True)
    if text:
        return text, False
    text = _lines(source, rules, colours=False)
    return text, bool(text)


def _lines(html: str, rules: tuple[StyleRule, ...], *, colours: bool) -> str:
    reader = _Text(rules, colours=colours)
    reader.feed(html)
    reader.close()
    reader.end_line()
    lines: list[str] = []
    for line in reader.lines:
        cells = [" ".join(cell.split()) for cell in line.split("\t")]
        shown = "\t".join(cell for cell in cells if cell)
        if shown or (lines and lines[-1]):
            lines.append(shown)
    return "\n".join(lines).strip()
