"""Inbound mail: its state, and the decisions of administrators about mail in quarantine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Flask, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.base import clock
from expertise.cases.queries import CASES, equal
from expertise.identity import runtime
from expertise.mail.inbound import quarantine
from expertise.mail.inbound.model import InboundMail
from expertise.mail.inbound.parsed import ParsedMail
from expertise.mail.inbound.quarantine import ATTACH, PAGE
from expertise.mail.inbound.quotes import remove_tokens, split_quotations
from expertise.mail.inbound.reader import parse
from expertise.mail.inbound.store import raw_of
from expertise.people.model import Person
from expertise.web.admin.inbound_text import HANDLED, STATES, findings, reason_name, state_name
from expertise.web.auth.admin_post import act
from expertise.web.kit.form_fields import FormField
from expertise.web.kit.forms import ErrorLink, new_key
from expertise.web.people.people import Answer
from expertise.web.people.permissions import administrator
from workflows.refusals import Invalid, Problem, Refusal

blueprint = Blueprint("inbox", __name__, url_prefix="/inbox")

SHOWN = 20_000  # characters of a text on the page
LONGEST_NOTE = 300
DISCARD = "discard"


def attach(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


@dataclass(frozen=True, slots=True)
class MailDecision:
    """A decision of an administrator about a mail."""

    action: str
    person: str
    at: datetime


@blueprint.get("")
def listing() -> str:
    """The mails in one state; quarantine if the address names none."""
    state = request.args.get("state", "quarantined")
    start = request.args.get("after", 0, type=int)
    if state not in STATES or not 0 <= start < 1_000_000:
        abort(404)
    with runtime().transactions.read() as db:
        administrator(db)
        page, counts = quarantine.listing(db, state, start), quarantine.counts(db)
        cases = _references(db, {mail.case_id for mail in page.mails})
    return render_template(
        "admin/inbound_mail.html",
        mails=[(mail, reason_name(mail.reason), cases.get(mail.case_id, "")) for mail in page.mails],
        state=state,
        states=[(name, state_name(name), counts.get(name, 0)) for name in STATES],
        after=start + PAGE if start + PAGE < page.total else None,
        total=page.total,
    )


@blueprint.get("/<int:mail>")
def show(mail: int) -> str:
    """One mail, as plain text."""
    with runtime().transactions.read() as db:
        return _page(db, mail)


@blueprint.post("/<int:mail>")
def decide(mail: int) -> Answer:
    """Release a mail, add it to a case, process it again, or discard it with a reason."""
    done = act(lambda db: _decide(db, mail))
    if isinstance(done, Refusal):
        with runtime().transactions.read() as db:
            return _page(db, mail, done), 422
    flash(_("Recorded; the rest takes a few seconds."), "good")
    return redirect(done, 303)


def _decide(db: Session, number: int) -> str | Refusal:
    person, mail = administrator(db).actor, quarantine.locked(db, number)
    if mail is None:
        abort(404)
    wish, note = request.form.get("do", ""), " ".join(request.form.get("note", "").split())
    if wish == DISCARD:
        if not 0 < len(note) <= LONGEST_NOTE:
            return Invalid((("note", (Problem("required"),)),))
        done = quarantine.discard(mail, note, person.person_id or 0, clock.now())
    else:
        case_id = _case(db, request.form.get("reference", "").strip()) if wish == ATTACH else None
        if wish == ATTACH and case_id is None:
            return Invalid((("reference", (Problem("unknown_case"),)),))
        done = quarantine.send_on(mail, wish, person.person_id or 0, clock.now(), case_id)
    return url_for("inbox.show", mail=number) if done else Invalid((("do", (Problem("decided"),)),))


def _page(db: Session, number: int, refusal: Refusal | None = None) -> str:
    administrator(db)
    mail = db.get(InboundMail, number)
    if mail is None:
        abort(404)
    parsed = parse(raw_of(mail))
    readable = parsed if isinstance(parsed, ParsedMail) else None
    folded = split_quotations(remove_tokens(readable.text[:SHOWN])) if readable is not None else None
    typed = {name: request.form.get(name, "") for name in ("reference", "note")}
    wrong = {name: problems[0].code for name, problems in refusal.errors} if isinstance(refusal, Invalid) else {}
    return render_template(
        "admin/inbound_letter.html",
        mail=mail,
        state=state_name(mail.state),
        reason=reason_name(mail.reason),
        findings=findings(mail.verdict),
        case=_references(db, {mail.case_id}).get(mail.case_id, ""),
        parsed=readable,
        folded=folded,
        handled=_handled(db, mail),
        allowed=quarantine.allowed(mail),
        discardable=mail.state == "quarantined",
        form_fields=_form_fields(typed, wrong),
        errors=_errors(wrong),
        key=new_key(),
    )


def _form_fields(typed: dict[str, str], wrong: dict[str, str]) -> dict[str, FormField]:
    def form_field(name: str, label: str, longest: int, hint: str = "") -> FormField:
        errors = (_problem_text(wrong[name]),) if name in wrong else ()
        return FormField(name, "text", label, typed[name], hint, errors, required=True, longest=longest)

    return {
        "reference": form_field("reference", _("Number of the case"), 40, _("For example ER-2026-0001.")),
        "note": form_field("note", _("Reason"), LONGEST_NOTE),
    }


def _errors(wrong: dict[str, str]) -> list[ErrorLink]:
    return [ErrorLink(_problem_text(code), "" if name == "do" else f"#f-{name}") for name, code in wrong.items()]


def _problem_text(code: str) -> str:
    return {
        "unknown_case": _("There is no case with this number."),
        "decided": _("This is not possible any more: somebody has decided about this mail."),
    }.get(code, _("Fill this in."))


def _handled(db: Session, mail: InboundMail) -> list[MailDecision]:
    noted = mail.verdict.get("handled", ())
    names = dict(db.execute(select(Person.id, Person.name).where(Person.id.in_({each["by"] for each in noted}))).all())
    return [
        MailDecision(HANDLED[each["what"]](), names.get(each["by"], ""), datetime.fromisoformat(each["at"]))
        for each in noted
    ]


def _case(db: Session, reference: str) -> int | None:
    return db.execute(select(CASES.c.id).where(equal(CASES.c.reference, reference.upper()))).scalar()


def _references(db: Session, ids: set[int | None]) -> dict[int | None, str]:
    rows = db.execute(select(CASES.c.id, CASES.c.reference).where(CASES.c.id.in_(ids - {None})))
    return {row.id: row.reference for row in rows}
