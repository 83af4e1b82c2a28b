"""The filters of the list of cases: from the address to the query, and back onto the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from expertise.base import clock
from expertise.cases.services import Definitions
from expertise.identity import runtime
from expertise.reports import list_filters
from expertise.reports.worklists import Filters, week_ends_at
from expertise.web.kit import report_filters
from expertise.web.kit.choices import ReferenceNames
from expertise.web.kit.form_fields import FormField
from expertise.web.kit.forms import natural_number
from expertise.web.kit.i18n import said
from expertise.web.kit.messages import role_name
from workflows.definition import Definition

#: Keys of a filter with their names.
Choices = Sequence[tuple[str, str]]

LONGEST = 100  # characters of a search that are looked at


def read(arguments: Mapping[str, str]) -> Filters:
    """Whatever stands in the address; nonsense finds nothing and harms nothing."""
    names = ("workflow", "state", "region", "topic", "owner", "organisation", "assigned")
    chosen = {name: arguments.get(name, "")[:LONGEST] or None for name in names}
    which = arguments.get("show", "")
    return Filters(
        **chosen,
        query=arguments.get("query", "")[:LONGEST],
        late=which == "late",
        open=which == "open",
        ended=which == "ended",
        until=week_ends_at(clock.now(), runtime().services.calendar) if which == "week" else None,
        parts=chosen["workflow"] is not None or chosen["owner"] is not None or "." in (chosen["state"] or ""),
        more=list_filters.read(arguments),
    )


def form_fields(
    filters: Filters, definitions: Definitions, names: ReferenceNames, people: Mapping[str, Choices] | None = None
) -> list[FormField]:
    """The form above the list, with what was chosen. `people`: choices of further filters, which the team has."""
    shown = {"late": filters.late, "open": filters.open, "ended": filters.ended, "week": filters.until is not None}
    which = next((name for name, chosen in shown.items() if chosen), "")
    in_force = definitions.all_current()
    workflows = [(each.key, said(each.title)) for each in in_force]
    more = people or {}
    fields = [
        search_field(filters.query),
        filter_field("show", _("Show"), which, _periods()),
        filter_field("workflow", _("Workflow"), filters.workflow, workflows),
        replace(filter_field("state", _("State"), filters.state, []), groups=_states(filters, in_force)),
        filter_field("owner", _("With"), filters.owner, [(role, role_name(role)) for role in owners(in_force)]),
        filter_field("region", _("Region"), filters.region, names.choices("region")),
        filter_field("topic", _("Topic"), filters.topic, names.choices("topic")),
    ]
    labels = {"organisation": _("Organisation"), "assigned": _("Assignee")}
    return (
        fields
        + [filter_field(name, labels[name], getattr(filters, name), choices) for name, choices in more.items()]
        + report_filters.form_fields(filters, in_force)
    )


def owners(in_force: Sequence[Definition]) -> list[str]:
    """The roles on whose desk a case of these workflows can lie, in the order of the processes."""
    found = dict.fromkeys(state.owner for each in in_force for state in each.states.values())
    return [role for role in found if role is not None]


def _periods() -> Choices:
    return [
        ("open", _("Still open")),
        ("late", _("Late")),
        ("week", _("Due this week")),
        ("ended", _("Ended")),
    ]


def _states(filters: Filters, in_force: Sequence[Definition]) -> list[tuple[str, Choices]]:
    """The states under the workflows to which they belong. A plain state of an old address is chosen in the first."""
    found: list[tuple[str, Choices]] = []
    left = filters.state
    for each in in_force:
        choices = [(f"{each.key}.{key}", said(state.label)) for key, state in each.states.items()]
        if left is not None and left in each.states and filters.workflow in (None, each.key):
            chosen, plain = f"{each.key}.{left}", left
            choices = [(plain if key == chosen else key, label) for key, label in choices]
            left = None
        found.append((said(each.title), choices))
    return found


def kept(arguments: MultiDict[str, str]) -> dict[str, Any]:
    """The variables of an address without the place in the list and the name of the view.

    Words of `url_for` itself are left out, whoever wrote them into the address.
    """
    found = {name: [each for each in values if each] for name, values in arguments.lists()}
    own = {"after", "view", "select", "endpoint"}
    return {name: values for name, values in found.items() if values and name not in own and not name.startswith("_")}


def pager(after: str | None, **path: str) -> dict[str, Any]:
    """The ways to the next page and back to the first; the filters come along. `path`: variables of the address."""
    chosen: dict[str, Any] = {**kept(request.args), **path}
    endpoint = request.endpoint or "cases.listing"
    return {
        "next_page": url_for(endpoint, **chosen, after=after) if after else None,
        "first_page": url_for(endpoint, **chosen) if request.args.get("after") else None,
    }


def offset() -> int:
    """Return how many entries of a list the address passes over; 0 for anything that is no such number."""
    return natural_number(request.args.get("after", ""), 6) or 0


def search_field(query: str) -> FormField:
    """The first of the filters."""
    return FormField("query", "text", _("Search"), query)


def filter_field(name: str, label: str, value: str | None, choices: Choices) -> FormField:
    """One filter; its first choice is everything."""
    return FormField(name, "choice", label, value or "", choices=choices)
