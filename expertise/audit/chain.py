"""The chain of a case: each event's body names the leaf before it, so nothing can be changed unseen.

The body is canonical JSON (RFC 8785) and says no personal data: every value stands as a commitment
HMAC-SHA-256(nonce, name ‖ 0x00 ‖ value); value and nonce live in `event_private`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import rfc8785

#: The leaf before the first event.
START = bytes(32)


@dataclass(frozen=True, slots=True)
class Entry:
    """An event before it is written. `values` are private: names, comments, field values."""

    case: str  # its reference
    sequence: int
    previous: bytes
    at: datetime
    act: str  # source:subject:action
    actor: str  # pseudonym, `clock` or `part`
    role: str
    instead_of: str | None  # pseudonym of the absent person whose deputy acts
    from_state: str | None
    to_state: str
    rule: str  # workflow@version/step
    digest: str  # of the definition the rule stands in
    version: int  # of the case after the event
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Link:
    """An entry turned into rows: one for `events`, some for `event_private`, both without their case; the new head."""

    event: dict[str, Any]
    private: list[dict[str, Any]]
    leaf: bytes


_ENCODE = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode


def canonical(value: Any) -> str:
    """The value as canonical JSON (RFC 8785).

    The standard encoder writes the same text, seven times as fast, where keys are ASCII, whole numbers are exact in
    JavaScript (below 2^53) and there is no fraction; all others go the long way, as does a text that is no Unicode.
    Raises `rfc8785.CanonicalizationError` for a value that canonical JSON cannot hold.
    """
    if _is_plain(value):
        text = _ENCODE(value)
        if text.isascii() or not _SURROGATE.search(text):
            return text
    return rfc8785.dumps(value).decode()


_SURROGATE = re.compile("[\ud800-\udfff]")


def _is_plain(value: Any) -> bool:
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return True
    if kind is int:
        return -(2**53) < value < 2**53
    if kind is dict:
        return all(type(key) is str and key.isascii() and _is_plain(each) for key, each in value.items())
    return kind in (list, tuple) and all(map(_is_plain, value))


def seal(said: Mapping[str, Any], values: Mapping[str, Any]) -> tuple[bytes, list[dict[str, Any]]]:
    """The body of an event that commits to `values`, and its private rows. Pure but for the nonces."""
    private: list[dict[str, Any]] = [
        {"name": name, "nonce": secrets.token_bytes(32), "value": canonical(value)} for name, value in values.items()
    ]
    commitments = {row["name"]: commitment(row["nonce"], row["name"], row["value"]) for row in private}
    return canonical({**said, "commitments": commitments}).encode(), private


def forge(entry: Entry) -> Link:
    """Make the rows of one event of a case."""
    body, private = seal(
        {
            "act": entry.act,
            "actor": entry.actor,
            "at": moment(entry.at),
            "case": entry.case,
            "definition": entry.digest,
            "for": entry.instead_of,
            "from": entry.from_state,
            "previous": entry.previous.hex(),
            "role": entry.role,
            "rule": entry.rule,
            "sequence": entry.sequence,
            "to": entry.to_state,
            "version": entry.version,
        },
        entry.values,
    )
    leaf = leaf_of(body)
    event = {
        "sequence": entry.sequence,
        "at": entry.at,
        "act": entry.act,
        "actor": entry.actor,
        "role": entry.role,
        "instead_of": entry.instead_of,
        "from_state": entry.from_state,
        "to_state": entry.to_state,
        "body": body,
        "leaf": leaf,
    }
    return Link(event, private, leaf)


def leaf_of(body: bytes) -> bytes:
    """SHA-256(0x00 ‖ body): a leaf of RFC 6962, so that a Merkle tree can stand on it."""
    return hashlib.sha256(b"\x00" + body).digest()


def commitment(nonce: bytes, name: str, value: str) -> str:
    """The commitment of an event to a private value, hexadecimal."""
    return hmac.new(nonce, name.encode() + b"\x00" + value.encode(), hashlib.sha256).hexdigest()


def moment(at: datetime) -> str:
    """UTC with six digits, the one way a moment is written in a body."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
