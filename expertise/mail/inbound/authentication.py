"""Did our own mail server find the sender to be who they say? Only its word counts (RFC 8601)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

_COMMENT = re.compile(r"\([^()]*\)")
_RESULT = re.compile(r"\s*([\w-]+)\s*=\s*(\w+)")
_PROPERTY = re.compile(r"([\w-]+\.[\w-]+)\s*=\s*\"?([^\s\";]+)")


class Authentication(StrEnum):
    """What our server found out."""

    PASS = "pass"  # noqa: S105 no password
    NONE = "none"  # it said nothing, or nothing that binds the address in From
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class _Result:
    method: str
    verdict: str
    properties: tuple[tuple[str, str], ...]

    def binds(self, sender: str) -> bool:
        """Whether it speaks of the sender's own domain, or of one that this belongs to."""
        said = dict(self.properties)
        if self.method == "auth":
            return said.get("smtp.auth", "") == sender
        name = {"dmarc": "header.from", "dkim": "header.d", "spf": "smtp.mailfrom"}.get(self.method, "")
        domain, own = said.get(name, "").rpartition("@")[2], sender.rpartition("@")[2]
        return "." in domain and (own == domain or own.endswith(f".{domain}"))


def authentication(headers: Sequence[tuple[str, str]], authserv: str, sender: str | None) -> Authentication:
    """Judge the results that the server called `authserv` wrote; an empty name believes nobody.

    DMARC decides where it was asked; else one signature or sender policy of the same domain is enough.
    """
    results = [result for header in _ours(headers, authserv.lower()) for result in _results(header)]
    asked = [result for result in results if result.method == "dmarc"]
    if any(result.verdict == "fail" for result in asked[:1]):
        return Authentication.FAIL
    if asked and asked[0].verdict != "none":
        binding = asked[:1]
    else:
        binding = [result for result in results if result.method in ("dkim", "spf", "auth")]
    if sender and any(result.verdict == "pass" and result.binds(sender) for result in binding):
        return Authentication.PASS
    failed = any(result.verdict == "fail" for result in results if result.method in ("dkim", "spf"))
    return Authentication.FAIL if failed else Authentication.NONE


def _ours(headers: Sequence[tuple[str, str]], authserv: str) -> Iterator[str]:
    """The topmost of our server's headers, and those right below it when nothing was received before it.

    A sender may write such headers, too: they stand below ours. Where our server puts its own below its
    `Received`, a sender's could follow directly, so there the first alone counts.
    """
    received = found = False
    for name, value in headers:
        if name.lower() == "authentication-results" and _speaker(value) == authserv and authserv:
            yield value.lower()
            found = True
            if received:
                return
        elif found:
            return
        received = received or name.lower() == "received"


def _speaker(value: str) -> str:
    words = _COMMENT.sub(" ", value).partition(";")[0].split()
    return words[0].lower() if words else ""


def _results(header: str) -> Iterator[_Result]:
    for part in _COMMENT.sub(" ", header).split(";")[1:]:
        found = _RESULT.match(part)
        if found is not None:
            yield _Result(found[1], found[2], tuple(_PROPERTY.findall(part)))
