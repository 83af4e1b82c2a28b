"""Table of uploaded files, found by their content's hash. The name a person gave is text and never a path."""

from __future__ import annotations

import secrets
from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from expertise.base.database import Base, Key


def file_key() -> str:
    """Return a random key for addresses of files: `f` and 24 hexadecimal digits."""
    return "f" + secrets.token_hex(12)


class StoredFile(Base):
    """One upload. Uploads with the same content share their bytes on disk, not their rows."""

    __tablename__ = "files"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    key: Mapped[str] = mapped_column(String(32), unique=True, default=file_key)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int]  # bytes
    name: Mapped[str] = mapped_column(String(255))  # as given, controls removed
    media_type: Mapped[str] = mapped_column(String(100))  # by content
    uploaded_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    at: Mapped[datetime]
    internal: Mapped[bool] = mapped_column(default=False)  # of an internal note: only the team sees it


def upload_key() -> str:
    """Return a random key for an upload that no case names yet: `u` and 24 hexadecimal digits."""
    return "u" + secrets.token_hex(12)


class PendingUpload(Base):
    """A file on its way to a form: while its parts arrive, and until the form is sent. See `files.uploads`.

    The bytes that have come lie in the store: as a draft under the key, and under their hash once they are complete.
    """

    __tablename__ = "uploads"

    key: Mapped[str] = mapped_column(String(32), primary_key=True, default=upload_key)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    name: Mapped[str] = mapped_column(String(255))  # as given; without controls once it is complete
    size: Mapped[int]  # bytes that were announced
    at: Mapped[datetime] = mapped_column(index=True)  # of the beginning, then of the end
    sha256: Mapped[str | None] = mapped_column(String(64), index=True)  # once it is complete and was accepted
    media_type: Mapped[str | None] = mapped_column(String(100))
    problem: Mapped[str | None] = mapped_column(String(40))  # the code for which it was refused


class ReceivedBytes(Base):
    """The bytes that a person has sent on one day of Kazakhstan, those of refused files among them."""

    __tablename__ = "received_bytes"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
