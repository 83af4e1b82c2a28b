"""What a person might send with a step: everything it asks, nothing, or something nobody asked for."""

from __future__ import annotations

from tests.properties.model import several

#: A value per type of field; experts and files stand by name and are exchanged for keys at the desk.
VALUES = {
    "text": "Мәтін",
    "long_text": "Ұзақ мәтін",
    "number": 5,
    "date": "2026-05-01",
    "confirm": True,
    "yes_no": True,
    "file": "report",
    "case": "ER-2020-0001",  # there is none: each world has one request
}
#: A day for what has happened: the one on which these tests stand.
HAPPENED = "2026-03-02"
EXPERTS = ("expert", "other_expert")


def full(plan: dict, rule: dict, place: int) -> dict:
    """An answer to every question of the step; `place` chooses the expert."""
    return {name: value_of(plan, name, place) for name in rule.get("asks", {})}


def value_of(plan: dict, name: str, place: int):
    if name == "comment":
        return "Түсініктеме"
    declared = plan["fields"][name]
    if declared.get("not_after") == "today":
        return HAPPENED
    if declared["type"] == "expert":
        return EXPERTS[place % len(EXPERTS)]
    return next(iter(declared["options"])) if declared["type"] == "choice" else VALUES[declared["type"]]


def variants(plan: dict, rule: dict, place: int) -> dict:
    """One of: all of it, all of it, nothing, all but the first answer, an answer nobody asked for."""
    answers = full(plan, rule, place)
    some = dict(list(answers.items())[1:])
    return (answers, answers, {}, some, answers | {"nobody_asked": "x"})[place % 5]


def leads_on(plan: dict, rule: dict) -> bool:
    """The step does not end the case: an example that ends early shows little."""
    target = rule["to"]
    return target == "same" or "final" not in plan["states"][target]


def steps_from(plan: dict, state: str) -> list[str]:
    return [key for key, rule in plan["transitions"].items() if state in several(rule["from"])]
