"""The button by which the reader of a letter whose link has run out asks for the letter once more."""

from __future__ import annotations

from flask import Blueprint, Flask, abort
from sqlalchemy.orm import Session

from expertise.base import clock
from expertise.identity import runtime
from expertise.mail.model import OutgoingLetter
from expertise.mail.outbound.resend import can_resend, resend
from expertise.people.auth import rate_limits
from expertise.people.auth.rate_limits import Limit
from expertise.web.auth.reauthentication import refusal
from expertise.web.letter_links import decision, decision_text
from expertise.web.letter_links.access import SignedPage
from expertise.web.letter_links.decision_text import Answer

blueprint = Blueprint("signed_again", __name__, url_prefix="/letters/again")
blueprint.after_request(decision.keep_to_oneself)

#: How often one letter is sent again in a day, and all letters of one person.
PER_LETTER, PER_PERSON = 2, 10
#: The reason in the log of the letter.
REASON = "asked for by its reader: the link had run out"


def attach(app: Flask) -> None:
    """Register the page."""
    app.register_blueprint(blueprint)


@blueprint.post("/<page_token>")
def ask(page_token: str) -> Answer:
    """Send the letter with a new link to the address of its reader, while the case still asks for it."""
    with runtime().transactions.write() as db:
        page = decision.found(db, page_token)
        if not decision_text.renewable(db, page):
            abort(404)
        return _send(db, page)


def _send(db: Session, page: SignedPage) -> Answer:
    now, number = clock.now(), page.found.letter_id
    limits = {
        rate_limits.subject("letter again", str(number)): (Limit(PER_LETTER, rate_limits.LONGEST_WINDOW),),
        rate_limits.subject("letters again", str(page.found.person_id)): (
            Limit(PER_PERSON, rate_limits.LONGEST_WINDOW),
        ),
    }
    refused = rate_limits.count_guess(db, limits, now)
    if refused is not None:
        return decision_text.over(db, page, wrong=refusal(refused, ""))[0], 429
    letter = db.get_one(OutgoingLetter, number)
    if not can_resend(letter):
        abort(404)
    resend(db, letter, page.found.person_id, "", REASON, now)
    return decision_text.over(db, page, sent=True)[0]
