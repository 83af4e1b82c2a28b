"""Sign-in with an account of an external provider (OpenID Connect), where the settings name one.

The way to the provider is a link and not a form: the Content-Security-Policy allows forms to Komek only.
"""

from __future__ import annotations

import logging

from flask import Blueprint, Flask, current_app, redirect, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from expertise import identity
from expertise.base import clock
from expertise.config import Provider
from expertise.identity import runtime
from expertise.people.auth.sign_in import find_external_person, open_session
from expertise.web.auth import sign_in
from expertise.web.auth.known_device import remember_device

try:
    from expertise.web.auth import oidc_client as outside_provider
except ImportError:  # the extra `oidc` is not installed
    outside_provider = None  # type: ignore[assignment]

log = logging.getLogger("komek.web")
blueprint = Blueprint("outside", __name__, url_prefix="/sign-in/outside")

NEXT = "outside-next"
CLIENT = "komek-outside"


def attach(app: Flask) -> None:
    """Register the pages, if a provider is set and the extra `oidc` is installed."""
    provider = app.extensions["komek"].settings.oidc
    if provider is None:
        return
    if outside_provider is None:
        log.warning("KOMEK_OIDC_ISSUER is set, and the extra `oidc` is not installed: nobody can sign in from there")
        return
    app.extensions[CLIENT] = outside_provider.client(app, provider)
    app.extensions[sign_in.PROVIDER_NAME] = provider.name
    app.register_blueprint(blueprint)


@blueprint.get("")
def leave() -> Response | tuple[str, int]:
    """Redirect to the provider with a state, a nonce and a PKCE challenge, whose answers are kept in the session."""
    try:
        away: Response = current_app.extensions[CLIENT].authorize_redirect(url_for("outside.come_back", _external=True))
    except outside_provider.FAILURES:
        log.warning("the external provider does not answer as it should", exc_info=True)
        return sign_in.form(_("The other service does not answer. Sign in with your password.")), 502
    session[NEXT] = sign_in.own_page(request.args.get("next", ""))
    return away


@blueprint.get("/back")
def come_back() -> Response | tuple[str, int]:
    """Sign in the person whom the provider names, if that person is known here."""
    provider, wanted = _provider(), sign_in.own_page(str(session.pop(NEXT, "")))
    try:
        said = outside_provider.claims(current_app.extensions[CLIENT], provider)
    except outside_provider.FAILURES:
        log.warning("a sign-in from outside was refused", exc_info=True)
        return sign_in.form(_("Signing in there did not succeed. Try again, or use your password.")), 422
    email = said.get("email") if said.get("email_verified") is True else None
    with runtime().transactions.write() as db:
        person = find_external_person(db, provider.issuer, str(said["sub"]), email)
        if person is None:
            return sign_in.form(_("Nobody here is known by that account. Ask the administrator of Komek.")), 422
        needed = sign_in.second_factor_needed(db, person.id)
        strong = outside_provider.is_strong(said, provider)
        entered = open_session(db, person.id, clock.now(), "outside", second_factor_needed=needed, proved_both=strong)
        identity.begin(entered.token)
        if entered.complete:
            remember_device(person.email)
    if not entered.complete:
        wanted = url_for("second_step.ask", next=wanted if wanted != "/" else None)
    return redirect(wanted, 303)


def _provider() -> Provider:
    provider = runtime().settings.oidc
    if provider is None:
        raise TypeError("these pages exist only where a provider is set")
    return provider
