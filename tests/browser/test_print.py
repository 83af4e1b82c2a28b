"""On paper a page shows its content and nothing that only a screen can do, nor a hint about it."""

from __future__ import annotations

from tests.support import stages

#: What a reader of paper cannot use, and what explains it.
ON_SCREEN = "main button, main .button, main form, .act, nav, .langs"


def test_paper_shows_no_buttons_and_no_hints_about_them(site, visit):
    site.speak({"coordinator": "ru"})
    case, due = stages.delivering(site.env)
    coordinator = visit("coordinator")
    for address in (
        f"/cases/{case}",
        f"/cases/{case}/print",
        f"/cases/{due}",
        "/",
        "/cases",
        f"/cases/{case}/extension",
    ):
        coordinator.see(address)
        coordinator.page.emulate_media(media="print")
        left = coordinator.page.locator(ON_SCREEN).locator("visible=true")
        assert left.all_inner_texts() == [], address
        assert coordinator.page.locator("h1").is_visible()
    coordinator.see(f"/cases/{case}")
    assert coordinator.page.locator(".main .facts dt").first.is_visible()
