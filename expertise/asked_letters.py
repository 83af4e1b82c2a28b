"""Letters with a link that sets a password.

Letters that somebody asked for on the sign-in page: the worker finds out whose the address is, and writes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from expertise.base.database import changed
from expertise.mail.outbound import outbox
from expertise.mail.outbound.outbox import NewLetter
from expertise.people.auth import known_devices, password_links, password_reset
from expertise.people.auth.known_devices import LINK_LASTS
from expertise.people.auth.password_links import INVITATION, IssuedLink
from expertise.people.auth.sessions import digest
from expertise.people.change_model import LetterRequest

#: How many requests one transaction answers.
BATCH = 50


def answer(session: Session, url: str, key: str, now: datetime) -> int:
    """Answer up to `BATCH` requests and drop them; return how many. Several workers may run at once.

    `url` is the address of Komek, `key` its KOMEK_SECRET_KEY. An address that is nobody's gets no letter.
    """
    asked = password_reset.waiting(session, BATCH)
    outbox.queue(session, [letter for each in asked for letter in _letters(session, each, url, key, now)], now)
    if asked:
        changed(session, delete(LetterRequest).where(LetterRequest.id.in_([each.id for each in asked])))
    return len(asked)


def link_letter(issued: IssuedLink, url: str, now: datetime) -> NewLetter:
    """Return the letter that brings a link to its person. `url` is the address of Komek."""
    return NewLetter(**password_links.letter_fields(issued, f"{url}/passes/{issued.token}", now))


def _letters(session: Session, asked: LetterRequest, url: str, key: str, now: datetime) -> Iterator[NewLetter]:
    if asked.kind == password_reset.DEVICE:
        person_id = password_reset.answer_sign_in_link(session, asked.email)
        if person_id is not None:
            yield _device_letter(person_id, known_devices.link_token(asked.email, key, now), url, now)
        return
    find = password_reset.answer_invitation if asked.kind == INVITATION else password_reset.answer_reset
    issued = find(session, asked.email, now)
    if issued is not None:
        yield link_letter(issued, url, now)


def _device_letter(person_id: int, token: str, url: str, now: datetime) -> NewLetter:
    until = now + LINK_LASTS
    context = {"link": f"{url}/sign-in/device/{token}", "due": until.isoformat()}
    return NewLetter(f"sign_in_link:{digest(token)}", "sign_in_link", person_id, None, None, context, now, until)
