"""The public register: published requests with their results, for everybody, without an account."""

from __future__ import annotations

from flask import Blueprint, Flask, abort, render_template, request
from flask_babel import gettext as _

from expertise import identity
from expertise.base import clock
from expertise.identity import runtime
from expertise.reports import register_public
from expertise.text.values import ValueNames, display_all
from expertise.web.cases.rows import case_list_rows, tone, total_of
from expertise.web.kit.choices import listed
from expertise.web.kit.filters import filter_field, pager
from expertise.web.kit.i18n import said, translator

blueprint = Blueprint("public", __name__)


def attach(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("/register")
def register() -> str:
    """The published cases, the newest change first, of one region or topic if the address names one."""
    region, topic = request.args.get("region") or None, request.args.get("topic") or None
    with runtime().transactions.read() as db:
        identity.visitor(db)
        names, definitions = listed(db), runtime().services.definitions
        narrowed = {"region": region, "topic": topic}
        found = register_public.page(db, runtime().services, narrowed, request.args.get("after"))
        rows = case_list_rows([each.case for each in found.entries], definitions, names, clock.now(), "public.show")
    form_fields = [
        filter_field("region", _("Region"), region, names.choices("region")),
        filter_field("topic", _("Topic"), topic, names.choices("topic")),
    ]
    return render_template(
        "public/list.html", rows=rows, filters=form_fields, total=total_of(found.total), **pager(found.after)
    )


@blueprint.get("/register/<reference>")
def show(reference: str) -> str:
    """One published case: the fields that its state makes public, and nothing else."""
    with runtime().transactions.read() as db:
        identity.visitor(db)
        found = register_public.find(db, runtime().services, reference)
        if found is None:
            abort(404)
        organisation = said(runtime().services.names.organisation(db, found.case.organisation_id))
        names = [name for name in found.fields if found.definition.fields[name].column != "title"]
        fields = display_all(found.definition, names, found.fields, ValueNames(translator(), listed(db).texts))
    return render_template(
        "public/show.html",
        case=found.case,
        state=said(found.definition.states[found.case.state].label),
        tone=tone(found.definition, found.case.state),
        organisation=organisation,
        fields=fields,
    )
