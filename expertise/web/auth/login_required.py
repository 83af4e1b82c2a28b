"""Sign-in is checked before any page looks at the request: in one place, in front of all pages.

A new page is closed to strangers until it is listed here with a reason. The rights of a person on a page are decided by
the page and the desk, in the transaction of the action itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask, abort, g, request

from expertise import identity
from expertise.identity import SecondStepNeeded, SignInNeeded, runtime
from expertise.web.kit import unsent

#: Blueprints, or single endpoints, that are open without signing in → the reason.
OPEN: Mapping[str, str] = {
    "account.sign_in": "who is not signed in begins here",
    "account.submit": "who is not signed in begins here",
    "account.sign_out": "whose session has ended meanwhile wants nothing but that",
    "unsent.leave": "a page that is left sends what was typed; the form says whose it is, signed",
    "account.language": "strangers read as well, and the choice lies in their own browser",
    "outside": "signing in with an account of an external provider",
    "passkeys": "the sign-in with a passkey; the page itself checks the other purposes of a signature",
    "passes": "who forgot a password, or has none yet, cannot sign in",
    "sign_in_link": "who cannot sign in on a new device asks for a letter, and opens its link there",
    "signed": "the link of a letter speaks for its reader, for this one question",
    "signed_again": "the link of a letter speaks for its reader, to have the letter once more",
    "signed_answers": "the link of a letter speaks for its reader, for these questions",
    "signed_undo": "the link of a receipt speaks for its reader, to take back this one step",
    "objection": "the link of a letter about an account speaks for its reader, to close this account",
    "stop": "a mail program that unsubscribes its reader signs in nowhere",
    "public": "the register of what is published",
    "deadline_feed": "a calendar program signs in nowhere: the secret address speaks for its person",
    "frame": "the stylesheet of the sign-in page",
    "demo": "the mailbox of a demonstration, which has no secrets",
    "demo_start": "the start page of a demonstration, whose passwords are public",
    "kit": "the components of the pages, shown in a demonstration with invented content",
}
#: The same for whoever gave the password and has yet to give, or to set up, the second factor.
AWAITING_SECOND_FACTOR: Mapping[str, str] = {
    "second_step": "the code is given here",
    "second_factor": "a person without second factor sets one up; the page itself refuses one who has it",
}
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def attach(app: Flask) -> None:
    """Check every request. CSRF protection runs before and refuses forged forms without the database."""
    app.before_request(check_sign_in)


def check_sign_in() -> None:
    """Raise SignInNeeded or SecondStepNeeded where the page is not open. An address without page is let through."""
    if "\0" in request.path:  # no row holds one, and PostgreSQL refuses to look for it
        abort(404)
    if request.endpoint is None or request.method == "OPTIONS" or _among(OPEN):
        return
    with runtime().transactions.read() as db:
        actor = identity.visitor(db)
        if actor is not None:
            unsent.find(db, actor)
        else:
            half_way = identity.awaiting_second_factor(db) is not None
            if not (half_way and _among(AWAITING_SECOND_FACTOR)):
                raise SecondStepNeeded if half_way else SignInNeeded
    if request.method not in SAFE:  # a change is decided by the rights of its own moment
        g.pop("actor", None)


def _among(listed: Mapping[str, str]) -> bool:
    return request.endpoint in listed or request.blueprint in listed
