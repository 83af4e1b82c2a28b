"""The main menu: one line per entry. What many roles need daily stands open, the rest in groups that unfold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import request, url_for
from flask_babel import gettext as _

from expertise.identity import runtime
from expertise.people.access import Actor
from expertise.web.cases.openable import openable
from expertise.web.people.absence_warnings import takes_part
from expertise.web.people.permissions import looks_after_people


@dataclass(frozen=True, slots=True)
class Entry:
    """A page and who sees its entry. The page asks for permission itself."""

    label: Callable[[], str]
    endpoint: str
    seen_by: Callable[[Actor | None], bool]


@dataclass(frozen=True, slots=True)
class Group:
    """Entries that unfold. One of which a person sees a single entry is that entry."""

    label: Callable[[], str]
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the menu as the page shows it: a link, or a group of links."""

    label: str
    url: str = ""
    current: bool = False
    exact: bool = False
    items: Sequence[Item] = ()


def signed_in(actor: Actor | None) -> bool:
    """Everybody who is signed in."""
    return actor is not None


def whoever(*roles: str) -> Callable[[Actor | None], bool]:
    """Who holds one of these roles somewhere."""
    return lambda actor: actor is not None and any(map(actor.has, roles))


def _sees_people(actor: Actor | None) -> bool:
    return actor is not None and (looks_after_people(actor) or actor.has("auditor"))


MENU: Sequence[Entry | Group] = (
    Entry(lambda: _("My desk"), "home.desk", signed_in),
    Entry(lambda: _("Cases"), "cases.listing", signed_in),
    Entry(lambda: _("Follow-up"), "follow_up.overview", lambda actor: actor is not None and actor.is_staff),
    Entry(lambda: _("New request"), "editing.choose", lambda actor: actor is not None and bool(openable(actor))),
    Group(
        lambda: _("Administration"),
        (
            Entry(lambda: _("People"), "people.listing", _sees_people),
            Entry(lambda: _("Organisations"), "organisations.listing", whoever("administrator")),
            Entry(lambda: _("Outgoing letters"), "outbox.listing", whoever("administrator")),
            Entry(lambda: _("Mail that came in"), "inbox.listing", whoever("administrator")),
            Entry(lambda: _("Working calendar"), "calendar.show", whoever("administrator", "auditor")),
            Entry(lambda: _("Texts of letters"), "wordings.listing", whoever("administrator")),
            Entry(lambda: _("Absences"), "absences.listing", lambda actor: actor is not None and takes_part(actor)),
        ),
    ),
    Group(
        lambda: _("Reference"),
        (
            Entry(lambda: _("Who may do what"), "matrix.show", signed_in),
            Entry(lambda: _("Public register"), "public.register", lambda _actor: True),
        ),
    ),
    Entry(lambda: _("Caught letters"), "demo.mailbox", lambda _actor: runtime().settings.demo),
)


def items(actor: Actor | None) -> list[Item]:
    """The menu of this person on this page."""
    shown = [(entry, _seen(entry, actor)) for entry in MENU]
    urls = [url_for(each.endpoint) for _entry, entries in shown for each in entries]
    here = _section(request.path, urls)
    return [_item(entry, [_link(each, here) for each in entries]) for entry, entries in shown if entries]


def _seen(entry: Entry | Group, actor: Actor | None) -> list[Entry]:
    entries = entry.entries if isinstance(entry, Group) else (entry,)
    return [each for each in entries if each.seen_by(actor)]


def _item(entry: Entry | Group, links: list[Item]) -> Item:
    if isinstance(entry, Entry) or len(links) == 1:
        return links[0]
    return Item(entry.label(), current=any(link.current for link in links), items=links)


def _link(entry: Entry, here: str | None) -> Item:
    url = url_for(entry.endpoint)
    return Item(entry.label(), url, current=here == url, exact=url == request.path)


def _section(path: str, urls: list[str]) -> str | None:
    """The entry under which a page lies: the longest one that begins its address."""
    above = [url for url in urls if path == url or (url != "/" and path.startswith(f"{url}/"))]
    return max(above, key=len, default=None)
