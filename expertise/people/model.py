"""Tables of people, organisations, regions, sessions, and of what proves who somebody is."""

from __future__ import annotations

import secrets
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false, text, true
from sqlalchemy.orm import Mapped, mapped_column

from expertise.base.database import Base, Json, Key


def pseudonym() -> str:
    """A random name for a person, all that the trail ever says about anybody: `p` and 20 hexadecimal digits."""
    return "p" + secrets.token_hex(10)


class Region(Base):
    """An oblast or city of republican significance, as it is or as it was."""

    __tablename__ = "regions"

    code: Mapped[str] = mapped_column(String(8), primary_key=True)  # ISO 3166-2: KZ-43
    kind: Mapped[str] = mapped_column(String(40))
    name_en: Mapped[str] = mapped_column(String(120))
    name_ru: Mapped[str] = mapped_column(String(120))
    name_kk: Mapped[str] = mapped_column(String(120))
    since: Mapped[date | None]  # None: older than what Komek needs to know


class RegionHistory(Base):
    """One region came out of another on a day: East Kazakhstan → Abai on 8 June 2022."""

    __tablename__ = "region_history"

    predecessor: Mapped[str] = mapped_column(ForeignKey("regions.code"), primary_key=True)
    successor: Mapped[str] = mapped_column(ForeignKey("regions.code"), primary_key=True)
    on: Mapped[date]
    source: Mapped[str] = mapped_column(String(300))


class Topic(Base):
    """A subject of requests, with its OECD-DAC purpose code."""

    __tablename__ = "topics"

    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    parent: Mapped[str | None] = mapped_column(String(40))
    name_en: Mapped[str] = mapped_column(String(120))
    name_ru: Mapped[str] = mapped_column(String(120))
    name_kk: Mapped[str] = mapped_column(String(120))
    dac_code: Mapped[str] = mapped_column(String(5))


class Lender(Base):
    """A finance institution. Only to one that `lends` can a project be referred: an instrument or an adviser cannot."""

    __tablename__ = "lenders"

    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    name_en: Mapped[str] = mapped_column(String(160))
    name_ru: Mapped[str] = mapped_column(String(160))
    name_kk: Mapped[str] = mapped_column(String(160))
    lends: Mapped[bool] = mapped_column(default=True, server_default=true())


class Organisation(Base):
    """An akimat, the project team, an authority, a firm of experts."""

    __tablename__ = "organisations"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    key: Mapped[str] = mapped_column(String(60), unique=True)  # a short stable word: akimat-kz-43
    name_en: Mapped[str] = mapped_column(String(200))
    name_ru: Mapped[str] = mapped_column(String(200))
    name_kk: Mapped[str] = mapped_column(String(200))
    region: Mapped[str | None] = mapped_column(ForeignKey("regions.code"))


