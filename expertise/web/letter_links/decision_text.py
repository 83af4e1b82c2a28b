"""The templates of the signed page of a letter."""

from __future__ import annotations

from datetime import datetime

from flask import render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from expertise.base import clock
from expertise.cases.queries import is_late
from expertise.cases.views.case_view import CaseView, Happened, OfferedStep
from expertise.mail import tokens
from expertise.mail.model import OutgoingLetter
from expertise.mail.outbound.resend import can_resend
from expertise.questionnaires.due import asked_now
from expertise.text.events import EventText, describe_event
from expertise.text.values import ValueNames, display_all
from expertise.web.auth import reauthentication
from expertise.web.cases.load import names_in
from expertise.web.cases.page.frame import below_the_header
from expertise.web.cases.rows import tone
from expertise.web.cases.step_form import Sent, errors_of, form_of, hindrances, shown_by
from expertise.web.cases.step_offers import ahead
from expertise.web.kit.choices import listed
from expertise.web.kit.i18n import said
from expertise.web.kit.messages import describe, role_name
from expertise.web.letter_links.access import SignedPage
from workflows.definition import Transition
from workflows.refusals import WrongState

Answer = Response | str | tuple[Response | str, int]

#: Names of the form that are the page's own.
CODE, STAMP = reauthentication.PROOF, "_form"

LATEST = 5  # comments shown


def overview(db: Session, token: str, page: SignedPage) -> str:
    """The choice of a decision. Nothing is chosen beforehand, and there is no form that a robot could send."""
    view = _view(page)
    names = names_in(view, listed(db), lambda key: url_for("signed.download", page_token=token, key=key))
    return render_template(
        "letter_links/show.html",
        **header(db, page),
        offers=[(offered.step, hindrances(view, offered), _address(token, offered)) for offered in view.offered],
        questions=url_for("signed_answers.show", page_token=token) if asked_now(view) else "",
        fields=display_all(view.definition, below_the_header(view.definition), view.case.fields, names),
        comments=_comments(view, names),
    )


def form(
    db: Session, token: str, page: SignedPage, step: Transition, stamp: str, sent: Sent | None = None
) -> str | tuple[str, int]:
    """The form of one decision: its effects, its fields, and a confirmation."""
    view, given = _view(page), sent or Sent()
    offered = next((each for each in view.offered if each.step.key == step.key), None)
    if offered is None:
        return _too_late(db, token, page, step, given)
    shown = render_template(
        "letter_links/step.html",
        **header(db, page),
        step=step,
        form_fields=form_of(db, view, step, given).fields(step.asks),
        ahead=ahead(offered, view),
        hindrances=hindrances(view, offered) if given.refusal is None else [],
        errors=errors_of(view, step, given.refusal, given),
        unsure=given.unsure,
        code_asked=step.risk == "high",
        code_over=page.found.tries >= tokens.TRIES,
        wrong=given.unproved,
        stamp=stamp,
        seen=view.case.version,
        shown=shown_by(view, step.asks),
        back=url_for("signed.look", page_token=token),
    )
    if given.refusal is not None:
        return shown, describe(given.refusal, view.definition).status
    return (shown, 422) if sent is not None else shown


def renewable(db: Session, page: SignedPage) -> bool:
    """Return whether the link has run out while the case still asks its reader for what the letter asked."""
    if page.view is None or page.found.used_at is not None or not page.found.expired or page.view.case.final:
        return False
    letter = db.get_one(OutgoingLetter, page.found.letter_id)
    return can_resend(letter) and letter.visit in (None, page.view.case.visit)


def over(db: Session, page: SignedPage, *, sent: bool = False, wrong: str = "") -> tuple[str, int]:
    """The page of a link that is used, expired, or about a case that is not open to this person any more.

    `sent`: a new letter has just been asked for; `wrong`: why none is sent.
    """
    decided = page.decided if page.found.used_at is not None else None
    shown = render_template(
        "letter_links/expired.html",
        used=page.found.used_at is not None,
        decided=_entry(db, page, decided) if decided is not None else None,
        reference=page.view.case.reference if decided is not None and page.view is not None else "",
        account=_account(page),
        again=url_for("signed_again.ask", page_token=(request.view_args or {})["page_token"]),
        renewable=renewable(db, page),
        sent=sent,
        wrong=wrong,
    )
    return shown, 200 if decided is not None else 410


def _too_late(db: Session, token: str, page: SignedPage, step: Transition, sent: Sent) -> tuple[str, int]:
    view = _view(page)
    refusal = sent.refusal or WrongState(view.case.state, step.sources)
    described = describe(refusal, view.definition)
    return render_template(
        "letter_links/late.html",
        **header(db, page),
        heading=said(step.label),
        why=[item.text for item in described.items],
        kept=[text for text in sent.raw.values() if isinstance(text, str) and text.strip()],
        back=url_for("signed.look", page_token=token),
    ), described.status


def header(db: Session, page: SignedPage) -> dict[str, object]:
    """The variables of the header that all pages of a letter share."""
    view = _view(page)
    case = view.case
    return {
        "case": case,
        "kind": said(view.definition.title),
        "reader": page.actor,
        "state": said(view.definition.states[case.state].label),
        "tone": tone(view.definition, case.state),
        "desk": role_name(case.owner_role) if case.owner_role else "",
        "late": is_late(case, clock.now()),
        "meanwhile": [_entry(db, page, event) for event in page.meanwhile],
        "account": _account(page),
    }


def _account(page: SignedPage) -> str:
    """The address of the case for readers who sign in."""
    return url_for("cases.show", reference=page.view.case.reference) if page.view is not None and page.open else "/"


def _address(token: str, offered: OfferedStep) -> str:
    return url_for("signed.take", page_token=token, decision=offered.step.key)


def _comments(view: CaseView, names: ValueNames) -> list[tuple[str, datetime, str]]:
    """The latest comments, the newest first."""
    found = [event for event in view.events if event.comment][:LATEST]
    return [(describe_event(event, view.definition, names).actor, event.at, event.comment) for event in found]


def _entry(db: Session, page: SignedPage, event: Happened) -> EventText:
    view = _view(page)
    return describe_event(event, view.definition, names_in(view, listed(db)))


def _view(page: SignedPage) -> CaseView:
    if page.view is None:
        raise LookupError("there is no case on this page")
    return page.view
