"""Tells which text of an HTML mail its reader cannot see, from attributes, styles and rules of `<style>`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

Attributes = Sequence[tuple[str, str | None]]
Colour = tuple[int, int, int]

MOST_RULES = 500
#: Away from the page, in pixels.
FAR = 500
#: Differences of colours up to this are not seen, of 255 in each channel.
NEAR = 12

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_MEDIA = re.compile(r"@[^{};]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}|@[^{};]*;")
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_STYLE = re.compile(r"<style\b[^>]*>(.*?)</style", re.DOTALL | re.IGNORECASE)
_LAST = re.compile(r"(?:^|[\s>+~])([\w*]*)((?:[.#][\w-]+)*)$")
_NUMBER = re.compile(r"(-?\d*\.?\d+)\s*([a-z%]*)")
_HEX = re.compile(r"#(?:[0-9a-f]{6}|[0-9a-f]{3})\b")
_RGB = re.compile(r"rgba?\(\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)(?:[\s,/]+([\d.]+%?))?\s*\)")
_NAMES = {
    "white": (255, 255, 255),
    "snow": (255, 250, 250),
    "ivory": (255, 255, 240),
    "whitesmoke": (245, 245, 245),
    "black": (0, 0, 0),
    "red": (255, 0, 0),
    "blue": (0, 0, 255),
    "green": (0, 128, 0),
    "gray": (128, 128, 128),
    "grey": (128, 128, 128),
    "yellow": (255, 255, 0),
}
_WHITE, _BLACK = _NAMES["white"], _NAMES["black"]


@dataclass(frozen=True, slots=True)
class Look:
    """How text looks inside an element; children inherit it. A colour of None is not known and hides nothing."""

    gone: bool = False
    tiny: bool = False
    invisible: bool = False
    colour: Colour | None = _BLACK
    background: Colour | None = _WHITE

    @property
    def is_hidden(self) -> bool:
        """Return whether nothing is shown, whatever the colours."""
        return self.gone or self.tiny or self.invisible

    @property
    def is_faint(self) -> bool:
        """Return whether text has the colour of its background."""
        if self.colour is None or self.background is None:
            return False
        return all(abs(one - other) <= NEAR for one, other in zip(self.colour, self.background, strict=True))


@dataclass(frozen=True, slots=True)
class StyleRule:
    """Declarations for elements of a tag ("" for any) with all of these classes (".x") and ids ("#x")."""

    tag: str
    marks: frozenset[str]
    declarations: Mapping[str, str]


def rules_of(html: str) -> tuple[StyleRule, ...]:
    """Return the rules of all styles in a mail. Rules for print or narrow screens are left out."""
    found = []
    for style in _STYLE.findall(html):
        plain = _MEDIA.sub("", _COMMENT.sub("", style).replace("<!--", "").replace("-->", ""))
        for selectors, body in _RULE.findall(plain):
            said = _declarations(body)
            for selector in selectors.lower().split(","):
                last = _LAST.search(selector.strip())
                if last is not None and ":" not in selector:
                    tag, marks = last[1].strip("*"), frozenset(re.findall(r"[.#][\w-]+", last[2]))
                    found.append(StyleRule(tag, marks, said))
    return tuple(found[:MOST_RULES])


def look_of(tag: str, attributes: Attributes, around: Look, rules: Sequence[StyleRule]) -> Look:
    """Return the look inside an element, from that around it."""
    given = {name: value or "" for name, value in attributes}
    marks = {f".{name}" for name in given.get("class", "").lower().split()} | {f"#{given.get('id', '').lower()}"}
    said: dict[str, str] = {}
    for rule in rules:
        if rule.tag in ("", tag) and rule.marks <= marks and (rule.tag or rule.marks):
            said |= rule.declarations
    said |= _declarations(given.get("style", ""))
    look = replace(around, gone=around.gone or "hidden" in given or _is_gone(said))
    if "visibility" in said:
        look = replace(look, invisible=said["visibility"] in ("hidden", "collapse"))
    return _coloured(_sized(look, said), said, given)


def _declarations(body: str) -> dict[str, str]:
    pairs = (declaration.partition(":") for declaration in _COMMENT.sub("", body).lower().split(";"))
    return {name.strip(): value.replace("!important", "").strip() for name, _, value in pairs if value.strip()}


def _is_gone(said: Mapping[str, str]) -> bool:
    cut = said.get("overflow", said.get("overflow-y", "")) in ("hidden", "clip")
    small = any(_is_zero(said.get(name)) for name in ("max-height", "height", "max-width", "width"))
    away = said.get("position") in ("absolute", "fixed") and any(
        abs(_pixels(said.get(name))) >= FAR and (name != "top" or _pixels(said.get(name)) < 0)
        for name in ("left", "top", "right")
    )
    return (
        said.get("display") == "none"
        or said.get("mso-hide") == "all"
        or _is_zero(said.get("opacity"))
        or "opacity(0" in said.get("filter", "")
        or (cut and small)
        or _is_zero(said.get("max-height"))
        or away
        or _pixels(said.get("text-indent")) <= -FAR
        or _pixels(said.get("margin-left")) <= -FAR
        or bool(re.match(r"rect\(\s*[01](?:px)?[\s,]+[01](?:px)?[\s,]", said.get("clip", "")))
        or bool(re.match(r"inset\(\s*(?:50|100)%|circle\(\s*0", said.get("clip-path", "")))
        or bool(re.search(r"scale[xy]?\(\s*0(?:\.0+)?\s*[,)]", said.get("transform", "")))
    )


def _sized(look: Look, said: Mapping[str, str]) -> Look:
    size = said.get("font-size") or said.get("font", "").partition("/")[0].split(" ")[-1]
    number = _NUMBER.fullmatch(size)
    if number is None:
        return replace(look, tiny=False) if said.get("font-size") else look
    value, unit = float(number[1]), number[2]
    if value == 0 or (unit in ("px", "pt") and value <= 1):
        return replace(look, tiny=True)
    return look if unit in ("em", "%", "ex") else replace(look, tiny=False)


def _coloured(look: Look, said: Mapping[str, str], given: Mapping[str, str]) -> Look:
    colour = said.get("color") or given.get("color", "")
    ground = said.get("background-color") or said.get("background") or given.get("bgcolor", "")
    if "background-image" in said or given.get("background"):
        ground = "picture"
    if colour == "transparent" or _alpha(colour) == 0:
        look = replace(look, gone=True)
    elif colour and colour != "inherit":
        look = replace(look, colour=_colour(colour))
    if ground and ground not in ("transparent", "inherit", "none") and _alpha(ground) != 0:
        look = replace(look, background=_colour(ground))
    return look


def _colour(text: str) -> Colour | None:
    found = _HEX.search(text)
    if found is not None:
        digits = found[0][1:] if len(found[0]) == 7 else "".join(digit * 2 for digit in found[0][1:])
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
    numbers = _RGB.search(text)
    if numbers is not None:
        return int(numbers[1]), int(numbers[2]), int(numbers[3])
    return _NAMES.get(text.strip())


def _alpha(text: str) -> float | None:
    found = _RGB.search(text)
    return float(found[4].strip("%")) if found is not None and found[4] else None


def _is_zero(text: str | None) -> bool:
    number = _NUMBER.fullmatch(text or "")
    return number is not None and abs(float(number[1])) < 0.05


def _pixels(text: str | None) -> float:
    number = _NUMBER.fullmatch(text or "")
    if number is None:
        return 0.0
    return float(number[1]) * {"em": 16, "rem": 16, "%": 10, "pt": 1.33, "cm": 38, "in": 96}.get(number[2], 1)
