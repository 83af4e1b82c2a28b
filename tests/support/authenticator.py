"""A device that makes passkeys and signs with them (Web Authentication, level 2), in software; it can lie."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, encode_cbor

ORIGIN, NAME = "http://localhost", "localhost"
PRESENT, VERIFIED, WITH_KEY = 0x01, 0x04, 0x40


@dataclass
class Key:
    """One passkey in the device: for whom, how it is called, how often it has signed."""

    private: EllipticCurvePrivateKey
    name: bytes
    handle: bytes
    count: int = 0

    def cose(self) -> bytes:
        """The public half: ES256 on P-256."""
        numbers = self.private.public_key().public_numbers()
        return encode_cbor({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)})


@dataclass
class Device:
    """`verifies`: asks for finger or PIN. `counts`: says how often a key has signed. `origin`: where the browser is."""

    origin: str = ORIGIN
    name: str = NAME
    verifies: bool = True
    counts: bool = True
    keys: list[Key] = field(default_factory=list)

    def make(self, asked: str | dict, **lies) -> str:
        """Answer navigator.credentials.create() with what `toJSON` of a browser says."""
        asked = json.loads(asked) if isinstance(asked, str) else asked
        known = {each["id"] for each in asked.get("excludeCredentials", [])}
        assert not known & {bytes_to_base64url(key.name) for key in self.keys}, "this device is registered already"
        handle = base64url_to_bytes(asked["user"]["id"])
        key = Key(generate_private_key(SECP256R1()), lies.get("id", secrets.token_bytes(32)), handle)
        self.keys.append(key)
        attested = bytes(16) + len(key.name).to_bytes(2) + key.name + key.cose()
        said = {"fmt": "none", "attStmt": {}, "authData": self._said(key, WITH_KEY, lies) + attested}
        client = self._client("webauthn.create", asked, lies)
        answer = {"clientDataJSON": client, "attestationObject": encode_cbor(said)}
        return self._answer(key, answer)

    def sign(self, asked: str | dict, key: Key | None = None, **lies) -> str:
        """Answer navigator.credentials.get() likewise, with the first key that is allowed."""
        asked = json.loads(asked) if isinstance(asked, str) else asked
        allowed = {each["id"] for each in asked.get("allowCredentials", [])}
        key = key or next(each for each in self.keys if not allowed or bytes_to_base64url(each.name) in allowed)
        key.count += self.counts
        said, client = self._said(key, 0, lies), self._client("webauthn.get", asked, lies)
        signature = key.private.sign(said + hashlib.sha256(client).digest(), ECDSA(SHA256()))
        answer = {"clientDataJSON": client, "authenticatorData": said, "signature": signature}
        answer["userHandle"] = lies.get("handle", key.handle)
        return self._answer(key, answer)

    def _said(self, key: Key, flags: int, lies: dict) -> bytes:
        flags |= lies.get("present", PRESENT) | (VERIFIED if lies.get("verified", self.verifies) else 0)
        name = hashlib.sha256(lies.get("name", self.name).encode()).digest()
        return name + bytes([flags]) + lies.get("count", key.count).to_bytes(4)

    def _client(self, kind: str, asked: dict, lies: dict) -> bytes:
        said = {"type": lies.get("type", kind), "challenge": lies.get("challenge", asked["challenge"])}
        return json.dumps({**said, "origin": lies.get("origin", self.origin), "crossOrigin": False}).encode()

    @staticmethod
    def _answer(key: Key, response: dict) -> str:
        packed = {name: bytes_to_base64url(value) for name, value in response.items() if value is not None}
        name = bytes_to_base64url(key.name)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": packed})
