"""Encryption of secrets that Komek must read again, under a key derived from KOMEK_SECRET_KEY (HKDF, Fernet)."""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def encrypt(text: str, key: str, purpose: str) -> str:
    """Return `text` encrypted and authenticated, readable with the same `key` (KOMEK_SECRET_KEY) and `purpose` only."""
    return _fernet(key, purpose).encrypt(text.encode()).decode()


def decrypt(ciphertext: str, key: str, purpose: str) -> str | None:
    """Return the text; None when key or purpose is another one, or the ciphertext was changed."""
    try:
        return _fernet(key, purpose).decrypt(ciphertext.encode("utf-8", "surrogatepass")).decode()
    except InvalidToken:
        return None


@lru_cache(maxsize=8)
def _fernet(key: str, purpose: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"komek:{purpose}".encode()).derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
