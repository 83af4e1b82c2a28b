"""Pages over a slow line, as Chromium emulates one: 256 kbit/s both ways, and 400 ms before every answer.

A page is useful once it paints its words (first contentful paint). A first view has nothing in its cache: the page and
its stylesheet are two round trips, one after the other, which alone take 800 ms. Every later page has the stylesheet
and the script already, and takes one. Fonts come after the words, and hold nothing up.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from expertise.base import clock
from tests.benchmarks import crowds
from tests.benchmarks.sizes import Size
from tests.benchmarks.table import Figure, at_most, explained
from tests.support import stages
from tests.support.days import MONDAY

CHROMIUM = Path("/usr/bin/chromium")
LATENCY, BYTES = 400, 256 * 1024 / 8
GOAL = 1000
#: Page → who looks, its address.
PAGES = {
    "sign-in": (None, "/sign-in"),
    "my tasks": ("coordinator", "/"),
    "case": ("coordinator", "/cases/{case}"),
    "list": ("coordinator", "/cases"),
    "form": ("requester", "/cases/new/expertise_request"),
    "dashboard": ("manager", "/reports"),
    "register": (None, "/register"),
}
#: When the page had come, and when it painted its words, in ms from the beginning; what came for it over the line.
TIMES = """new Promise(done => new PerformanceObserver(list =>
    list.getEntriesByName("first-contentful-paint").forEach(done)).observe({type: "paint", buffered: true})
).then(words => document.fonts.ready.then(() => {
    const page = performance.getEntriesByType("navigation")[0];
    const came = performance.getEntriesByType("resource").filter(each => each.transferSize);
    return {
        painted: words.startTime,
        ready: page.domContentLoadedEventEnd, redirects: page.redirectCount,
        came: [page, ...came].map(each => [each.name.split("/").pop() || "/", each.startTime, each.responseEnd,
                                           each.transferSize]),
    };
}))"""


def installed() -> bool:
    """Whether there is a Chromium to measure with."""
    return CHROMIUM.exists()


def figures(size: Size) -> Iterator[Figure]:
    """How long each page takes until it is useful, seen for the first time and later."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 only where there is a browser

    with _site(size) as (site, case), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        states = {who: _signed_in(site, browser, who) for who, _ in PAGES.values() if who}
        for name, (who, address) in PAGES.items():
            path = address.format(case=case)
            looks = [_look(site, browser, states.get(who), path) for _ in range(size.looks)]
            for place, when in enumerate(("first view", "later")):
                found = [look[place] for look in looks]
                yield _figure(f"256 kbit/s, 400 ms: {name}, {when}", found)
        browser.close()


def _figure(name: str, found: list[dict[str, Any]]) -> Figure:
    painted = statistics.median(each["painted"] for each in found)
    return explained(at_most(name, painted, GOAL, " ms"), lambda: list(_came(found[-1])))


def _came(look: dict[str, Any]) -> Iterator[str]:
    yield f"  ready after {look['ready']:.0f} ms, {look['redirects']} redirects; over the line came"
    for name, begun, ended, octets in look["came"]:
        yield f"    {begun:5.0f} to {ended:5.0f} ms  {octets:6,} bytes  {name}"


@contextmanager
def _site(size: Size) -> Iterator[tuple[Any, str]]:
    from tests.browser.site import running_site  # noqa: PLC0415 needs playwright

    with TemporaryDirectory() as folder, clock.travelling(MONDAY), running_site(Path(folder)) as site:
        case, _ = stages.delivering(site.env)
        crowds.grow(site.env, case, size.few)
        yield site, case


def _signed_in(site: Any, browser: Any, name: str) -> Any:
    """Return the cookies of somebody who has signed in."""
    from tests.browser.site import Visitor  # noqa: PLC0415 needs playwright

    visitor = Visitor(site, browser, name).sign_in()
    state = visitor.context.storage_state()
    visitor.close()
    return state


def _look(site: Any, browser: Any, state: Any, path: str) -> list[dict[str, Any]]:
    """Open a page twice over the slow line: with nothing in the cache, then with what came before."""
    context = browser.new_context(base_url=site.url, storage_state=state, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    line = context.new_cdp_session(page)
    line.send("Network.enable")
    slow = {"offline": False, "latency": LATENCY, "downloadThroughput": BYTES, "uploadThroughput": BYTES}
    line.send("Network.emulateNetworkConditions", slow)
    found = []
    for _ in range(2):
        answer = page.goto(path)
        assert answer is not None and answer.status == 200, path
        found.append(page.evaluate(TIMES))
    context.close()
    return found
