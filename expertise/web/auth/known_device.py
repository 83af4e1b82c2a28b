"""The cookie by which a browser is known as a device of its person (see `people.auth.known_devices`)."""

from __future__ import annotations

from datetime import datetime

from flask import after_this_request, request
from flask.wrappers import Response

from expertise import identity
from expertise.base import clock
from expertise.identity import runtime
from expertise.people.auth import known_devices
from expertise.people.auth.sign_in import tidy


def device_of(email: str) -> str:
    """Return the id under which this browser is known for the account with this address, or ""."""
    return known_devices.find(_cookie(), tidy(email), identity.key(), clock.now())


def any_device() -> str:
    """Return the id under which this browser is known for the account that signed in last, or ""."""
    return known_devices.latest(_cookie(), identity.key(), clock.now())


def remember_device(email: str, device: str = "") -> None:
    """Let this browser be known for the account from the answer to this request on; `device` as in `remember`."""
    value = known_devices.remember(_cookie(), tidy(email), identity.key(), clock.now(), device)
    after_this_request(lambda response: _set(response, value, clock.now()))


def _name() -> str:
    return "__Host-komek-device" if runtime().settings.secure else "komek-device"


def _cookie() -> str:
    return request.cookies.get(_name(), "")


def _set(response: Response, value: str, now: datetime) -> Response:
    """Not readable by scripts; sent with links from letters, because such a page is where a device is admitted."""
    secure, ends = runtime().settings.secure, now + known_devices.LASTS
    response.set_cookie(_name(), value, expires=ends, secure=secure, httponly=True, samesite="Lax")
    return response
