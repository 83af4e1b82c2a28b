"""Decides how far a mail may reach, by one small table."""

from __future__ import annotations

from enum import StrEnum

from expertise.mail.inbound.authentication import Authentication


class TokenStatus(StrEnum):
    """Status of the token in the address the mail was sent to."""

    VALID = "valid"
    EXPIRED = "expired"
    NONE = "none"


class SenderStatus(StrEnum):
    """The person whom From names unambiguously."""

    OWNER = "owner"  # the person whose letter held the token
    KNOWN = "known"  # somebody else with an account
    STRANGER = "stranger"


class Effect(StrEnum):
    """The effect that a mail may have."""

    APPLY = "apply"  # low-risk commands, and the comment is kept
    CONFIRM = "confirm"  # the comment is kept, a command is answered with a link to confirm it
    CHALLENGE = "challenge"  # quarantine, and the owner of the token is asked at the registered address
    EXPLAIN = "explain"  # answered that it cannot be taken, and how to go on
    QUARANTINE = "quarantine"  # an administrator looks; nobody is answered


def effect(token: TokenStatus, sender: SenderStatus, authentication: Authentication) -> Effect:
    """Return the effect by the table of docs/decisions/0012."""
    if authentication is Authentication.FAIL:
        return Effect.QUARANTINE
    if token is TokenStatus.VALID and sender is SenderStatus.OWNER:
        return Effect.APPLY if authentication is Authentication.PASS else Effect.CONFIRM
    if token is TokenStatus.VALID:
        return Effect.CHALLENGE
    if sender is not SenderStatus.STRANGER and authentication is Authentication.PASS:
        return Effect.EXPLAIN
    return Effect.QUARANTINE
