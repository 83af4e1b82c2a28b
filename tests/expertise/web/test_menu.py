"""The menu: few entries for everybody, the others in groups that unfold without a script."""

from __future__ import annotations

import re

LINE = re.compile(r"<summary[^>]*>(.*?)</summary>(.*?)</details>|<a [^>]*>(.*?)</a>", re.DOTALL)


def menu(page):
    """Labels of the menu; those in a group stand in a list behind the group's own."""
    nav = re.search(r'<nav class="menu".*?(<div class="phone">|</nav>)', page, re.DOTALL)[
        0
    ]  # without the links of a phone
    found = []
    for group, inside, plain in re.findall(
        r"<summary[^>]*>(.*?)</summary>(.*?)</details>|<a [^>]*>(.*?)</a>", nav, re.DOTALL
    ):
        found += [(group, re.findall(r">([^<>]+)</a>", inside))] if group else [plain]
    return found


def test_an_administrator_finds_everything_in_two_groups(admin):
    found = menu(admin.see("/").text)
    assert [each if isinstance(each, str) else each[0] for each in found] == [
        "My tasks",
        "Requests and projects",
        "Board",
        "Deadlines",
        "Reports",
        "Follow-up",
        "Administration",
        "Reference",
    ]
    groups = dict(each for each in found if not isinstance(each, str))
    assert {"People", "Organisations", "Absences"} <= set(groups["Administration"])
    assert {"Permissions", "Public register"} <= set(groups["Reference"])


def test_a_group_of_one_entry_is_that_entry(visit, settle):
    assert menu(visit("coordinator").see("/").text)[2:8] == [
        "Board",
        "Deadlines",
        "Reports",
        "Follow-up",
        "New request",
        "Absences",
    ]
    settle("boss", "requester", organisation="akimat-kz-43", lead=True)
    assert menu(visit("boss").see("/").text)[5] == "People"
    assert menu(visit().see("/register").text) == ["Public register"]


def test_the_page_and_its_group_are_marked(admin):
    page = admin.see("/people/import").text
    assert re.search(r'<a href="/people" aria-current="true">', page)
    assert re.search(r"<summary data-current>Administration", page)
    assert 'href="/people" aria-current="page"' in admin.see("/people").text
    assert "data-current" not in admin.see("/cases").text
