"""The board: open cases of one workflow by stage, and the funnel of how far they came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask import Blueprint, Flask, abort, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy.orm import Session

from expertise import identity
from expertise.base import clock
from expertise.cases.queries import CaseRow, is_late
from expertise.cases.views import assignment
from expertise.cases.views.assignment import AssignedPerson
from expertise.identity import runtime
from expertise.people.access import Actor
from expertise.people.deputies import team
from expertise.reports import board, charts, counts, courses
from expertise.reports.board import StageColumn
from expertise.reports.counts import Selection
from expertise.reports.courses import BoardStage
from expertise.reports.list_filters import NOBODY
from expertise.web.kit.choices import ReferenceNames, listed
from expertise.web.kit.filters import filter_field
from expertise.web.kit.form_fields import FormField
from expertise.web.kit.i18n import said, translator

blueprint = Blueprint("board", __name__)


def attach(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


@dataclass(frozen=True, slots=True)
class WorkflowTile:
    """A workflow to be chosen, with its open cases."""

    title: str
    url: str
    number: int
    late: int


@dataclass(frozen=True, slots=True)
class Card:
    """A case on the board, as texts; `steps` are labels and addresses."""

    reference: str
    url: str
    title: str
    region: str
    state: str
    amount: str
    due_at: datetime | None
    late: bool
    assignee: str
    steps: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class BoardColumn:
    """A column with its heading; `more` is how many cases have no card."""

    key: str
    label: str
    number: int
    late: int
    url: str
    late_url: str
    sums: Sequence[str]
    cards: Sequence[Card]
    more: int


@dataclass(frozen=True, slots=True)
class FunnelRow:
    """A stage of the funnel: how many came so far, and which share of the stage before."""

    label: str
    number: int
    url: str
    share: str
    bar: Markup


@blueprint.get("/board")
def choose() -> str:
    """The workflows that have open cases in reach."""
    with runtime().transactions.read() as db:
        actor = identity.actor(db)
        rows = counts.by_state(db, actor, Selection(with_parts=True), clock.now())
    definitions = runtime().services.definitions.all_current()
    found = {each.key: [row for row in rows if row.workflow == each.key] for each in definitions}
    sums = {key: counts.summed([row for row in rows if row.final is None]) for key, rows in found.items()}
    tiles = [
        WorkflowTile(
            said(each.title), url_for("board.show", workflow=each.key), sums[each.key].number, sums[each.key].late
        )
        for each in definitions
        if found[each.key] or each.opened_by
    ]
    return render_template("reports/boards.html", tiles=tiles)


@blueprint.get("/board/<workflow>")
def show(workflow: str) -> str:
    """The board of one workflow."""
    definition = next((each for each in runtime().services.definitions.all_current() if each.key == workflow), None)
    if definition is None:
        abort(404)
    now, by_state = clock.now(), request.args.get("by") == "state"
    selection = _selection(workflow)
    stages = courses.stages(definition, by_state=by_state)
    steps = courses.funnel_stages(definition)
    with runtime().transactions.read() as db:
        actor, names = identity.actor(db), listed(db)
        rows = counts.by_state(db, actor, selection, now)
        found = board.columns(db, actor, selection, stages, rows)
        people = assignment.named(db, [card for column in found for card in column.cards])
        read = courses.courses(db, actor, selection)
        filters = _filters(db, actor, selection, names)
    columns = [
        _column(each, actor, selection, names, people, now)
        for each in found
        if each.sums.number or not all(definition.states[key].retired for key in each.stage.states)
    ]
    return render_template(
        "reports/board.html",
        definition=definition,
        workflows=[
            (said(each.title), url_for("board.show", workflow=each.key), each.key == workflow)
            for each in runtime().services.definitions.all_current()
        ],
        columns=columns,
        by_state=by_state,
        views=_views(workflow, by_state=by_state) if definition.phases else [],
        filters=filters,
        total=sum(column.number for column in columns),
        ended=_ended(rows, selection),
        steps=_funnel(steps, courses.funnel(read, steps), selection, complete=read.all_read),
        complete=read.all_read,
        most=courses.MOST,
        list_url=url_for("cases.listing", **selection.address, show="open"),
    )


def _selection(workflow: str) -> Selection:
    chosen: dict[str, Any] = {
        name: request.args.get(name, "")[:100] or None for name in ("region", "topic", "assignee")
    }
    return Selection(workflow, **chosen)


def _views(workflow: str, *, by_state: bool) -> list[tuple[str, str, bool]]:
    kept: dict[str, Any] = {name: value for name, value in request.args.items() if name != "by" and value}
    return [
        (_("By phase"), url_for("board.show", workflow=workflow, **kept), not by_state),
        (_("By state"), url_for("board.show", workflow=workflow, **kept, by="state"), by_state),
    ]


def _filters(db: Session, actor: Actor, selection: Selection, names: ReferenceNames) -> list[FormField]:
    found = [
        filter_field("region", _("Region"), selection.region, names.choices("region")),
        filter_field("topic", _("Topic"), selection.topic, names.choices("topic")),
    ]
    if actor.is_staff:
        colleagues = team(db, runtime().services.calendar.local_day(clock.now()))
        others = [pair for pair in colleagues if pair[0] != actor.key]
        people = [(actor.key, _("Me")), (NOBODY, _("Unassigned")), *others]
        found.append(filter_field("assignee", _("Assignee"), selection.assignee, people))
    return found


def _column(
    column: StageColumn,
    actor: Actor,
    selection: Selection,
    names: ReferenceNames,
    people: Mapping[int | None, AssignedPerson],
    now: datetime,
) -> BoardColumn:
    there: dict[str, Any] = {**selection.address, "states": ",".join(column.stage.states)}
    return BoardColumn(
        key=column.stage.key,
        label=said(column.stage.label),
        number=column.sums.number,
        late=column.sums.late,
        url=url_for("cases.listing", **there),
        late_url=url_for("cases.listing", **there, show="late"),
        sums=[money(amount, currency) for currency, amount in column.sums.amounts.items()],
        cards=[_card(each, actor, names, people, now) for each in column.cards],
        more=column.sums.number - len(column.cards),
    )


def _card(
    card: CaseRow, actor: Actor, names: ReferenceNames, people: Mapping[int | None, AssignedPerson], now: datetime
) -> Card:
    definition = runtime().services.definitions.pinned(card.digest)
    assignee = people.get(card.delegate_id) or people.get(card.assignee_id)
    steps = board.steps_of(definition, card, actor)
    return Card(
        reference=card.reference,
        url=url_for("cases.show", reference=card.reference),
        title=card.title or "",
        region=names.region(card.region),
        state=said(definition.states[card.state].label),
        amount=money(card.amount, card.currency) if card.currency else "",
        due_at=card.due_at,
        late=is_late(card, now),
        assignee=assignee.name if assignee is not None and actor.is_staff else "",
        steps=[(said(step.label), url_for("steps.take", reference=card.reference, step=step.key)) for step in steps],
    )


def money(amount: Decimal, currency: str) -> str:
    """An amount in the short form of the language: 7.2 billion tenge in a few characters."""
    return translator().short_money(amount, currency)


def _ended(rows: Sequence[counts.StateCount], selection: Selection) -> list[tuple[str, int, str]]:
    """Outcome, number and list of the cases that have ended."""
    finals = dict.fromkeys(row.final for row in rows if row.final is not None)
    return [
        (
            translator().outcome(final),
            sum(row.number for row in rows if row.final == final),
            url_for("cases.listing", **selection.address, outcome=final),
        )
        for final in finals
    ]


def _funnel(
    steps: Sequence[BoardStage], numbers: Sequence[int], selection: Selection, *, complete: bool
) -> list[FunnelRow]:
    found, most = list[FunnelRow](), max(numbers, default=0)
    for place, (step, number) in enumerate(zip(steps, numbers, strict=True)):
        before = numbers[place - 1] if place else 0
        there = {**selection.address, **({"reached": ",".join(step.states)} if place else {})}
        found.append(
            FunnelRow(
                label=said(step.label),
                number=number,
                url=url_for("cases.listing", **there) if complete else "",
                share=f"{round(100 * number / before)} %" if before else "–",
                bar=Markup(charts.bar(number, most)),  # noqa: S704 numbers only
            )
        )
    return found
