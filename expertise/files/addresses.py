"""Judges addresses in documents: which of them another computer would be asked for."""

from __future__ import annotations

import re
from urllib.parse import unquote

_SHARES = ("smb:", "cifs:", "afp:", "nfs:", "dav:", "davs:", "webdav:")
_FETCHED = re.compile(r"(?:https?|ftps?|mhtml|mk|ms-[\w-]+):", re.IGNORECASE)
_INVISIBLE = re.compile(r"[\x00-\x20\xa0\u200b-\u200f\u2028-\u202e\u2060\ufeff]+")
_DRIVE = re.compile(r"/{0,3}[a-z][:|]", re.IGNORECASE)


def plain(address: str) -> str:
    """Return an address in small letters as a program reads it: one kind of slash, no escapes, no invisible blanks."""
    return _INVISIBLE.sub("", unquote(address, errors="replace")).replace("\\", "/").lower()


def is_share(address: str) -> bool:
    r"""Return whether an address names a folder of another computer, which would learn who opens the document.

    That is `\\server\x`, `//server/x`, `\/server/x`, `smb://server/x`, `file://server/x` and `file:////server/x`.
    """
    said = plain(address)
    if said.startswith(("//", *_SHARES)):
        return True
    if not said.startswith("file:"):
        return False
    path = said.removeprefix("file:")
    if _DRIVE.match(path):
        return False
    slashes = len(path) - len(path.lstrip("/"))
    host = path.lstrip("/").partition("/")[0]
    return slashes > 3 or (slashes == 2 and host not in ("", "localhost"))


def is_remote(address: str) -> bool:
    """Return whether an address names something of another computer, by any protocol."""
    return is_share(address) or bool(_FETCHED.match(plain(address)))
