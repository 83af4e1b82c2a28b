"""Kinds, states and log entries of letters as texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask_babel import gettext as _

from expertise.base.letter_kinds import LetterKind

KINDS: Mapping[LetterKind, Callable[[], str]] = {
    LetterKind.ACCOUNT: lambda: _("account"),
    LetterKind.RECEIPT: lambda: _("receipt"),
    LetterKind.OBLIGATORY: lambda: _("obligatory"),
    LetterKind.TASK: lambda: _("a task has come to you"),
    LetterKind.STEP: lambda: _("news of a request or project"),
    LetterKind.MENTION: lambda: _("mention"),
    LetterKind.REMINDER: lambda: _("reminder"),
    LetterKind.ESCALATION: lambda: _("escalation"),
    LetterKind.DIGEST: lambda: _("daily digest"),
}
STATES: Mapping[str, Callable[[], str]] = {
    "queued": lambda: _("waiting to be sent"),
    "sending": lambda: _("being sent"),
    "accepted": lambda: _("handed over"),
    "uncertain": lambda: _("unknown whether it arrived"),
    "held": lambda: _("held"),
    "failed": lambda: _("not delivered"),
    "suppressed": lambda: _("address takes no letters"),
    "bounced": lambda: _("came back"),
    "cancelled": lambda: _("no longer needed"),
    "gathered": lambda: _("waits for the daily digest"),
    "told": lambda: _("stood in another letter"),
}
TONES: Mapping[str, str] = {
    "told": "succeeded",
    "accepted": "succeeded",
    "uncertain": "paused",
    "held": "paused",
    "failed": "late",
    "suppressed": "late",
    "bounced": "late",
    "cancelled": "withdrawn",
}
WHAT: Mapping[str, Callable[[], str]] = {
    "attempt": lambda: _("Started, no answer since"),
    "accepted": lambda: _("The mail server took it"),
    "postponed": lambda: _("The mail server put it off"),
    "unreachable": lambda: _("The mail server could not be reached"),
    "failed": lambda: _("The mail server refused it"),
    "uncertain": lambda: _("The connection broke after the letter was sent"),
    "bounced": lambda: _("It came back"),
    "delayed": lambda: _("A mail server reports a delay"),
    "released": lambda: _("Released for sending"),
    "resent": lambda: _("Sent anew"),
    "resend_of": lambda: _("Written anew from an earlier letter"),
    "arrived": lambda: _("Marked as arrived"),
    "again": lambda: _("Sent once more"),
    "cancelled": lambda: _("Stopped"),
}

#: Answers that Komek gave itself; those of mail servers are shown as they came.
ANSWERS: Mapping[str, Callable[[], str]] = {
    "expired": lambda: _("The time for it had run out."),
    "no longer right": lambda: _("The case had moved on."),
    "taken back": lambda: _("What it reported was taken back."),
    "not wanted": lambda: _("The reader does not want such letters."),
    "no longer theirs": lambda: _("The reader no longer has this case."),
    "the line is closed": lambda: _("The connection was closed."),
}


def answer_text(answer: str | None) -> str:
    """The last answer about a letter: our own in the language of the page, a server's as it came."""
    return ANSWERS[answer]() if answer is not None and answer in ANSWERS else answer or ""


def state_name(state: str) -> str:
    """The name of a letter's state."""
    return STATES[state]()


def tone(state: str) -> str:
    """The colour of the tag of a state; its label says the same."""
    return TONES.get(state, "")
