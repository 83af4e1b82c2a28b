"""What can be done with people and organisations. The caller has the permission and opens the transaction."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from expertise.people.model import Grant, Organisation, Person
from expertise.people.sessions import end_all_sessions
from workflows.definition import LANGUAGES, PERSON_ROLES
from workflows.refusals import Invalid, Problem

#: Roles that can be given. Everybody is `anyone` without being told so.
GRANTABLE = frozenset(PERSON_ROLES) - {"anyone"}

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")


def add_person(
    session: Session,
    *,
    name: str,
    email: str,
    language: str,
    now: datetime,
    organisation_id: int | None = None,
    password_hash: str | None = None,
) -> Person | Invalid:
    """A new active person without roles; without `password_hash` (see `sign_in`) one who cannot sign in."""
    name, email = _one_line(name), _one_line(email).lower()
    if not name or len(name) > 160:
        return _invalid("name", "too_long" if name else "required")
    if len(email) > 254 or not _EMAIL.fullmatch(email):
        return _invalid("email", "bad_email")
    if session.scalar(select(Person.id).where(Person.email == email)) is not None:
        return _invalid("email", "taken")
    if language not in LANGUAGES:
        return _invalid("language", "unknown_choice")
    person = Person(
        name=name,
        email=email,
        language=language,
        organisation_id=organisation_id,
        password=password_hash,
        created_at=now,
    )
    session.add(person)
    session.flush()
    return person


def deactivate_person(session: Session, person: Person) -> None:
    """End every session at once; the person stays in the trail and can be brought back."""
    person.active = False
    session.flush()
    end_all_sessions(session, person.id)


def reactivate_person(session: Session, person: Person) -> None:
    """Undo `deactivate_person`. Roles are as they were; sessions are not."""
    person.active = True
    session.flush()


def grant_role(
    session: Session,
    person: Person,
    role: str,
    region: str | None = None,
    *,
    since: date | None = None,
    until: date | None = None,
) -> Grant | Invalid:
    """Give a role, everywhere or in one region; given again, its days are set anew.

    Ends the person's sessions: rights never grow or shrink under a session that began without them.
    """
    if role not in GRANTABLE:
        return _invalid("role", "unknown_choice")
    if since is not None and until is not None and until < since:
        return _invalid("until", "impossible_date")
    # UNIQUE does not see a second row whose region is NULL; this look does.
    held = session.scalar(
        select(Grant).where(Grant.person_id == person.id, Grant.role == role, Grant.region.is_not_distinct_from(region))
    )
    grant = held or Grant(person_id=person.id, role=role, region=region)
    grant.since, grant.until = since, until
    session.add(grant)
    session.flush()
    end_all_sessions(session, person.id)
    return grant


def revoke_role(session: Session, person: Person, role: str, region: str | None = None) -> None:
    """Take a role back from now on. To keep the record of a role that ran out, set its last day instead."""
    session.execute(
        delete(Grant)
        .where(Grant.person_id == person.id, Grant.role == role, Grant.region.is_not_distinct_from(region))
        .execution_options(synchronize_session="fetch")
    )
    end_all_sessions(session, person.id)


def add_organisation(
    session: Session, *, key: str, names: Mapping[str, str], region: str | None = None
) -> Organisation | Invalid:
    """A new organisation under a short stable word such as `akimat-kz-43`; `names` by language."""
    if session.scalar(select(Organisation.id).where(Organisation.key == key)) is not None:
        return _invalid("key", "taken")
    for language in LANGUAGES:
        if not _one_line(names.get(language, "")):
            return _invalid(f"name_{language}", "required")
    organisation = Organisation(
        key=key, region=region, **{f"name_{language}": _one_line(names[language]) for language in LANGUAGES}
    )
    session.add(organisation)
    session.flush()
    return organisation


def set_language(session: Session, person: Person, language: str) -> Invalid | None:
    """The language of the person's pages and letters."""
    if language not in LANGUAGES:
        return _invalid("language", "unknown_choice")
    person.language = language
    session.flush()
    return None


def set_password(session: Session, person: Person, password_hash: str, keep_session: str | None = None) -> None:
    """Store what `sign_in.hash_password` made, and end every session but the one with the token `keep_session`."""
    person.password = password_hash
    session.flush()
    end_all_sessions(session, person.id, but=keep_session)


def _one_line(text: str) -> str:
    """NFC, blanks as single spaces; characters that cannot be seen are dropped."""
    visible = "".join(c if c.isprintable() else " " if c.isspace() else "" for c in unicodedata.normalize("NFC", text))
    return " ".join(visible.split())


def _invalid(field: str, code: str) -> Invalid:
    return Invalid(((field, (Problem(code),)),))
