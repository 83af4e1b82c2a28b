"""The outbox for administrators: which letters left, what servers said, and what a person may do about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Flask, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from expertise.base import clock
from expertise.doors.identity import house
from expertise.doors.web import listing_filters
from expertise.doors.web.acting import act
from expertise.doors.web.forms import Box, Link, new_key
from expertise.doors.web.keeping import administrator
from expertise.doors.web.lists import filter_box, search_box
from expertise.doors.web.outbox_words import STATES, WHAT, state_name, tone
from expertise.doors.web.people import Answer
from expertise.doors.web.people_reading import Reading
from expertise.doors.web.people_words import sentences
from expertise.doors.web.wordings import KINDS
from expertise.mail import breaker, ledger, letters, mending, suppression, wordings
from expertise.mail.ledger import Wanted
from expertise.mail.letters import Rendered
from expertise.mail.model import OutgoingLetter
from expertise.people import past
from workflows.refusals import Refusal

door = Blueprint("outbox", __name__, url_prefix="/outbox")


def attach(app: Flask) -> None:
    """Open the door."""
    app.register_blueprint(door)
    app.jinja_env.globals.update(letter_state=state_name, letter_tone=tone, letter_kind=_kind)


@door.get("")
def listing() -> str:
    """All letters, the newest first, narrowed by filters; above them what needs a person."""
    wanted = _wanted()
    before = request.args.get("after", "")
    with house().transactions.read() as db:
        administrator(db)
        rows = ledger.listing(db, wanted, int(before) if before.isascii() and before.isdigit() else None)
        page: dict[str, Any] = {
            "open_questions": ledger.open_questions(db),
            "breaker": breaker.status(db),
            "addresses": [(each.address, each.suppressed_at, each.answer) for each in suppression.suppressed(db)],
        }
    more = len(rows) > ledger.SHOWN
    rows = rows[: ledger.SHOWN]
    return render_template(
        "mail/outbox.html",
        **page,
        rows=rows,
        filters=[
            search_box(wanted.query),
            filter_box("state", _("State"), wanted.state, [(key, name()) for key, name in STATES.items()]),
        ],
        held=house().settings.mail_held,
        fresh=new_key,
        **listing_filters.pager(str(rows[-1].id) if more else None),
    )


@door.get("/<int:number>")
def show(number: int) -> str:
    """One letter: its way, what it said, what may be done."""
    return _page(number)


@door.post("/<int:number>")
def change(number: int) -> Answer:
    """Send anew, release, stop, or say what became of a letter of which nobody knew."""
    do = _VERBS.get(request.form.get("do", ""), _nothing)
    done = act(lambda db: do(db, number))
    if isinstance(done, Refusal):
        return _page(number, done), 422
    flash(_("Done."), "good")
    return redirect(done, 303)


@door.post("/breaker")
def close() -> Answer:
    """Let letters go again."""

    def unit(db: Session) -> str:
        breaker.close(db, clock.now(), administrator(db).actor.person_id)
        return url_for("outbox.listing")

    return redirect(str(act(unit)), 303)


@door.post("/addresses")
def lift() -> Answer:
    """Let letters go to an address again that had refused them."""

    def unit(db: Session) -> str:
        by = administrator(db).actor.person_id or 0
        suppression.lift(db, request.form.get("address", ""), by, clock.now())
        return url_for("outbox.listing")

    return redirect(str(act(unit)), 303)


def _kind(letter: str) -> str:
    """What a letter is for, in words; the name of one that nobody writes any more."""
    return KINDS[letters.kind_of(letter)]() if letter in letters.available() else letter


def _wanted() -> Wanted:
    state = request.args.get("state")
    return Wanted(state if state in STATES else None, request.args.get("query", "")[: listing_filters.LONGEST])


def _letter(db: Session, number: int) -> OutgoingLetter:
    found = db.get(OutgoingLetter, number)
    if found is None:
        abort(404)
    return found


def _resend(db: Session, number: int) -> str | Refusal:
    by, letter, reading = administrator(db).actor.person_id or 0, _letter(db, number), Reading()
    if not mending.can_resend(letter):
        abort(422)
    address, reason = reading.text("address"), reading.text("reason")
    new = mending.resend(db, letter, by, address, reason, clock.now())
    if isinstance(new, Refusal):
        return new
    if address:
        past.note(db, letter.recipient_id, "letter:resend", email=address.lower(), note=reason)
    return url_for("outbox.show", number=new)


def _simply(verb: Callable[..., bool]) -> Callable[[Session, int], str]:
    """A verb that needs no words; when it comes too late the page shows how things stand."""

    def do(db: Session, number: int) -> str:
        by = administrator(db).actor.person_id or 0
        verb(db, _letter(db, number).id, by, clock.now())
        return url_for("outbox.show", number=number)

    return do


def _nothing(db: Session, number: int) -> str:
    administrator(db)
    _letter(db, number)
    abort(422)


_VERBS: Mapping[str, Callable[[Session, int], str | Refusal]] = {
    "resend": _resend,
    "release": _simply(mending.release),
    "arrived": _simply(mending.arrived),
    "again": _simply(mending.again),
    "cancel": _simply(mending.cancel),
}


def _page(number: int, refusal: Refusal | None = None) -> str:
    with house().transactions.read() as db:
        administrator(db)
        row, letter = ledger.one(db, number), _letter(db, number)
        if row is None:
            abort(404)
        page: dict[str, Any] = {
            "row": row,
            "rendered": _rendered(db, letter, row.language),
            "can_resend": mending.can_resend(letter),
            "log": [(WHAT[each.what](), each) for each in ledger.log(db, number)],
        }
    boxes = _boxes(sentences(refusal))
    return render_template(
        "mail/letter.html",
        **page,
        boxes=boxes,
        errors=[Link(f"{box.label}: {text}", f"#{box.id}") for box in boxes for text in box.errors],
        key=new_key(),
        fresh=new_key,
    )


def _boxes(wrong: Mapping[str, tuple[str, ...]]) -> list[Box]:
    typed = request.form
    return [
        Box(
            "address",
            "email",
            _("Another address"),
            typed.get("address", ""),
            _("Empty: the address of the reader."),
            wrong.get("address", ()),
            longest=254,
        ),
        Box(
            "reason",
            "text",
            _("Reason"),
            typed.get("reason", ""),
            "",
            wrong.get("reason", ()),
            required=True,
            longest=mending.LONGEST_REASON,
        ),
    ]


def _rendered(db: Session, letter: OutgoingLetter, language: str) -> Rendered | None:
    """In the words that were in force when it left; None when what it said is not kept."""
    if not letter.context or letter.letter not in letters.available():
        return None
    words = wordings.in_force(db, letter.sent_at).get(letter.letter)
    language = letter.context.get("language") or language
    return letters.render(letter.letter, language, ledger.readable(letter.letter, letter.context), words)
