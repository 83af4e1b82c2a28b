"""A double click on other buttons does its work once as well, with the script of the page and without."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from expertise.cases.model import Case
from tests.support import stages


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def person(request, visit):
    return lambda name: visit(name, java_script_enabled=request.param)


def cases(site):
    with site.env.transactions.read() as session:
        return session.scalar(select(func.count()).select_from(Case))


def acts(site, case, act):
    return [row.act for row in site.env.events(case)].count(act)


def arrives(visitor, pattern):
    visitor.page.wait_for_url(pattern)
    visitor.page.wait_for_load_state("load")
    return visitor.page.url


def test_a_new_case_is_made_once(site, person):
    requester, before = person("requester"), cases(site)
    requester.see("/cases/new/project_proposal")
    requester.fill({"title": "Екі рет басылды"})
    requester.page.locator("main form .row button").first.dblclick()
    arrives(requester, "**/cases/PP-*")
    assert cases(site) == before + 1


def test_fields_are_saved_once(site, person):
    case = stages.draft(site.env)
    requester = person("requester")
    requester.see(f"/cases/{case}/edit")
    requester.fill({"title": "Екі рет басылды"})
    requester.page.locator("main form .row button").first.dblclick()
    arrives(requester, f"**/cases/{case}")
    assert acts(site, case, "person:fields:edit") == 1, [row.act for row in site.env.events(case)]


def test_a_comment_is_said_once(site, person):
    case = site.env.walk("register")
    coordinator = person("coordinator")
    coordinator.see(f"/cases/{case}/messages")
    coordinator.fill({"comment": "Бір рет"})
    coordinator.page.dblclick("form:has(#f-comment) button[type=submit]")
    coordinator.page.get_by_text("Бір рет").first.wait_for()
    arrives(coordinator, "**/messages#comments")
    assert acts(site, case, "person:comment:add") == 1, [row.act for row in site.env.events(case)]


def test_a_step_of_the_tasks_is_taken_once(site, person):
    case = site.env.walk("register")
    coordinator = person("coordinator")
    coordinator.see("/")
    coordinator.page.dblclick(f"tr:has(a[href='/cases/{case}']) form[action$='/register'] button")
    coordinator.page.locator(".note.good").wait_for()
    assert site.env.case(case).state == "completeness_check"
    assert acts(site, case, "person:step:register") == 1


def test_a_case_is_assigned_once(site, person):
    case = site.env.walk("register")
    coordinator = person("coordinator")
    coordinator.see(f"/cases/{case}")
    coordinator.page.dblclick("form:has([name=action][value=claim]) button")
    coordinator.page.locator("form:has([name=action][value=release]) button").wait_for()
    assert [row.act for row in site.env.events(case)][-2:] != [site.env.events(case)[-1].act] * 2


def test_more_time_is_granted_once(site, person):
    case = site.env.walk("endorse")
    coordinator = person("coordinator")
    coordinator.see(f"/cases/{case}/extension")
    coordinator.fill({"days": "5", "comment": "Ауырып қалды."})
    coordinator.page.dblclick("main form#typed .row button")
    arrives(coordinator, f"**/cases/{case}")
    assert len([row for row in site.env.events(case) if "extend" in row.act]) == 1
