"""A letter that a sender has claimed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class ClaimedLetter:
    """A letter claimed until `lease_until`. `number` counts the attempts, from 1 once one has begun."""

    id: int
    message_id: str
    letter: str
    context: Mapping[str, Any]
    case_id: int | None
    recipient_id: int
    email: str
    language: str
    lease_until: datetime
    number: int = 0
