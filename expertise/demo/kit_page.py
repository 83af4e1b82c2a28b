"""The page `/kit` of a demonstration: every component of the pages in all its states, with invented content.

The components are those of the pages themselves: the macros of `templates/_macros.html` and the pieces that several
pages include. A test fails when a macro, an icon, a control or a class of the stylesheet is missing here.
"""

from __future__ import annotations

import re
from datetime import timedelta
from functools import cache
from types import SimpleNamespace as Sample
from typing import Any

from flask import Blueprint, Flask, render_template
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from expertise import identity
from expertise.base import clock
from expertise.demo import kit_samples
from expertise.identity import runtime
from expertise.reports import charts
from expertise.reports.charts import ColumnBar
from expertise.web.kit.forms import new_key
from expertise.web.page_frame import STATIC

blueprint = Blueprint("kit", __name__)


def attach(app: Flask) -> None:
    """Register the page; called in a demonstration only."""
    app.register_blueprint(blueprint)


@blueprint.get("/kit")
def show() -> str:
    """Every component, in the language of the reader."""
    with runtime().transactions.read() as db:
        identity.visitor(db)
    return render_template("demo/kit.html", **_content())


def _content() -> dict[str, Any]:
    now = clock.now()
    return {
        "icons": icons(),
        "states": kit_samples.states(),
        "form_fields": kit_samples.form_fields(),
        "wrong_fields": kit_samples.wrong_fields(),
        "error_links": [{"text": kit_samples.in_the_past(), "href": "#f-wrong-date"}, {"text": _("Error"), "href": ""}],
        "links": kit_samples.links(),
        "charts": _charts(),
        "fresh": new_key,
        "now": now,
        "later": now + timedelta(days=9),
        **kit_samples.case_page(now),
        **kit_samples.messages(now),
        "unsent": Sample(differs=True, lost=[kit_samples.SENTENCE], files=["plan.pdf"]),
        "left": ngettext("%(num)d working day left", "%(num)d working days left", 7),
        "filter": kit_samples.filters(),
    }


@cache
def icons() -> list[str]:
    """The names of the icons of the sprite."""
    return re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text(encoding="utf-8"))


def _charts() -> dict[str, Markup]:
    months = [ColumnBar(f"0{month}", ((month, "f"), (2, "q1"), (month % 2, "q3"))) for month in range(1, 7)]
    drawn = {
        "columns": charts.columns(months, _("Demand by month"), 360, 160),
        "bar": charts.bar(3, 5),
        "late": charts.late_bar(5, 2, 6),
        "more": charts.diverging(2, 4),
        "less": charts.diverging(-3, 4),
        "span": charts.span(4, 9, 7, 12),
    }
    return {name: Markup(each) for name, each in drawn.items()}  # noqa: S704 made of numbers and escaped labels
