"""Time-based one-time passwords (RFC 6238: SHA-1, 30 seconds, 6 digits) and the QR code for the telephone."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import secrets
from datetime import datetime
from urllib.parse import quote

import segno

STEP, DIGITS = 30, 6
DRIFT = 1  # steps that the clock of a telephone may be early or late
ISSUER = "Komek"


def new_secret() -> str:
    """160 random bits in Base32, as authenticator apps read them."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code(secret: str, step: int) -> str:
    """Return the code of one half minute; `step` counts half minutes since 1970."""
    mac = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), hashlib.sha1)
    offset = mac[-1] & 15
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def matching_step(secret: str, submitted: str, now: datetime) -> int | None:
    """Return the half minute around `now` with this code, or None. Compares all, so that time tells nothing."""
    current = int(now.timestamp()) // STEP
    steps = range(current - DRIFT, current + DRIFT + 1)
    found = [
        step
        for step in steps
        if hmac.compare_digest(code(secret, step).encode(), submitted.encode("utf-8", "surrogatepass"))
    ]
    return max(found, default=None)


def uri(secret: str, account: str) -> str:
    """Return the otpauth address for the QR code, as authenticator apps read it."""
    label = quote(f"{ISSUER}:{account}")
    return f"otpauth://totp/{label}?secret={secret}&issuer={ISSUER}&algorithm=SHA1&digits={DIGITS}&period={STEP}"


def picture(text: str) -> str:
    """Return a QR code as an SVG element for a page: black on white in any theme, without script and style."""
    written = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        written, kind="svg", scale=5, border=4, light="#fff", xmldecl=False, svgns=False, svgclass=None, lineclass=None
    )
    return written.getvalue().decode().strip()
