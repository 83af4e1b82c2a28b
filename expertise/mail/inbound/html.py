"""Converts an HTML mail to text: paragraphs, and quotations behind `>`. Nothing is executed or fetched."""

from __future__ import annotations

from html.parser import HTMLParser

_BREAKS = {"p", "div", "tr", "li", "h1", "h2", "h3", "h4", "table", "ul", "ol", "blockquote", "hr", "pre"}
_UNSEEN = {"script", "style", "head", "title", "template", "noscript"}


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = [""]
        self.depth = 0
        self.unseen = 0

    def handle_starttag(self, tag: str, _attributes: list[tuple[str, str | None]]) -> None:
        self.unseen += tag in _UNSEEN
        if tag == "br" or tag in _BREAKS:
            self._break()
        if tag == "hr":
            self._break("________________________________")
        self.depth += tag == "blockquote"

    def handle_endtag(self, tag: str) -> None:
        self.unseen = max(0, self.unseen - (tag in _UNSEEN))
        if tag in _BREAKS:
            self._break()
        self.depth = max(0, self.depth - (tag == "blockquote"))

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            self.lines[-1] += " ".join(data.replace("\u00a0", " ").split(" ")).replace("\n", " ")

    def _break(self, line: str = "") -> None:
        if line:
            self.lines.append(line)
        if self.lines[-1].strip():
            self.lines[-1] = "> " * self.depth + self.lines[-1].strip()
        self.lines.append("")


def as_text(html: str) -> str:
    """Return lines of text; each level of quotation puts a `>` before its lines."""
    reader = _Text()
    reader.feed(html)
    reader.close()
    reader._break()  # noqa: SLF001 the last line
    lines: list[str] = []
    for line in reader.lines:
        shown = " ".join(line.split())
        if shown or (lines and lines[-1]):
            lines.append(shown)
    return "\n".join(lines).strip()
