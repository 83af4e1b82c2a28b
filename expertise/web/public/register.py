"""The public register: published cases with their results, for everybody, without an account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from flask import Blueprint, Flask, abort, make_response, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from expertise import identity
from expertise.base import clock
from expertise.identity import runtime
from expertise.people.names import named_in
from expertise.reports import register_public
from expertise.reports.register_public import FILTERS, Published
from expertise.text.values import ValueNames, display_all
from expertise.web.cases.files import hand_out
from expertise.web.cases.rows import tone
from expertise.web.kit.choices import ReferenceNames, listed
from expertise.web.kit.filters import LONGEST, filter_field, pager
from expertise.web.kit.form_fields import FormField
from expertise.web.kit.i18n import current, said, translator
from expertise.web.public.entries import below_the_band, document_of, line_of, picture_lines, summary_of
from expertise.web.public.region_map import tiles
from workflows.definition import LANGUAGES, Definition

blueprint = Blueprint("public", __name__)

FRESH = 300  # seconds for which a page of the register may be kept
FEED = 50  # entries of a feed


def attach(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("/register")
def register() -> AnyResponse:
    """The published cases, the newest change first, narrowed by words, region, topic, workflow, state and year."""
    narrowed = _narrowed()
    in_region = partial(_in_region, narrowed)
    with runtime().transactions.read() as db:
        person = identity.visitor(db)
        names = listed(db)
        found = register_public.page(db, runtime().services, narrowed, request.args.get("after"))
        page: dict[str, Any] = {
            "lines": [line_of(each, names, narrowed["query"] or "") for each in found.entries],
            "tiles": tiles(register_public.by_region(db, narrowed), names, narrowed["region"], in_region),
            "filters": _filters(narrowed, names, register_public.years(db)),
        }
    return _kept(
        render_template(
            "public/list.html",
            **page,
            total=ngettext("%(num)d entry", "%(num)d entries", found.total),
            region=names.region(narrowed["region"]),
            all_regions=in_region(None),
            feed=_address("public.feed", narrowed),
            languages=_in_languages("public.register", _given(narrowed)),
            lang=request.args.get("lang", ""),
            **pager(found.after),
        ),
        person is None,
    )


@blueprint.get("/register.atom")
def feed() -> AnyResponse:
    """The newest changes of the register as an Atom feed (RFC 4287), narrowed like the list."""
    narrowed = _narrowed()
    with runtime().transactions.read() as db:
        names = listed(db)
        found = register_public.page(db, runtime().services, narrowed, None, FEED)
        entries = [(each.case, line_of(each, names, "")) for each in found.entries]
    latest = max((case.changed_at for case, _entry in entries), default=clock.now())
    text = render_template(
        "public/feed.xml",
        site=runtime().settings.url.rstrip("/"),
        entries=entries,
        updated=latest.isoformat(),
        own=_address("public.feed", narrowed),
        page=_address("public.register", narrowed),
    )
    answer = _kept(text, strangers=True)
    answer.headers["Content-Type"] = "application/atom+xml; charset=utf-8"
    return answer


@blueprint.get("/register/<reference>")
def show(reference: str) -> AnyResponse:
    """One published case: the fields that its state makes public, its phases and its public files; nothing else."""
    with runtime().transactions.read() as db:
        person = identity.visitor(db)
        found = _found(db, reference)
        services, names = runtime().services, listed(db)
        organisation = said(services.names.organisation(db, found.case.organisation_id))
        documents = register_public.documents(db, services, found)
        page: dict[str, Any] = {
            "organisation": organisation,
            "milestones": [(each.at, said(each.label), each.state) for each in register_public.timeline(db, found)],
        }
        named = named_in(db, found.definition.fields, [found.fields])
    shown = [name for name in found.fields if below_the_band(found.definition, name)]
    values = ValueNames(translator(), {**names.texts, "organisation": named.organisations}, people=named.people)
    site = runtime().settings.url.rstrip("/")
    return _kept(
        render_template(
            "public/show.html",
            **page,
            case=found.case,
            kind=said(found.definition.title),
            state=said(found.definition.states[found.case.state].label),
            tone=tone(found.definition, found.case.state),
            region=names.region(found.case.region),
            topic=names.topic(found.case.topic),
            fields=display_all(found.definition, shown, found.fields, values),
            documents=[document_of(each, found) for each in documents],
            own=site + url_for("public.show", reference=found.case.reference),
            picture=site + url_for("public.picture", reference=found.case.reference, lang=current()),
            languages=_in_languages("public.show", {"reference": found.case.reference}),
            summary=summary_of(found),
        ),
        person is None,
    )


@blueprint.get("/register/<reference>/files/<key>")
def file(reference: str, key: str) -> AnyResponse:
    """A file that the definition makes public, as an attachment."""
    with runtime().transactions.read() as db:
        documents = register_public.documents(db, runtime().services, _found(db, reference))
        found = next((each.file for each in documents if each.file.key == key), None)
    if found is None:
        abort(404)
    return hand_out(found)


@blueprint.get("/register/<reference>/picture.svg")
def picture(reference: str) -> AnyResponse:
    """The picture that stands beside a shared link: title, state, region, number."""
    with runtime().transactions.read() as db:
        found = _found(db, reference)
        region = listed(db).region(found.case.region)
    state = said(found.definition.states[found.case.state].label)
    lines = picture_lines(found.case.title or found.case.reference)
    text = render_template(
        "public/picture.svg",
        lines=lines,
        state=state,
        region=region,
        case=found.case,
    )
    answer = _kept(text, strangers=True)
    answer.headers["Content-Type"] = "image/svg+xml; charset=utf-8"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # it is made to be shown elsewhere
    return answer


def _found(db: Session, reference: str) -> Published:
    found = register_public.find(db, runtime().services, reference)
    if found is None:
        abort(404)
    return found


def _kept(text: str, strangers: bool) -> AnyResponse:
    """The answer with headers by which browsers and proxies may keep it, unless it was made for somebody signed in."""
    answer = make_response(text)
    if strangers:
        answer.headers["Cache-Control"] = f"public, max-age={FRESH}"
        answer.vary.update(("Accept-Language", "Cookie"))
        answer.add_etag()
        answer.make_conditional(request)
    return answer


# --- addresses ------------------------------------------------------------------------------------


def _narrowed() -> dict[str, str | None]:
    given = {name: request.args.get(name, "")[:LONGEST].strip() or None for name in FILTERS}
    return {**given, "query": (request.args.get("q") or "")[:LONGEST].replace("\0", " ").strip() or None}


def _given(narrowed: Mapping[str, str | None]) -> dict[str, str]:
    """The filters as they stand in an address."""
    return {"q" if name == "query" else name: value for name, value in narrowed.items() if value is not None}


def _address(endpoint: str, narrowed: Mapping[str, str | None]) -> str:
    lang = {"lang": current()} if endpoint == "public.feed" or request.args.get("lang") else {}
    given: dict[str, Any] = {**_given(narrowed), **lang}
    return url_for(endpoint, **given)


def _in_region(narrowed: Mapping[str, str | None], region: str | None) -> str:
    return _address("public.register", {**narrowed, "region": region})


def _in_languages(endpoint: str, given: Mapping[str, Any]) -> dict[str, str]:
    """Language → the address of this page in it."""
    return {code: url_for(endpoint, **given, lang=code) for code in LANGUAGES}


# --- texts ----------------------------------------------------------------------------------------


def _filters(narrowed: Mapping[str, str | None], names: ReferenceNames, years: Sequence[int]) -> list[FormField]:
    definitions = [each for each in runtime().services.definitions.all_current() if _publishes(each)]
    meant = [each for each in definitions if each.key == narrowed["workflow"]] or definitions
    states = {key: said(state.label) for each in meant for key, state in each.states.items() if state.is_public}
    workflows = [(each.key, said(each.title)) for each in definitions]
    return [
        FormField("q", "text", _("Search in titles and texts"), narrowed["query"] or ""),
        filter_field("topic", _("Topic"), narrowed["topic"], names.choices("topic")),
        filter_field("region", _("Region"), narrowed["region"], names.choices("region")),
        filter_field("year", _("Year"), narrowed["year"], [(str(year), str(year)) for year in years]),
        filter_field("workflow", _("Kind"), narrowed["workflow"], workflows),
        filter_field("state", _("State"), narrowed["state"], list(states.items())),
    ]


def _publishes(definition: Definition) -> bool:
    return any(state.is_public for state in definition.states.values()) and bool(definition.opened_by)
