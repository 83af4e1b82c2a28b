"""Known devices: browsers in which a person has signed in before, or which the link of a letter has admitted.

A wrong password from a known device counts against that device, all others together against the account. So a
stranger who guesses closes the account for strangers, and its owner gets in (OWASP, "Slow Down Online Guessing Attacks
with Device Cookies"). A device is known for one account: knowing one's own account helps nobody to guess at another
one. The cookie is encrypted and authenticated by `encryption.seal`; the database has no table of devices.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from expertise.people.auth.encryption import decrypt, encrypt
from expertise.people.auth.rate_limits import GROWING, Limit, Limits, subject

#: How long a device stays known after the last sign-in; browsers keep no cookie longer.
LASTS = timedelta(days=400)
#: How many accounts a device knows; the one that signed in longest ago is dropped.
MOST = 10
#: How long the link of a letter works that makes a device known.
LINK_LASTS = timedelta(hours=1)
_COOKIE, _LINK = "known device", "sign-in link"


@dataclass(frozen=True, slots=True)
class DeviceLink:
    """The content of a letter's link: the stored address of the account, and the device id that it gives."""

    email: str
    device: str


def find(cookie: str, email: str, key: str, now: datetime) -> str:
    """Return the id of the device for the account with this stored address, or "" if it is not known for it.

    `key` is KOMEK_SECRET_KEY. A cookie that was forged, damaged or made under another key knows no account.
    """
    device, until = _accounts(cookie, key).get(_account(email), ("", 0))
    return device if until > now.timestamp() else ""


def latest(cookie: str, key: str, now: datetime) -> str:
    """Return the id for the account that signed in last, or "": for a passkey, which names its account afterwards."""
    living = [(until, device) for device, until in _accounts(cookie, key).values() if until > now.timestamp()]
    return max(living, default=(0, ""))[1]


def remember(cookie: str, email: str, key: str, now: datetime, device: str = "") -> str:
    """Return the cookie in which the account is known as well, under `device`, its present id or a new one."""
    accounts = dict(_accounts(cookie, key))
    device = device or find(cookie, email, key, now) or secrets.token_hex(16)
    accounts[_account(email)] = (device, int((now + LASTS).timestamp()))
    kept = sorted(accounts.items(), key=lambda item: item[1][1])[-MOST:]
    return encrypt(json.dumps(dict(kept), separators=(",", ":")), key, _COOKIE)


def limits(kind: str, account: str, device: str, unknown: Limits, known: Limit) -> Limits:
    """Return the limits of one guess: `unknown` for an unknown device, else `known`, growing, for the device alone.

    `account` is the subject under which all guesses at the account are counted; the history tells of them.
    """
    return {subject(kind, device): (known, *GROWING), account: ()} if device else unknown


def link_token(email: str, key: str, now: datetime) -> str:
    """Return the token of a link that makes one device known for the account with this stored address."""
    until = int((now + LINK_LASTS).timestamp())
    return encrypt(json.dumps([email, secrets.token_hex(16), until]), key, _LINK)


def read_link(token: str, key: str, now: datetime) -> DeviceLink | None:
    """Return what a link says; None when it is over, damaged or made under another key.

    Each use gives the same device id: a link that is opened often brings no further guesses.
    """
    text = decrypt(token, key, _LINK)
    if text is None:
        return None
    email, device, until = json.loads(text)
    return DeviceLink(email, device) if until > now.timestamp() else None


def _accounts(cookie: str, key: str) -> dict[str, tuple[str, int]]:
    """Return {account: (device id, seconds since 1970 until which it is known)}."""
    text = decrypt(cookie, key, _COOKIE) if cookie else None
    return {} if text is None else {account: (device, until) for account, (device, until) in json.loads(text).items()}


def _account(email: str) -> str:
    return hashlib.sha256(email.encode("utf-8", "surrogatepass")).hexdigest()[:16]
