"""Who asks for something grave shows once more that it is they: by the password, or by a code of the telephone."""

from __future__ import annotations

import re

from flask import request
from flask_babel import gettext as _
from flask_babel import ngettext

from expertise.base import clock
from expertise.doors import identity
from expertise.doors.identity import house
from expertise.people import second_factor, sessions
from expertise.people.guesses import SignInRefused
from expertise.people.model import Person
from expertise.people.sign_in import Attempt, announce, take_back

#: The name of the box; no field of a workflow can be called so.
PROOF = "_proof"
#: No password is that short.
_CODE = re.compile(r"\d{3}\s?\d{3}", re.ASCII)


def needed() -> bool:
    """Whether the session was proved too long ago."""
    with house().transactions.read() as db:
        identity.actor(db)
        return not identity.proved(db)


def missing() -> str | None:
    """Take the proof that came with the form, if one is needed. What is wrong with it, as a sentence."""
    if not needed():
        return None
    given = request.form.get(PROOF, "")
    if not given:
        return _("Give your password, or a code of your telephone.")
    refused = _by_code(given) if _CODE.fullmatch(given.strip()) else by_password(given)
    return None if refused is None else refusal(refused, _("The password or the code is not right."))


def by_password(given: str) -> SignInRefused | None:
    """Check the password of who is signed in; the session is proved, under a new token. None: it was right."""
    with house().transactions.write() as db:
        email = db.get_one(Person, identity.actor(db).person_id).email
        attempt = announce(db, email, request.remote_addr or "", clock.now())
    if isinstance(attempt, SignInRefused):
        return attempt
    if not attempt.check(given):
        return SignInRefused("wrong")
    _right(attempt)
    return None


def refusal(refused: SignInRefused, wrong: str) -> str:
    """A refused guess, in words; `wrong` is what to say of a wrong one."""
    if refused.code == "too_many":
        return ngettext(
            "Too many attempts. Try again in %(num)d minute.",
            "Too many attempts. Try again in %(num)d minutes.",
            refused.minutes,
        )
    return wrong


def _right(attempt: Attempt) -> None:
    with house().transactions.write() as db:
        take_back(db, attempt)
        identity.renew(sessions.prove(db, identity.token(), clock.now()))


def _by_code(given: str) -> SignInRefused | None:
    with house().transactions.write() as db:
        person = db.get_one(Person, identity.actor(db).person_id)
        refused = second_factor.check(db, person, given, identity.key(), clock.now())
        if refused is None:
            identity.renew(sessions.prove(db, identity.token(), clock.now()))
    return refused
