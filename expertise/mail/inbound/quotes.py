"""Separates what a person wrote from quotations and signatures. Both parts are kept.

No library copes with Russian and Kazakh mail programs, so this is our own table of rules; samples are in tests/mails.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

LOOKED_AT = 300  # characters of a line
SPREAD = 3  # lines over which a program may break "On …, … wrote:"

_QUOTED = re.compile(r"^\s*(?:>|&gt;|\|\s)")
_ANY_ADDRESS = r"[<\[(]?(?:mailto:)?[^\s<>@]+@[^\s<>@]+[>\])]?"
#: "6 марта 2026 г., в 10:15, Komek <komek@…> написал(а):" and its like in every program and language.
_WROTE = (
    re.compile(rf"^.*\d.*\d{{1,2}}[:.]\d{{2}}.*{_ANY_ADDRESS}.*:$"),
    re.compile(rf"^.*{_ANY_ADDRESS}.*\d.*\d{{1,2}}[:.]\d{{2}}.*:$"),
    re.compile(r"^(?:on|le|am)\b.*\d.*\b(?:wrote|writes)\s*:$", re.IGNORECASE),
    re.compile(r"^.*\d.*\b(?:написала?|пишет|писала?|жазды|жазған)(?:\(а\))?\s*:$", re.IGNORECASE),
    re.compile(r"^(?:.{0,100}\b(?:написала?|пишет|писала?)(?:\(а\))?|вы писали|сіз жаздыңыз)\s.*\d.*:$", re.IGNORECASE),
    re.compile(r"^.*\d{4}.*<\S+@\S+>\s*(?:написал\(а\)|wrote|жазды)?\s*:$", re.IGNORECASE),
)
#: The first line of a head that Outlook copies, and what must follow nearby for it to be one.
_HEAD = re.compile(r"^\W*(?:from|от|от кого|отправитель|кімнен|жіберуші)\s*\W?:\W*\s*\S", re.IGNORECASE)
_IN_HEAD = re.compile(
    r"^\W*(?:sent|date|to|subject|cc|отправлено|дата|кому|тема|копия|жіберілді|жіберілген|күні|кімге|тақырып|тақырыбы"
    r"|көшірме)\s*\W?:",
    re.IGNORECASE,
)
_RULER = re.compile(
    r"^\s*(?:_{10,}|-{12,}|-{2,}\s*"
    r"(?:original|forwarded|reply|исходн|пересыл|пересл|перенаправ|бастапқы|қайта жібер|түпнұсқа).{0,60}-{2,})\s*$",
    re.IGNORECASE,
)
#: Tokens in addresses of pages and of replies, even broken over lines: they allow their reader to act.
_TOKEN = re.compile(r"(/act/|/stop/|\b[rb]\.)(?:[\s>|=]{0,4}[a-z2-7]){32}", re.IGNORECASE)
_GAPS = re.compile(r"\n(?:[ \t]*\n){2,}")
_SIGNATURE = re.compile(r"^--\s?$")
_DEVICE = re.compile(
    r"^\W*(?:sent (?:from|via|with) |get outlook for |получить outlook для "
    r"|отправлено (?:с|из|через) |отправлено, используя "
    r"|послано из |скачать outlook |(?:iphone|ipad|android|samsung|mail\.ru|яндекс).{0,40}(?:жіберілді|жіберілген)"
    r"|.{0,30}(?:құрылғысынан|телефонынан|қосымшасынан|поштасынан) жіберіл)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class SplitText:
    """The sender's own words, and the rest in its order."""

    own: str
    quoted: str


def split_quotations(text: str) -> SplitText:
    """Split a text. Own words may follow a quotation behind `>`; nothing follows a copied header."""
    full = text.splitlines()
    lines = [line[:LOOKED_AT] for line in full]
    own: list[str] = []
    quoted: list[str] = []
    at = 0
    while at < len(lines):
        begins, length = _begins(lines, at)
        if begins is None:
            own.append(full[at])
            at += 1
            continue
        end = len(lines) if begins == "all" else at + length
        if begins == "signature":
            end = next((place for place in range(at + 1, len(lines)) if _begins(lines, place)[0]), len(lines))
        quoted += full[at:end]
        at = end
    return SplitText(_GAPS.sub("\n\n", "\n".join(own)).strip(), "\n".join(quoted).strip())


def remove_tokens(text: str) -> str:
    """Return the text without tokens of our letters. A reply quotes them, and readers of a case must not get them."""
    return _TOKEN.sub(r"\1…", text)


def _begins(lines: Sequence[str], at: int) -> tuple[str | None, int]:
    """Return what begins at a line: "line" with a number of lines, "signature", "all" the rest, or nothing."""
    line = lines[at].strip()
    if _QUOTED.match(line) or _DEVICE.match(line):
        return "line", 1
    if _SIGNATURE.match(lines[at]):
        return "signature", 1
    if _RULER.match(line) or _is_head(lines, at):
        return "all", 0
    length = _wrote(lines, at)
    if not length:
        return None, 0
    below = next((following for following in lines[at + length :] if following.strip()), ">")
    return ("line", length) if _QUOTED.match(below) else ("all", 0)


def _is_head(lines: Sequence[str], at: int) -> bool:
    below = [line for line in lines[at + 1 : at + 8] if line.strip()][:4]
    return bool(_HEAD.match(lines[at])) and sum(bool(_IN_HEAD.match(line)) for line in below) >= 2


def _wrote(lines: Sequence[str], at: int) -> int:
    """Return the number of lines of an attribution, 0 if there is none. It begins at this line, not later."""
    for length in range(1, SPREAD + 1):
        taken = [line.strip() for line in lines[at : at + length]]
        if not all(taken):
            return 0
        if _is_attribution(taken):
            return length if length == 1 or not _is_attribution(taken[1:]) else 0
    return 0


def _is_attribution(lines: Sequence[str]) -> bool:
    joined = " ".join(lines)
    return len(joined) < LOOKED_AT and any(rule.match(joined) for rule in _WROTE)
