"""Processes a person's mail as far as the table of trust allows."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from expertise.cases import desk
from expertise.cases.actions.comment import Received
from expertise.cases.model import PublishedDefinition
from expertise.cases.queries import reference_of
from expertise.cases.services import Services
from expertise.inbox import receipts
from expertise.inbox.execute_reply import execute_reply, weightiest_state
from expertise.inbox.model import ExecutedBefore, ReceivedMail, Reply, ReplyOutcome, Settlement, attempt
from expertise.mail.inbound import reply_limits
from expertise.mail.inbound.commands import ParsedReply, parse_reply
from expertise.mail.inbound.parsed import ParsedMail
from expertise.mail.inbound.quarantine import ATTACH, RELEASE
from expertise.mail.inbound.quotes import SplitText, remove_tokens, split_quotations
from expertise.mail.inbound.store import LARGEST
from expertise.mail.inbound.trust import Effect, TokenStatus
from expertise.mail.tokens import FoundToken
from expertise.people.access import Actor, load_actor
from expertise.text.receipts import say
from workflows.refusals import Refusal


def apply_trust(session: Session, services: Services, mail: ReceivedMail) -> Settlement:
    """Do what the mail may do, send the answers it may get, and return how it is settled."""
    judged, found = mail.judged, mail.judged.found
    if mail.row.handled_by_id is not None:
        return _as_administrator_decided(session, services, mail)
    if mail.row.size > LARGEST:
        return _too_large(session, services, mail)
    if judged.effect in (Effect.APPLY, Effect.CONFIRM) and found is not None:
        return _replied(session, services, mail, sure=judged.effect is Effect.APPLY)
    return _not_accepted(session, services, mail)


def _not_accepted(session: Session, services: Services, mail: ReceivedMail) -> Settlement:
    judged, found = mail.judged, mail.judged.found
    if judged.effect is Effect.CHALLENGE and found is not None:
        receipts.send_challenge(session, services, found, mail.parsed.sender_shown, mail.now)
    elif judged.effect is Effect.EXPLAIN and judged.person_id is not None:
        if _is_older_than_installation(session, mail.parsed):
            return Settlement("quarantined", "older")
        receipts.send_explanation(session, services, judged.person_id, mail.parsed.subject, mail.now)
        return Settlement("rejected", judged.why)
    return Settlement("quarantined", judged.why)


def _replied(session: Session, services: Services, mail: ReceivedMail, *, sure: bool) -> Settlement:
    """Execute the reply for each letter that it answers and was not executed for before; answer it by one receipt."""
    before = ExecutedBefore.of(mail.row)
    split = split_quotations(remove_tokens(mail.parsed.text))
    parsed = parse_reply(split.own)
    letters = [each for each in _letters(mail, parsed) if each.letter_id not in before.letters]
    if not letters:
        return Settlement(before.state, before.reason)
    actor = load_actor(session, letters[0].person_id, services.calendar.local_day(mail.now))
    if actor is None:
        return Settlement("quarantined", "no_account")
    actor = replace(actor, way="mail")
    outcomes: list[ReplyOutcome] = []
    words = reply_limits.words_of(split_quotations(mail.parsed.text).own)
    for line, found in enumerate(letters, 1):
        reply = _reply(mail, actor, found, split, parsed, sure=sure)
        if len(letters) > 1:
            files = reply.files if line == 1 else replace(reply.files, refused=())
            reply = replace(reply, line=line, files=files)
        held = _held_back(session, mail, reply, words)
        outcomes += execute_reply(session, services, reply) if held is None else [held]
    if mail.judged.unusable:
        outcomes.append(ReplyOutcome("receipted", say("addresses_unusable", count=mail.judged.unusable)))
    occasion = f"{mail.row.id}:{len(before.letters)}" if before.letters else f"{mail.row.id}"
    receipts.send_receipt(session, services, occasion, letters, outcomes, mail.now)
    reason = next((outcome.reason for outcome in outcomes if outcome.reason is not None), None)
    about = {outcome.case_id for outcome in outcomes if outcome.case_id is not None}
    states = [*outcomes, ReplyOutcome(before.state)] if before.letters else outcomes
    answered = before.letters + tuple(each.letter_id for each in letters)
    columns = (("case_id", about.pop()),) if len(about) == 1 else ()
    return Settlement(weightiest_state(states), reason, columns, {"answered": list(answered), "words": words})


def _held_back(session: Session, mail: ReceivedMail, reply: Reply, words: str) -> ReplyOutcome | None:
    """Return the outcome of a comment that is one too many, so that an administrator decides; None for any other."""
    person_id, case_id = reply.found.person_id, reply.found.case_id
    if reply.parsed.commands or mail.row.handled_by_id is not None:
        return None
    if not reply_limits.comments_exceeded(session, person_id, case_id, words, mail.now):
        return None
    return ReplyOutcome("quarantined", say("too_many_mails"), case_id, reason="too_many")


def _letters(mail: ReceivedMail, parsed: ParsedReply) -> tuple[FoundToken, ...]:
    """Return the letters that the mail is a reply to.

    Numbered lines answer a letter about several cases, anything else the letters about one case, if there are both.
    """
    found = mail.judged.found
    letters = mail.judged.letters or ((found,) if found is not None else ())
    numbered = any(command.number is not None for command in parsed.commands)
    fitting = tuple(each for each in letters if (each.case_id is None) is numbered)
    return fitting or letters


def _reply(
    mail: ReceivedMail, actor: Actor, found: FoundToken, split: SplitText, parsed: ParsedReply, *, sure: bool
) -> Reply:
    return Reply(
        mail_id=mail.row.id,
        actor=actor,
        found=found,
        parsed=parsed,
        text=split,
        quoted=split.quoted if found.case_id is not None else "",  # a digest speaks of cases of others
        files=mail.files,
        sure=sure,
        now=mail.now,
        domain=mail.domain,
        automatic=mail.judged.automatic,
    )


def _too_large(session: Session, services: Services, mail: ReceivedMail) -> Settlement:
    judged, found = mail.judged, mail.judged.found
    if found is not None and judged.effect in (Effect.APPLY, Effect.CONFIRM):
        outcome = ReplyOutcome("receipted", say("oversize"), found.case_id)
        receipts.send_receipt(session, services, f"{mail.row.id}", [found], [outcome], mail.now)
    return Settlement("oversize")


def _as_administrator_decided(session: Session, services: Services, mail: ReceivedMail) -> Settlement:
    """Do what an administrator decided. Even so a reply takes no step by itself: they vouch, they do not decide."""
    decision, found = mail.row.verdict.get("wish"), mail.judged.found
    if decision == RELEASE and found is not None and mail.judged.token is TokenStatus.VALID:
        return _replied(session, services, mail, sure=False)
    case_id = mail.row.case_id
    if decision != ATTACH or case_id is None:
        return Settlement("quarantined", "cannot_release")
    return _attached_to_case(session, services, mail, case_id)


def _attached_to_case(session: Session, services: Services, mail: ReceivedMail, case_id: int) -> Settlement:
    """Add the mail as a comment of the administrator that names the sender as shown in the mail."""
    actor = load_actor(session, mail.row.handled_by_id or 0, services.calendar.local_day(mail.now))
    reference = reference_of(session, case_id)
    split = split_quotations(remove_tokens(mail.parsed.text))
    comment = f"✉ {mail.parsed.sender_shown}\n{mail.parsed.subject}\n\n{split.own}"
    received = Received(comment, split.quoted, mail.files.uploads)
    key = f"mail:{mail.row.id}:attached"
    if actor is None:
        return Settlement("quarantined", "cannot_release")
    done = attempt(
        session, lambda: desk.receive(desk.Unit(session, services), desk.Request(actor, reference, key=key), received)
    )
    if isinstance(done, Refusal):
        return Settlement("quarantined", "comment_refused")
    return Settlement("commented", "attached", (("case_id", case_id),))


def _is_older_than_installation(session: Session, parsed: ParsedMail) -> bool:
    """Return whether the mail was written before this Komek was set up, like mail in an old mailbox."""
    began = session.execute(select(func.min(PublishedDefinition.published_at))).scalar()
    written = datetime.fromisoformat(parsed.date) if parsed.date else None
    return written is not None and began is not None and written < began
