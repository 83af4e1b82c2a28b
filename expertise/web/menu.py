"""The main menu: entries for daily work, and groups that unfold for the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import request, url_for
from flask_babel import gettext as _

from expertise.identity import runtime
from expertise.people.access import Actor
from expertise.web.cases.choosable import openable
from expertise.web.people.absence_warnings import takes_part
from expertise.web.people.permissions import may_see_people


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A page and the people who see its entry. The page checks permission itself."""

    label: Callable[[], str]
    endpoint: str
    seen_by: Callable[[Actor | None], bool]


@dataclass(frozen=True, slots=True)
class MenuGroup:
    """Entries that unfold. For a person who sees a single entry of it, the group is that entry."""

    label: Callable[[], str]
    entries: Sequence[MenuEntry]


@dataclass(frozen=True, slots=True)
class MenuItem:
    """An entry of the menu for one person: a link, or a group of links."""

    label: str
    url: str = ""
    current: bool = False
    exact: bool = False
    items: Sequence[MenuItem] = ()


def _demo() -> bool:
    return runtime().settings.demo


def signed_in(actor: Actor | None) -> bool:
    """A test that everybody passes who is signed in."""
    return actor is not None


def holders_of(*roles: str) -> Callable[[Actor | None], bool]:
    """A test that everybody passes who holds one of these roles somewhere."""
    return lambda actor: actor is not None and any(map(actor.has, roles))


def _sees_people(actor: Actor | None) -> bool:
    return actor is not None and (may_see_people(actor) or actor.has("auditor"))


MENU: Sequence[MenuEntry | MenuGroup] = (
    MenuEntry(lambda: _("My tasks"), "home.desk", signed_in),
    MenuEntry(lambda: _("Requests and projects"), "cases.listing", signed_in),
    MenuEntry(lambda: _("Board"), "board.choose", signed_in),
    MenuEntry(lambda: _("Deadlines"), "deadlines.show", signed_in),
    MenuEntry(lambda: _("Reports"), "reports.show", lambda actor: actor is not None and actor.is_staff),
    MenuEntry(lambda: _("Follow-up"), "follow_up.overview", lambda actor: actor is not None and actor.is_staff),
    MenuEntry(lambda: _("New request"), "editing.choose", lambda actor: actor is not None and bool(openable(actor))),
    MenuGroup(
        lambda: _("Administration"),
        (
            MenuEntry(lambda: _("People"), "people.listing", _sees_people),
            MenuEntry(lambda: _("Organisations"), "organisations.listing", holders_of("administrator")),
            MenuEntry(lambda: _("Outgoing mail"), "outbox.listing", holders_of("administrator")),
            MenuEntry(lambda: _("Incoming mail"), "inbox.listing", holders_of("administrator")),
            MenuEntry(lambda: _("Import"), "import_cases.choose", holders_of("administrator")),
            MenuEntry(lambda: _("Working calendar"), "calendar.show", holders_of("administrator", "auditor")),
            MenuEntry(lambda: _("Processes"), "processes.listing", holders_of("administrator")),
            MenuEntry(lambda: _("Texts of letters"), "wordings.listing", holders_of("administrator")),
            MenuEntry(lambda: _("Absences"), "absences.listing", lambda actor: actor is not None and takes_part(actor)),
        ),
    ),
    MenuGroup(
        lambda: _("Reference"),
        (
            MenuEntry(lambda: _("Permissions"), "matrix.show", signed_in),
            MenuEntry(lambda: _("Public register"), "public.register", lambda _actor: True),
            MenuEntry(lambda: _("Demo mailbox"), "demo.mailbox", lambda actor: signed_in(actor) and _demo()),
        ),
    ),
    MenuEntry(lambda: _("Demo mailbox"), "demo.mailbox", lambda actor: not signed_in(actor) and _demo()),
)


def items(actor: Actor | None) -> list[MenuItem]:
    """The menu of this person on this page."""
    shown = [(entry, _seen(entry, actor)) for entry in MENU]
    urls = [url_for(each.endpoint) for _entry, entries in shown for each in entries]
    here = _section(request.path, urls)
    return [_item(entry, [_link(each, here) for each in entries]) for entry, entries in shown if entries]


def _seen(entry: MenuEntry | MenuGroup, actor: Actor | None) -> list[MenuEntry]:
    entries = entry.entries if isinstance(entry, MenuGroup) else (entry,)
    return [each for each in entries if each.seen_by(actor)]


def _item(entry: MenuEntry | MenuGroup, links: list[MenuItem]) -> MenuItem:
    if isinstance(entry, MenuEntry) or len(links) == 1:
        return links[0]
    return MenuItem(entry.label(), current=any(link.current for link in links), items=links)


def _link(entry: MenuEntry, here: str | None) -> MenuItem:
    url = url_for(entry.endpoint)
    return MenuItem(entry.label(), url, current=here == url, exact=url == request.path)


def _section(path: str, urls: list[str]) -> str | None:
    """The entry under which a page lies: the longest one that begins its address."""
    above = [url for url in urls if path == url or (url != "/" and path.startswith(f"{url}/"))]
    return max(above, key=len, default=None)
