"""What somebody comes to see: every page that links lead to, and every identifier in addresses and forms there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from werkzeug.exceptions import HTTPException

#: In every form, and of no meaning to anybody else.
OWN = {"csrf_token", "_key", "_seen", "_page", "_shown", "_had", "back", "next"}
#: Say in which order a list stands and what is ticked in it: another value shows the same list once more.
SAME_LIST = {"sort", "select"}
#: A page of older accesses: each look at it is an access more, so that these pages have no end for a crawl.
ENDLESS = {"accesses"}
MOST = 2000  # pages; more is a crawl that has lost its way


@dataclass
class Seen:
    """`links`: (rule, its values); `fields`: (rule of the form, field, value); `pages`: address → text."""

    links: set[tuple[str, tuple[tuple[str, str], ...]]] = field(default_factory=set)
    fields: set[tuple[str, str, str]] = field(default_factory=set)
    pages: dict[str, str] = field(default_factory=dict)

    def values(self, name: str, room: str = "") -> set[str]:
        """What was seen in the place of <name>, in addresses that begin with `room`."""
        return {value for rule, chosen in self.links if rule.startswith(room) for key, value in chosen if key == name}


def crawl(app, browser) -> Seen:
    """Follow every link from the first page on; forms are read, and sent nowhere."""
    seen, waiting, map_ = Seen(), ["/"], app.url_map.bind("localhost")
    while waiting:
        url = waiting.pop()
        if url in seen.pages:
            continue
        answer = browser.get(url, follow_redirects=True, buffered=True)
        seen.pages[url] = answer.text if answer.mimetype.startswith("text/") else ""
        assert len(seen.pages) < MOST, f"the crawl finds no end; lately: {url}"
        if answer.mimetype == "text/html":
            waiting += _read(seen, map_, url, answer.text)
    return seen


def _read(seen: Seen, map_, url: str, text: str) -> Iterator[str]:
    page = _Page(url)
    page.feed(text)
    for method, address, fields in page.found:
        matched = _match(map_, address, method)
        if matched is None:
            continue
        rule, chosen = matched
        seen.links.add((rule, chosen))
        seen.fields |= {(rule, name, value) for name, value in fields or () if name and value and name not in OWN}
        if method == "GET" and fields is None and not rule.startswith("/static/"):
            yield _plain(address)


def _plain(address: str) -> str:
    """The address without what does not change which rows are shown."""
    parts = urlsplit(address)
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in SAME_LIST | ENDLESS]
    return urlunsplit(("", "", parts.path, urlencode(kept), ""))


def _match(map_, address: str, method: str):
    try:
        rule, chosen = map_.match(urlsplit(address).path, method, return_rule=True)
    except HTTPException:
        return None
    return rule.rule, tuple((name, str(value)) for name, value in sorted(chosen.items()))


class _Page(HTMLParser):
    """(method, address, fields) of every link and form; fields are None for a link."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str, list[tuple[str, str]] | None]] = []
        self._url, self._select = url, ""
        self._form: list[tuple[str, str]] = []

    def handle_starttag(self, tag, attrs):
        given = {name: value or "" for name, value in attrs}
        if tag in ("a", "img") and ("href" in given or "src" in given):
            self._add("GET", given.get("href", given.get("src", "")), None)
        elif tag == "form":
            self._form = []
            self._add(given.get("method", "get").upper(), given.get("action", ""), self._form)
        elif tag == "select":
            self._select = given.get("name", "")
        elif tag in ("input", "button", "option", "textarea"):
            name = self._select if tag == "option" else given.get("name", "")
            self._form.append((name, given.get("value", "")))

    def _add(self, method, target, fields):
        address = urlsplit(urljoin(f"http://localhost{self._url}", target))
        if address.netloc == "localhost":
            self.found.append((method, address.path + (f"?{address.query}" if address.query else ""), fields))
