"""Passkeys in requests: at sign-in, as second factor after the password, and for reauthentication.

Without the extra `passkeys`, or at an address at which browsers make no passkeys, none of it is offered.
"""

from __future__ import annotations

import secrets

from flask import Flask, current_app, g, request, session
from sqlalchemy.orm import Session

from expertise import identity
from expertise.base import clock
from expertise.people.auth import passkeys, rate_limits, second_factor, sign_in
from expertise.people.auth.rate_limits import Limit, SignInRefused
from expertise.people.auth.webauthn_challenges import ChallengeRequest
from expertise.people.model import Person
from expertise.web.auth.known_device import any_device, device_of

try:
    from expertise.people.auth import webauthn
except ImportError:  # the extra `passkeys` is not installed
    webauthn = None  # type: ignore[assignment]

#: The names of the hidden controls with what the device has signed, or made; no field of a workflow can be called so.
ANSWER, MADE = "_passkey", "_made"
#: How many challenges one address may ask for within `rate_limits.WINDOW`; an office shares one.
PER_ADDRESS = 300
_RELYING_PARTY, _COOKIE = "komek-passkeys", "passkey"


def attach(app: Flask) -> None:
    """Determine whether passkeys work in this application."""
    app.jinja_env.globals.update(passkeys_work=supported, passkey_at_hand=lambda: bool(g.get("passkey")))
    known = webauthn.relying_party_at(app.extensions["komek"].settings.url) if webauthn is not None else None
    app.extensions[_RELYING_PARTY] = known


def supported_by(app: Flask) -> bool:
    """Return whether passkeys work in this application; call `attach` before."""
    return app.extensions[_RELYING_PARTY] is not None


def supported() -> bool:
    """Return whether passkeys work in the current application."""
    return supported_by(current_app)


def has(db: Session, person_id: int | None) -> bool:
    """Return whether the person can use a passkey here."""
    return person_id is not None and supported() and passkeys.has(db, person_id)


def offer(db: Session, person_id: int | None) -> None:
    """Let the page of this request offer a passkey, if the person has one."""
    g.passkey = has(db, person_id)


def submitted() -> str:
    """Return the signed answer of the device in this form, or ""."""
    return request.form.get(ANSWER, "") if supported() else ""


def cookie() -> str:
    """Return a secret of this browser session, to which challenges are bound: the session token, once signed in."""
    if identity.token():
        return identity.token()
    return session.setdefault(_COOKIE, secrets.token_urlsafe(32))


def ask_to_sign(db: Session, purpose: str, person_id: int | None) -> str | SignInRefused:
    """Return the options for the browser, as JSON. Counted, because each one stores a row."""
    where, device = rate_limits.network(request.remote_addr or ""), any_device()
    counted = rate_limits.subject("passkey for device", device) if device else rate_limits.subject("passkey for", where)
    refused = rate_limits.count_guess(db, {counted: (Limit(PER_ADDRESS),)}, clock.now())
    return refused or webauthn.ask_to_sign(
        db, _relying_party(), ChallengeRequest(purpose, cookie(), person_id), clock.now()
    )


def check(db: Session, purpose: str, person_id: int | None = None) -> int | SignInRefused:
    """Return the id of the person whose passkey has signed this form; with `person_id`, of that person only."""
    asked = ChallengeRequest(purpose, cookie(), person_id)
    return webauthn.check(db, _relying_party(), asked, submitted(), _limits(db, person_id), clock.now())


def ask_to_add(db: Session, person: Person) -> str:
    """Return the options with which the browser makes a passkey, as JSON."""
    return webauthn.ask_to_add(db, _relying_party(), person, cookie(), clock.now())


def add(db: Session, person: Person, name: str) -> bool:
    """Keep the passkey that this form brings; False when it does not hold."""
    return webauthn.add(db, _relying_party(), person, cookie(), request.form.get(MADE, ""), name, clock.now())


def _relying_party() -> webauthn.RelyingParty:
    """Return the relying party of this application. Raises TypeError where passkeys do not work."""
    found = current_app.extensions[_RELYING_PARTY]
    if found is None:
        raise TypeError("passkeys do not work here")
    return found


def _limits(db: Session, person_id: int | None) -> rate_limits.Limits:
    """A passkey instead of a code is guessed as often as a code; of an unknown one, as often as a password.

    Wrong passkeys count for the passwords of the address as well, but not the other way round: guesses at passwords
    must not close an address to passkeys.
    """
    if person_id is not None:
        return second_factor.limits(person_id, device_of(db.get_one(Person, person_id).email))
    device = any_device()
    if device:
        return {rate_limits.subject("passkey of", device): (Limit(sign_in.PER_DEVICE),)}
    address = request.remote_addr or ""
    return {
        **rate_limits.of_address("passkey from", address, sign_in.PER_ADDRESS),
        rate_limits.subject("all passkeys", ""): (Limit(sign_in.IN_ALL),),
        rate_limits.subject("address", rate_limits.network(address)): (),
    }
