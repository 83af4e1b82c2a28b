"""Who is signed in is judged before any door looks at what was asked: one place, in front of all of them.

A new page is closed to strangers until somebody writes here why it is not. What a person may do behind
the threshold is judged by the door and the desk, in the transaction of the deed itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask, g, request

from expertise import identity
from expertise.identity import SecondStepNeeded, SignInNeeded, runtime

#: A whole door, or one page of it (`door.function`), that nobody needs to be signed in for: why.
OPEN: Mapping[str, str] = {
    "account.sign_in": "who is not signed in begins here",
    "account.submit": "who is not signed in begins here",
    "account.sign_out": "whose session has ended meanwhile wants nothing but that",
    "account.language": "strangers read as well, and the choice lies in their own browser",
    "outside": "signing in with an account of another house",
    "passkeys": "the sign-in with a passkey; the door itself judges what else a device is asked to sign for",
    "passes": "who forgot a password, or has none yet, cannot sign in",
    "sign_in_link": "who cannot sign in on a new device asks for a letter, and opens its link there",
    "signed": "the link of a letter speaks for its reader, for this one question",
    "signed_answers": "the link of a letter speaks for its reader, for these questions",
    "signed_undo": "the link of a receipt speaks for its reader, to take back this one step",
    "stop": "a mail program that unsubscribes its reader signs in nowhere",
    "public": "the register of what is published",
    "frame": "the stylesheet of the sign-in page",
    "demo": "the mailbox of a demonstration, which has no secrets",
}
#: The same for whoever gave the password and has yet to give, or to set up, the second factor.
AWAITING_SECOND_FACTOR: Mapping[str, str] = {
    "second_step": "the code is given here",
    "second_factor": "who has no second factor yet sets one up; the door itself refuses who has one",
}
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def attach(app: Flask) -> None:
    """Stand in front of every door. Forged forms are refused before, without a look at the database."""
    app.before_request(check_sign_in)


def check_sign_in() -> None:
    """Raises SignInNeeded, or SecondStepNeeded, where the page is not for strangers. An address of no page passes."""
    if request.endpoint is None or request.method == "OPTIONS" or _among(OPEN):
        return
    with runtime().transactions.read() as db:
        if identity.visitor(db) is None:
            half_way = identity.awaiting_second_factor(db) is not None
            if not (half_way and _among(AWAITING_SECOND_FACTOR)):
                raise SecondStepNeeded if half_way else SignInNeeded
    if request.method not in SAFE:  # a deed is judged by the rights of its own moment
        g.pop("actor", None)


def _among(rooms: Mapping[str, str]) -> bool:
    return request.endpoint in rooms or request.blueprint in rooms
