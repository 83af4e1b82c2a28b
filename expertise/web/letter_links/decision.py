"""Signed pages: the reader of a letter decides about its case here, without signing in. One case, one decision.

Looking never changes anything: servers that scan letters follow every link. The address is the key, so it is
given to nobody else (no referrer, no index), and a form is taken only from a page that was made for this very letter.
"""

from __future__ import annotations

import hmac
from dataclasses import replace
from typing import cast

from flask import Blueprint, Flask, abort, g, redirect, request, url_for
from flask.wrappers import Response
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from expertise.base import clock
from expertise.identity import runtime
from expertise.mail import tokens
from expertise.mail.tokens import FoundToken
from expertise.web.cases.files import files_in, hand_out, receive
from expertise.web.cases.step_form import Sent
from expertise.web.kit.errors import say
from expertise.web.kit.forms import SURE, seen, typed
from expertise.web.letter_links import access, decision_text
from expertise.web.letter_links.access import SignedPage
from expertise.web.letter_links.decision_text import CODE, STAMP, Answer
from workflows.definition import Transition
from workflows.refusals import Invalid, KeyReused, Refusal

blueprint = Blueprint("signed", __name__, url_prefix="/act")


def attach(app: Flask) -> None:
    """Register the pages. Their forms are not bound to a session, because a reader of letters has none."""
    app.extensions["csrf"].exempt(blueprint)
    app.register_blueprint(blueprint)


@blueprint.after_request
def keep_to_oneself(response: Response) -> Response:
    """Keep the address, which opens the page, from other sites and search engines."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@blueprint.get("/<page_token>")
def look(page_token: str) -> Answer:
    """The case, and the steps that this person may take now."""
    with runtime().transactions.read() as db:
        page = found(db, page_token)
        if "asked" in page.found.context:  # a letter with questions leads to them
            return redirect(url_for("signed_answers.show", page_token=page_token))
        if "undo" in page.found.context:
            return redirect(url_for("signed_undo.show", page_token=page_token))
        return decision_text.overview(db, page_token, page) if page.open else decision_text.over(db, page)


@blueprint.get("/<page_token>/files/<key>")
def download(page_token: str, key: str) -> AnyResponse:
    """Download a file of the case, as long as there is something to decide."""
    with runtime().transactions.read() as db:
        page = found(db, page_token)
    stored = page.view.files.get(key) if page.view is not None and page.open else None
    if stored is None:
        abort(404)
    return hand_out(stored)


@blueprint.get("/<page_token>/<decision>")
def take(page_token: str, decision: str) -> Answer:
    """The form of one step: its effects and its fields."""
    with runtime().transactions.read() as db:
        page = found(db, page_token)
        if not page.open:
            return decision_text.over(db, page)
        declared = _declared(page, decision)
        return decision_text.form(db, page_token, page, declared, stamp(page, declared.key))


@blueprint.post("/<page_token>/<decision>")
def taken(page_token: str, decision: str) -> Answer:
    """Take the step and consume the page. Sent twice, it happens once and both answers show the decision."""
    with runtime().transactions.read() as db:
        page = found(db, page_token)
    version = seen(request.form)
    if not page.open:
        return redirect(url_for("signed.look", page_token=page_token), 303)
    declared = _declared(page, decision)
    if version is None or not made_here(page, declared.key):
        return not_ours(page_token)
    if request.form.get(SURE) == "no":
        return redirect(url_for("signed.look", page_token=page_token), 303)
    sent = Sent(typed(request.form), unsure=request.form.get(SURE) != "yes")
    if not sent.unsure and declared.risk == "high":
        sent = replace(sent, unproved=_unproved(page, page_token))
    if sent.unsure or sent.unproved is not None:
        return _again(page_token, decision, sent)
    return _decide(page_token, page, declared, sent, version)


def _decide(token: str, page: SignedPage, step: Transition, sent: Sent, version: int) -> Answer:
    view = page.view
    offered = view is not None and any(each.step.key == step.key for each in view.offered)
    files = files_in(view.definition, step.asks) if view is not None and offered else []  # nobody else's are stored
    uploads = receive(request.files, files, page.actor)
    done = (
        uploads
        if isinstance(uploads, Invalid)
        else runtime().transactions.run(
            lambda db: access.decide(db, runtime().services, page, step.key, sent.raw, version, uploads)
        )
    )
    if isinstance(done, Refusal) and not isinstance(done, KeyReused):
        return _again(token, step.key, replace(sent, refusal=done))
    return redirect(url_for("signed.look", page_token=token), 303)


def _again(token: str, step: str, sent: Sent) -> Answer:
    with runtime().transactions.read() as db:
        page = found(db, token)
        if not page.open:
            return decision_text.over(db, page)
        declared = _declared(page, step)
        return decision_text.form(db, token, page, declared, stamp(page, declared.key), sent)


def found(db: Session, token: str) -> SignedPage:
    """The page of the token, in its reader's language. Aborts with 404 for an unknown token."""
    page = access.look(db, runtime().services, token, clock.now())
    if page is None:
        abort(404)
    g.reader = page.actor
    return page


def _declared(page: SignedPage, step: str) -> Transition:
    transitions = page.view.definition.transitions if page.view is not None else {}
    if step not in transitions:
        abort(404)
    return transitions[step]


def _unproved(page: SignedPage, token: str) -> str | None:
    """Check the six digits of the letter. Every try is counted and stored, also when nothing else is. None: correct."""
    with runtime().transactions.write() as db:
        fits = tokens.code_fits(db, page.found, token, request.form.get(CODE, ""))
    if fits:
        return None
    if page.found.tries + 1 >= tokens.TRIES:
        return _("The code was wrong too often. It is not taken any more; sign in instead.")
    return _("The code is not that of this letter.")


def stamp_of(secret: str, found: FoundToken, step: str) -> str:
    """The stamp that proves that a form was made here, for this letter and this step."""
    return hmac.digest(secret.encode(), f"komek:act:{found.hash}:{step}".encode(), "sha256").hex()


def stamp(page: SignedPage, step: str) -> str:
    """The stamp of a form on this page."""
    return stamp_of(runtime().settings.secret_key or "", page.found, step)


def made_here(page: SignedPage, step: str) -> bool:
    """True for a form that was made here and, as far as the browser says, sent from here."""
    from_here = request.headers.get("Sec-Fetch-Site", "none") in ("same-origin", "none")
    return from_here and hmac.compare_digest(request.form.get(STAMP, "").encode(), stamp(page, step).encode())


def not_ours(token: str) -> tuple[AnyResponse | str, int]:
    """Answer with 403 to a form that another site made."""
    answer = say(
        403,
        _("The form could not be accepted"),
        _("It did not come from the page of your letter. Nothing was changed."),
        back=url_for("signed.look", page_token=token),
    )
    return cast("tuple[AnyResponse | str, int]", answer)
