"""States and reasons of inbound mail as texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask_babel import gettext as _

STATES: Mapping[str, Callable[[], str]] = {
    "quarantined": lambda: _("In quarantine"),
    "received": lambda: _("Waiting"),
    "applied": lambda: _("A step was taken"),
    "commented": lambda: _("Kept as a comment"),
    "receipted": lambda: _("Only answered"),
    "rejected": lambda: _("Rejected with an explanation"),
    "bounce": lambda: _("Not delivered"),
    "auto_reply": lambda: _("Automatic answer"),
    "loop": lambda: _("Our own mail came back"),
    "oversize": lambda: _("Too large"),
    "discarded": lambda: _("Discarded"),
}
REASONS: Mapping[str, Callable[[], str]] = {
    "authentication_failed": lambda: _("Our mail server found that the sender is forged."),
    "other_sender": lambda: _("It answers a letter to somebody else than its sender."),
    "expired_token": lambda: _("The letter that it answers has expired."),
    "no_token": lambda: _("It is no reply to a letter of ours."),
    "stranger": lambda: _("Nobody with that address is known, and it answers no letter."),
    "older": lambda: _("It was written before this Komek was installed."),
    "no_account": lambda: _("The person has no access any more."),
    "no_case": lambda: _("It is a reply, but about no particular case."),
    "comment_refused": lambda: _("Its text cannot be kept as a comment."),
    "cannot_release": lambda: _("It could not be released: the letter or the case is gone."),
    "fault": lambda: _("Komek failed to process it several times; this is a fault of the program."),
    "attached": lambda: _("An administrator added it to a case."),
    "stopped": lambda: _("The sender wants no such letters any more."),
    "too_many": lambda: _("So many mails came from this person that a machine may be writing them."),
    "doubtful": lambda: _("Its subject or its precedence looks like an automatic answer, but nothing else does."),
    "empty": lambda: _("It holds no text."),
    "headers_too_long": lambda: _("It cannot be read: its header is too long."),
    "too_many_boundaries": lambda: _("It cannot be read: it has too many parts."),
    "too_deep": lambda: _("It cannot be read: mails are nested in it too deeply."),
    "too_costly": lambda: _("It cannot be read: it would take too much time or memory."),
    "broken": lambda: _("It cannot be read: it is broken."),
}
FINDINGS: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "token": {
        "valid": lambda: _("good"),
        "expired": lambda: _("expired"),
        "none": lambda: _("none"),
    },
    "sender": {
        "owner": lambda: _("the person to whom our letter went"),
        "known": lambda: _("somebody else who has an account"),
        "stranger": lambda: _("nobody known, or not clear"),
    },
    "authentication": {
        "pass": lambda: _("confirmed"),
        "none": lambda: _("not confirmed"),
        "fail": lambda: _("forged"),
    },
}
HANDLED: Mapping[str, Callable[[], str]] = {
    "release": lambda: _("Released"),
    "attach": lambda: _("Added to a case"),
    "again": lambda: _("Tried again"),
    "discard": lambda: _("Discarded"),
}


def state_name(state: str) -> str:
    """The name of a state."""
    return STATES[state]()


def reason_name(reason: str | None) -> str:
    """The sentence for a reason; empty for None."""
    word = REASONS.get(reason or "")
    return word() if word is not None else ""


def findings(verdict: Mapping[str, object]) -> list[tuple[str, str]]:
    """The findings about the sender, as labels and values."""
    labels = {
        "token": _("Token of our letter"),
        "sender": _("Sender"),
        "authentication": _("Verdict of our mail server"),
    }
    found = [(labels[name], FINDINGS[name].get(str(verdict.get(name)))) for name in FINDINGS]
    return [(label, word()) for label, word in found if word is not None]
