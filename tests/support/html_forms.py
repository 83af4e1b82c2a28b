"""Forms as a browser has them: which controls a page holds, what they hold at first, and what is sent of them.

Follows the HTML standard where Komek's pages depend on it: a select without a chosen option sends its first one, a
radio or checkbox that is not checked sends nothing, text is sent with CR LF, a file that was not chosen is sent empty
where the form is multipart and as the text of its name where it is not.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from werkzeug.datastructures import MultiDict

#: Names that are the form's own machinery and never a field.
MACHINERY = ("csrf_token",)


@dataclass
class Control:
    """One control. `options` are those of a select; `file` is what was chosen: content and name."""

    kind: str  # of an input its type, else "select" or "textarea"
    name: str
    value: str = ""
    checked: bool = False
    longest: int | None = None
    options: list[str] = field(default_factory=list)
    file: tuple[bytes, str] | None = None
    touched: bool = False

    @property
    def visible(self) -> bool:
        return self.kind != "hidden"


@dataclass
class Form:
    """One form of a page, ready to be filled in."""

    action: str
    method: str
    multipart: bool
    autosaves: bool
    controls: list[Control] = field(default_factory=list)
    id: str = ""

    def of(self, name: str) -> list[Control]:
        """The controls that a person can touch under that name."""
        return [each for each in self.controls if each.name == name and each.visible]

    def names(self) -> set[str]:
        """The names of all fields on the page; machinery begins with an underscore or has a hyphen."""
        own = {
            each.name
            for each in self.controls
            if not each.name.startswith("_") and "-" not in each.name.partition(".")[0]
        }
        return own - set(MACHINERY)

    def untouched(self) -> set[str]:
        """The names of visible fields into which nobody has put anything."""
        return {each.name for each in self.controls if each.visible} & self.names() - {
            each.name for each in self.controls if each.touched
        }

    def fill(self, name: str, value: str) -> None:
        """Type or choose. Fails where the page would not let a person do so."""
        found = self.of(name)
        assert found, f"no control is called {name}"
        kind = found[0].kind
        if kind in ("radio", "checkbox"):
            assert value in [each.value for each in found], (name, value)
            for each in found:
                each.checked = each.value == value
        elif kind == "select":
            assert value in found[0].options, (name, value, found[0].options)
            found[0].value = value
        else:
            assert found[0].longest is None or len(value) <= found[0].longest, (name, value)
            found[0].value = value
        found[0].touched = True

    def tick(self, name: str, *, on: bool) -> None:
        """Tick a box, or take its tick away."""
        [control] = self.of(name)
        assert control.kind == "checkbox", name
        control.checked, control.touched = on, True

    def choose(self, name: str, content: bytes, file_name: str) -> None:
        """Choose a file."""
        [control] = self.of(name)
        assert control.kind == "file", name
        control.file, control.touched = (content, file_name), True

    def data(self, *, files: bool = True) -> MultiDict:
        """What the browser sends, in the order of the page; without `files` what the script of the page sends."""
        return MultiDict(self._sent(files))

    def _sent(self, files: bool) -> Iterator[tuple[str, object]]:
        for each in self.controls:
            if not each.name or (each.kind in ("radio", "checkbox") and not each.checked):
                continue
            if each.kind != "file":
                yield each.name, each.value.replace("\r\n", "\n").replace("\n", "\r\n")
            elif files:
                content, name = each.file or (b"", "")
                yield each.name, (io.BytesIO(content), name) if self.multipart else name


def forms(html: str) -> list[Form]:
    """All forms of a page, in order."""
    page = _Page()
    page.feed(html)
    page.close()
    return page.forms


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._area: Control | None = None
        self._select: Control | None = None
        self._option: list[str] | None = None  # the text of an option without a value
        self._chosen = False

    def handle_starttag(self, tag, attrs):
        given = {name: value if value is not None else "" for name, value in attrs}
        if tag == "form":
            self._form = Form(
                given.get("action", ""),
                given.get("method", "get").lower(),
                given.get("enctype") == "multipart/form-data",
                "data-autosave" in given,
                id=given.get("id", ""),
            )
            self.forms.append(self._form)
        elif tag == "option" and self._select is not None:
            self._begin_option(given)
        elif self._form is not None and "disabled" not in given:
            self._control(tag, given)

    def _control(self, tag, given):
        longest = int(given["maxlength"]) if given.get("maxlength", "").isdigit() else None
        kind, name = given.get("type", "text") if tag == "input" else tag, given.get("name", "")
        if tag == "input" and kind not in ("submit", "button", "image", "reset"):
            value = given.get("value", "on" if kind in ("checkbox", "radio") else "")
            self._add(Control(kind, name, "" if kind == "file" else value, "checked" in given, longest))
        elif tag == "select":
            self._select, self._chosen = self._add(Control("select", name)), False
        elif tag == "textarea":
            self._area = self._add(Control("textarea", name, longest=longest))

    def _add(self, control: Control) -> Control:
        assert self._form is not None
        self._form.controls.append(control)
        return control

    def _begin_option(self, given):
        self._end_option()
        self._selected = "selected" in given
        if "value" in given:
            self._take(given["value"])
        else:
            self._option = []

    def _take(self, value: str) -> None:
        assert self._select is not None
        if not self._select.options or (self._selected and not self._chosen):
            self._select.value = value
        self._chosen |= self._selected
        self._select.options.append(value)

    def _end_option(self) -> None:
        if self._option is not None:
            self._take(" ".join("".join(self._option).split()))
            self._option = None

    def handle_data(self, data):
        if self._area is not None:
            self._area.value += data
        elif self._option is not None:
            self._option.append(data)

    def handle_endtag(self, tag):
        if tag == "textarea" and self._area is not None:
            self._area.value = self._area.value.removeprefix("\n")
            self._area = None
        elif tag == "option":
            self._end_option()
        elif tag == "select":
            self._end_option()
            self._select = None
        elif tag == "form":
            self._form = None
