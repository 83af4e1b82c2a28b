"""Suppressed addresses: an address is scored on refusals and bounces and then gets no more letters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import case, select, update
from sqlalchemy.orm import Session

from expertise.base.database import changed, insert_into, table_of
from expertise.mail.model import MailAddress

#: One refusal may be an administrator's slip; the second within a month is believed.
LIMIT = 2
MEMORY = timedelta(days=30)

_TABLE = table_of(MailAddress)

#: Enhanced status codes (RFC 3463), and below them reply codes of SMTP (RFC 5321). A 4 at the beginning: not for good.
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_CODE = re.compile(r"(?<![\d.])([45])(\d\d)(?=[ -]|$)")
#: Mailbox full, message too long, list trouble, too big for the system, time run out.
_OTHER_STATUSES = {(2, 2), (2, 3), (2, 4), (3, 4), (4, 7)}
#: Subjects of a status: the system, the network, the protocol, the content, a policy.
_OTHER_SUBJECTS = {3, 4, 5, 6, 7}
#: Exceeded storage, transaction failed by a policy.
_OTHER_CODES = {"52", "54"}
_NOBODY = re.compile(
    r"(?:user|recipient|mailbox|address|account) ?unknown|unknown (?:user|recipient|mailbox|address|local|account)"
    r"|no such|does(?:n.t| not) exist|not found|no mailbox|invalid (?:recipient|mailbox|address|user)|notfound"
    r"|resolver\.adr"
    r"|address rejected: (?:access denied|undeliverable)|(?:mailbox|account|user|address)[\w ]{0,20}"
    r"(?:disabled|deactivated|inactive|closed)|no longer|нет так|не существует|несуществующ|не найден"
    r"|неизвестн\w+ (?:получател|адрес|пользовател)|отключ[её]н|мұндай|табылмады|жоқ (?:адрес|мекенжай)",
    re.IGNORECASE,
)
_SOMETHING_ELSE = re.compile(
    r"\bfull\b|quota|over ?limit|storage|exceed|insufficient|out of space|переполн|превы[шс]|квот|нет места"
    r"|(?:толы|толып)\b"
    r"|орын жоқ|spam|спам|junk|block|black ?list|reputation|polic|политик|banned|content|virus|вирус|malware|phish"
    r"|too (?:large|big|long|many)|\bsize\b|размер|слишком больш|gr[ea]y-?list|\brate\b|temporar|временн|уақытша"
    r"|expired|timed? ?out|try again|later|delay|\bloop|hop count|dmarc|\bspf\b|dkim|authenticat|\btls\b"
    r"|suspicious|sender"
    r"|отправител",
    re.IGNORECASE,
)


def is_about_address(answer: str) -> bool:
    """Return whether a refusal for good says that the address is dead, rather than full, too slow or choosy."""
    found, codes = _STATUS.findall(answer), _CODE.findall(answer)
    statuses = [(int(subject), int(detail)) for _, subject, detail in found]
    passing = any(kind == "4" for kind, *_ in (*found, *codes))
    if passing or _OTHER_STATUSES.intersection(statuses):
        return False
    if _NOBODY.search(answer):
        return True
    if _SOMETHING_ELSE.search(answer) or any(subject in _OTHER_SUBJECTS for subject, _ in statuses):
        return False
    return bool(statuses) or not any(rest in _OTHER_CODES for _, rest in codes)


def score(session: Session, address: str, answer: str, now: datetime) -> None:
    """Count a permanent refusal because of the address; at LIMIT it is suppressed until a person lifts that."""
    if not is_about_address(answer):
        return
    address = address.lower()
    fresh = {"address": address, "score": 1, "scored_at": now, "answer": answer}
    added = case((_TABLE.c.scored_at <= now - MEMORY, 1), else_=_TABLE.c.score + 1)
    session.execute(
        insert_into(session, _TABLE)
        .values(fresh)
        .on_conflict_do_update(index_elements=["address"], set_={**fresh, "score": added})
    )
    enough = (_TABLE.c.address == address, _TABLE.c.score >= LIMIT, _TABLE.c.suppressed_at.is_(None))
    session.execute(update(_TABLE).where(*enough).values(suppressed_at=now))


def lift(session: Session, address: str, person_id: int, now: datetime) -> bool:
    """Send letters to the address again; return False if it is not suppressed. Suppressed letters stay suppressed."""
    lifted = update(_TABLE).where(_TABLE.c.address == address.lower(), _TABLE.c.suppressed_at.is_not(None))
    return bool(changed(session, lifted.values(suppressed_at=None, score=0, lifted_by_id=person_id, lifted_at=now)))


def suppressed(session: Session) -> Sequence[MailAddress]:
    """Return the suppressed addresses, newest first."""
    wanted = select(MailAddress).where(MailAddress.suppressed_at.is_not(None))
    return session.scalars(wanted.order_by(MailAddress.suppressed_at.desc(), MailAddress.address)).all()
