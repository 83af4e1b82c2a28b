"""Secrets that Komek must read again lie sealed in the database, under a key that is derived from the secret key."""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def encrypt(text: str, key: str, purpose: str) -> str:
    """`text`, readable by who holds `key` (KOMEK_SECRET_KEY) and for this purpose alone."""
    return _fernet(key, purpose).encrypt(text.encode()).decode()


def decrypt(sealed: str, key: str, purpose: str) -> str | None:
    """What was sealed; None when the key is another one now, or somebody changed what lay there."""
    try:
        return _fernet(key, purpose).decrypt(sealed.encode("utf-8", "surrogatepass")).decode()
    except InvalidToken:
        return None


@lru_cache(maxsize=8)
def _fernet(key: str, purpose: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"komek:{purpose}".encode()).derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
