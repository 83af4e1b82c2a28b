"""What this room must know of a person and of a case, read through plain names.

The rooms of this floor do not know each other (import-linter), and cases are a floor above: a few columns and no class.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Integer, LargeBinary, String, column, func, table

from expertise.mail.model import OutgoingLetter

PEOPLE = table(
    "people",
    column("id", Integer),
    column("key", String),
    column("name", String),
    column("email", String),
    column("language", String),
    column("active", Boolean),
)
CASES = table(
    "cases",
    column("id", Integer),
    column("reference", String),
    column("visit", Integer),
    column("sequence", Integer),
    column("head", LargeBinary),
)
#: Where a letter goes: to its reader, unless somebody named another address for it.
ADDRESS = func.coalesce(OutgoingLetter.address, PEOPLE.c.email)
