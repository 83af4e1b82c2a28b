"""Judges the sender of a mail: the token in the address, the person named in From, the verdict of our server."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.mail import tokens
from expertise.mail.inbound.authentication import Authentication, TrustedServers, authentication
from expertise.mail.inbound.parsed import ParsedMail
from expertise.mail.inbound.trust import Effect, SenderStatus, TokenStatus, effect
from expertise.mail.tokens import BOUNCE, REPLY, FoundToken
from expertise.people.model import Person

#: Reply addresses of one mail that are looked up.
MOST_ADDRESSES = 50
_PREFIX = {REPLY: "r.", BOUNCE: "b."}


@dataclass(frozen=True, slots=True)
class JudgedSender:
    """Judgement on the sender. `person_id`: the person named in From; None if there is no such account.

    `letters`: all letters to the right person that the mail answers, `found` among them; at most one about a case.
    `automatic`: the mail bears marks of a rule, or words that its writer cannot have seen. `unusable`: the number of
    further reply addresses in the mail that are expired or belong to letters to others.
    """

    token: TokenStatus
    found: FoundToken | None
    sender: SenderStatus
    person_id: int | None
    authentication: Authentication
    effect: Effect
    letters: tuple[FoundToken, ...] = ()
    unusable: int = 0
    automatic: bool = False

    @property
    def is_right_person(self) -> bool:
        """Return whether the mail answers a letter that its sender, by the name in From, has got from us."""
        return self.token is TokenStatus.VALID and self.sender is SenderStatus.OWNER

    @property
    def is_of_a_person(self) -> bool:
        """Return whether somebody with an account is named in From, and our server did not find that forged."""
        return self.person_id is not None and self.authentication is not Authentication.FAIL

    def unsure(self) -> JudgedSender:
        """Return the judgement of a mail that takes no step by itself; a step is answered with a link."""
        return replace(self, effect=Effect.CONFIRM, automatic=True) if self.effect is Effect.APPLY else self

    @property
    def why(self) -> str:
        """Return the code of the reason against the mail."""
        if self.authentication is Authentication.FAIL:
            return "authentication_failed"
        if self.token is TokenStatus.VALID:
            return "other_sender"
        if self.token is TokenStatus.EXPIRED:
            return "expired_token"
        return "stranger" if self.sender is SenderStatus.STRANGER else "no_token"

    @property
    def columns(self) -> tuple[tuple[str, int | None], ...]:
        """Return the columns of the mail's row."""
        person = (("person_id", self.person_id),)
        if self.found is None:
            return person
        return (*person, ("case_id", self.found.case_id), ("letter_id", self.found.letter_id))

    def as_json(self) -> dict[str, str]:
        """Return the judgement for the page of the quarantine."""
        return {
            "token": self.token.value,
            "sender": self.sender.value,
            "authentication": self.authentication.value,
            "effect": self.effect.value,
        }


def judge_sender(
    session: Session, parsed: ParsedMail, recipients: Iterable[str], domain: str, servers: TrustedServers, now: datetime
) -> JudgedSender:
    """Judge a person's mail by the table of trust. `recipients`: of the envelope and of the headers."""
    named = select(Person.id).where(Person.email == (parsed.sender or ""), Person.active)
    person_id = session.execute(named).scalar()
    every = tokens_in(session, REPLY, recipients, domain, now)
    own = [each for each in every if each.person_id == person_id and not each.expired]
    letters = _one_for_each_case(own)
    found = next(iter(letters or [each for each in every if not each.expired] or every), None)
    if found is not None and session.get_one(Person, found.person_id).active:
        token = TokenStatus.EXPIRED if found.expired else TokenStatus.VALID
    else:
        token = TokenStatus.NONE  # as good as none, when its person has no access any more
    if person_id is None:
        sender = SenderStatus.STRANGER
    else:
        sender = SenderStatus.OWNER if found is not None and found.person_id == person_id else SenderStatus.KNOWN
    word = authentication(parsed.headers, servers, parsed.sender)
    result = effect(token, sender, word)
    return JudgedSender(token, found, sender, person_id, word, result, letters, len(every) - len(own))


def token_in(
    session: Session, purpose: str, recipients: Iterable[str], domain: str, now: datetime
) -> FoundToken | None:
    """Return the first valid or expired token in addresses of ours: `r.<token>@domain`, `b.<token>@domain`."""
    return next(iter(tokens_in(session, purpose, recipients, domain, now)), None)


def tokens_in(
    session: Session, purpose: str, recipients: Iterable[str], domain: str, now: datetime
) -> list[FoundToken]:
    """Return the valid and expired tokens in addresses of ours, in their order and each once."""
    texts = dict.fromkeys(texts_in(purpose, recipients, domain))
    found = (tokens.find(session, purpose, text, now) for text in list(texts)[:MOST_ADDRESSES])
    return [each for each in found if each is not None]


def _one_for_each_case(letters: Sequence[FoundToken]) -> tuple[FoundToken, ...]:
    """Return the newest letter about each case, and the newest of those about several."""
    newest: dict[int | None, FoundToken] = {}
    for letter in letters:
        held = newest.get(letter.case_id)
        if held is None or held.letter_id < letter.letter_id:
            newest[letter.case_id] = letter
    return tuple(newest.values())


def texts_in(purpose: str, recipients: Iterable[str], domain: str) -> list[str]:
    """Return the texts in the place of a token, in the order of the addresses."""
    split = (address.strip().strip("<>").lower().rpartition("@") for address in recipients)
    prefix = _PREFIX[purpose]
    return [
        local.removeprefix(prefix) for local, _, host in split if host == domain.lower() and local.startswith(prefix)
    ]
