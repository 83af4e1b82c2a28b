"""Letters about changes of accounts, and what follows when their reader says: it was not me.

The rows of `AccountNotice` are written with the changes; the worker turns them into letters here. The person gets one,
at the old address as well when the address was changed, and the administrators get one when a second administrator
must decide or has decided, when somebody objects, and for what the command line has done.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from expertise.audit.history import CLOCK, COMMAND_LINE
from expertise.base.database import changed
from expertise.mail import tokens
from expertise.mail.outbound import outbox
from expertise.mail.outbound.outbox import NewLetter
from expertise.mail.tokens import FoundToken
from expertise.people import history
from expertise.people.auth.password_links import end_links
from expertise.people.auth.sessions import end_all_sessions
from expertise.people.change_model import AccountNotice
from expertise.people.deputies import holding
from expertise.people.manage import accounts, pending_changes
from expertise.people.model import Organisation, Person
from expertise.people.names import names_of
from expertise.people.reference_data import regions
from expertise.text.account_changes import sentence
from expertise.text.catalogues import N_
from expertise.text.translator import in_every_language
from workflows.definition import Text

#: How many notices one transaction turns into letters.
BATCH = 50
#: How long a letter is worth being sent.
LASTS = timedelta(days=7)
#: Letters whose reader can object.
CHANGED, REPORTED = "account_changed", "account_reported"
_OWN_LETTER = {"passkey:add": "passkey_added", "passkey:remove": "passkey_removed"}
#: Acts of which the person is told nothing: the change itself is reported, or there is none.
_ADMINISTRATORS_ONLY = frozenset({"change:confirm", "change:refuse", "change:object"})
_ABOUT_RIGHTS = frozenset({"change:ask", *_ADMINISTRATORS_ONLY})
_MACHINES = {COMMAND_LINE: N_("the command line"), CLOCK: N_("Komek itself")}


@dataclass(frozen=True, slots=True)
class NoticeContext:
    """The input of one batch of letters: the address of Komek, the titles of its workflows, and the moment."""

    url: str
    workflows: Mapping[str, Text]
    now: datetime
    today: date


def queue_letters(session: Session, given: NoticeContext) -> int:
    """Turn up to `BATCH` notices into letters and drop them; return how many. Several workers may run at once."""
    waiting = select(AccountNotice).order_by(AccountNotice.id).limit(BATCH).with_for_update(skip_locked=True)
    notices = session.scalars(waiting).all()
    if not notices:
        return 0
    names = {**_names(session), **given.workflows}
    actors = names_of(session, {notice.actor for notice in notices})
    administrators = _administrators(session, given.today)
    for notice in notices:
        person = session.get_one(Person, notice.person_id)
        by = _by(notice, person, actors)
        letters = _letters(notice, person, by, names, administrators, given)
        outbox.queue(session, list(letters), given.now)
    changed(session, delete(AccountNotice).where(AccountNotice.id.in_([notice.id for notice in notices])))
    return len(notices)


def is_waiting(session: Session) -> bool:
    """Return whether there is a notice."""
    return session.scalar(select(AccountNotice.id).limit(1)) is not None


def object_to(session: Session, found: FoundToken, now: datetime, today: date) -> bool:
    """Close the account of a letter whose reader says that it was not them; return False if that was said before.

    Every session and every link ends, what waits for a second administrator is dropped, and the administrators get a
    letter. The last administrator keeps the account: nobody could open it again but by the command line.
    """
    if not tokens.consume(session, found, now):
        return False
    person = session.get_one(Person, found.person_id)
    history.note(session, person, "change:object", own=True)
    pending_changes.drop_all(session, person.id, now)
    others = [each for each in _administrators(session, today) if each.id != person.id]
    if person.active and others:
        accounts.deactivate_person(session, person)
    else:
        end_all_sessions(session, person.id)
        end_links(session, person.id, now)
    return True


def _letters(
    notice: AccountNotice,
    person: Person,
    by: Text,
    names: Mapping[str, Text],
    administrators: Iterable[Person],
    given: NoticeContext,
) -> Iterator[NewLetter]:
    context: dict[str, Any] = {
        "summary": in_every_language(lambda translator: sentence(notice.act, notice.values, names, translator)),
        "actor_role": by,
        "due": notice.at.isoformat(),
    }
    if notice.act not in _ADMINISTRATORS_ONLY:
        letter = _OWN_LETTER.get(notice.act, CHANGED)
        own = {**context, "comment": notice.values.get("name", ""), "objection": True}
        own["link"] = f"{given.url}/account" if letter == CHANGED else f"{given.url}/account/passkeys"
        for address in dict.fromkeys((None, notice.former_email)):
            yield _letter(f"{notice.id}:{address or ''}", letter, person, own, given, address)
    if notice.act in _ABOUT_RIGHTS or notice.actor == COMMAND_LINE:
        link = f"{given.url}/changes" if notice.act in _ABOUT_RIGHTS else f"{given.url}/people/{person.key}"
        reported = {**context, "person_name": f"{person.name} ({person.email})", "link": link}
        for each in administrators:
            if each.key != notice.actor and each.id != person.id:
                yield _letter(f"{notice.id}:{each.id}", REPORTED, each, reported, given)


def _letter(
    key: str, letter: str, reader: Person, context: Mapping[str, Any], given: NoticeContext, address: str | None = None
) -> NewLetter:
    dedupe_key, until = f"account:{given.now:%Y%m%d%H%M%S%f}:{key}"[:160], given.now + LASTS
    return NewLetter(dedupe_key, letter, reader.id, None, None, context, given.now, until, address=address)


def _by(notice: AccountNotice, person: Person, actors: Mapping[str, str]) -> Text:
    """Return whose act it was, by language. `actors`: the names of people by their keys."""
    if notice.actor == person.key:
        return in_every_language(lambda translator: translator.gettext(N_("this account itself")))
    if notice.actor in _MACHINES:
        return in_every_language(lambda translator: translator.gettext(_MACHINES[notice.actor]))
    name = actors.get(notice.actor) or "–"
    return in_every_language(lambda _translator: name)


def _administrators(session: Session, today: date) -> list[Person]:
    return list(session.scalars(select(Person).where(holding("administrator", today)).order_by(Person.id)))


def _names(session: Session) -> dict[str, Text]:
    """Return what regions and organisations are called, by code or key."""
    asked = select(Organisation.key, Organisation.name_kk, Organisation.name_ru, Organisation.name_en)
    organisations = {row[0]: {"kk": row[1], "ru": row[2], "en": row[3]} for row in session.execute(asked)}
    return {**{region.key: region.names for region in regions(session)}, **organisations}
