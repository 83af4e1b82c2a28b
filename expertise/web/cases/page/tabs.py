"""The tabs of a case: each is a page of its own under the header that they share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from expertise.audit.access_log import count_of_case
from expertise.base import clock
from expertise.cases.actions.comment import may_speak
from expertise.cases.services import Services
from expertise.cases.views import access_log
from expertise.cases.views.case_view import CaseView, Happened, happened
from expertise.cases.views.messages import SHOWN as MESSAGES
from expertise.cases.views.messages import count_messages, messages
from expertise.identity import runtime
from expertise.mail.outbound import admin_queries
from expertise.people.scope import EVERYWHERE, STAFF
from expertise.text.events import EventText, describe_event
from expertise.text.quorum import describe_votes
from expertise.text.values import DisplayedValue, display_all
from expertise.web.cases import attached_files, comment_form, load
from expertise.web.cases.comment_form import SentComment
from expertise.web.cases.load import names_in
from expertise.web.cases.page import history
from expertise.web.cases.page.frame import below_the_header, frame
from expertise.web.cases.page.parts import part_rows
from expertise.web.cases.page.progress import stages
from expertise.web.cases.rows import CaseListRow, case_list_rows
from expertise.web.cases.step_offers import Posted
from expertise.web.kit.choices import ReferenceNames, listed
from expertise.web.kit.forms import ErrorLink, natural_number, new_key
from expertise.web.kit.i18n import said, translator
from expertise.web.kit.messages import role_name
from workflows.definition import Tab
from workflows.refusals import NotReady

RECENT = 4  # events at the foot of the overview
PRINTED = 10_000  # events of a printed case
ACCESSES = 50  # on one page of the history


@dataclass(frozen=True, slots=True)
class TabLink:
    """One tab: its address, and how many things it holds, 0 for no figure."""

    key: str
    label: str
    url: str
    count: int = 0


@dataclass(frozen=True, slots=True)
class FactGroup:
    """The values of one group of fields under its heading."""

    label: str
    fields: Sequence[DisplayedValue]


@dataclass(frozen=True, slots=True)
class TabView:
    """One look at a case: what every tab is made of."""

    session: Session
    services: Services
    view: CaseView
    listed: ReferenceNames
    now: datetime

    @property
    def is_team(self) -> bool:
        """Whether the reader sees what only the team and readers of everything see."""
        return bool(self.view.roles & (STAFF | EVERYWHERE))


def page(reference: str, tab: str) -> str:
    """One tab of a case for the signed-in person."""
    with runtime().transactions.read() as db:
        return render(db, load.load_case(db, reference), tab)


def render(db: Session, view: CaseView, tab: str, posted: Posted | None = None) -> str:
    """One tab of a case. `posted`: a step that was sent from the overview and refused."""
    look = _look(db, view)
    return render_template(f"cases/{tab}.html", **_frame(look, tab, posted), **_CONTENTS[tab](look))


def said_again(reference: str, sent: SentComment, tab: str) -> str:
    """The tab of a case on which a comment was refused, messages or files, with what was typed."""
    with runtime().transactions.read() as db:
        look = _look(db, load.load_case(db, reference))
        shown = {**_frame(look, tab, None), **(_files if tab == "files" else _messages)(look, sent)}
    errors = shown["comment_form"].errors
    if tab == "files" and isinstance(sent.refusal, NotReady):  # neither a file nor a word came
        errors = [ErrorLink(_("Choose a file"), f"#f-{attached_files.NEW}")]
    return render_template(f"cases/{tab}.html", **{**shown, "errors": errors})


def _look(db: Session, view: CaseView) -> TabView:
    names = listed(db)
    return TabView(db, runtime().services, view, names, clock.now())


def _comments(look: TabView, found: Sequence[Happened]) -> list[EventText]:
    """The messages as sentences, the oldest first."""
    names = names_in(look.view, look.listed)
    return [describe_event(event, look.view.definition, names) for event in reversed(found)]


def _frame(look: TabView, tab: str, posted: Posted | None) -> dict[str, Any]:
    shown = frame(look.session, look.services, look.view, look.listed, look.now, posted)
    return {**shown, "tab": tab, "tabs": _tabs(look), "errors": (), "fresh": new_key}


def _tabs(look: TabView) -> list[TabLink]:
    """The tabs of this case that hold something for this reader."""
    view = look.view
    terms = _groups(look, Tab.TERMS)
    parts = sum(len(panel.cases) for panel in view.panels)
    may_attach = may_speak(view.roles, internal=False)
    found = [
        (TabLink("overview", _("Overview"), _address(view, "show")), True),
        (TabLink("terms", " · ".join(group.label for group in terms[:2]), _address(view, "terms")), bool(terms)),
        (TabLink("parts", _parts_label(view), _address(view, "parts"), parts), bool(parts)),
        (TabLink("messages", _("Messages"), _address(view, "messages"), count_messages(look.session, view)), True),
        (TabLink("files", _("Files"), _address(view, "files"), len(view.files)), bool(view.files) or may_attach),
        (TabLink("history", _("History"), _address(view, "history"), len(view.events)), True),
    ]
    return [link for link, is_there in found if is_there]


def _parts_label(view: CaseView) -> str:
    labels = [said(panel.part.label) for panel in view.panels]
    return labels[0] if len(labels) == 1 else _("Parts")


def _address(view: CaseView, tab: str) -> str:
    return url_for(f"cases.{tab}", reference=view.case.reference)


def _groups(look: TabView, tab: Tab | None) -> list[FactGroup]:
    """The values of a tab under the headings of the definition; all of them for None."""
    view, definition = look.view, look.view.definition
    names = names_in(view, look.listed)
    found = [
        FactGroup(said(group.label), display_all(definition, group.fields, view.case.fields, names))
        for group in definition.grouped(below_the_header(definition))
        if tab is None or group.tab is tab
    ]
    return [group for group in found if group.fields]


def _overview(look: TabView) -> dict[str, Any]:
    view = look.view
    return {
        "groups": _groups(look, Tab.OVERVIEW),
        "votes": [describe_votes(each.step, each.given, each.people, translator()) for each in view.votes],
        "organisation": said(look.services.names.organisation(look.session, view.case.organisation_id)),
        "parent": _parent(look),
        "recent": history.in_days(look.services, view, look.listed, view.events[:RECENT]),
        "events": len(view.events),
        **_corrections(look),
    }


def _corrections(look: TabView) -> dict[str, Any]:
    return {
        "corrections": look.view.corrections,
        "correctable": look.view.correctable,
        "entry_page": history.entry_page,
    }


def _terms(look: TabView) -> dict[str, Any]:
    return {"groups": _groups(look, Tab.TERMS)}


def _parts(look: TabView) -> dict[str, Any]:
    rows = lambda panel: part_rows(look.session, look.view, panel, look.listed, look.now)  # noqa: E731
    return {"panels": [(said(panel.part.label), rows(panel)) for panel in look.view.panels]}


def _messages(look: TabView, sent: SentComment | None = None) -> dict[str, Any]:
    before = _before("before")
    found = messages(look.session, look.view, before)
    shown = found[:MESSAGES]
    older = url_for("cases.messages", reference=look.view.case.reference, before=shown[-1].sequence if shown else None)
    return {
        "comments": _comments(look, shown),
        "older": older if len(found) > MESSAGES else "",
        "newer": before is not None,
        "comment_form": comment_form.form_of(look.session, look.view, sent),
        **_letters(look),
        **_corrections(look),
    }


def _letters(look: TabView) -> dict[str, Any]:
    """One page of the letters about the case, for the team, and the address of older ones."""
    if not look.is_team:
        return {"letters": (), "older_letters": "", "newer_letters": False}
    before, most = _before("letters"), admin_queries.SHOWN
    found = admin_queries.of_case(look.session, look.view.case.id, before, most + 1)
    shown = found[:most]
    older = url_for("cases.messages", reference=look.view.case.reference, letters=shown[-1].id if shown else None)
    return {
        "letters": shown,
        "older_letters": f"{older}#letters" if len(found) > most else "",
        "newer_letters": before is not None,
    }


def _before(name: str) -> int | None:
    return natural_number(request.args.get(name, ""), 18)


def _files(look: TabView, sent: SentComment | None = None) -> dict[str, Any]:
    view = look.view
    address = lambda key: url_for("files.download", key=key)  # noqa: E731
    rows = sorted(view.files.values(), key=lambda row: row.at, reverse=True)
    form = comment_form.form_of(look.session, view, sent)
    return {"files": [(row, address(row.key)) for row in rows], "comment_form": form}


def _history(look: TabView) -> dict[str, Any]:
    kind, before = request.args.get("kind", ""), natural_number(request.args.get("before", ""))
    found = history.history(look.session, look.services, look.view, look.listed, kind, before)
    return {**found, **_accesses(look), "stages": stages(look.view), **_corrections(look)}


def _print(look: TabView) -> dict[str, Any]:
    """Every tab in one document, with all that happened and all that was said."""
    view = look.view
    events = happened(look.session, view, (), None, PRINTED)
    return {
        **_overview(look),
        **_parts(look),
        **_messages(look),
        **_files(look),
        "groups": _groups(look, None),
        "comments": _comments(look, messages(look.session, view, most=PRINTED)),
        "days": history.in_days(look.services, view, look.listed, events),
    }


def _accesses(look: TabView) -> dict[str, Any]:
    """One page of the accesses that were recorded, for the team and for auditors; files by their names."""
    if not look.is_team:
        return {"accesses": ()}
    names = {key: row.name for key, row in look.view.files.items()}
    before, case = _before("accesses"), look.view.case
    found = access_log.readings(look.session, case, before, ACCESSES + 1)
    shown = [
        replace(each, role=role_name(each.role), file=names.get(each.file, each.file)) for each in found[:ACCESSES]
    ]
    older = url_for("cases.history", reference=case.reference, accesses=shown[-1].id if shown else None)
    return {
        "accesses": shown,
        "accesses_in_all": count_of_case(look.session, case.id) if shown else 0,
        "older_accesses": f"{older}#accesses" if len(found) > ACCESSES else "",
        "newer_accesses": before is not None,
    }


def _parent(look: TabView) -> CaseListRow | None:
    view = look.view
    if view.parent is None:
        return None
    return case_list_rows([view.parent], look.services.definitions, look.listed, look.now)[0]


_CONTENTS: dict[str, Callable[[TabView], dict[str, Any]]] = {
    "overview": _overview,
    "terms": _terms,
    "parts": _parts,
    "messages": _messages,
    "files": _files,
    "history": _history,
    "print": _print,
}
#: The tabs that have an address of their own, below that of the case.
TABS = tuple(key for key in _CONTENTS if key != "overview")