class Person(Base):
    """A natural person. Deactivated, never deleted: the trail points here for ever."""

    __tablename__ = "people"
    __table_args__ = (CheckConstraint("language IN ('kk', 'ru', 'en')", name="language_known"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    key: Mapped[str] = mapped_column(String(24), unique=True, default=pseudonym)
    name: Mapped[str] = mapped_column(String(160))
    email: Mapped[str] = mapped_column(String(254), unique=True)  # stored in lower case
    language: Mapped[str] = mapped_column(String(2), default="ru")
    password: Mapped[str | None] = mapped_column(String(200))  # Argon2id; None: cannot sign in
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    active: Mapped[bool] = mapped_column(default=True)
    lead: Mapped[bool] = mapped_column(default=False, server_default=false())  # looks after the organisation's members
    created_at: Mapped[datetime]


def _only(condition: str, *columns: str) -> Index:
    """Return an index that bars a second grant where `condition` holds: for UNIQUE two empty values differ."""
    where = text(condition)
    name = f"uq_grants_{'_'.join(columns)}_only"
    return Index(name, *columns, unique=True, sqlite_where=where, postgresql_where=where)


class Grant(Base):
    """A role of a person, everywhere or in one region, in all workflows or in one, from a day to a day."""

    __tablename__ = "grants"
    __table_args__ = (
        UniqueConstraint("person_id", "role", "region", "workflow"),
        _only("region IS NULL AND workflow IS NULL", "person_id", "role"),
        _only("region IS NOT NULL AND workflow IS NULL", "person_id", "role", "region"),
        _only("region IS NULL AND workflow IS NOT NULL", "person_id", "role", "workflow"),
        Index("ix_grants_role_region", "role", "region"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))  # a person role of workflows.definition
    region: Mapped[str | None] = mapped_column(ForeignKey("regions.code"))  # None: all regions
    workflow: Mapped[str | None] = mapped_column(String(60))  # the key of a definition; None: all workflows
    since: Mapped[date | None]
    until: Mapped[date | None]  # the last day


class SignIn(Base):
    """A session. The browser holds the token; only its SHA-256 is here."""

    __tablename__ = "sessions"

    token: Mapped[str] = mapped_column(String(64), primary_key=True)  # hexadecimal SHA-256
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ends_at: Mapped[datetime]  # absolute limit
    proved_at: Mapped[datetime]  # when a password or a second factor was last given
    rights: Mapped[str | None] = mapped_column(String(64))  # SHA-256 of the roles with which it began
    complete: Mapped[bool]  # False: the second factor is still to come, and nobody is signed in


class FailedSignIn(Base):
    """A guess that is counted under one subject: an account, an address, a device (see `auth.rate_limits`)."""

    __tablename__ = "failed_sign_ins"
    __table_args__ = (Index("ix_failed_sign_ins_subject_at", "subject", "at"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    subject: Mapped[str] = mapped_column(String(64))  # SHA-256 of `account:…` or `address:…`
    at: Mapped[datetime]


class SecondFactor(Base):
    """The secret that a person's telephone shares with Komek, encrypted under a key that is not in the database."""

    __tablename__ = "second_factors"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True, autoincrement=False)
    secret: Mapped[str] = mapped_column(String(200))
    confirmed_at: Mapped[datetime | None]  # None: begun, not yet asked for at sign-in
    last_step: Mapped[int] = mapped_column(Key, default=0)  # the latest half minute whose code was taken


class RecoveryCode(Base):
    """A code on paper for the day the telephone is lost; only its SHA-256 is here."""

    __tablename__ = "recovery_codes"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)  # of the person's id and the code
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    used_at: Mapped[datetime | None]


class PasswordLink(Base):
    """A link by which a person sets a password, once. The letter holds the token; only its SHA-256 is here."""

    __tablename__ = "passes"
    __table_args__ = (CheckConstraint("purpose IN ('invitation', 'password_reset')", name="purpose_known"),)

    token: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ApiToken(Base):
    """A token that a program of a person shows instead of a password; only its SHA-256 is here."""

    __tablename__ = "api_tokens"
    __table_args__ = (CheckConstraint("scope IN ('read', 'write')", name="scope_known"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    scope: Mapped[str] = mapped_column(String(5))
    created_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]


class CalendarFeed(Base):
    """The feed of a person's deadlines for calendar programs; of its secret address only the SHA-256 is here."""

    __tablename__ = "calendar_feeds"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True, autoincrement=False)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]


class Absence(Base):
    """Days on which a person is away, and who stands in for which of the person's team roles."""

    __tablename__ = "absences"
    __table_args__ = (
        CheckConstraint("cause IN ('leave', 'illness', 'trip', 'other')", name="cause_known"),
        CheckConstraint("since <= until", name="days_in_order"),
        CheckConstraint("deputy_id <> person_id", name="deputy_is_another"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    deputy_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    since: Mapped[date]
    until: Mapped[date]  # the last day
    role: Mapped[str | None] = mapped_column(String(20))  # None: all roles of the team
    region: Mapped[str | None] = mapped_column(ForeignKey("regions.code"))  # None: all regions
    workflow: Mapped[str | None] = mapped_column(String(60))  # None: all workflows
    cause: Mapped[str] = mapped_column(String(10))
    note: Mapped[str] = mapped_column(String(300))
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]  # back earlier, or recorded by mistake


class Preference(Base):
    """A person's choice for letters of one kind; without a row the default of the person's position holds."""

    __tablename__ = "preferences"
    __table_args__ = (CheckConstraint("choice IN ('immediate', 'digest', 'off')", name="choice_known"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)  # of expertise.base.letter_kinds
    choice: Mapped[str] = mapped_column(String(10))
    changed_at: Mapped[datetime]


class ExternalAccount(Base):
    """An account of an external provider (OpenID Connect) by which a person signs in."""

    __tablename__ = "outside_accounts"
    __table_args__ = (UniqueConstraint("issuer", "person_id"),)

    issuer: Mapped[str] = mapped_column(String(200), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)  # how the provider calls the person for ever
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))


class Passkey(Base):
    """The public half of a key that lives in a person's device: by it the person signs in without a password."""

    __tablename__ = "passkeys"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    credential: Mapped[str] = mapped_column(String(1364), unique=True)  # its name, up to 1,023 bytes in base64url
    public_key: Mapped[bytes]  # COSE
    sign_count: Mapped[int] = mapped_column(Key)  # as the device counts; 0 for ever where it does not count
    name: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class PasskeyChallenge(Base):
    """The challenge that a device is to sign next, for one browser session and one purpose; taken once."""

    __tablename__ = "passkey_challenges"

    bound: Mapped[str] = mapped_column(String(64), primary_key=True)  # SHA-256 of what the session's cookie holds
    purpose: Mapped[str] = mapped_column(String(10), primary_key=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))  # None: whoever signs in
    challenge: Mapped[str] = mapped_column(String(43))  # 256 random bits in base64url
    ends_at: Mapped[datetime]


class UnsentForm(Base):
    """The content of a form that was filled in and not taken: offered again on its page, to this person only."""

    __tablename__ = "unsent_forms"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(32), primary_key=True)  # one for each form of each page that was shown
    path: Mapped[str] = mapped_column(String(300))  # of the page, without its query
    place: Mapped[int]  # of the form among those of its page, from 0
    fields: Mapped[list[list[str]]] = mapped_column(Json)  # [name, value], in the order of the page
    kept_at: Mapped[datetime]
