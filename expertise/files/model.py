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


class ReceivedBytes(Base):
    """The bytes that a person has sent on one day of Kazakhstan, those of refused files among them."""

    __tablename__ = "received_bytes"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
