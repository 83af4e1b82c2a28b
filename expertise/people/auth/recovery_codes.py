"""Recovery codes: ten codes on paper, each valid once, for the day the telephone with the second factor is lost."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from expertise.base.database import changed
from expertise.people import history
from expertise.people.model import RecoveryCode

HOW_MANY = 10
#: Without 0, 1, i, l, o and u: read from paper, typed by hand. Sixteen of them are 78 bits.
_LETTERS = "23456789abcdefghjkmnpqrstvwxyz"
_GROUPS, _IN_A_GROUP = 4, 4


def issue(session: Session, person_id: int) -> tuple[str, ...]:
    """Return ten new codes, to be shown once, and void the old ones."""
    forget(session, person_id)
    codes = tuple(_new() for _ in range(HOW_MANY))
    session.execute(insert(RecoveryCode), [{"hash": _hash(person_id, code), "person_id": person_id} for code in codes])
    return codes


def use(session: Session, person_id: int, code: str, now: datetime) -> bool:
    """Mark an unused code of this person as used; return False if there is no such code."""
    good = (RecoveryCode.hash == _hash(person_id, code), RecoveryCode.used_at.is_(None))
    if not changed(session, update(RecoveryCode).where(*good).values(used_at=now)):
        return False
    history.note(session, person_id, "recovery_code:use", own=True)
    return True


def left(session: Session, person_id: int) -> int:
    """Return how many codes are unused."""
    unused = select(func.count()).where(RecoveryCode.person_id == person_id, RecoveryCode.used_at.is_(None))
    return session.scalar(unused) or 0


def forget(session: Session, person_id: int) -> None:
    """Delete all codes of the person."""
    changed(session, delete(RecoveryCode).where(RecoveryCode.person_id == person_id))


def _new() -> str:
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(_IN_A_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def _hash(person_id: int, code: str) -> str:
    """Return the stored form of a code; hyphens, blanks and capitals do not count."""
    plain = "".join(code.lower().replace("-", " ").split())
    return hashlib.sha256(f"{person_id}:{plain}".encode("utf-8", "surrogatepass")).hexdigest()
