"""The address of the client where proxies stand in front of Komek: X-Forwarded-For, read from right to left."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from ipaddress import ip_address
from typing import TYPE_CHECKING

from expertise.config import Proxies

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger("komek.web")


class ForwardedAddress:
    """WSGI middleware that puts the client's address into REMOTE_ADDR, and its scheme into wsgi.url_scheme.

    Each proxy appends the address that it sees, so only the entries on the right were written by our own proxies. The
    entries on the left were written by the client and are never read.
    """

    def __init__(self, app: WSGIApplication, proxies: Proxies) -> None:
        self._app, self._proxies, self._warned = app, proxies, False

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Called by the WSGI server for each request."""
        forwarded, peer = environ.get("HTTP_X_FORWARDED_FOR", ""), environ.get("REMOTE_ADDR", "")
        if _trusted(peer, self._proxies):
            environ["REMOTE_ADDR"] = client_address(peer, forwarded, self._proxies)
            scheme = environ.get("HTTP_X_FORWARDED_PROTO", "").rpartition(",")[2].strip()
            if scheme in ("http", "https"):
                environ["wsgi.url_scheme"] = scheme
        elif forwarded and not self._warned:
            self._warned = True
            log.warning("a proxy at %.50r is not in KOMEK_PROXIES: all who come through it count as one address", peer)
        return self._app(environ, start_response)


def client_address(peer: str, forwarded: str, proxies: Proxies) -> str:
    """Return the address of the client of the outermost trusted proxy; `peer` where the header does not name it.

    A number of proxies takes that many entries from the right. Networks are followed to the left until an entry is not
    in one of them. An entry that is no address ends the search.
    """
    entries = [_address(entry) for entry in reversed(forwarded.split(","))]
    if isinstance(proxies, int):
        return (entries[proxies - 1] or peer) if 0 < proxies <= len(entries) and all(entries[:proxies]) else peer
    found = peer
    for entry in entries:
        if not entry or not _trusted(found, proxies):
            break
        found = entry
    return found


def _trusted(address: str, proxies: Proxies) -> bool:
    if isinstance(proxies, int):
        return proxies > 0
    known = _address(address)
    return bool(known) and any(ip_address(known) in network for network in proxies)


def _address(text: str) -> str:
    """Return the address in a canonical form, without a port, or ""; IPv4 also where it is written as IPv6."""
    plain = text.strip()
    if plain.startswith("["):
        plain = plain[1:].partition("]")[0]
    elif plain.count(":") == 1:
        plain = plain.partition(":")[0]
    try:
        parsed = ip_address(plain)
    except ValueError:
        return ""
    mapped = parsed.ipv4_mapped if parsed.version == 6 else None
    return str(mapped or parsed)
