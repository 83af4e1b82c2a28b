"""Values that the steps of processing a mail hand to each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from expertise.cases.actions.idempotency import Done
from expertise.cases.queries import CaseRow
from expertise.cases.services import Services
from expertise.inbox.attachments import StoredAttachments
from expertise.inbox.sender import JudgedSender
from expertise.mail.inbound.commands import Command, ParsedReply
from expertise.mail.inbound.model import InboundMail
from expertise.mail.inbound.parsed import ParsedMail
from expertise.mail.inbound.quotes import SplitText
from expertise.mail.tokens import FoundToken
from expertise.people.access import Actor
from expertise.text.receipts import say
from expertise.text.translator import in_every_language
from workflows.definition import Text
from workflows.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Settlement:
    """Result for a mail: one of `inbound.model.STATES`, a reason (code), and columns of its row."""

    state: str
    reason: str | None = None
    columns: tuple[tuple[str, Any], ...] = ()
    findings: Mapping[str, Any] = field(default_factory=dict)  # added to the verdict


@dataclass(frozen=True, slots=True)
class ExecutedBefore:
    """The letters for which a mail was executed already, and its state then; it came again for another recipient."""

    letters: tuple[int, ...]
    state: str
    reason: str | None

    @classmethod
    def of(cls, mail: InboundMail) -> ExecutedBefore:
        """Return what the verdict of the mail says."""
        letters = tuple(mail.verdict.get("answered", ()))
        return cls(letters, mail.verdict.get("state_before", "receipted"), mail.verdict.get("reason_before"))


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """A mail written by a person: its locked row, its content, its files, and the judgement on its sender."""

    row: InboundMail
    parsed: ParsedMail
    files: StoredAttachments
    judged: JudgedSender
    now: datetime
    domain: str  # of the addresses from which we send


@dataclass(frozen=True, slots=True)
class Reply:
    """A mail of the person to whom the letter `found` was sent.

    `sure`: our server authenticated the sender; else only comments are allowed. Under `key` anything is done once.
    `automatic`: it did, but a rule or a calendar seems to have sent the mail, or its text has the colour of its
    background. `text`: the mail's text in its parts. `line`: the place of its letter where the mail answers several,
    from 1. `left_out`: words below a copied header that are not of our letter; no step is taken without asking.
    """

    mail_id: int
    actor: Actor
    found: FoundToken
    parsed: ParsedReply
    text: SplitText
    quoted: str
    files: StoredAttachments
    sure: bool
    now: datetime
    domain: str
    line: int | None = None
    automatic: bool = False
    left_out: str = ""

    @property
    def own(self) -> str:
        """The sender's own words."""
        return self.text.own

    @property
    def key(self) -> str:
        """Idempotency key for the desk, one for each mail."""
        return f"mail:{self.mail_id}"


@dataclass(frozen=True, slots=True)
class ReplyOutcome:
    """Result of a reply or of one of its lines. `state` is one of `inbound.model.STATES`.

    `text` goes into the receipt. `asks`: the receipt links to the signed page. `letter`: another letter instead of
    the receipt, with `context` besides that of the case.
    """

    state: str
    text: Text | None = None
    case_id: int | None = None
    asks: bool = False
    reason: str | None = None
    letter: str | None = None
    context: Mapping[str, Any] = field(default_factory=dict)


def line_prefix(command: Command) -> str:
    """Return how a further reply calls the same case: the number of its line and a blank, or ""."""
    return f"{command.number} " if command.number is not None else ""


def role_names(roles: Iterable[str]) -> Text:
    """Return the names of roles: "координатор / руководитель"."""
    named = tuple(roles)
    return in_every_language(lambda translator: translator.roles(named, " / "))


Handler = Callable[[Session, Services, Reply], ReplyOutcome | None]


def ask_to_confirm(reply: Reply, reference: str, step: Text) -> Text:
    """Return why a step was not taken by this mail, and that a link confirms it."""
    why = "confirm_copied" if reply.left_out else "confirm_automatic" if reply.automatic else "confirm"
    return say(why, reference=reference, step=step)


def attempt(session: Session, action: Callable[[], Done | Refusal]) -> Done | Refusal:
    """Run an action of the desk. A refusal undoes it and nothing that was done before."""
    with session.begin_nested() as inner:
        answer = action()
        if isinstance(answer, Refusal):
            inner.rollback()
    return answer


def version_seen(reply: Reply, case: CaseRow) -> int:
    """Return the version of the case that the letter shows; -1 if it names none and the case changed since."""
    context = reply.found.context
    if reply.found.case_id == case.id and reply.found.case_version is not None:
        return reply.found.case_version
    for reference, version in zip(context.get("cases", ()), context.get("versions", ()), strict=False):
        if reference == case.reference:
            return int(version)
    return case.version if case.changed_at <= reply.found.created_at else -1
