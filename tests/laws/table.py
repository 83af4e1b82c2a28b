"""The table of who gets what at which address, tests/laws/routes.yaml, as rows of answers; and how to write it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_name("routes.yaml")
#: Nobody who is signed in: what they get is written down, or it is the sign-in page.
OUTSIDE = ("anonymous", "halfway")
OTHERS = "the others"
#: A page was shown, and that it was is written down: the one thing that a GET may write.
RECORDED = "shown, recorded"


@dataclass(frozen=True)
class Row:
    """One request, and what each of the people gets: {name: word}."""

    method: str
    rule: str
    where: Mapping[str, str]
    send: Mapping[str, str]
    expected: Mapping[str, str]

    def __str__(self) -> str:
        chosen = ", ".join(map(str, self.where.values()))
        return f"{self.method} {self.rule}" + (f" ({chosen})" if chosen else "")


class _Careful(yaml.SafeLoader):
    """Two entries of one name: the second would silently win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        keys = [key.value for key, _ in node.value]
        twice = {key for key in keys if keys.count(key) > 1}
        assert not twice, f"{FILE.name} has {', '.join(twice)} twice, near line {node.start_mark.line + 1}"
        return super().construct_mapping(node, deep)


@cache
def table() -> dict[str, Any]:
    return yaml.load(FILE.read_text(encoding="utf-8"), _Careful)


def people() -> list[str]:
    return list(table()["people"])


def rows() -> list[Row]:
    """As written; what is said of GET holds for HEAD, too."""
    return [
        _row(method, rule, written)
        for rule, methods in table()["routes"].items()
        for method, requests in methods.items()
        for written in requests
    ]


def _row(method: str, rule: str, written: dict[str, Any]) -> Row:
    answers = {word: who for word, who in written.items() if word not in ("where", "send")}
    unknown = answers.keys() - words()
    assert not unknown, f"{method} {rule} in {FILE.name}: no such answer: {', '.join(unknown)}"
    named = {name: word for word, who in answers.items() for name in _meant(who) if who != OTHERS}
    rest = next((word for word, who in answers.items() if who == OTHERS), "absent")
    usual = {name: "sign-in" if name in OUTSIDE else rest for name in people()}
    return Row(method, rule, written.get("where", {}), written.get("send", {}), {**usual, **named})


def words() -> set[str]:
    plain = set(table()["answers"])
    return plain | {f"{word}, noted" for word in plain} | {RECORDED}


def _meant(who: str) -> set[str]:
    """The names in `inside but auditor, manager`."""
    some, _, others = who.partition(" but ")
    return _named(some) - (_named(others) if others else set())


def _named(text: str) -> set[str]:
    found: set[str] = set()
    for word in text.split(", "):
        assert word in groups(), f"{FILE.name}: who is {word!r}? See `people` and `groups` there."
        found |= groups()[word]
    return found


@cache
def groups() -> dict[str, set[str]]:
    """Everybody by name, and the groups of the table, which may name groups above them."""
    everybody = set(people()) - set(OUTSIDE)
    found = {"the world": set(people()), "everybody": everybody, OTHERS: set(), **{name: {name} for name in people()}}
    for name, members in table()["groups"].items():
        found[name] = set().union(*(found[word] for word in members.split(", ")))
    return found


def word(status: int, location: str | None, *, wrote: bool, safe: bool, read: bool = False) -> str:
    """What happened, in the table's words. `read`: nothing was written but that somebody has read."""
    if wrote and read and safe and status == 200:
        return RECORDED
    if wrote and safe:
        return f"WRITES, with {status}"
    if wrote and status < 400:
        return "done"
    if 300 <= status < 400:
        return "sign-in" if (location or "").startswith("/sign-in") else "led on"
    said = next((word for word, number in table()["answers"].items() if number == status), str(status))
    return f"{said}, noted" if wrote else said


def written(
    answers: Mapping[str, str], where: Mapping[str, str] | None = None, send: Mapping[str, str] | None = None
) -> str:
    """How the table says this, under the address and the method."""
    usual = {name: "sign-in" if name in OUTSIDE else "absent" for name in answers}
    unusual = dict.fromkeys(word for name, word in answers.items() if word != usual[name])
    lines = [f"{name}: {_plain(values)}" for name, values in (("where", where), ("send", send)) if values]
    lines += [f"{each}: {_called(each, answers)}" for each in unusual] or ["absent: everybody"]
    return "      - " + "\n        ".join(lines)


def _plain(values: Mapping[str, str]) -> str:
    return yaml.safe_dump(
        dict(values), default_flow_style=True, allow_unicode=True, width=1000, sort_keys=False
    ).strip()


def _called(answer: str, answers: Mapping[str, str]) -> str:
    """The people with this answer, in as few words as possible."""
    left = {name for name, word in answers.items() if word == answer}
    if len(left) > 8 and (others := answers.keys() - left - set(OUTSIDE)) and len(others) < 6 and not left & {*OUTSIDE}:
        return f"everybody but {_fewest(others)}"
    return _fewest(left)


def _fewest(names: Iterable[str]) -> str:
    left, found = set(names), []
    while left:
        best = max((name for name in groups() if groups()[name] <= left), key=lambda name: len(groups()[name]))
        found.append(best)
        left -= groups()[best]
    return ", ".join(found)
