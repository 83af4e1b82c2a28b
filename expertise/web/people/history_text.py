"""The history of a person or an organisation in words, for who administers and who audits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from expertise.audit import history
from expertise.audit.history import CLOCK, COMMAND_LINE, HistoryEntry
from expertise.people.names import names_of
from expertise.people.scope import Scope
from expertise.text.translator import days
from expertise.web.kit.choices import organisations
from expertise.web.kit.i18n import NAMES
from expertise.web.people.form_fields import scope_text
from expertise.web.people.messages import FIELDS, causes

#: What each act is called. An act that is not here breaks a test.
ACTS: Mapping[str, Callable[[], str]] = {
    "absence:end": lambda: _("Absence ended"),
    "absence:record": lambda: _("Absence recorded"),
    "access:end": lambda: _("Access ended"),
    "access:give": lambda: _("Access given again"),
    "account:add": lambda: _("Account opened"),
    "change:ask": lambda: _("A change asked for, which a second administrator must confirm"),
    "change:confirm": lambda: _("Change confirmed"),
    "change:object": lambda: _("Objection by the reader of a letter: it was not me"),
    "change:refuse": lambda: _("Change refused"),
    "change:withdraw": lambda: _("Change withdrawn"),
    "code:wrong": lambda: _("Wrong codes given at sign-in"),
    "facts:change": lambda: _("Facts changed"),
    "feed:end": lambda: _("Calendar feed ended"),
    "feed:make": lambda: _("Calendar feed made"),
    "invitation:send": lambda: _("Invitation sent"),
    "lead:give": lambda: _("Manages the accounts of the organisation from now on"),
    "lead:take_back": lambda: _("No longer manages the accounts of the organisation"),
    "letter:resend": lambda: _("A letter sent anew to another address"),
    "organisation:add": lambda: _("Organisation added"),
    "organisation:rename": lambda: _("Organisation renamed"),
    "outside:link": lambda: _("Account of another service linked"),
    "password:wrong": lambda: _("Wrong passwords given"),
    "password_reset:ask": lambda: _("A new password asked for on the sign-in page"),
    "sign_in_link:ask": lambda: _("A letter for signing in on a new device asked for"),
    "device:admit": lambda: _("A new device admitted by the link of a letter"),
    "password_reset:send": lambda: _("A letter to set a new password sent"),
    "passkey:add": lambda: _("Passkey added"),
    "passkey:refuse": lambda: _("Passkey refused: it counted backwards, so there may be a copy of it"),
    "passkey:remove": lambda: _("Passkey removed"),
    "passkey:rename": lambda: _("Passkey renamed"),
    "password:set": lambda: _("Password set"),
    "recovery_code:use": lambda: _("Recovery code used"),
    "recovery_codes:renew": lambda: _("New recovery codes made"),
    "role:give": lambda: _("Role assigned"),
    "role:take_back": lambda: _("Role revoked"),
    "second_factor:confirm": lambda: _("Sign-in with a code set up"),
    "second_factor:remove": lambda: _("Telephone removed"),
    "session:begin": lambda: _("Signed in"),
    "token:issue": lambda: _("Token for a program created"),
    "token:revoke": lambda: _("Token for a program revoked"),
    "token:use": lambda: _("A program signed in with a token"),
}
HOW: Mapping[str, Callable[[], str]] = {
    "code": lambda: _("by password and code"),
    "demonstration": lambda: _("at the start page of the demonstration"),
    "invitation": lambda: _("by the invitation"),
    "outside": lambda: _("by the account of another service"),
    "passkey": lambda: _("by passkey"),
    "password": lambda: _("by password"),
    "password_passkey": lambda: _("by password and passkey"),
    "password_reset": lambda: _("by the link in a letter"),
}


#: What two administrators change.
CHANGED: Mapping[str, Callable[[], str]] = {
    "access": lambda: _("Access given again"),
    "email": lambda: _("E-mail address"),
    "role": lambda: _("Role"),
    "telephone": lambda: _("Telephone removed"),
}


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One event as it is shown; `details` are label and text."""

    at: datetime
    who: str
    what: str
    details: tuple[tuple[str, str], ...]


def lines(db: Session, subject: str) -> list[HistoryLine]:
    """The newest first."""
    happened = history.read(db, subject)
    keys = {each.actor for each in happened}
    keys |= {str(each.values.get(name)) for each in happened for name in ("asked_by", "deputy")}
    names = names_of(db, keys) | {COMMAND_LINE: _("Command line"), CLOCK: _("Komek")}
    words = {
        "asked_by": names,
        "cause": dict(causes()),
        "what": {key: say() for key, say in CHANGED.items()},
        "deputy": names,
        "how": {key: say() for key, say in HOW.items()},
        "language": NAMES,
        "organisation": dict(organisations(db)),
        "scope": {"read": _("read"), "write": _("read and write")},
    }
    return [
        HistoryLine(each.at, names.get(each.actor, each.actor), ACTS[each.act](), tuple(_details(db, each, words)))
        for each in happened
    ]


def _details(db: Session, each: HistoryEntry, words: Mapping[str, Mapping[str, str]]) -> list[tuple[str, str]]:
    """Labels and texts; `words`: name of a value → what its values are called."""
    said = dict(each.values)
    scope = scope_text(db, Scope(*(said.pop(name, None) for name in ("role", "region", "workflow"))))
    label = FIELDS["role"]() if each.act.startswith("role:") else _("Scope")
    found = [(label, scope)] if scope else []
    between = days(said.pop("since", None), said.pop("until", None))
    if between:
        found.append((_("Days"), between))
    return [*found, *(_detail(name, value, words) for name, value in said.items())]


def _detail(name: str, value: Any, words: Mapping[str, Mapping[str, str]]) -> tuple[str, str]:
    label = (
        FIELDS[name]()
        if name in FIELDS
        else {
            "asked_by": _("Asked by"),
            "what": _("The change"),
            "count": _("How many"),
            "how": _("How"),
            "issuer": _("Service"),
            "scope": _("Allowed"),
        }.get(name, name)
    )
    return label, words.get(name, {}).get(value, str(value)) or "–"
