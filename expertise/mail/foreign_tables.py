"""Columns of people and cases that letters need, as plain tables.

Rooms of this layer do not import each other (import-linter), and cases lie in a layer above, so their models
cannot be used here.
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
