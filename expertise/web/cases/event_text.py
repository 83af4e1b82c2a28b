"""The entries of a case's trail, put into words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from flask_babel import gettext as _

from expertise.cases.actions.assign import DELEGATE, HOLDER
from expertise.cases.events import WRONG
from expertise.cases.views.case_view import Happened
from expertise.web.kit.i18n import moment, said, size
from expertise.web.kit.messages import role_name
from expertise.web.kit.values import Known, Shown, show
from workflows.decision import is_empty
from workflows.definition import Definition
from workflows.fields.types import COMMENT
from workflows.roles import ROLE_LABELS

#: Source of an act → how its actor came.
_WAYS = {"signed": lambda: _("by the page of a letter"), "mail": lambda: _("by an answer to a letter")}


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of the trail."""

    sequence: int
    at: datetime
    who: str
    role: str
    way: str  # how they came, when not by signing in
    what: str
    state: str  # the state it led to; empty when it led nowhere
    comment: str
    quoted: str  # what a mail quoted
    files: tuple[Shown, ...]  # that came with a mail
    reason: str  # for the team, why it went from hand to hand
    changes: tuple[Shown, ...]
    about: int = 0  # the wrong event of which a correction speaks


def entry_of(event: Happened, definition: Definition, known: Known) -> Entry:
    """One event in the language of the page."""
    moved = event.from_state != event.to_state and event.to_state in definition.states
    return Entry(
        sequence=event.sequence,
        at=event.at,
        who=_who(event),
        role="" if event.machine or event.role not in ROLE_LABELS else _role(event),
        way=_WAYS[event.source]() if event.source in _WAYS else "",
        what=_in_hands(event, known) or _act(event.act, definition),
        state=said(definition.states[event.to_state].label) if moved else "",
        comment=event.comment,
        quoted=str(event.values.get("quoted") or ""),
        files=tuple(_files(event, known)),
        reason=event.reason,
        changes=tuple(_changes(event, definition, known)),
        about=event.values.get(WRONG, 0),
    )


def _files(event: Happened, known: Known) -> Iterator[Shown]:
    for key in event.values.get("files") or ():
        if key in known.files:
            stored = known.files[key]
            yield Shown("", stored.name, "file", url_for("files.download", key=key), size(stored.size))


def _who(event: Happened) -> str:
    if event.actor == "calendar" and event.machine:
        return _("the calendar")
    return role_name(event.actor) if event.machine and event.actor in ROLE_LABELS else event.actor


def _role(event: Happened) -> str:
    role = role_name(event.role)
    return _("%(role)s, in place of %(name)s", role=role, name=event.instead_of) if event.instead_of else role


def _changes(event: Happened, definition: Definition, known: Known) -> Iterator[Shown]:
    for name, value in event.values.items():
        declared = definition.fields.get(name)
        if name == COMMENT.key or declared is None:
            continue
        yield Shown(said(declared.label), _("emptied")) if is_empty(value) else show(declared, value, known)
    if event.act.split(":")[1] == "deadline":
        was, due = (moment(datetime.fromisoformat(event.values[name])) for name in ("was", "due"))
        yield Shown(_("Due"), f"{was} → {due}")
        if source := event.values.get("source"):
            yield Shown(_("Decree or order"), source)


def _in_hands(event: Happened, known: Known) -> str:
    """Into whose hands the case went; empty for what is about something else."""
    holder, delegate = (known.experts.get(event.values.get(name) or "", "") for name in (HOLDER, DELEGATE))
    _source, subject, action = event.act.split(":", 2)
    words = {
        "claim": _("In the hands of: %(name)s", name=holder),
        "release": _("Given back to: %(name)s", name=holder or _("nobody yet")),
        "delegate": _("To be done by: %(name)s", name=delegate or holder),
        "forward": _("Handed over to: %(name)s", name=holder),
    }
    return words.get(action, "") if subject == "desk" else ""


def _correction(action: str) -> str:
    words = {
        "propose": _("Correction proposed"),
        "confirm": _("Corrected"),
        "decline": _("Correction not confirmed"),
    }
    return words.get(action, "")


def _act(act: str, definition: Definition) -> str:
    """`source:subject:action` in words."""
    _source, subject, action = [*act.split(":", 2), "", ""][:3]
    step = definition.transitions.get(action)
    if subject == "step" and step is not None:
        return said(step.label)
    if subject == "undo" and step is not None:
        return _("Taken back: %(step)s", step=said(step.label))
    if subject == "vote" and step is not None:
        return _("Voice given: %(step)s", step=said(step.label))
    words = {
        "case": _("Begun"),
        "fields": _("Fields changed"),
        "comment": _("Comment"),
        "correction": _correction(action),
        "deadline": _("Deadline extended") if action == "extend" else _("Due date moved by the calendar"),
        "answer": _("Questions answered"),
        "remind": _("Reminder sent"),
        "escalate": _("Reported as late"),
    }
    return words.get(subject, act)
