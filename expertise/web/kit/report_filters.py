"""The filters with which a number of a report led to a list: kept in the form, and written above the list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask_babel import gettext as _

from expertise.reports import list_filters
from expertise.reports.worklists import Filters
from expertise.web.kit.form_fields import FormField
from expertise.web.kit.i18n import said, translator
from workflows.definition import Definition, Final
from workflows.roles import ROLE_LABELS


def form_fields(filters: Filters, in_force: Sequence[Definition]) -> list[FormField]:
    """Hidden fields, each with a label, and with its value in words as hint."""
    meant = [each for each in in_force if filters.workflow in (None, each.key)]
    states = {key: said(state.label) for each in meant for key, state in each.states.items()}
    labels = _labels()
    return [
        FormField(name, "hidden", labels[name], text, hint=_in_words(name, text, states))
        for name, text in filters.more.items()
    ]


def _labels() -> Mapping[str, str]:
    return {
        "states": _("State"),
        "role": _("With"),
        "assignee": _("Assignee"),
        "outcome": _("Outcome"),
        "currency": _("Currency"),
        "opened": _("Opened"),
        "ended": _("Ended"),
        "due": _("Due"),
        "without": _("Without"),
        "reached": _("Came as far as"),
        "left": _("Has left the state"),
        "moved": _("In the period"),
        "party": _("Taking part"),
    }


def _in_words(name: str, text: str, states: Mapping[str, str]) -> str:
    if name in ("states", "reached", "left"):
        return ", ".join(states.get(key, key) for key in text.split(","))
    if name in ("role", "party") and text in ROLE_LABELS:
        return translator().role(text)
    if name == "outcome" and text in set(Final):
        return translator().outcome(text)
    if name == "assignee":
        return _("Unassigned") if text == list_filters.NOBODY else _("chosen on the board")
    words = {"region": _("Region"), "topic": _("Topic"), "currency": _("Currency"), "parent": _("Part of")}
    return words.get(text, text)
