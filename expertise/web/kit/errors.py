"""Error pages in plain words, and the security headers of every answer."""

from __future__ import annotations

import logging
from contextlib import suppress

from flask import Flask, current_app, flash, g, jsonify, redirect, render_template, request, url_for
from flask.wrappers import Response
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.wrappers import Response as AnyResponse

from expertise.base.errors import DatabaseAway, StoreUnwritable, TryAgain, unwritable
from expertise.identity import SignInNeeded, runtime, visitor
from expertise.web.kit import unsent

log = logging.getLogger("komek.web")

#: No inline script and no inline style anywhere; nothing is loaded from another server.
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)

#: Features of the browser that no page uses, for this origin and for frames; passkeys stay allowed for this origin.
#: Features that not every build of a browser knows (bluetooth, web-share) are left out: it would warn on every page.
PERMISSIONS = (
    "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), fullscreen=(), "
    "geolocation=(), gyroscope=(), hid=(), magnetometer=(), microphone=(), midi=(), payment=(), picture-in-picture=(), "
    "publickey-credentials-create=(self), publickey-credentials-get=(self), screen-wake-lock=(), serial=(), usb=(), "
    "xr-spatial-tracking=()"
)

#: The key of `app.extensions` with the endpoint that strangers at "/" see in place of the sign-in page, if one is set.
START = "komek-start"


def attach(app: Flask) -> None:
    """Register the error handlers and the headers."""
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(SecurityError, untrusted_host)
    app.register_error_handler(CSRFError, form_too_old)
    app.register_error_handler(SignInNeeded, sign_in_needed)
    app.register_error_handler(DatabaseAway, database_away)
    app.register_error_handler(StoreUnwritable, store_unwritable)
    app.register_error_handler(OSError, system_error)
    app.register_error_handler(TryAgain, database_away)
    app.register_error_handler(Exception, unexpected)
    app.after_request(guard)


def say(status: int, title: str, *sentences: str, back: str | None = None) -> tuple[Response | str, int]:
    """Return one failure as a page, or as JSON for a form that saves itself. The form of the request is kept."""
    if wants_json():
        return jsonify(message=" ".join([title, *sentences])), status
    page = unsent.keep_words()
    if page is not None:
        sentences, back = (*sentences, _("What you typed is kept: go back, and you find it there.")), back or page
    return render_template("kit/error.html", title=title, sentences=sentences, back=back), status


def http_error(error: HTTPException) -> AnyResponse | tuple[Response | str, int]:
    """Return the page of an HTTP error."""
    status = error.code or 500
    cause = getattr(error, "original_exception", None)
    if isinstance(cause, DatabaseAway):  # raised while the answer was being finished
        return store_unwritable(cause) if isinstance(cause, StoreUnwritable) else database_away(cause)
    if status < 400:
        return error.get_response()
    if status < 500:
        _recognise()
    title, sentence = _WORDS.get(status, _WORDS[400])()
    return say(status, title, sentence)


def untrusted_host(_error: HTTPException) -> AnyResponse:
    """Answer a request whose Host header is not a name of this installation: 400 as plain text, without the database.

    Flask has made no URL adapter for such a request, so a page with links would fail in `url_for`.
    """
    log.warning(
        "refused a request for the host %.200r; KOMEK_URL says which one is served", request.environ.get("HTTP_HOST")
    )
    title, _sentence = _WORDS[400]()
    sentence = _("Komek is not available under this address. Open it by the address given in its letters.")
    return Response(f"{title}.\n{sentence}\n", 400, mimetype="text/plain")


def _recognise() -> None:
    """Look up the visitor, for the language and menu of the page; a failure here must not hide the first one."""
    with suppress(DatabaseAway), runtime().transactions.read() as db:
        visitor(db)


def form_too_old(_error: CSRFError) -> AnyResponse | tuple[Response | str, int]:
    """The form does not belong to this session: it was open too long, or another site sent it. Nothing is done.

    A form of ours is kept for the person to whom it was shown, and given back on its page.
    """
    _recognise()
    page, actor = unsent.keep_words(), getattr(g, "actor", None)
    if page is not None and actor is None:
        return _to_sign_in(page)
    if page is not None and actor is not None and actor.key == unsent.shown_to():
        words = _("You have signed in again since this form was opened, so nothing was sent.")
        if wants_json():
            return say(403, words, _("Load the page anew: what you typed is kept."))
        flash(words, "fault")
        return redirect(page, 303)
    return say(
        403,
        _("The form could not be accepted"),
        _("It was open for too long, or you have signed in again since. Nothing was changed."),
        _("Go back, open the page anew and send the form once more."),
    )


