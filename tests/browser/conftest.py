"""Browsers, and the running site that people open in them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from expertise.base import clock
from tests.browser.every_page import make_cases
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


@pytest.fixture(scope="module")
def named(site, time):
    """Cases in several states, made once, and what the addresses of `every_page.PAGES` call them."""
    return make_cases(site, time)


@pytest.fixture(scope="module")
def people(site, browser, named):
    """One browser per person for all pages."""
    from tests.browser.site import Visitor  # noqa: PLC0415

    met = {}

    def come(name):
        if name not in met:
            met[name] = Visitor(site, browser, name)
            if name:
                met[name].sign_in()
        return met[name]

    yield come
    for visitor in met.values():
        visitor.close()


@pytest.fixture(scope="module")
def axe():
    return pytest.importorskip("axe_playwright_python.sync_playwright").Axe()


@pytest.fixture
def examine(axe):
    """The page that is open, at both widths."""
    from tests.browser.site import DESK, PHONE  # noqa: PLC0415

    def look(visitor, language):
        page = visitor.page
        assert page.locator("html").get_attribute("lang") == language
        for size in (DESK, PHONE):
            page.set_viewport_size(size)
            beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert beyond <= 0, f"{beyond} px too wide at {size['width']} px"
            found = axe.run(page, options={"resultTypes": ["violations"], "iframes": False})
            assert found.violations_count == 0, found.generate_report()
        assert visitor.problems == []

    return look
