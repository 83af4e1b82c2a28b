"""The overview of follow-up: recommendations and their checks, as far as a member of the team sees them."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import shorten

from flask import Blueprint, Flask, abort, render_template, request, url_for
from flask_babel import gettext as _

from expertise import identity
from expertise.base import clock
from expertise.identity import runtime
from expertise.reports import follow_up_text
from expertise.reports.follow_up import ASKED, NO_ANSWER, PLANNED, Cell, RecommendationChecks, matrix
from expertise.web.cases.rows import tone
from expertise.web.kit.choices import ReferenceNames, listed
from expertise.web.kit.filters import filter_field
from expertise.web.kit.i18n import said, translator

blueprint = Blueprint("follow_up", __name__)

#: Outcome of a check → colour of its tag; the words beside it say the same.
_TONES = {"implemented": "succeeded", "partly": "paused", "not_yet": "refused", "irrelevant": "withdrawn"}
_TONES |= {NO_ANSWER: "lapsed", ASKED: "", PLANNED: "draft"}


@dataclass(frozen=True, slots=True)
class CheckCell:
    """A check of a recommendation, as texts."""

    label: str  # of the check
    outcome: str
    tone: str
    when: str
    how: str
    late: str
    url: str


@dataclass(frozen=True, slots=True)
class RecommendationRow:
    """A recommendation with its checks, as texts."""

    reference: str
    url: str
    recommendation: str
    region: str
    state: str
    tone: str
    cells: tuple[CheckCell, ...]


def attach(app: Flask) -> None:
    """Register the page."""
    app.register_blueprint(blueprint)


@blueprint.get("/follow-up")
def overview() -> str:
    """Every recommendation with its checks, of one region if the address names one."""
    region = request.args.get("region") or None
    with runtime().transactions.read() as db:
        actor, names = identity.actor(db), listed(db)
        if not actor.is_staff:
            abort(404)
        found = matrix(db, runtime().services, actor, clock.now(), region=region)
    lines = [_line(line, names) for line in found]
    return render_template(
        "follow_up/overview.html",
        lines=lines,
        waves=[cell.label for cell in lines[0].cells] if lines else [],
        filters=[filter_field("region", _("Region"), region, names.choices("region"))],
    )


def _line(line: RecommendationChecks, names: ReferenceNames) -> RecommendationRow:
    case = line.case
    return RecommendationRow(
        reference=case.reference,
        url=url_for("cases.show", reference=case.reference),
        recommendation=shorten(str(case.fields.get("recommendation_text") or case.title or ""), 160, placeholder=" …"),
        region=names.region(case.region),
        state=said(line.definition.states[case.state].label),
        tone=tone(line.definition, case.state),
        cells=tuple(_cell(line, cell) for cell in line.cells),
    )


def _cell(line: RecommendationChecks, cell: Cell) -> CheckCell:
    return CheckCell(
        label=said(line.definition.states[cell.wave].label),
        outcome=follow_up_text.outcome(cell, translator()),
        tone=_TONES.get(cell.outcome, ""),
        when=follow_up_text.when(cell),
        how=follow_up_text.how(cell, translator()),
        late=follow_up_text.late(cell, translator()),
        url=url_for("answering.show", reference=line.case.reference) if cell.given else "",
    )
