"""Classifies a mail: sent by Komek itself, a bounce, an automatic answer, or written by a person."""

from __future__ import annotations

import re
from enum import StrEnum

from expertise.mail.inbound.parsed import ParsedMail


class MailKind(StrEnum):
    """Kind of a mail. Only a mail written by a person may have an effect."""

    LOOP = "loop"
    BOUNCE = "bounce"
    AUTO_REPLY = "auto_reply"
    PERSON = "person"


MOST_RECEIVED = 30  # stations; a mail that went through more goes round in circles
#: Headers that every letter of a Komek carries, ours or another one.
OURS = ("x-komek-case", "x-komek-head", "x-komek-letter")

_MACHINES = re.compile(r"\b(?:mailer-daemon|postmaster|no-?reply|do-?not-?reply|mdaemon)\b", re.IGNORECASE)
_AUTOMATIC_HEADERS = (
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-auto-reply",
    "x-mail-autoreply",
    "x-vacation",
    "x-ms-exchange-inbox-rules-loop",
    "x-fc-machinegenerated",
    "list-id",
    "list-post",
    "feedback-id",
)
_BULK = {"bulk", "junk", "list", "auto_reply"}

#: How subjects of automatic answers begin, in our three languages; a person's begins with "Re:".
_ABSENT = re.compile(
    r"^\W*(?:"
    r"auto(?:matic)?[- ]?(?:reply|response|answer)|out[- ]of[- ](?:the[- ])?office|on (?:annual )?(?:leave|vacation)"
    r"|автоответ(?:чик)?|автоматический ответ|ответ автоответчика|вне офиса|в отпуске|нахожусь в отпуске"
    r"|отсутствую на рабочем месте"
    r"|автожауап|автоматты(?: түрде)? жауап|кеңседе жоқпын|кеңседен тыс|демалыстамын|еңбек демалысында"
    r")\b",
    re.IGNORECASE,
)
_UNDELIVERED = re.compile(
    r"^\W*(?:"
    r"undeliver(?:ed|able)|mail delivery (?:failed|failure|system)|delivery status notification|returned mail"
    r"|delivery failure|failure notice|message (?:not|could not be) delivered"
    r"|недоставлен|не ?удается доставить|не ?удаётся доставить|сообщение не доставлено|письмо не доставлено"
    r"|ошибка доставки|недоставленное сообщение|уведомление о (?:недоставке|состоянии доставки)"
    r"|жеткізілмеді|хабар жеткізілмеді|хат жеткізілмеді|жеткізу мүмкін болмады|жеткізу қатесі"
    r")",
    re.IGNORECASE,
)
_MEETING = {"reply", "request", "counter", "cancel", "publish", "refresh"}


def kind_of(
    parsed: ParsedMail, *, envelope_sender: str, to_bounce_address: bool, unknown_envelope: bool = False
) -> MailKind:
    """Return the kind of a mail. Loops are recognised first.

    `to_bounce_address`: it came to the address for delivery reports. `unknown_envelope`: the route lost the envelope's
    sender, so an empty one means nothing.
    """
    if any(parsed.has(name) for name in OURS) or _stations(parsed) > MOST_RECEIVED:
        return MailKind.LOOP
    from_a_server = (not envelope_sender and not unknown_envelope) or parsed.header("return-path").strip() == "<>"
    if _is_bounce(parsed, from_a_server=from_a_server or to_bounce_address):
        return MailKind.BOUNCE
    if to_bounce_address or from_a_server or _is_automatic(parsed):
        return MailKind.AUTO_REPLY
    return MailKind.PERSON


def is_permanent(parsed: ParsedMail) -> bool:
    """Return whether a bounce is permanent: 5.x.x, or a failure without a status."""
    if parsed.failures:
        return any(failure.action == "failed" or failure.status.startswith("5") for failure in parsed.failures)
    return not re.search(r"\b4\.\d\.\d{1,2}\b|\b4[25]\d[ -]", parsed.text[:5000])


def server_text(parsed: ParsedMail) -> str:
    """Return the text of the server for the page of the outbox."""
    said = [f"{failure.status} {failure.words}".strip() for failure in parsed.failures]
    return (" ".join(said) or parsed.subject)[:500]


def _is_bounce(parsed: ParsedMail, *, from_a_server: bool) -> bool:
    if parsed.failures or parsed.undelivered:
        return True
    return bool(_UNDELIVERED.match(parsed.subject)) and (from_a_server or bool(_MACHINES.search(parsed.sender_shown)))


def _is_automatic(parsed: ParsedMail) -> bool:
    submitted = parsed.header("auto-submitted").split(";")[0].strip().lower()
    return (
        submitted not in ("", "no")
        or any(parsed.has(name) for name in _AUTOMATIC_HEADERS)
        or parsed.header("precedence").strip().lower() in _BULK
        or parsed.header("content-type").lower().startswith("multipart/report")
        or parsed.calendar in _MEETING
        or bool(_ABSENT.match(parsed.subject))
        or bool(_MACHINES.search(parsed.sender_shown))
    )


def _stations(parsed: ParsedMail) -> int:
    return sum(name.lower() == "received" for name, _ in parsed.headers)
