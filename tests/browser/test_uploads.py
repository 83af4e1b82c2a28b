"""Files of a comment in a real browser: in parts, over a line that breaks, and a draft that outlives its session."""

from __future__ import annotations

from sqlalchemy import select

from expertise.files.model import StoredFile
from tests.browser.site import PASSWORD

FORM = "form[action$='/comments']"


def open_form(visitor, case):
    """Open the page that has the form of a comment: the case, or its messages where these are a page of their own."""
    visitor.see(f"/cases/{case}")
    if visitor.page.locator(FORM).count() == 0:
        visitor.see(f"/cases/{case}/messages")
    return visitor.page.url


def test_a_broken_upload_goes_on_where_it_stopped(site, visit, tmp_path):
    case = site.env.walk("submit")
    requester = visit("requester")
    path = tmp_path / "long.txt"
    path.write_text("One line of many\n" * 55_000)
    offsets, broken = [], []

    def carry(route):
        """The line breaks at the second part, once."""
        if route.request.method == "PATCH":
            offsets.append(int(route.request.headers["upload-offset"]))
        if route.request.method == "PATCH" and offsets[-1] > 0 and not broken:
            broken.append(offsets[-1])
            route.abort("connectionreset")
        else:
            route.continue_()

    requester.page.route("**/uploads/*", carry)
    open_form(requester, case)
    requester.page.set_input_files("#f-new-files", str(path))
    requester.page.locator(f"{FORM} input[name=kept-files]").wait_for()
    assert broken and offsets == sorted(offsets) and offsets.count(broken[0]) == 2
    requester.page.fill(f"{FORM} textarea", "Бәрі осы файлда")
    requester.page.click(f"{FORM} button[type=submit]")
    requester.page.locator("a[download]", has_text="long.txt").first.wait_for()
    with site.env.transactions.read() as session:
        assert session.scalars(select(StoredFile.size).where(StoredFile.name == "long.txt")).all() == [935_000]
    assert requester.problems == []


def test_a_draft_of_a_comment_outlives_its_session(site, visit):
    case = site.env.walk("submit")
    requester = visit("requester")
    url = open_form(requester, case)
    requester.page.fill(f"{FORM} textarea", "Жартысы жазылған")
    requester.page.locator(f"{FORM} [data-status]", has_text=" ").wait_for()
    requester.context.clear_cookies()
    requester.page.goto(url)
    requester.page.fill("#f-email", site.env.email("requester"))
    requester.page.fill("#f-password", PASSWORD)
    requester.page.click("main form button[type=submit]")
    requester.page.wait_for_url(url)
    assert requester.page.input_value(f"{FORM} textarea") == "Жартысы жазылған"
