"""Options for browsers and verification of their answers (Web Authentication).

Needs the extra `passkeys`; importers must work without it. The caller commits whatever an answer comes to: its
challenge is used up, and a wrong answer has been counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

import webauthn
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from sqlalchemy.orm import Session
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    parse_authentication_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from expertise.people.auth import passkeys, rate_limits, webauthn_challenges
from expertise.people.auth.rate_limits import SignInRefused
from expertise.people.auth.webauthn_challenges import ADD, ChallengeRequest
from expertise.people.model import Person

#: What the library answers to nonsense, beside its own errors: the bytes come from anybody.
FAILURES = (
    WebAuthnException,
    InvalidSignature,
    UnsupportedAlgorithm,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
)
#: In characters. A true answer has a few thousand at most.
LONGEST_ANSWER = 20_000
_MILLISECONDS = int(webauthn_challenges.LASTS.total_seconds()) * 1000


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """The name under which devices know Komek, and the origin at which browsers must see it."""

    id: str
    origin: str


def relying_party_at(url: str) -> RelyingParty | None:
    """Return the relying party of KOMEK_URL; None where browsers make no passkeys: without https, or without a name."""
    parts = urlsplit(url)
    name = (parts.hostname or "").encode("idna").decode()
    near = name == "localhost" or name.endswith(".localhost")  # browsers trust the own machine
    if not near and (parts.scheme != "https" or "." not in name or _is_address(name)):
        return None
    usual = {"https": 443, "http": 80}[parts.scheme]
    port = "" if parts.port in (None, usual) else f":{parts.port}"
    return RelyingParty(name, f"{parts.scheme}://{name}{port}")


def ask_to_add(session: Session, relying_party: RelyingParty, person: Person, cookie: str, now: datetime) -> str:
    """Return the options with which the browser makes a passkey of this person, as JSON."""
    options = webauthn.generate_registration_options(
        rp_id=relying_party.id,
        rp_name="Komek",
        user_id=person.key.encode(),  # a pseudonym: a device that is found tells nobody's address by it
        user_name=person.email,
        user_display_name=person.name,
        challenge=webauthn_challenges.issue(session, ChallengeRequest(ADD, cookie, person.id), now),
        timeout=_MILLISECONDS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=_descriptors(session, person.id),
    )
    return webauthn.options_to_json(options)


def add(
    session: Session, relying_party: RelyingParty, person: Person, cookie: str, answer: str, name: str, now: datetime
) -> bool:
    """Store the passkey of the browser's answer and return True, if the answer holds. Attestation is not asked for."""
    challenge = webauthn_challenges.take(session, ChallengeRequest(ADD, cookie, person.id), now)
    if challenge is None or len(answer) > LONGEST_ANSWER:
        return False
    try:
        made = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=relying_party.id,
            expected_origin=relying_party.origin,
            require_user_verification=True,
        )
    except FAILURES:
        return False
    credential = bytes_to_base64url(made.credential_id)
    if len(made.credential_id) > 1023:
        return False
    return passkeys.add(
        session, person, credential, made.credential_public_key, sign_count=made.sign_count, name=name, now=now
    )


def ask_to_sign(session: Session, relying_party: RelyingParty, asked: ChallengeRequest, now: datetime) -> str:
    """Return the options with which the browser uses a passkey, as JSON. Without a person they name nobody."""
    options = webauthn.generate_authentication_options(
        rp_id=relying_party.id,
        challenge=webauthn_challenges.issue(session, asked, now),
        timeout=_MILLISECONDS,
        allow_credentials=None if asked.person_id is None else _descriptors(session, asked.person_id),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return webauthn.options_to_json(options)


def check(
    session: Session,
    relying_party: RelyingParty,
    asked: ChallengeRequest,
    answer: str,
    limits: rate_limits.Limits,
    now: datetime,
) -> int | SignInRefused:
    """Return the id of the person whose passkey has signed. Counted under `limits` unless it is right."""
    refused = rate_limits.count_guess(session, limits, now)
    if refused is not None:
        return refused
    person_id = _signed_by(session, relying_party, asked, answer, now)
    if person_id is None:
        return SignInRefused("wrong")
    rate_limits.take_back(session, limits, now)
    return person_id


def _signed_by(
    session: Session, relying_party: RelyingParty, asked: ChallengeRequest, answer: str, now: datetime
) -> int | None:
    challenge = webauthn_challenges.take(session, asked, now)
    if challenge is None or len(answer) > LONGEST_ANSWER:
        return None
    try:
        credential = parse_authentication_credential_json(answer)
        known = passkeys.find(session, bytes_to_base64url(credential.raw_id))
        if known is None or not _is_theirs(credential, known, asked):
            return None
        said = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=relying_party.id,
            expected_origin=relying_party.origin,
            credential_public_key=known.public_key,
            credential_current_sign_count=0,  # compared where it is kept, so that of two at once one wins
            require_user_verification=True,
        )
    except FAILURES:
        return None
    return known.person_id if passkeys.used(session, known, said.new_sign_count, now) else None


def _is_theirs(credential: AuthenticationCredential, known: passkeys.SignInPasskey, asked: ChallengeRequest) -> bool:
    """Return whether the passkey belongs to the person asked; without one, to the person that the device names."""
    handle = credential.response.user_handle
    if asked.person_id is None:
        return handle == known.person.encode()
    return asked.person_id == known.person_id and handle in (None, known.person.encode())


def _descriptors(session: Session, person_id: int) -> list[PublicKeyCredentialDescriptor]:
    mine = passkeys.credentials(session, person_id)
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(credential)) for credential in mine]


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
