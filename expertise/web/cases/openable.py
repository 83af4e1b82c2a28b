"""The workflows that a person may open a case of."""

from __future__ import annotations

from expertise.identity import runtime
from expertise.people.access import Actor
from workflows.definition import Definition


def openable(actor: Actor) -> list[Definition]:
    """The workflows of which this person may begin a case. The desk judges again."""
    return [
        definition
        for definition in runtime().services.definitions.all_current()
        if actor.opens(definition.key, definition.opened_by)
    ]
