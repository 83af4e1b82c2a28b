"""Browsers, and the running site that people open in them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from expertise.base import clock
from tests.support.days import MONDAY

CHROMIUM = Path("/usr/bin/chromium")
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items):
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")
def browser():
    """Debian's Chromium; none is ever downloaded."""
    if not CHROMIUM.exists():
        if os.environ.get("KOMEK_REQUIRE_BROWSER") == "1":
            pytest.fail(f"KOMEK_REQUIRE_BROWSER is 1, and {CHROMIUM} is missing: apt-get install chromium")
        pytest.skip(f"{CHROMIUM} is missing: apt-get install chromium")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 only where there is a browser

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def time():
    """A clock that stands still until the test moves it."""
    with clock.travelling(MONDAY) as traveller:
        yield traveller


@pytest.fixture(scope="module")
def site(tmp_path_factory, time):
    from tests.browser.site import running_site  # noqa: PLC0415

    with running_site(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture
def visit(site, browser):
    """`visit("approver")` is that person, signed in at a browser of their own; `visit()` is a citizen."""
    from tests.browser.site import Visitor  # noqa: PLC0415

    met = []

    def come(name=None, **options):
        visitor = Visitor(site, browser, name, **options)
        met.append(visitor)
        return visitor.sign_in() if name else visitor

    yield come
    for visitor in met:
        visitor.close()
    assert [problem for visitor in met for problem in visitor.problems] == []
