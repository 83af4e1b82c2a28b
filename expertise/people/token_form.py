"""How an API token looks: `kmk_`, 256 random bits in 43 characters, and a checksum in 6.

A scanner for leaked secrets recognises one, and a mistyped one is refused without a question to the database.
"""

from __future__ import annotations

import re
import secrets
import string
from zlib import crc32

_FORM = re.compile(r"kmk_[A-Za-z0-9_-]{43}[A-Za-z0-9]{6}", re.ASCII)
_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase


def new_token() -> str:
    """A token nobody has seen before."""
    return with_checksum(secrets.token_urlsafe(32))


def well_formed(token: str) -> bool:
    """Whether it can be one of ours at all."""
    return _FORM.fullmatch(token) is not None and secrets.compare_digest(token, with_checksum(token[4:47]))


def with_checksum(secret: str) -> str:
    """The token of these 43 characters: CRC-32 in Base62, as GitHub and others do it."""
    number, checksum = crc32(secret.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, len(_BASE62))
        checksum = _BASE62[digit] + checksum
    return f"kmk_{secret}{checksum}"
