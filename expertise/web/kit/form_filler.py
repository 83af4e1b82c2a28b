"""Fills the forms of a finished page with what a person typed before, whatever the page: by the names of controls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape, unescape
from html.parser import HTMLParser

#: The hidden control by which a form says which page it stands on; a form without it is never filled.
TOKEN = "_page"  # noqa: S105 the name of a control
#: Hidden controls that are given back with the words: they tell what the person had seen while typing.
SEEN = frozenset({"_seen", "_had", "_shown"})
_NOT_FILLED = frozenset({"hidden", "file", "password", "submit", "button", "image", "reset"})


@dataclass(frozen=True, slots=True)
class Typed:
    """The content of one form: its number on the page, from 0, and its values by name."""

    place: int
    values: Mapping[str, Sequence[str]]
    token: str  # for the form that takes it


@dataclass
class Filled:
    """A page with the content of one form in it. `lost`: texts without a control; `files`: names of chosen files."""

    html: str
    differs: bool = False
    lost: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


@dataclass
class _Control:
    kind: str  # of an input its type, else the tag
    name: str
    attributes: dict[str, str]
    start: int
    end: int  # of the start tag; of a textarea of its content
    inner: int = 0  # where the content of a textarea begins
    options: list[_Control] = field(default_factory=list)


@dataclass
class _Form:
    controls: list[_Control] = field(default_factory=list)
    around: list[tuple[int, str]] = field(default_factory=list)  # offset and text of each closed <details>

    @property
    def names(self) -> frozenset[str]:
        return frozenset(each.name for each in self.controls if each.kind not in _NOT_FILLED or each.kind == "file")

    def hidden(self) -> Iterator[_Control]:
        return (each for each in self.controls if each.kind == "hidden" and not each.name.startswith("_"))

    def takes(self, typed: Typed) -> bool:
        """Return whether the content belongs here: a name in common, and every hidden name with the same value."""
        same = all(
            each.attributes.get("value", "") in typed.values[each.name]
            for each in self.hidden()
            if each.name in typed.values and each.name not in self.names
        )
        return same and not self.names.isdisjoint(typed.values)


def fill(html: str, typed: Typed) -> Filled:
    """Return the page with the content in the form that it belongs to; without such a form all of it is `lost`."""
    page = _Page(html)
    able = [(place, form) for place, form in enumerate(page.forms) if form.takes(typed)]
    if not able:
        return Filled(html, lost=list(_texts(typed.values, set())))
    _place, form = max(able, key=lambda each: (len(each[1].names & typed.values.keys()), each[0] == typed.place))
    return _Filler(html, form, typed).filled


def _texts(values: Mapping[str, Sequence[str]], there: set[str]) -> Iterator[str]:
    """Return every text under a name that is not `there`; an answer of yes or no alone is none."""
    for name, given in values.items():
        if name not in there and not name.startswith("_"):
            yield from (text for text in given if text.strip() and text not in ("yes", "no"))


class _Filler:
    """Writes the content of one form over the controls of a page. `filled` is the outcome."""

    def __init__(self, html: str, form: _Form, typed: Typed) -> None:
        self._values, self._edits = typed.values, list[tuple[int, int, str]]()
        self.filled = Filled(html)
        for control in form.controls:
            self._control(control, form)
        there = {control.name for control in form.controls}
        self.filled.lost += _texts(typed.values, there)
        self.filled.differs = bool(self._edits or self.filled.lost or self.filled.files)
        if self.filled.differs:
            self._give_what_was_seen(form, typed)
            self.filled.html = self._edited(html)

    def _control(self, control: _Control, form: _Form) -> None:
        given = [text.replace("\r\n", "\n") for text in self._values.get(control.name, ())]
        if control.kind == "file":
            stored = {each.attributes.get("value", "") for each in form.hidden() if each.name == control.name}
            self.filled.files += [name for name in given if name and name not in stored]
        elif control.kind == "checkbox":
            self._check(control, control.attributes.get("value", "on") in given)
        elif control.kind in _NOT_FILLED or not given:
            return
        elif control.kind == "radio":
            self._check(control, control.attributes.get("value", "on") in given)
        elif control.kind == "select":
            self._choose(control, given[-1])
        else:
            self._write(control, given[-1])

    def _check(self, control: _Control, wanted: bool) -> None:
        if wanted != ("checked" in control.attributes):
            self._set(control, "checked", "" if wanted else None)

    def _choose(self, control: _Control, wanted: str) -> None:
        chosen = next((each for each in control.options if "selected" in each.attributes), None)
        chosen = chosen or next(iter(control.options), None)
        if chosen is None or _value(chosen) == wanted:
            return
        meant = next((each for each in control.options if _value(each) == wanted), None)
        if meant is None:
            self.filled.lost.append(wanted)
            return
        if "selected" in chosen.attributes:
            self._set(chosen, "selected", None)
        self._set(meant, "selected", "")

    def _write(self, control: _Control, text: str) -> None:
        if control.kind == "textarea":
            if control.attributes["value"].removeprefix("\n") != text:
                self._edits.append((control.inner, control.end, "\n" + escape(text)))
        elif control.attributes.get("value", "") != text:
            self._set(control, "value", text)

    def _set(self, control: _Control, attribute: str, value: str | None) -> None:
        """Write the start tag anew, with this attribute or, for None, without it."""
        given = {name: text for name, text in control.attributes.items() if name != attribute}
        if value is not None:
            given[attribute] = value
        tag = control.kind if control.kind in ("select", "option") else "input"
        written = "".join(f' {name}="{escape(text)}"' for name, text in given.items() if name != "\0text")
        self._edits.append((control.start, control.end, f"<{tag}{written}>"))

    def _give_what_was_seen(self, form: _Form, typed: Typed) -> None:
        for control in form.controls:
            if control.name == TOKEN:
                self._set(control, "value", typed.token)
            elif control.name in SEEN and control.name in self._values:
                self._set(control, "value", self._values[control.name][-1])
        self._edits += [(start, start + len(tag), f"{tag[:-1]} open>") for start, tag in form.around]

    def _edited(self, html: str) -> str:
        for start, end, text in sorted(self._edits, reverse=True):
            html = html[:start] + text + html[end:]
        return html


def _value(option: _Control) -> str:
    return option.attributes.get("value", option.attributes.get("\0text", ""))


class _Page(HTMLParser):
    """The forms of a page that carry TOKEN, with the places of their controls in the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self._html, self._lines = html, [0]
        for line in html.split("\n"):
            self._lines.append(self._lines[-1] + len(line) + 1)
        self._all: list[_Form] = []
        self._form: _Form | None = None
        self._area: _Control | None = None
        self._select: _Control | None = None
        self._details: list[tuple[int, str] | None] = []
        self.feed(html)
        self.close()

    @property
    def forms(self) -> list[_Form]:
        return [form for form in self._all if any(each.name == TOKEN for each in form.controls)]

    def _here(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given, start, text = {name: value or "" for name, value in attrs}, self._here(), self.get_starttag_text() or ""
        if tag == "details":
            self._details.append(None if "open" in given else (start, text))
        elif tag == "form":
            self._form = _Form(around=[each for each in self._details if each is not None])
            self._all.append(self._form)
        elif tag == "option" and self._select is not None:
            self._select.options.append(_Control("option", "", given, start, start + len(text)))
        elif self._form is not None and tag in ("input", "select", "textarea", "button"):
            kind = given.get("type", "text") if tag == "input" else tag
            control = _Control(kind, given.get("name", ""), given, start, start + len(text), start + len(text))
            self._form.controls.append(control)
            self._area, self._select = control if tag == "textarea" else None, control if tag == "select" else None

    def handle_data(self, data: str) -> None:
        if self._select is not None and self._select.options:
            last = self._select.options[-1].attributes
            last["\0text"] = " ".join(f"{last.get(chr(0) + 'text', '')} {data}".split())

    def handle_endtag(self, tag: str) -> None:
        if tag == "details" and self._details:
            self._details.pop()
        elif tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea" and self._area is not None:
            self._area.end = self._here()
            self._area.attributes["value"] = unescape(self._html[self._area.inner : self._area.end]).replace(
                "\r\n", "\n"
            )
            self._area = None
