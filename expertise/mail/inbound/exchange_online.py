"""Finds the Authentication-Results of Exchange Online, which names no server in them although RFC 8601 wants that.

Its receiving server adds `Received`, then `Received-SPF` and the results above it; further servers of its own add
`Received` above those. A sender can write all of these as well, but only below. So a header counts if nothing but
Exchange Online has added anything above it, and a receiving server directly below: the first one from the top.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

#: Domains of the servers within Exchange Online, besides that of the receiving ones.
_WITHIN = ("outlook.com", "office365.com", "exchangelabs.com")
_BY = re.compile(r"(?<![\w.-])by\s+([\w.-]+)", re.IGNORECASE)
#: Headers that Exchange Online adds among its own lines at the top.
_TRACE = ("received-spf", "return-path", "authentication-results-original", "arc-", "x-ms-", "x-eop", "x-forefront-")


def results_of_exchange(headers: Sequence[tuple[str, str]], receivers: str) -> str | None:
    """Return the value of the header, or None if it cannot be told from one that the sender wrote.

    `receivers`: the domain of the receiving servers, mail.protection.outlook.com; with "" nothing counts.
    """
    found: str | None = None
    passed = False
    for name, value in headers:
        lower = name.lower()
        if lower == "received":
            if _is_by_receiver(value, receivers):
                return found if passed else None
            if found is not None or not _is_within(value, receivers):
                return None
            passed = True
        elif lower == "authentication-results":
            if found is not None:
                return None
            found = value
        elif not lower.startswith(_TRACE):
            return None
    return None


def _is_by_receiver(received: str, receivers: str) -> bool:
    return any(_is_under(host, receivers.lower()) for host in _hosts(received))


def _is_within(received: str, receivers: str) -> bool:
    hosts = _hosts(received)
    domains = (*_WITHIN, ".".join(receivers.lower().rsplit(".", 2)[-2:]))
    return bool(hosts) and any(_is_under(hosts[0], domain) for domain in domains)


def _hosts(received: str) -> list[str]:
    return [host.lower().rstrip(".") for host in _BY.findall(received)]


def _is_under(host: str, domain: str) -> bool:
    return bool(domain) and host.endswith(f".{domain}")
