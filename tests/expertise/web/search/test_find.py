"""The page of the search: the box, hits by kind with marks and numbers, references, nothing for the wrong reader."""

from __future__ import annotations

import re

import pytest

from tests.support.main_line import REQUEST


@pytest.fixture
def filed(visit):
    """A request that was sent, with a comment."""
    requester = visit("requester")
    reference = requester.begin(
        {**REQUEST, "consent": "yes", "title": "Переработка <отходов>", "problem": "Полигоны переполнены"}
    )
    assert requester.take(reference, "submit").status_code == 303
    assert requester.send(f"/cases/{reference}/comments", {"comment": "Говорили о тарифах"}).status_code == 303
    return reference


def plain(text):
    return re.sub(r"\s+", " ", re.sub(r"</?mark>", "", text))


def test_the_box_of_every_page_leads_to_hits_with_marks(visit, filed):
    coordinator = visit("coordinator")
    assert 'action="/search"' in coordinator.see("/").text
    page = coordinator.see("/search?q=отходы").text
    assert "&lt;<mark>отходов</mark>&gt;" in page
    assert f"/cases/{filed}" in page and "1 hit" in page
    page = coordinator.see("/search?q=полигонами").text
    assert "<mark>Полигоны</mark> переполнены" in page


def test_comments_are_a_kind_of_their_own(visit, filed):
    page = visit("coordinator").see("/search?q=тариф").text
    assert "Говорили о <mark>тарифах</mark>" in page and "Comments" in page
    page = visit("coordinator").see("/search?q=тариф&kind=comments").text
    assert 'aria-current="page">Comments' in page


def test_a_reference_leads_straight_to_its_case(visit, filed):
    coordinator = visit("coordinator")
    for written in (filed, filed.lower(), filed.replace("ER", "ЕР"), "er 2026 1"):
        answer = coordinator.see(f"/search?q={written}")
        assert answer.status_code == 302 and answer.location == f"/cases/{filed}"


def test_others_find_nothing_and_count_nothing(visit, filed):
    for person in ("expert", "neighbour"):
        visitor = visit(person)
        page = visitor.see("/search?q=отходы").text
        if person == "expert":
            assert "Nothing was found that you may see." in page and filed not in page
        assert visitor.see(f"/search?q={filed}").status_code in (200, 302)


def test_the_page_asks_strangers_to_sign_in(app):
    assert app.test_client().get("/search?q=x").status_code == 303


def test_strange_queries_break_nothing(visit):
    visitor = visit("coordinator")
    for query in ("", "%", "%00", "'; DROP TABLE cases; --", "a" * 500, "-", "ER-", "🙂", "~x", "#er-2026-1"):
        assert visitor.see("/search").status_code == 200
        assert visitor.client.get("/search", query_string={"q": query}).status_code == 200, query
        for kind in ("cases", "comments", "files", "letters", "people", "nonsense"):
            answer = visitor.client.get("/search", query_string={"q": query, "kind": kind, "after": "9~x"})
            assert answer.status_code == 200, (query, kind)


def test_the_administrator_finds_people_organisations_and_letters(admin, filed):
    page = admin.see("/search?q=Requester").text
    assert "/people/" in page and "<mark>Requester</mark>" in page
    assert "/organisations/" in admin.see("/search?q=Кызылординской области").text
