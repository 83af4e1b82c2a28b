"""Separates what a person wrote from quotations and signatures. Both parts are kept.

No library copes with Russian and Kazakh mail programs, so this is our own table of rules; samples are in tests/mails.
People also write lines that look like marks of programs: "Эксперт написал 3 замечания:", a line of dashes, a list below
"--". A mark therefore counts only with what a program always adds to it: an address, a date, a copied header.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from expertise.mail.inbound.signatures import is_device_line, is_signature

LOOKED_AT = 300  # characters of a line
SPREAD = 3  # lines over which a program may break "On …, … wrote:"
LOOKED_BELOW = 60  # lines around a mark
HEAD_LINES = 8  # lines below a ruler in which a copied header must begin

_QUOTED = re.compile(r"^\s*(?:>|&gt;)")
_BARRED = re.compile(r"^\s*\|\s[^|]*$")
_TIME = re.compile(r"(?<![\d.])\d{1,2}[:.]\d{2}(?![\d.])|\b\d{1,2}:\d{2}:\d{2}\b")
_DATE = re.compile(r"(?<!\d)\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})(?!\d)|(?<!\d)(?:19|20)\d{2}(?!\d)")
_ADDRESS = r"[^\s<>@\[\]()]+@[^\s<>@\[\]()]+"
_BRACKETED = rf"[<\[(]\s*(?:mailto:)?{_ADDRESS}\s*[>\])]"
_VERB = (
    r"(?:wrote|writes|написала?|пишет|писала?|былай деп жазды|былай деп жазған|жазды|жазған|жазыпты|жазады)"
    r"(?:\s?\(а\))?"
)
#: An attribution as programs write it: the sender's address in brackets at the end, or at the begin before the verb.
_ATTRIBUTIONS = (
    re.compile(rf"^.*{_BRACKETED}(?:\s+(?:\S+\s+)?{_VERB})?\s*:$", re.IGNORECASE),
    re.compile(rf"^.{{0,100}}{_BRACKETED}\s+{_VERB}\s.*:$", re.IGNORECASE),
)
#: What may be an attribution if a quotation behind `>` follows. A device's line may have it at its end.
_BEFORE_QUOTATION = (
    re.compile(rf"^.*{_ADDRESS}.*:$"),
    re.compile(rf"^.*(?<!\w){_VERB}.*:$", re.IGNORECASE),
    re.compile(r"^(?:вы писали|сіз жаздыңыз)\b.*:$", re.IGNORECASE),
)
#: The first line of a head that Outlook copies, and what must follow nearby for it to be one.
_HEAD = re.compile(r"^\W*(?:from|от|от кого|отправитель|кімнен|жіберуші)\s*\W?:\W*\s*\S", re.IGNORECASE)
_IN_HEAD = re.compile(
    r"^\W*(?:sent|date|to|subject|cc|отправлено|дата|кому|тема|копия|жіберілді|жіберілген|күні|кімге|тақырып|тақырыбы"
    r"|көшірме)\s*\W?:",
    re.IGNORECASE,
)
_RULER = re.compile(r"^\s*(?:_{10,}|-{12,})\s*$")
#: A ruler with the words of a program in it.
_ORIGINAL = re.compile(
    r"^\s*-{2,}\s*(?:original|forwarded|reply|исходн\w+|пересыл\w+|пересл\w+|перенаправ\w+|бастапқы|қайта жібер\w+"
    r"|түпнұсқа)\s+(?:message|mail|email|e-mail|appointment|сообщени\w|письм\w|хабар\w*|хат)\b.{0,60}-{2,}\s*$",
    re.IGNORECASE,
)
#: Tokens in addresses of pages and of replies, even broken over lines: they allow their reader to act.
_TOKEN = re.compile(r"(/act/|/stop/|\b[rb]\.)(?:[\s>|=]{0,4}[a-z2-7]){32}", re.IGNORECASE)
_GAPS = re.compile(r"\n(?:[ \t]*\n){2,}")
_SIGNATURE = re.compile(r"^--\s?$")
_MARK = re.compile(r"^(?:\s*(?:>|&gt;))+ ?")


class _Mark(Enum):
    """Kinds of text that may begin at a line."""

    LINE = auto()  # a line behind a mark of quotations
    DEVICE = auto()  # what a telephone adds
    ATTRIBUTION = auto()  # above a quotation behind marks
    SIGNATURE = auto()  # until the next mark
    REST = auto()  # a quotation until the end


@dataclass(frozen=True, slots=True)
class SplitText:
    """The sender's own words, and the rest in its order.

    `unattributed`: what stands behind `>` although no program has said that it quotes; its marks are removed.
    `copied`: what stands below a copied header or an attribution, up to the end, without marks of a quotation.
    """

    own: str
    quoted: str
    unattributed: str = ""
    copied: str = ""


def split_quotations(text: str) -> SplitText:
    """Split a text. Own words may follow a quotation behind `>`; nothing follows a copied header."""
    full = text.splitlines()
    lines = [line[:LOOKED_AT] for line in full]
    own: list[str] = []
    quoted: list[str] = []
    unattributed: list[str] = []
    attributed, copied, at = False, "", 0
    while at < len(lines):
        begins, length = _begins(lines, at)
        if begins is None:
            own.append(full[at])
            at += 1
            continue
        end = len(lines) if begins is _Mark.REST else at + length
        attributed = attributed or begins in (_Mark.REST, _Mark.ATTRIBUTION) or _is_attributed_within(lines, at)
        if begins is _Mark.LINE and not attributed:
            unattributed += [_MARK.sub("", line) for line in full[at:end]]
        copied = "\n".join(full[at:]) if begins is _Mark.REST else ""
        quoted += full[at:end]
        at = end
    return SplitText(_joined(own), "\n".join(quoted).strip(), _joined(unattributed), copied)


def is_of_program(lines: Sequence[str], at: int) -> bool:
    """Return whether a line of a copied letter is a ruler, a signature's mark, a device's line or an attribution."""
    line = lines[at]
    framed = _RULER.match(line) or _ORIGINAL.match(line) or _SIGNATURE.match(line) or is_device_line(line)
    return bool(framed) or any(
        first + _attribution(lines, first) > at for first in range(max(0, at - SPREAD + 1), at + 1)
    )


def is_of_head(line: str) -> bool:
    """Return whether a line looks like one of a copied header: From, To, Subject, a date."""
    return bool(_HEAD.match(line) or _IN_HEAD.match(line))


def letters_and_digits(text: str) -> str:
    """Return only letters and digits, in lower case, to compare texts whatever programs did to their marks."""
    return "".join(character for character in text.casefold() if character.isalnum())


def remove_tokens(text: str) -> str:
    """Return the text without tokens of our letters. A reply quotes them, and readers of a case must not get them."""
    return _TOKEN.sub(r"\1…", text)


def _joined(lines: Sequence[str]) -> str:
    return _GAPS.sub("\n\n", "\n".join(lines)).strip()


def _begins(lines: Sequence[str], at: int) -> tuple[_Mark | None, int]:
    """Return what begins at a line, with the number of its lines; None for own words."""
    line = lines[at].strip()
    if _QUOTED.match(line) or _is_barred(lines, at):
        return _Mark.LINE, 1
    if is_device_line(line):
        return _Mark.ATTRIBUTION if line.endswith(":") else _Mark.DEVICE, 1
    if _SIGNATURE.match(lines[at]):
        end = _end_of_signature(lines, at)
        return (_Mark.SIGNATURE, end - at) if is_signature(lines[at + 1 : end]) else (None, 0)
    if _ORIGINAL.match(line) or _is_ruler(lines, at) or _is_head(lines, at):
        return _Mark.REST, 0
    length = _attribution(lines, at)
    if not length:
        return None, 0
    return (_Mark.ATTRIBUTION, length) if _quotation_follows(lines, at + length) else (_Mark.REST, 0)


def _end_of_signature(lines: Sequence[str], at: int) -> int:
    """Return the place of the next mark; LOOKED_BELOW lines farther if there is none so near."""
    last = min(at + LOOKED_BELOW, len(lines))
    places = range(at + 1, last)
    return next((place for place in places if _SIGNATURE.match(lines[place]) or _begins(lines, place)[0]), last)


def _is_barred(lines: Sequence[str], at: int) -> bool:
    """Return whether the line stands behind a bar below an attribution. A row of a table is no quotation."""
    if not _BARRED.match(lines[at]):
        return False
    first = at
    while first and at - first < LOOKED_BELOW and (_BARRED.match(lines[first - 1]) or not lines[first - 1].strip()):
        first -= 1
    return first > 0 and any(rule.match(lines[first - 1].strip()) for rule in (*_ATTRIBUTIONS, *_BEFORE_QUOTATION))


def _quotation_follows(lines: Sequence[str], at: int) -> bool:
    below = next((line for line in lines[at : at + LOOKED_BELOW] if line.strip()), None)
    return below is None or bool(_QUOTED.match(below) or _BARRED.match(below))


def _is_ruler(lines: Sequence[str], at: int) -> bool:
    """Return whether a line of dashes or underscores stands above a copied header or an attribution.

    Between them other lines of a header may stand. A line above own words is own.
    """
    if not _RULER.match(lines[at]):
        return False
    for place in range(at + 1, min(at + 1 + HEAD_LINES, len(lines))):
        if not lines[place].strip():
            continue
        if _is_head(lines, place) or _attribution(lines, place):
            return True
        if not _IN_HEAD.match(lines[place]):
            return False
    return False


def _is_head(lines: Sequence[str], at: int) -> bool:
    """Return whether a copied header begins: From and two more of its lines, with an address or a time among them."""
    if not _HEAD.match(lines[at]):
        return False
    below = [line for line in lines[at + 1 : at + 8] if line.strip()][:4]
    found = [line for line in below if _IN_HEAD.match(line)]
    return len(found) >= 2 and any("@" in line or _TIME.search(line) for line in (lines[at], *found))


def _attribution(lines: Sequence[str], at: int) -> int:
    """Return the number of lines of an attribution, 0 if there is none. It begins at this line, not later."""
    for length in range(1, SPREAD + 1):
        taken = [line.strip() for line in lines[at : at + length]]
        if len(taken) < length or not all(taken):
            return 0
        quotes = _quotation_follows(lines, at + length)
        if _is_attribution(taken, quotes=quotes):
            return length if length == 1 or not _is_attribution(taken[1:], quotes=quotes) else 0
    return 0


def _is_attribution(lines: Sequence[str], *, quotes: bool) -> bool:
    """Return whether these lines are one attribution. `quotes`: a quotation behind `>`, or nothing, follows."""
    joined = " ".join(lines)
    if len(joined) >= LOOKED_AT or not (_TIME.search(joined) or (quotes and _DATE.search(joined))):
        return False
    return any(rule.match(joined) for rule in (_ATTRIBUTIONS + _BEFORE_QUOTATION if quotes else _ATTRIBUTIONS))


def _is_attributed_within(lines: Sequence[str], at: int) -> bool:
    """Return whether an attribution stands behind the `>` itself, as on Apple's telephones."""
    if not _QUOTED.match(lines[at]):
        return False
    first = [_MARK.sub("", line) for line in lines[at : at + SPREAD] if _QUOTED.match(line)]
    return any(_is_attribution(first[:length], quotes=True) for length in range(1, len(first) + 1))
