"""The page of the search: hits by kind, with their numbers, within what the person may see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Blueprint, Flask, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from expertise import identity
from expertise.base.search_terms import SearchTerm, search_terms
from expertise.identity import runtime
from expertise.people.access import Actor
from expertise.people.manage import directory
from expertise.search import content, letters, organisations
from expertise.search.content import FoundText
from expertise.search.excerpts import Piece, marked
from expertise.search.hits import COUNTED, TextSearch
from expertise.text.translator import day
from expertise.web.cases.rows import figure, tone
from expertise.web.kit.choices import ReferenceNames, listed
from expertise.web.kit.filters import LONGEST, pager
from expertise.web.kit.forms import natural_number
from expertise.web.kit.i18n import said
from expertise.web.people.permissions import may_see_people

blueprint = Blueprint("search", __name__)

FIRST, PAGE = 5, 20  # hits of a kind beside others, and alone


def attach(app: Flask) -> None:
    """Register the page."""
    app.register_blueprint(blueprint)


@dataclass(frozen=True, slots=True)
class HitLine:
    """One hit, as texts and pieces of text."""

    url: str
    title: Sequence[Piece]
    notes: Sequence[str]  # reference, kind, region …
    state: str = ""
    tone: str = ""
    label: str = ""
    passage: Sequence[Piece] = ()


@dataclass(frozen=True, slots=True)
class HitGroup:
    """The hits of one kind that are shown, and how many there are."""

    key: str
    heading: str
    lines: Sequence[HitLine]
    total: int
    after: str | None

    @property
    def count(self) -> str:
        """The number as it stands beside the heading."""
        return figure(self.total, COUNTED)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A query with its reader, and how much of each kind is shown."""

    db: Session
    actor: Actor
    query: str
    terms: Sequence[SearchTerm]
    texts: TextSearch
    size: int
    after: str | None


@blueprint.get("/search")
def find() -> str | Response:
    """Everything that has the words, by kind. A reference leads straight to its case."""
    query = request.args.get("q", "")[:LONGEST].replace("\0", " ").strip()
    chosen = request.args.get("kind", "")
    chosen = chosen if chosen in KINDS else ""
    with runtime().transactions.read() as db:
        actor = identity.actor(db)
        case = content.exactly(db, runtime().services.definitions, actor, query) if query else None
        if case is not None and not chosen:
            return redirect(url_for("cases.show", reference=case))
        groups = _groups(db, actor, query, chosen) if query else []
    shown = [group for group in groups if group.key == chosen] if chosen else [g for g in groups if g.total]
    after = shown[0].after if chosen and shown else None
    total = sum(group.total for group in groups)
    return render_template(
        "search/find.html",
        query=query,
        chosen=chosen,
        groups=[group for group in groups if group.total],
        shown=shown,
        found=_found(groups, total),
        **pager(after),
    )


def _found(groups: Sequence[HitGroup], total: int) -> str:
    if any(group.total >= COUNTED for group in groups):
        return _("More than %(number)s hits", number=total - total % 100)
    return ngettext("%(num)d hit", "%(num)d hits", total)


def _groups(db: Session, actor: Actor, query: str, chosen: str) -> list[HitGroup]:
    terms = search_terms(query)
    if not terms:
        return []
    texts = TextSearch(db, actor, terms)
    found = []
    for key, kind in KINDS.items():
        alone = key == chosen
        after = request.args.get("after") if alone else None
        found.append(kind(_Asked(db, actor, query, terms, texts, PAGE if alone else FIRST, after)))
    return found


# --- kinds --------------------------------------------------------------------------------------


def _cases(asked: _Asked) -> HitGroup:
    page = asked.texts.page("cases", asked.size, asked.after)
    found = content.cases(asked.db, runtime().services.definitions, page.hits, asked.terms)
    lines = [_case_line(each, listed(asked.db)) for each in found]
    return HitGroup("cases", _("Requests and projects"), lines, page.total, page.after)


def _case_line(found: FoundText, names: ReferenceNames) -> HitLine:
    case = found.case
    return HitLine(
        url_for("cases.show", reference=case.reference),
        found.title,
        [case.reference, said(found.definition.title), names.region(case.region)],
        state=said(found.definition.states[case.state].label),
        tone=tone(found.definition, case.state),
        label=said(found.label) if found.label else "",
        passage=found.passage,
    )


def _comments(asked: _Asked) -> HitGroup:
    page = asked.texts.page("comments", asked.size, asked.after)
    found = content.comments(asked.db, runtime().services.definitions, page.hits, asked.terms)
    lines = [
        HitLine(
            url_for("cases.one_comment", reference=each.case.reference, sequence=each.sequence),
            each.title,
            [each.case.reference, each.author, _day(each)],
            passage=each.passage,
        )
        for each in found
    ]
    return HitGroup("comments", _("Comments"), lines, page.total, page.after)


def _files(asked: _Asked) -> HitGroup:
    page = asked.texts.page("files", asked.size, asked.after)
    found = content.files(asked.db, runtime().services.definitions, page.hits, asked.terms)
    lines = [
        HitLine(
            url_for("files.download", key=each.file.key) if each.file is not None else "",
            each.title,
            [each.case.reference, each.case.title or "", _day(each)],
        )
        for each in found
    ]
    return HitGroup("files", _("Files"), lines, page.total, page.after)


def _letters(asked: _Asked) -> HitGroup:
    found = letters.find(asked.db, asked.actor, asked.terms, asked.size, asked.after)
    administers = asked.actor.has("administrator")
    lines = [
        HitLine(
            url_for("outbox.show", number=each.id) if administers else url_for("cases.show", reference=each.reference),
            marked(each.subject, asked.terms),
            [each.reference, _("To: %(name)s", name=each.recipient), day(each.created_at)],
        )
        for each in found.hits
    ]
    return HitGroup("letters", _("Letters"), lines, found.total, found.after)


def _people(asked: _Asked) -> HitGroup:
    actor = asked.actor
    everybody = actor.has("administrator") or actor.has("auditor")
    if not (everybody or may_see_people(actor)):
        return HitGroup("people", "", (), 0, None)
    of = None if everybody else actor.organisation_id
    wanted = directory.DirectoryFilter(asked.query)
    page = directory.find(asked.db, wanted, organisation_id=of, start=_start(asked), size=asked.size)
    lines = [
        HitLine(
            url_for("people.show", person=each.key),
            marked(each.name, asked.terms),
            [each.email, said(each.organisation)],
        )
        for each in page.people
    ]
    return HitGroup("people", _("People"), lines, page.total, str(page.after) if page.after else None)


def _organisations(asked: _Asked) -> HitGroup:
    if not asked.actor.has("administrator"):
        return HitGroup("organisations", "", (), 0, None)
    found = organisations.find(asked.db, asked.terms, _start(asked), asked.size)
    lines = [
        HitLine(
            url_for("organisations.show", organisation=each.key),
            marked(said(each.names), asked.terms),
            [listed(asked.db).region(each.region)],
        )
        for each in found.hits
    ]
    return HitGroup("organisations", _("Organisations"), lines, found.total, found.after)


#: In the order of the page.
KINDS: dict[str, Callable[[_Asked], HitGroup]] = {
    "cases": _cases,
    "comments": _comments,
    "files": _files,
    "letters": _letters,
    "people": _people,
    "organisations": _organisations,
}


def _start(asked: _Asked) -> int:
    """The number of hits that the address passes over; 0 for anything that is no such number."""
    return natural_number(asked.after or "", 6) or 0


def _day(found: FoundText) -> str:
    return day(found.at) if found.at is not None else ""
