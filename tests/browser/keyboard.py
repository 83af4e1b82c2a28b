"""A person without a mouse: Tab, Shift+Tab, Enter, Space, arrows and letters, nothing else.

Each stop of the focus is looked at: it is drawn, it is seen, nothing covers it, and within a form the stops go down the
page. Whatever is reached is reached by Tab from where the page begins.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playwright.sync_api import TimeoutError as NoAnswer
from playwright.sync_api import expect

from tests.browser.site import PASSWORD, Visitor

#: More stops than any page has: the focus is trapped, or what is looked for cannot be reached.
STOPS = 150
#: What holds the focus: whether it is the wanted one, how it is drawn, what lies over it, where it stands in its form.
STOP = """wanted => {
    const it = document.activeElement;
    const drawn = it.matches(".unseen") && it.nextElementSibling?.querySelector(".button") || it;
    const style = getComputedStyle(drawn), box = drawn.getBoundingClientRect();
    const over = document.elementFromPoint(box.left + box.width / 2, box.top + Math.min(box.height / 2, 20));
    return {
        found: it.matches(wanted), body: it === document.body, name: it.outerHTML.slice(0, 120),
        ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
        small: box.width < 4 || box.height < 4, order: it.tabIndex,
        covered: !over || !(drawn.contains(over) || over.contains(drawn)), over: over?.outerHTML.slice(0, 80),
        form: it.form && it.closest("main") && !it.closest(".langs") ? it.form.action : "", top: box.bottom + scrollY,
    };
}"""


class Keyboard:
    """The keys of one person's browser."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor, self.page, self.stops = visitor, visitor.page, 0

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    def skip(self) -> None:
        """The first stop of a page leads past everything that all pages share, to what this one is about."""
        self._tab(".skip")
        assert self.page.locator(".skip").is_visible()
        self.press("Enter")
        self.page.wait_for_url("**#main")  # a navigation, too: what follows must not take it for its own
        assert self.page.evaluate("document.activeElement.id") == "main"

    def reach(self, wanted: str) -> None:
        """Go on with Tab until something has the focus; all stops on the way must be sound."""
        form, top = "", 0.0
        for _ in range(STOPS):
            stop = self._tab(wanted)
            if stop["form"] == form and form:
                assert stop["top"] >= top - 60, ("the focus jumps up", stop)  # a pair in one row may differ a little
            form, top = stop["form"], stop["top"]
            if stop["found"]:
                return
            assert not stop["body"], f"{wanted} is on no way of the Tab key at {self.page.url}"
        raise AssertionError(f"{wanted} is not reached with {STOPS} stops at {self.page.url}")

    def _tab(self, wanted: str) -> dict[str, Any]:
        self.press("Tab")
        self.stops += 1
        stop = self.page.evaluate(STOP, wanted)
        if not stop["body"]:
            assert stop["ring"], ("no ring around the focus", stop)
            assert not stop["small"] and stop["order"] <= 0, stop
            assert not stop["covered"], ("something lies over the focus", stop)
        return stop

    def activate(self, wanted: str, key: str = "Enter") -> None:
        """Reach a link or a button, press it, and wait for the page that comes."""
        self.reach(wanted)
        with self.page.expect_event("load"):
            self.press(key)

    def open(self, wanted: str) -> None:
        """Unfold what stands under a heading."""
        self.reach(wanted)
        self.press("Enter")

    def sign_in(self) -> Keyboard:
        """Sign in from the first page."""
        self.visitor.see("/sign-in")
        self.skip()
        self.reach("#f-email")
        self.page.keyboard.type(self.visitor.site.env.email(self.visitor.name))
        self.reach("#f-password")
        self.page.keyboard.type(PASSWORD)
        with self.page.expect_event("load"):
            self.press("Enter")
        return self

    def fill(self, values: Mapping[str, Any], within: str = "main") -> None:
        """Type, choose and mark the fields of a form, in the order of the page."""
        for name, value in values.items():
            if isinstance(value, bool) or name in ("expert", "_sure"):
                self._mark(f"{within} [name='{name}']:not([type=hidden])", value)
                continue
            self.reach(f"{within} [name='{name}']:not([type=hidden])")
            kind = self.page.evaluate("document.activeElement.type")
            if kind.startswith("select"):
                self._choose(value)
            elif kind == "file":
                self._choose_file(value)
            else:
                self.press("Control+a")
                self.page.keyboard.insert_text(str(value))

    def _choose_file(self, value: Any) -> None:
        """Press Enter until the browser asks for the file: a page with news takes no press for half a second."""
        for _ in range(3):
            try:
                with self.page.expect_file_chooser(timeout=10_000) as chooser:
                    self.press("Enter")
            except NoAnswer:
                continue
            chooser.value.set_files(value)
            return
        raise AssertionError("the browser asked for no file")

    def _mark(self, box: str, value: Any) -> None:
        """Mark a checkbox by Space, one of several radio buttons by the arrows."""
        self.reach(box)
        self.press("Space")
        for _ in range(20):
            if value is True or self.page.evaluate("document.activeElement.value") == value:
                break
            self.press("ArrowDown")
        assert self.page.evaluate("document.activeElement.checked")

    def _choose(self, value: str) -> None:
        for _ in range(200):
            if self.page.evaluate("document.activeElement.value") == value:
                return
            self.press("ArrowDown")
        raise AssertionError(f"no arrow leads to {value}")

    # --- a case -------------------------------------------------------------------------------

    def step(self, case: str, step: str, **answers: Any) -> None:
        """Take a step on the page of its case, or on its own, and arrive where the news of it stands."""
        action = f"/cases/{case}/steps/{step}"
        self.to_case(case)
        short = f"main form[action='{action}']"
        if self.page.locator(short).count():
            if not self.page.locator(f"{short} button").is_visible():
                self.open(f"details:has(> form[action='{action}']) > summary")
            self.fill(answers, short)
            self.activate(f"{short} button")
        else:
            if not self.page.locator(f"a[href='{action}']").is_visible():
                self.open("details.more > summary")
            self.activate(f"a[href='{action}']")
            self.skip()
            self.fill(answers)
            self.activate("main form button[type=submit]")
        expect(self.page).to_have_url(f"{self.visitor.site.url}/cases/{case}")
        self.has_arrived()

    def has_arrived(self) -> None:
        """After a step the focus is at the news of it, the title names the case, one heading heads the page."""
        expect(self.page.locator(".note.good")).to_be_focused()
        assert self.page.locator("h1").count() == 1
        assert self.page.title().split()[0] in self.page.url

    def to_case(self, case: str) -> None:
        """From the tasks, or from the search on every page, to a case; on its page to its beginning."""
        if self.page.url.rstrip("/").endswith(f"/cases/{case}"):
            self.page.reload()
            self.skip()
            return
        self.visitor.see("/")
        link = f"main a[href='/cases/{case}']"
        if self.page.locator(link).count():
            self.skip()
        else:
            self.reach("#find")
            self.page.keyboard.type(case)
            with self.page.expect_event("load"):
                self.press("Enter")
            self.skip()
        if not self.page.url.endswith(f"/cases/{case}"):
            self.activate(link)
            self.skip()
