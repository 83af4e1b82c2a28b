"""The dashboard as a PDF for a meeting, with the same filters and the same figures as the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, Flask
from flask.wrappers import Response
from flask_babel import gettext as _

from expertise.base import clock
from expertise.reports import dashboard_pdf
from expertise.reports.dashboard_pdf import PrintedDashboard, PrintedRow, PrintedSection, PrintedTable
from expertise.text.translator import moment
from expertise.web.kit.i18n import current
from expertise.web.reports import dashboard
from expertise.web.reports.dashboard import ReportRow

blueprint = Blueprint("reports_pdf", __name__)


def attach(app: Flask) -> None:
    """Register the address."""
    app.register_blueprint(blueprint)


@blueprint.get("/reports.pdf")
def show() -> Response:
    """The document; absent for those for whom the page is."""
    now = clock.now()
    content = dashboard.contents()
    answer = Response(dashboard_pdf.typeset(_printed(content, moment(now)), now), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="komek-{now:%Y-%m-%d}.pdf"'
    return answer


def _printed(content: Mapping[str, Any], at: str) -> PrintedDashboard:
    return PrintedDashboard(
        title=_("Reports"),
        author=_("Komek"),
        language=current(),
        counted=f"{_('Counted')}: {at}",
        chosen=[f"{label}: {value}" for label, value in content["chosen"]],
        tiles=[{"figure": each.text, "label": label} for each, label in content["tiles"]],
        legend=_("From the foot of each column"),
        chart=_("Chart"),
        sections=[*_demand(content), *_places(content), *_times(content), *_days(content), *_money(content)],
    )


def _demand(content: Mapping[str, Any]) -> list[PrintedSection]:
    months = content["months"]
    inks = lambda entries: [{"label": label, "ink": ink} for label, ink in entries]  # noqa: E731
    return [
        PrintedSection(_("Demand by month"), months["opened"], _("Opened by month and workflow"), inks(months["inks"])),
        PrintedSection(
            _("Outcomes by month"), months["ended"], _("Ended by month and outcome"), inks(months["final_inks"])
        ),
        PrintedSection(
            _("Demand and outcomes by month as a table"),
            tables=[_table([_("Month"), *months["heads"]], months["rows"])],
        ),
        PrintedSection(
            _("What waits on whom"),
            tables=[_table([_("With"), _("open").capitalize(), _("Late")], content["waits"])],
            note=_("The red part of a bar is late."),
        ),
    ]


def _places(content: Mapping[str, Any]) -> list[PrintedSection]:
    heads = [_("Region"), _("All"), _("open").capitalize(), _("Late")]
    label = _("Cases by region; the table has the numbers")
    return [
        PrintedSection(_("Cases by region"), content["maps"][0], label, narrow=True),
        PrintedSection(_("Late by region"), tables=[_table(heads, content["regions"])]),
    ]


def _times(content: Mapping[str, Any]) -> list[PrintedSection]:
    heads = [_("State"), _("open").capitalize(), _("Have left it"), _("Median"), _("Nine of ten"), _("Limit")]
    note = _(
        "Working days. Dot: median. Tick: nine of ten stays are shorter. Gold: limit of the deadline; ! is over it."
    )
    if not content["all_read"]:
        note += " " + _("The %(number)s cases of the selection that changed last.", number=content["most"])
    title = f"{_('Time in each state')}: {content['main']}"
    return [PrintedSection(title, tables=[_table(heads, content["leads"])], note=note)]


def _days(content: Mapping[str, Any]) -> list[PrintedSection]:
    days = content["days"]
    if not days:
        return []
    return [
        PrintedSection(
            _("Expert-days by region"),
            tables=[_table([_("Region"), _("Cases"), _("Days"), _("Against the mean")], days["regions"])],
        ),
        PrintedSection(
            _("Expert-days by topic"),
            tables=[_table([_("Topic"), _("Cases"), _("Days")], days["topics"])],
            note=_("Cases that have an expert."),
        ),
    ]


def _money(content: Mapping[str, Any]) -> list[PrintedSection]:
    if not content["money"]:
        return []
    note = _("Open cases. Amounts are never added across currencies; each currency has a scale of its own.")
    tables = [_table([currency, _("Cases"), _("Amount")], rows) for currency, rows in content["money"]]
    return [PrintedSection(_("Money by stage"), tables=tables, note=note)]


def _table(heads: Sequence[str], rows: Sequence[ReportRow]) -> PrintedTable:
    return PrintedTable(
        heads, [PrintedRow(row.label, [each.text for each in row.figures], str(row.bar)) for row in rows]
    )
