"""The dashboard: what managers and the team ask about all cases in their reach, each number a link to its list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Blueprint, Flask, abort, render_template, request, url_for
from flask.wrappers import Response
from flask_babel import gettext as _
from markupsafe import Markup

from expertise import identity
from expertise.base import clock
from expertise.identity import runtime
from expertise.reports import charts, courses, dashboard, region_map
from expertise.reports.charts import ColumnBar
from expertise.reports.counts import Selection
from expertise.reports.courses import stages
from expertise.reports.dashboard import Dashboard
from expertise.reports.region_map import RegionMark
from expertise.web.kit.choices import ReferenceNames, listed
from expertise.web.kit.filters import filter_field
from expertise.web.kit.form_fields import FormField
from expertise.web.kit.i18n import current, said, translator
from workflows.definition import Final
from workflows.drawing.diagram import Heat, svg

T = TypeVar("T")

blueprint = Blueprint("reports", __name__)

#: Shades of stacked columns, the first at the foot.
INKS = ("q4", "q3", "q2", "q1", "q0", "f")
YEARS = 8  # that the filter offers
#: Words that a short name of a region leaves out, folded.
_COMMON = {"область", "город", "облысы", "қаласы", "region", "city"}


def attach(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its list; `url` is empty where no list has exactly these cases."""

    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A row of a table with a bar: a label, figures, and the bar."""

    label: str
    figures: Sequence[Figure]
    bar: Markup | str = ""


@blueprint.get("/reports")
def show() -> str:
    """The dashboard; absent for those who are not of the team and do not watch over it."""
    return render_template("reports/dashboard.html", **contents())


def contents() -> dict[str, Any]:
    """All that the page shows of the selection of this request. Aborts with 404 where the page is absent."""
    found, names, years = _look(dashboard.look)
    selection = found.selection
    definitions = runtime().services.definitions.all_current()
    workflows = [(each.key, said(each.title)) for each in definitions]
    year = selection.opened or ""
    filters = [
        filter_field("workflow", _("Workflow"), selection.workflow, workflows),
        filter_field("year", _("Year"), year, [(each, each) for each in years]),
        filter_field("region", _("Region"), selection.region, names.choices("region")),
    ]
    region, picked = selection.region, year or None
    return {
        "filters": filters,
        "now": clock.now(),
        "chosen": [(each.label, _name_of(each)) for each in filters if each.value],
        "tiles": _tiles(found),
        "months": _months(found),
        "leads": _lead_times(found),
        "main": said(found.main.title),
        "all_read": found.all_read,
        "most": courses.MOST,
        "diagram": url_for("reports.diagram", workflow=found.main.key, region=region, year=picked),
        "document": url_for("reports_pdf.show", workflow=selection.workflow, region=region, year=picked),
        "waits": _waits(found),
        "regions": _regions(found, names),
        "maps": _maps(found, names),
        "days": _days(found, names),
        "money": _money(found),
    }


def _name_of(chosen: FormField) -> str:
    return next((each[1] for each in chosen.choices if each[0] == chosen.value), chosen.value)


@blueprint.get("/reports/diagram.svg")
def diagram() -> Response:
    """The workflow as a picture, darker where more cases lie, with the number and the median of working days."""
    found, _names, _years = _look(dashboard.main_workflow)
    open_ = dashboard.grouped((row for row in found.main_states if row.final is None), lambda row: row.state)
    most = max((sums.number for sums in open_.values()), default=0) or 1
    heat = {}
    for state, lead in found.lead_times.items():
        number = open_[state].number if state in open_ else 0
        if found.main.states[state].final is None and (number or lead.median is not None):
            days = "" if lead.median is None else " · " + _("%(number)s d.", number=_plain(lead.median))
            heat[state] = Heat(number / most * 0.99, _("%(number)s open", number=number) + days)
    return Response(svg(found.main, current(), heat=heat), mimetype="image/svg+xml")


def _look(count: Callable[..., T]) -> tuple[T, ReferenceNames, list[str]]:
    """Count the selection of this request; return that, the names, and the years of the filter."""
    now, asked = clock.now(), {name: request.args.get(name, "")[:60] or None for name in ("workflow", "region")}
    this = runtime().services.calendar.local_day(now).year
    years = [str(this - number) for number in range(YEARS)]
    chosen = request.args.get("year", "")
    year = int(chosen) if chosen in years else None
    with runtime().transactions.read() as db:
        actor, names = identity.actor(db), listed(db)
        if not actor.is_staff:
            abort(404)
        known = {each.key for each in runtime().services.definitions.all_current()}
        selection = Selection(asked["workflow"] if asked["workflow"] in known else None, asked["region"])
        return count(db, runtime().services, actor, selection, year, now), names, years


def _linked(found: Dashboard, number: int, **more: Any) -> Figure:
    """A number with the list of its cases."""
    return Figure(translator().number(number), url_for("cases.listing", **{**found.selection.address, **more}))


def _plain(days: float) -> str:
    return translator().number(round(days, 1))


def _tiles(found: Dashboard) -> list[tuple[Figure, str]]:
    first, last = found.span[0].text, found.span[-1].text
    opened, span = sum(row.number for row in found.opened), f"{first}..{last}"
    done = sum(row.number for row in found.ended if row.key == Final.SUCCEEDED)
    return [
        (_linked(found, sum(row.number for row in found.open), show="open"), _("In work now")),
        (_linked(found, sum(row.late for row in found.open), show="late"), _("Late now")),
        (_linked(found, opened, opened=span), _("Opened in twelve months")),
        (_linked(found, done, outcome=Final.SUCCEEDED.value, ended=span), _("Completed in twelve months")),
    ]


def _months(found: Dashboard) -> dict[str, Any]:
    """Columns of what was opened by workflow, and of what ended by outcome, with one table for both."""
    labels = [f"{month.begin:%m.%y}" for month in found.span]
    alone = {"without": "parent"} if found.selection.workflow is None else {}  # a list of a workflow has parts, too
    workflows = [each for each in runtime().services.definitions.all_current() if _any(found.opened, each.key)]
    finals = [final.value for final in Final if _any(found.ended, final.value)]
    opened = {(row.place, row.key): row.number for row in found.opened}
    ended = {(row.place, row.key): row.number for row in found.ended}
    rows = [
        ReportRow(
            labels[place],
            [
                *(
                    _linked(found, opened.get((place, each.key), 0), opened=month.text, workflow=each.key, **alone)
                    for each in workflows
                ),
                *(_linked(found, ended.get((place, each), 0), ended=month.text, outcome=each) for each in finals),
            ],
        )
        for place, month in enumerate(found.span)
    ]
    return {
        "opened": _columns(labels, [each.key for each in workflows], opened, _("Opened by month and workflow")),
        "ended": _columns(labels, finals, ended, _("Ended by month and outcome")),
        "inks": [(said(each.title), INKS[place % len(INKS)]) for place, each in enumerate(workflows)],
        "final_inks": [(translator().outcome(each), INKS[place % len(INKS)]) for place, each in enumerate(finals)],
        "heads": [*(said(each.title) for each in workflows), *(translator().outcome(each) for each in finals)],
        "rows": rows,
    }


def _any(rows: Sequence[Any], key: str) -> bool:
    return any(row.key == key for row in rows)


def _columns(labels: Sequence[str], keys: Sequence[str], numbers: Mapping[tuple[int, str], int], label: str) -> Markup:
    inks = [(key, INKS[place % len(INKS)]) for place, key in enumerate(keys)]
    bars = [
        ColumnBar(text, [(numbers.get((place, key), 0), ink) for key, ink in inks]) for place, text in enumerate(labels)
    ]
    return Markup(charts.columns(bars, label))  # noqa: S704 texts are escaped there


def _lead_times(found: Dashboard) -> list[ReportRow]:
    """Open cases, median, p90 and limit of each open state of the main workflow."""
    states = {key: state for key, state in found.main.states.items() if state.final is None}
    open_ = dashboard.grouped(found.main_states, lambda row: row.state)
    times = found.lead_times
    limits = {
        key: state.deadline.within.amount if state.deadline and state.deadline.within else None
        for key, state in states.items()
    }
    most = _scale([*(lead.p90 or 0 for lead in times.values()), *(limit or 0 for limit in limits.values())])
    rows = []
    for key, state in states.items():
        here, lead, limit = open_.get(key), times[key], limits[key]
        if state.retired and here is None and not lead.cases:
            continue
        there = {"workflow": found.main.key}
        left = _linked(found, lead.cases, left=key, **there)
        over = "! " if limit is not None and lead.p90 is not None and lead.p90 > limit else ""
        figures = [
            _linked(found, here.number if here else 0, states=key, **there),
            left if found.all_read else Figure(left.text),
            Figure("–" if lead.median is None else _plain(lead.median)),
            Figure("–" if lead.p90 is None else f"{over}{lead.p90}"),
            Figure("–" if limit is None else str(limit)),
        ]
        mark = "" if lead.median is None or lead.p90 is None else charts.span(lead.median, lead.p90, limit, most)
        rows.append(ReportRow(said(state.label), figures, Markup(mark)))  # noqa: S704 numbers only
    return rows


def _scale(values: Sequence[int]) -> int:
    """The right end of the scale: a few states that last much longer stand at it, or all others would be a dot."""
    ordered = sorted(values)
    return max(1, ordered[int(0.9 * (len(ordered) - 1))] if ordered else 1)


def _waits(found: Dashboard) -> list[ReportRow]:
    """Open and late cases by the role on whose desk they lie, the most first."""
    by_role = dashboard.grouped(found.open, lambda row: row.owner_role)
    most = max((sums.number for sums in by_role.values()), default=0)
    return [
        ReportRow(
            translator().role(role),
            [_linked(found, sums.number, role=role), _linked(found, sums.late, role=role, show="late")],
            Markup(charts.late_bar(sums.number, sums.late, most)),  # noqa: S704 numbers only
        )
        for role, sums in sorted(by_role.items(), key=lambda each: -each[1].number)
        if role is not None
    ]


def _place(region: str | None) -> dict[str, str]:
    return {"without": "region"} if region is None else {"region": region}


def _regions(found: Dashboard, names: ReferenceNames) -> list[ReportRow]:
    """All, open and late cases by region, those with most late ones first."""
    all_, open_ = (dashboard.grouped(rows, lambda row: row.region) for rows in (found.states, found.open))
    late = {region: open_[region].late if region in open_ else 0 for region in all_}
    most = max(late.values(), default=0)
    return [
        ReportRow(
            names.region(region) or _("No region"),
            [
                _linked(found, sums.number, **_place(region)),
                _linked(found, open_[region].number if region in open_ else 0, show="open", **_place(region)),
                _linked(found, late[region], show="late", **_place(region)),
            ],
            Markup(charts.bar(late[region], most, "rd")),  # noqa: S704 numbers only
        )
        for region, sums in sorted(all_.items(), key=lambda each: (-late[each[0]], -each[1].number, str(each[0])))
    ]


def _maps(found: Dashboard, names: ReferenceNames) -> tuple[Markup, Markup]:
    """The cases by region as outlines and as tiles."""
    numbers = {region: sums.number for region, sums in dashboard.grouped(found.states, lambda row: row.region).items()}
    most = max((number for region, number in numbers.items() if region is not None), default=0)
    marks = {
        code: RegionMark(
            names.region(code),
            _short(names.region(code)),
            numbers.get(code, 0),
            charts.shade(numbers.get(code, 0), most),
            url_for("cases.listing", **{**found.selection.address, "region": code}),
        )
        for code, _name in names.choices("region")
        if found.selection.region in (None, code)
    }
    label = _("Cases by region; the table has the numbers")
    return Markup(region_map.outlines(marks, label)), Markup(region_map.tiles(marks, label))  # noqa: S704 escaped there


def _short(name: str) -> str:
    words = [word for word in name.split() if word.lower() not in _COMMON] or [name]
    return words[-1][:5]


def _days(found: Dashboard, names: ReferenceNames) -> dict[str, list[ReportRow]] | None:
    """Expert-days by region against the mean of the regions, and by topic; None where no workflow has experts."""
    if found.days_of is None:
        return None
    there = {"workflow": found.days_of, "party": "expert"}
    by_region, by_topic = dashboard.days_by(found.days, "region"), dashboard.days_by(found.days, "topic")
    places = {code for code, _name in names.choices("region") if found.selection.region in (None, code)}
    given = dict.fromkeys(places, (0, 0)) | {code: each for code, each in by_region.items() if code is not None}
    mean = sum(days for _number, days in given.values()) / len(given) if given else 0
    widest = max((abs(days - mean) for _number, days in given.values()), default=0)
    regions = [
        ReportRow(
            names.region(code),
            [
                _linked(found, number, **there, region=code),
                Figure(_plain(days)),
                Figure(f"{days - mean:+.0f}".replace("-", "−")),
            ],
            Markup(charts.diverging(days - mean, widest)),  # noqa: S704 numbers only
        )
        for code, (number, days) in sorted(given.items(), key=lambda each: (-each[1][1], each[0]))
    ]
    most = max((days for _number, days in by_topic.values()), default=0)
    topics = [
        ReportRow(
            names.topic(topic) or _("No topic"),
            [
                _linked(found, number, **there, **({"topic": topic} if topic is not None else {"without": "topic"})),
                Figure(_plain(days)),
            ],
            Markup(charts.bar(days, most)),  # noqa: S704 numbers only
        )
        for topic, (number, days) in sorted(by_topic.items(), key=lambda each: (-each[1][1], str(each[0])))
    ]
    return {"regions": regions, "topics": topics}


def _money(found: Dashboard) -> list[tuple[str, list[ReportRow]]]:
    """For each currency, the open cases with an amount in it by stage; each currency has a scale of its own."""
    by_currency: dict[str, list[tuple[str, int, Any, Figure]]] = {}
    for definition in runtime().services.definitions.all_current():
        for stage in stages(definition):
            here = [
                row
                for row in found.open
                if row.workflow == definition.key and row.state in stage.states and row.currency
            ]
            for currency, sums in sorted(dashboard.grouped(here, lambda row: row.currency).items()):
                there = {"workflow": definition.key, "states": ",".join(stage.states), "currency": currency}
                there |= {"without": "parent"} if found.selection.workflow is None else {}
                label = f"{said(definition.title)}: {said(stage.label)}"
                row = (label, sums.number, sums.amounts[currency], _linked(found, sums.number, **there))
                by_currency.setdefault(currency, []).append(row)
    return [(currency, _money_rows(currency, rows)) for currency, rows in sorted(by_currency.items())]


def _money_rows(currency: str, rows: Sequence[tuple[str, int, Any, Figure]]) -> list[ReportRow]:
    most = max(amount for _label, _number, amount, _figure in rows)
    return [
        ReportRow(
            label,
            [figure, Figure(translator().short_money(amount, currency))],
            Markup(charts.bar(float(amount), float(most))),  # noqa: S704 numbers only
        )
        for label, _number, amount, figure in rows
    ]