def sign_in_needed(_error: SignInNeeded) -> AnyResponse | tuple[Response | str, int]:
    """Lead to the sign-in page, and from there back to the wanted page, where what was typed is given back."""
    page = unsent.keep_words(by_session=True)
    return _to_sign_in(page or (unsent.page_address() if request.method == "GET" else "/"))


def _to_sign_in(wanted: str) -> AnyResponse | tuple[Response | str, int]:
    if wants_json():
        return say(401, _("You are signed out."), _("Sign in in another window, then save."))
    if request.method in ("GET", "HEAD") and request.path == "/" and START in current_app.extensions:
        return redirect(url_for(current_app.extensions[START]), 303)
    return redirect(url_for("account.sign_in", next=wanted if wanted != "/" else None), 303)


def wants_json() -> bool:
    """Return whether a program of the page asked, not the browser itself."""
    return request.accept_mimetypes.best == "application/json"


def database_away(error: Exception) -> tuple[Response | str, int]:
    """Answer 503: nothing was stored; the same request may be sent again."""
    log.warning("database away: %s", error)
    return say(
        503,
        _("Komek is not available at the moment"),
        _("The database does not answer. Nothing was changed and nothing was lost."),
        _("Wait a minute, then go back and send the form again: what you typed is still on the page before this one."),
    )


def store_unwritable(error: StoreUnwritable) -> tuple[Response | str, int]:
    """Answer 507 for a full store, 503 for one that cannot be written: nothing was stored."""
    log.error("the store takes nothing: %s", error)
    return say(
        507 if error.full else 503,
        _("Komek cannot store anything just now"),
        _("Its store is full or cannot be written. Nothing was changed and nothing was lost; reading goes on."),
        _("Tell the administrator. Then go back and send the form again: what you typed is still on that page."),
    )


def system_error(error: OSError) -> tuple[Response | str, int]:
    """Answer for a disk that takes nothing, and as for any other fault."""
    fault = unwritable(error)
    return unexpected(error) if fault is None else store_unwritable(fault)


def unexpected(error: Exception) -> tuple[Response | str, int]:
    """Answer 500 for an unhandled exception: logged with its traceback, shown without details."""
    log.error("unexpected fault at %s %s", request.method, request.path, exc_info=error)
    return say(
        500,
        _("Something went wrong here"),
        _("The fault is ours and has been recorded. Nothing was saved."),
        _("Try once more; if it happens again, tell the administrator what you were doing and when."),
    )


def guard(response: Response) -> Response:
    """Set the security headers of an answer; a header that the page has set stays."""
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CSP)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", PERMISSIONS)
    if "Cache-Control" not in headers:  # offices share computers: the next person must not page back into a case
        headers["Cache-Control"] = "no-store"
    if runtime().settings.secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response


_WORDS = {
    400: lambda: (_("The request could not be understood"), _("Go back and try once more.")),
    403: lambda: (_("This is not open to you"), _("If you need it for your work, ask the administrator.")),
    404: lambda: (
        _("There is no such page"),
        _("The address may be mistyped, or the page is not open to you. The two look the same on purpose."),
    ),
    405: lambda: (_("This address cannot be used like that"), _("Go back and use the buttons of the page.")),
    409: lambda: (_("The case has changed in the meantime"), _("Open it anew and look again.")),
    413: lambda: (
        _("What you sent is too large"),
        _("A file may have at most %(max)s MB.", max=runtime().settings.upload_bytes // (1024 * 1024)),
    ),
    422: lambda: (_("The form could not be accepted"), _("Go back and check what you typed.")),
    500: lambda: (_("Something went wrong here"), _("The fault is ours and has been recorded.")),
    503: lambda: (_("Komek is not available at the moment"), _("Wait a minute, then load the page again.")),
}
