"""Every page of the table of permissions is opened in a browser: by axe, at 400 % zoom, at two widths."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from expertise import config
from expertise.app import create_app
from tests.browser.every_page import PAGES
from tests.laws.table import table

#: Addresses that answer with a file, a picture or a redirection.
NO_PAGE = {
    *("/act/<page_token>/files/<key>", "/cases/<reference>/comments/<int:sequence>", "/cases/export.<ending>"),
    *("/deadlines/feed/<token>.ics", "/demo/letters/<name>/html", "/files/<key>", "/register.atom"),
    *("/register/<reference>/files/<key>", "/register/<reference>/picture.svg", "/reports/diagram.svg", "/reports.pdf"),
    *("/static/<path:filename>", "/unsent/discard", "/uploads/<upload>", "/cases/<reference>/diagram.svg"),
}
#: Pages that another browser test examines, or that are made of the same pieces as one of PAGES.
ELSEWHERE = {
    "/account/passkeys": "tests/browser/test_passkeys.py",
    "/sign-in/code": "tests/browser/test_pages.py, the second factor",
    "/sign-in/device/<token>": "the page of a link that is over",
    "/cases/<reference>/answers": "the fields of a step",
    "/act/<page_token>/answers": "the fields of a signed step",
    "/act/<page_token>/objection": "the signed page",
    "/act/<page_token>/take-back": "the signed page",
    "/inbox/<int:mail>": "the page of an outgoing letter",
    "/letters/stop/<stop>": "the signed page",
}


@pytest.fixture(scope="module")
def rules(tmp_path_factory):
    """The rules that the addresses of PAGES match. Where a case is named, a word stands for it, or a number."""
    given = {"KOMEK_DATA": str(tmp_path_factory.mktemp("examined")), "KOMEK_SECRET_KEY": "k" * 40}
    app = create_app(replace(config.read(given), demo=True))
    match = app.url_map.bind("localhost").match
    named = defaultdict(lambda: "ER-2026-0001", entry="1", absence="1")
    paths = [urlsplit(address.format_map(named)).path for _who, address, _status in PAGES.values()]
    yield {match(path, "GET", return_rule=True)[0].rule for path in paths}
    app.extensions["komek"].transactions.engine.dispose()


def test_every_page_is_examined(rules):
    pages = {rule for rule, methods in table()["routes"].items() if "GET" in methods}
    assert pages >= NO_PAGE | ELSEWHERE.keys()
    unseen = pages - rules - NO_PAGE - ELSEWHERE.keys()
    assert not unseen, f"No browser opens these pages: {sorted(unseen)}. Add them to tests/browser/every_page.py."
