"""Classifies a mail: sent by Komek itself, a bounce, an automatic answer, or written by a person."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TypedDict

from expertise.mail.inbound.parsed import ParsedMail
from expertise.mail.inbound.quotes import split_quotations


class MailKind(StrEnum):
    """Kind of a mail. Only a mail written by a person may have an effect."""

    LOOP = "loop"
    BOUNCE = "bounce"
    AUTO_REPLY = "auto_reply"
    PERSON = "person"


class Marks(StrEnum):
    """Marks of machines that a person's mail may carry as well, because something on its way added them."""

    RELAYED = "relayed"  # a mailing list or a provider passed it on
    AUTOMATIC = "automatic"  # a rule or a calendar sent it; the words may be somebody else's
    DOUBTFUL = "doubtful"  # its subject or its precedence alone speaks of an automatic answer


class MailRoute(TypedDict):
    """The way of a mail, as `kind_of` and `weak_marks` need it.

    `to_bounce_address`: it came to the address for delivery reports. `unknown_envelope`: the route lost the
    envelope's sender, so an empty one means nothing.
    """

    envelope_sender: str
    to_bounce_address: bool
    unknown_envelope: bool


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
    "x-fc-machinegenerated",
)
_NO = {"no", "false", "off", "0", "none"}  # such a header, saying that it is no automatic answer
#: What mailing lists and providers add to mails of people, and to those of machines.
_RELAYS = ("list-id", "list-post", "feedback-id")
_RULES = ("x-ms-exchange-inbox-rules-loop",)
_BULK = {"bulk", "junk"}
#: Values of Auto-Submitted that name an answer or a notification (RFC 3834, RFC 5436); rules write the others.
_ANSWERED = {"auto-replied", "auto-notified"}

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
    """Return the kind of a mail. Loops are recognised first. See `MailRoute` for the arguments."""
    if any(parsed.has(name) for name in OURS) or _stations(parsed) > MOST_RECEIVED:
        return MailKind.LOOP
    from_a_server = _is_from_a_server(parsed, envelope_sender, unknown_envelope=unknown_envelope)
    if _is_bounce(parsed, from_a_server=from_a_server or to_bounce_address):
        return MailKind.BOUNCE
    if to_bounce_address or from_a_server or _is_certain(parsed) or _weak_marks(parsed) is not None:
        return MailKind.AUTO_REPLY
    return MailKind.PERSON


def weak_marks(
    parsed: ParsedMail, *, envelope_sender: str, to_bounce_address: bool, unknown_envelope: bool = False
) -> Marks | None:
    """Return the marks of an automatic answer that a person may have written after all; None without such marks.

    None as well where only a machine can have written it. Otherwise the token and the sender decide.
    """
    from_a_server = _is_from_a_server(parsed, envelope_sender, unknown_envelope=unknown_envelope)
    return None if to_bounce_address or from_a_server or _is_certain(parsed) else _weak_marks(parsed)


def _is_from_a_server(parsed: ParsedMail, envelope_sender: str, *, unknown_envelope: bool) -> bool:
    return (not envelope_sender and not unknown_envelope) or parsed.header("return-path").strip() == "<>"


def _weak_marks(parsed: ParsedMail) -> Marks | None:
    if _is_doubtful(parsed):
        return Marks.DOUBTFUL
    if (
        _submitted(parsed) not in ("", "no")
        or any(parsed.has(name) for name in _RULES)
        or parsed.calendar in _MEETING
        or _MACHINES.search(parsed.sender_shown)
    ):
        return Marks.AUTOMATIC
    return Marks.RELAYED if _is_relayed(parsed) else None


def is_permanent(parsed: ParsedMail) -> bool:
    """Return whether a bounce is permanent: 5.x.x, or a failure without a status."""
    if parsed.failures:
        return any(failure.action == "failed" or failure.status.startswith("5") for failure in parsed.failures)
    return not re.search(r"\b4\.\d\.\d{1,2}\b|\b4[25]\d[ -]", parsed.text[:5000])


def server_text(parsed: ParsedMail) -> str:
    """Return the text of the server for the page of the outbox: of its report, or the begin of its prose."""
    said = [f"{failure.status} {failure.words}".strip() for failure in parsed.failures]
    return (" ".join(said) or " ".join(f"{parsed.subject}: {parsed.text[:1000]}".split()))[:500]


def _is_bounce(parsed: ParsedMail, *, from_a_server: bool) -> bool:
    reported = from_a_server or parsed.header("content-type").lower().startswith("multipart/report")
    if parsed.undelivered or (parsed.failures and reported):
        return True  # a person may attach a report; that is no bounce
    return bool(_UNDELIVERED.match(parsed.subject)) and (from_a_server or bool(_MACHINES.search(parsed.sender_shown)))


def _is_certain(parsed: ParsedMail) -> bool:
    """Return whether only a machine writes such a mail, whoever is named as its sender."""
    return (
        _submitted(parsed) in _ANSWERED
        or any(parsed.has(name) and parsed.header(name).strip().lower() not in _NO for name in _AUTOMATIC_HEADERS)
        or _precedence(parsed) == "auto_reply"
        or parsed.header("content-type").lower().startswith("multipart/report")
        or (parsed.calendar in _MEETING and not split_quotations(parsed.text).own)
        or (bool(_ABSENT.match(parsed.subject)) and _has_header_of_machine(parsed))
    )


def _is_doubtful(parsed: ParsedMail) -> bool:
    """Return whether a person may have written it, and nothing but its subject or its precedence says otherwise.

    People write subjects such as "В отпуске с понедельника – замечания", and some servers mark all mail as bulk.
    """
    bulk = _precedence(parsed) in _BULK and not any(parsed.has(name) for name in _RELAYS)
    return bulk or bool(_ABSENT.match(parsed.subject))


def _has_header_of_machine(parsed: ParsedMail) -> bool:
    """Return whether a header confirms what a subject says of an automatic answer (RFC 3834)."""
    suppressed = parsed.header("x-auto-response-suppress").strip().lower() not in ("", *_NO)
    return suppressed or _submitted(parsed) not in ("", "no") or _precedence(parsed) in _BULK


def _is_relayed(parsed: ParsedMail) -> bool:
    return any(parsed.has(name) for name in _RELAYS) or _precedence(parsed) == "list"


def _submitted(parsed: ParsedMail) -> str:
    return re.split(r"[;(\s]", parsed.header("auto-submitted").strip().lower(), maxsplit=1)[0]


def _precedence(parsed: ParsedMail) -> str:
    return parsed.header("precedence").strip().lower()


def _stations(parsed: ParsedMail) -> int:
    return sum(name.lower() == "received" for name, _ in parsed.headers)
