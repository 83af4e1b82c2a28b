"""Changes of people and organisations. The caller checks the permission and opens the transaction."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, delete, select
from sqlalchemy.orm import Session

from expertise.audit import history
from expertise.base import clock
from expertise.people import history as past
from expertise.people.auth.api_tokens import revoke_all
from expertise.people.auth.password_links import end_links
from expertise.people.auth.sessions import end_all_sessions
from expertise.people.model import Grant, Organisation, Person
from workflows.definition import LANGUAGES
from workflows.refusals import Invalid, Problem
from workflows.roles import GrantScope, RoleSet, declared

#: Roles that can be given. Everybody is `anyone` without being told so.
GRANTABLE: AbstractSet[str] = RoleSet(lambda role: role.field is None)

LONGEST_NAME, LONGEST_ORGANISATION = 160, 200
_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,58}[a-z0-9]", re.ASCII)
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
    name, email = one_line(name), one_line(email).lower()
    problems = person_problems(name, email, language)
    if problems:
        return Invalid(problems)
    if session.scalar(select(Person.id).where(Person.email == email)) is not None:
        return invalid("email", "taken")
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
    past.opening(session, person)
    past.note(session, person, "account:add", **facts(session, person))
    return person


def facts(session: Session, person: Person) -> dict[str, Any]:
    """Return name, address, language and organisation (its key) of a person, as the history records them."""
    key = session.scalar(select(Organisation.key).where(Organisation.id == person.organisation_id))
    return {"name": person.name, "email": person.email, "language": person.language, "organisation": key}


def person_problems(name: str, email: str, language: str) -> tuple[tuple[str, tuple[Problem, ...]], ...]:
    """Return all problems of a trimmed name, address and language."""
    found = {
        "name": None if 0 < len(name) <= LONGEST_NAME else "too_long" if name else "required",
        "email": None if len(email) <= 254 and _EMAIL.fullmatch(email) else "bad_email",
        "language": None if language in LANGUAGES else "unknown_choice",
    }
    limits = {"too_long": (("max", LONGEST_NAME),)}
    return tuple((field, (Problem(code, limits.get(code, ())),)) for field, code in found.items() if code)


def deactivate_person(session: Session, person: Person) -> None:
    """End every session, link and API token at once; the person stays in the trail and can be brought back."""
    person.active = False
    session.flush()
    past.note(session, person, "access:end")
    end_all_sessions(session, person.id)
    now = clock.now()
    end_links(session, person.id, now)
    revoke_all(session, person.id, now)


def reactivate_person(session: Session, person: Person) -> None:
    """Undo `deactivate_person`. Roles are as they were; sessions are not."""
    person.active = True
    session.flush()
    past.note(session, person, "access:give")


def grant_role(
    session: Session,
    person: Person,
    role: str,
    region: str | None = None,
    *,
    workflow: str | None = None,
    since: date | None = None,
    until: date | None = None,
) -> Grant | Invalid:
    """Give a role, everywhere or in one region, in all workflows or in one; given again, its days are set anew.

    Ends the person's sessions: rights never grow or shrink under a session that began without them.
    """
    wrong = scope_problems(role, region, workflow)
    if wrong:
        return Invalid(wrong)
    if since is not None and until is not None and until < since:
        return invalid("until", "impossible_date")
    # Held, so that no twin is on its way: the keys of the table would refuse it with an error, not in words.
    session.execute(select(Person.id).where(Person.id == person.id).with_for_update())
    existing = session.scalar(select(Grant).where(*_the_grant(person, role, region, workflow)))
    grant = existing or Grant(person_id=person.id, role=role, region=region, workflow=workflow)
    grant.since, grant.until = since, until
    session.add(grant)
    session.flush()
    past.note(session, person, "role:give", role=role, region=region, workflow=workflow, since=since, until=until)
    end_all_sessions(session, person.id)
    return grant


def scope_problems(
    role: str, region: str | None, workflow: str | None = None
) -> tuple[tuple[str, tuple[Problem, ...]], ...]:
    """Return why a role cannot be granted so: no such role, or one that its definition limits otherwise."""
    found = declared().get(role)
    if role not in GRANTABLE:
        return (("role", (Problem("unknown_choice"),)),)
    if found is None:
        return ()
    if found.role.scope is GrantScope.REGION and region is None:
        return (("region", (Problem("required"),)),)
    if found.role.scope is GrantScope.COUNTRY and region is not None:
        return (("region", (Problem("whole_country"),)),)
    if workflow is not None and workflow not in found.workflows:
        return (("workflow", (Problem("role_not_there"),)),)
    return ()


def revoke_role(
    session: Session, person: Person, role: str, region: str | None = None, *, workflow: str | None = None
) -> None:
    """Take a role back from now on. To keep the record of a role that ran out, set its last day instead."""
    taken = session.execute(
        delete(Grant).where(*_the_grant(person, role, region, workflow)).execution_options(synchronize_session="fetch")
    )
    if cast("CursorResult", taken).rowcount:
        past.note(session, person, "role:take_back", role=role, region=region, workflow=workflow)
    end_all_sessions(session, person.id)


def add_organisation(
    session: Session, *, key: str, names: Mapping[str, str], region: str | None = None
) -> Organisation | Invalid:
    """A new organisation under a short stable word such as `akimat-kz-43`; `names` by language."""
    key, problems = one_line(key).lower(), name_problems(names)
    if not _KEY.fullmatch(key):
        problems = (("key", (Problem("bad_key" if key else "required"),)), *problems)
    if problems:
        return Invalid(problems)
    if session.scalar(select(Organisation.id).where(Organisation.key == key)) is not None:
        return invalid("key", "taken")
    organisation = Organisation(key=key, region=region)
    session.add(organisation)
    _call(organisation, names)
    session.flush()
    _note_names(session, organisation, "organisation:add")
    return organisation


def rename_organisation(session: Session, organisation: Organisation, names: Mapping[str, str]) -> Invalid | None:
    """Call it otherwise, by all its names. Its key stays: files and old records say it."""
    problems = name_problems(names)
    if problems:
        return Invalid(problems)
    _call(organisation, names)
    session.flush()
    _note_names(session, organisation, "organisation:rename")
    return None


def name_problems(names: Mapping[str, str]) -> tuple[tuple[str, tuple[Problem, ...]], ...]:
    """Return all problems of the names of an organisation, in all languages."""
    found = []
    for language in LANGUAGES:
        name = one_line(names.get(language, ""))
        if not name:
            found.append((f"name_{language}", (Problem("required"),)))
        elif len(name) > LONGEST_ORGANISATION:
            found.append((f"name_{language}", (Problem("too_long", (("max", LONGEST_ORGANISATION),)),)))
    return tuple(found)


def set_language(session: Session, person: Person, language: str) -> Invalid | None:
    """The language of the person's pages and letters."""
    if language not in LANGUAGES:
        return invalid("language", "unknown_choice")
    if person.language != language:
        person.language = language
        session.flush()
        past.note(session, person, "facts:change", language=language)
    return None


