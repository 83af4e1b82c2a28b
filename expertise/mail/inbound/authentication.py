"""The verdict of our own mail server on the sender of a mail, read from Authentication-Results (RFC 8601)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from expertise.mail.inbound.authentication_results import MethodResult, parse_results, server_name
from expertise.mail.inbound.exchange_online import results_of_exchange

#: The property of a method's result that names the domain or the address the result is about.
_IDENTITY = {"dmarc": "header.from", "dkim": "header.d", "spf": "smtp.mailfrom", "auth": "smtp.auth"}
#: The property for a sender policy that was checked for the name of the sending server.
_SERVER = "smtp.helo"


class Authentication(StrEnum):
    """Whether our server authenticated the address in From."""

    PASS = "pass"  # noqa: S105 no password
    NONE = "none"  # it reported nothing, or nothing about the domain of this address
    FAIL = "fail"


_SEVERITY = (Authentication.PASS, Authentication.NONE, Authentication.FAIL)


@dataclass(frozen=True, slots=True)
class TrustedServers:
    """The servers whose results count; an empty text trusts none.

    `authserv`: the name of our own mail server in its results. `exchange`: the domain of Exchange Online's receiving
    servers, whose results carry no name; see `exchange_online`.
    """

    authserv: str
    exchange: str = ""


def authentication(headers: Sequence[tuple[str, str]], servers: TrustedServers, sender: str | None) -> Authentication:
    """Judge `sender`, an address in lower case, by the results that our servers wrote.

    A header of our server that cannot be parsed counts as failed. Where a comment could be read in two ways, the
    worse verdict counts.
    """
    nameless = results_of_exchange(headers, servers.exchange)
    values = [(value, True) for value in _our_headers(headers, servers.authserv.lower())]
    values += [(nameless, False)] if nameless is not None else []
    readings: tuple[list[MethodResult], list[MethodResult]] = ([], [])
    for value, named in values:
        by_grammar = parse_results(value, named=named)
        if by_grammar is None:
            return Authentication.FAIL
        with_quotes = parse_results(value, quotes_in_comments=True, named=named)
        readings[0].extend(by_grammar)
        readings[1].extend(by_grammar if with_quotes is None else with_quotes)
    return max((_verdict(results, sender) for results in readings), key=_SEVERITY.index)


def _verdict(results: Sequence[MethodResult], sender: str | None) -> Authentication:
    """DMARC decides where the domain has a policy; else one signature or sender policy of the same domain is enough."""
    dmarc = {result.result for result in results if result.method == "dmarc"}
    if "fail" in dmarc:
        return Authentication.FAIL
    deciding = ("dkim", "spf", "auth") if dmarc <= {"none"} else ("dmarc",)
    passed = [result for result in results if result.method in deciding and result.result == "pass"]
    if sender and any(_is_about(result, sender) and not _is_contradicted(result, results) for result in passed):
        return Authentication.PASS
    failed = any(result.result == "fail" for result in results if result.method in ("dkim", "spf"))
    return Authentication.FAIL if failed else Authentication.NONE


def _is_about(result: MethodResult, sender: str) -> bool:
    """Whether the result names exactly one identity: the sender's address (`auth`), domain or a domain above it."""
    identities = _identities(result, _IDENTITY[result.method])
    if len(identities) != 1:
        return False
    identity = identities.pop()
    if result.method == "auth":
        return identity == sender
    domain, own = identity.rpartition("@")[2], sender.rpartition("@")[2]
    return "." in domain and (own == domain or own.endswith(f".{domain}"))


def _is_contradicted(result: MethodResult, results: Sequence[MethodResult]) -> bool:
    """Whether the same method came to another result about the same identity, or without naming one.

    A mail may hold several signatures, each with its own domain. DMARC has one result for a mail.
    """
    identities = _identities(result, _IDENTITY[result.method])
    return any(_is_same(other, identities) for other in results if _differs(result, other))


def _differs(result: MethodResult, other: MethodResult) -> bool:
    return other.method == result.method and other.result != result.result


def _is_same(result: MethodResult, identities: set[str]) -> bool:
    own = _identities(result, _IDENTITY[result.method])
    about_server = result.method == "spf" and not own and _identities(result, _SERVER)
    return result.method == "dmarc" or bool(own & identities) or not (own or about_server)


def _identities(result: MethodResult, name: str) -> set[str]:
    return {value.strip("<>") for found, value in result.properties if found == name}


def _our_headers(headers: Sequence[tuple[str, str]], authserv: str) -> Iterator[str]:
    """Yield the topmost header of our server, and those right below it if no Received stands above it.

    A sender may write such headers, too; they stand below ours. Where our server puts its own below its
    `Received`, a sender's could follow directly, so only the first counts there.
    """
    received = found = False
    for name, value in headers:
        if authserv and name.lower() == "authentication-results" and server_name(value) == authserv:
            yield value
            found = True
            if received:
                return
        elif found:
            return
        received = received or name.lower() == "received"
