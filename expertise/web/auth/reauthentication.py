"""Reauthentication before high-risk actions: by password, passkey, or a code of telephone or paper.

Forms about people and rights use `admin_post.act`, which asks last of all; other forms use `missing`.
"""

from __future__ import annotations

import math
import re

from flask import Flask, render_template, request
from flask.wrappers import Response
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from expertise import identity
from expertise.base import clock
from expertise.identity import runtime
from expertise.people.auth import second_factor, sessions
from expertise.people.auth.rate_limits import SignInRefused
from expertise.people.auth.sign_in import Attempt, count_guess, take_back
from expertise.people.auth.webauthn_challenges import PROVE
from expertise.people.model import Person
from expertise.web.auth import passkey_requests
from expertise.web.auth.known_device import device_of
from expertise.web.kit.errors import say, wants_json
from expertise.web.kit.forms import ErrorLink

#: The name of the form field; no field of a workflow can be called so.
PROOF = "_proof"
_OWN = (PROOF, passkey_requests.ANSWER, "csrf_token")
#: A code of the telephone; no password is that short.
_CODE = re.compile(r"\d{3}\s?\d{3}", re.ASCII)
#: What may be a code on paper, however it was typed; a password can look so, too.
_ON_PAPER = re.compile(r"([2-9a-z]{4}[- ]?){3}[2-9a-z]{4}", re.ASCII | re.IGNORECASE)


class ProofNeeded(Exception):
    """Everything is in order but the proof; `wrong` is the fault of the one that was given. Nothing may be stored."""

    def __init__(self, wrong: str | None = None) -> None:
        super().__init__(wrong)
        self.wrong = wrong


def attach(app: Flask) -> None:
    """Answer ProofNeeded with the page that asks."""
    app.register_error_handler(ProofNeeded, page)


def needed() -> bool:
    """Return whether the last proof of the session is too old."""
    with runtime().transactions.read() as db:
        return unproved(db)


def unproved(db: Session) -> bool:
    """Return whether the last proof of the session is too old; if so, the page of this request may offer a passkey."""
    person, proved = identity.actor(db), identity.reauthenticated(db)
    if not proved:
        passkey_requests.offer(db, person.person_id)
    return not proved


def missing() -> str | None:
    """Check the proof of the form, if one is needed. Returns the sentence to show, or None when all is well."""
    if not needed():
        return None
    if passkey_requests.submitted():
        return _by_passkey()
    secret = request.form.get(PROOF, "")
    if not secret:
        return _("Give your password, or a code of your telephone.")
    refused = _by_anything(secret)
    return None if refused is None else refusal(refused, _("The password or the code is not right."))


def demand() -> None:
    """Take the proof that came with the form, if one is needed. Raises ProofNeeded when it does not hold."""
    wrong = missing()
    if wrong is not None:
        raise ProofNeeded(wrong if PROOF in request.form else None)


def page(needed: ProofNeeded) -> tuple[Response | str, int]:
    """Ask for the proof, and keep the typed fields."""
    if wants_json():
        return say(422, _("You signed in a while ago."), _("Load this page anew and show that it is you."))
    typed = [(name, value) for name, value in request.form.items(multi=True) if name not in _OWN]
    errors = [ErrorLink(needed.wrong, f"#f-{PROOF}")] if needed.wrong else []
    return render_template("auth/prove.html", typed=typed, wrong=needed.wrong, errors=errors), 422


def _by_anything(secret: str) -> SignInRefused | None:
    """A code of six figures is never a password; what looks like a code on paper may be one."""
    if _CODE.fullmatch(secret.strip()):
        return _by_code(secret)
    if _ON_PAPER.fullmatch(secret.strip()) and _has_codes() and _by_code(secret) is None:
        return None
    return by_password(secret)


def _by_passkey() -> str | None:
    with runtime().transactions.write() as db:
        found = passkey_requests.check(db, PROVE, identity.actor(db).person_id)
        if isinstance(found, int):
            identity.renew(sessions.reauthenticate(db, identity.token(), clock.now()))
            return None
    return refusal(found, _("The passkey was not accepted. Try once more, or give your password."))


def _has_codes() -> bool:
    with runtime().transactions.read() as db:
        return second_factor.has(db, identity.actor(db).person_id or 0)


def by_password(secret: str) -> SignInRefused | None:
    """Check the password of who is signed in; the session is proved, under a new token. None: it was right."""
    with runtime().transactions.write() as db:
        email = db.get_one(Person, identity.actor(db).person_id).email
        attempt = count_guess(db, email, request.remote_addr or "", clock.now(), device_of(email))
    if isinstance(attempt, SignInRefused):
        return attempt
    if not attempt.check(secret):
        return SignInRefused("wrong")
    _right(attempt)
    return None


def refusal(refused: SignInRefused, wrong: str) -> str:
    """Return a refused guess in words; `wrong` is what to say of a wrong one."""
    if refused.code == "too_many" and refused.minutes > 90:
        hours = math.ceil(refused.minutes / 60)
        return ngettext(
            "Too many attempts. Try again in %(num)d hour.", "Too many attempts. Try again in %(num)d hours.", hours
        )
    if refused.code == "too_many":
        return ngettext(
            "Too many attempts. Try again in %(num)d minute.",
            "Too many attempts. Try again in %(num)d minutes.",
            refused.minutes,
        )
    return wrong


def _right(attempt: Attempt) -> None:
    with runtime().transactions.write() as db:
        take_back(db, attempt)
        identity.renew(sessions.reauthenticate(db, identity.token(), clock.now()))


def _by_code(secret: str) -> SignInRefused | None:
    with runtime().transactions.write() as db:
        person = db.get_one(Person, identity.actor(db).person_id)
        refused = second_factor.check(db, person, secret, identity.key(), clock.now(), device_of(person.email))
        if refused is None:
            identity.renew(sessions.reauthenticate(db, identity.token(), clock.now()))
    return refused