def set_password(session: Session, person: Person, password_hash: str, keep_session: str | None = None) -> None:
    """Store what `sign_in.hash_password` made, and end every session but the one with the token `keep_session`."""
    person.password = password_hash
    session.flush()
    past.note(session, person, "password:set")
    end_all_sessions(session, person.id, but=keep_session)


def _call(organisation: Organisation, names: Mapping[str, str]) -> None:
    for language in LANGUAGES:
        setattr(organisation, f"name_{language}", one_line(names[language]))


def _note_names(session: Session, organisation: Organisation, act: str) -> None:
    names = {f"name_{language}": getattr(organisation, f"name_{language}") for language in LANGUAGES}
    history.note(session, history.organisation(organisation.key), act, names)


def _the_grant(person: Person, role: str, region: str | None, workflow: str | None) -> tuple[ColumnElement[bool], ...]:
    return (
        Grant.person_id == person.id,
        Grant.role == role,
        Grant.region.is_not_distinct_from(region),
        Grant.workflow.is_not_distinct_from(workflow),
    )


def one_line(text: str) -> str:
    """Tidy text: NFC, blanks as single spaces; characters that cannot be seen are dropped."""
    visible = "".join(c if c.isprintable() else " " if c.isspace() else "" for c in unicodedata.normalize("NFC", text))
    return " ".join(visible.split())


def invalid(field: str, code: str) -> Invalid:
    """One field, one problem without parameters."""
    return Invalid(((field, (Problem(code),)),))
