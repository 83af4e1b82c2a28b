"""The form offers the regions for which its reader files; a post of another one is refused in words."""

from __future__ import annotations

import re
from html import unescape


def _regions(page):
    select = re.search(r'<select[^>]*name="region".*?</select>', page, re.DOTALL).group()
    options = re.findall(r'<option value="([^"]*)"( selected)?', select)
    return [key for key, _ in options if key], [key for key, chosen in options if chosen]


def test_a_requester_finds_the_own_oblast_chosen_already(visit):
    for workflow in ("expertise_request", "project_proposal"):
        assert _regions(visit("requester").see(f"/cases/new/{workflow}").text) == (["KZ-43"], ["KZ-43"])
    offered, chosen = _regions(visit("coordinator").see("/cases/new/expertise_request").text)
    assert len(offered) > 15 and not chosen


def test_a_post_for_another_oblast_is_refused_and_nothing_is_lost(visit):
    requester = visit("requester")
    answer = requester.send("/cases/new/expertise_request", {"title": "Тақырып", "region": "KZ-47"})
    assert answer.status_code == 422
    page = unescape(answer.text)
    assert "You do not file cases for this region. Choose your own one from the list." in page and "Тақырып" in page
    saved = requester.send("/cases/new/expertise_request", {"title": "T", "region": "KZ-47"}, json=True)
    assert saved.status_code == 422 and "You do not file cases for this region" in saved.json["message"]
    reference = requester.begin({"title": "T", "region": "KZ-43"})
    moved = requester.send(f"/cases/{reference}/edit", {"title": "T", "region": "KZ-47"})
    assert moved.status_code == 422 and "You do not file cases for this region" in moved.text
    assert _regions(requester.see(f"/cases/{reference}/edit").text) == (["KZ-43"], ["KZ-43"])
