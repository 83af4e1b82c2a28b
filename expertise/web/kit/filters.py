"""The filters of the list of cases: from the address to the query, and back onto the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _

from expertise.cases.services import Definitions
from expertise.reports.worklists import Filters
from expertise.web.kit.choices import ReferenceNames
from expertise.web.kit.forms import FormField
from expertise.web.kit.i18n import said

LONGEST = 100  # characters of a search that are looked at


def read(arguments: Mapping[str, str]) -> Filters:
    """Whatever stands in the address; nonsense finds nothing and harms nothing."""
    names = ("workflow", "state", "region", "topic", "owner")
    chosen = {name: arguments.get(name, "")[:LONGEST] or None for name in names}
    which = arguments.get("show", "")
    return Filters(
        **chosen,
        query=arguments.get("query", "")[:LONGEST],
        late=which == "late",
        open=which == "open",
        parts=chosen["workflow"] is not None or chosen["owner"] is not None,
    )


def form_fields(filters: Filters, definitions: Definitions, names: ReferenceNames) -> list[FormField]:
    """The form above the list, with what was chosen."""
    which = "late" if filters.late else "open" if filters.open else ""
    in_force = definitions.all_current()
    meant = [each for each in in_force if each.key == filters.workflow] or [each for each in in_force if each.opened_by]
    states = [(key, said(state.label)) for each in meant for key, state in each.states.items()]
    workflows = [(each.key, said(each.title)) for each in in_force]
    return [
        search_field(filters.query),
        filter_field("show", _("Show"), which, [("open", _("Still open")), ("late", _("Late"))]),
        filter_field("region", _("Region"), filters.region, names.choices("region")),
        filter_field("topic", _("Topic"), filters.topic, names.choices("topic")),
        filter_field("workflow", _("Workflow"), filters.workflow, workflows),
        filter_field("state", _("State"), filters.state, states),
    ]


def pager(after: str | None, **path: str) -> dict[str, Any]:
    """The ways to the next page and back to the first; the filters come along. `path`: variables of the address."""
    chosen: dict[str, Any] = {name: value for name, value in request.args.items() if value and name != "after"}
    chosen |= path
    endpoint = request.endpoint or "cases.listing"
    return {
        "next_page": url_for(endpoint, **chosen, after=after) if after else None,
        "first_page": url_for(endpoint, **chosen) if request.args.get("after") else None,
    }


def offset() -> int:
    """Return how many entries of a list the address passes over; 0 for anything that is no such number."""
    text = request.args.get("after", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


def search_field(query: str) -> FormField:
    """The first of the filters."""
    return FormField("query", "text", _("Search"), query)


def filter_field(name: str, label: str, value: str | None, choices: list[tuple[str, str]]) -> FormField:
    """One filter; its first choice is everything."""
    return FormField(name, "choice", label, value or "", choices=choices)
