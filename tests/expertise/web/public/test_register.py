"""The public register in a browser of a stranger: no cookie, in the language of the address, a feed, a picture."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy import update

from expertise.cases import search
from expertise.cases.model import Case
from expertise.cases.queries import CASES
from expertise.reports import register_public
from tests.support.main_line import REQUEST

ATOM = {"a": "http://www.w3.org/2005/Atom"}


@pytest.fixture
def publish(app, visit):
    """A request in a public state; returns its reference. The way there is the business of other tests."""

    def make(title="Переработка <отходов>", **fields):
        reference = visit("requester").begin({**REQUEST, "consent": "yes", "title": title, **fields})
        env = app.extensions["komek"]
        with env.transactions.write() as session:
            session.execute(update(Case).where(Case.reference == reference).values(state="accepted", public=True))
            case = session.execute(CASES.select().where(CASES.c.reference == reference)).one()
            definition = env.services.definitions.pinned(case.digest)
            search.publish(session, case.id, reference, definition.states["accepted"], definition, case.fields)
        return reference

    return make


@pytest.fixture
def stranger(app):
    return app.test_client()


def test_a_stranger_gets_no_cookie_and_may_keep_the_page(stranger, publish):
    reference = publish()
    for address in ("/register", f"/register/{reference}", "/register.atom", f"/register/{reference}/picture.svg"):
        answer = stranger.get(address)
        assert answer.status_code == 200 and "Set-Cookie" not in answer.headers, address
        assert answer.headers["Cache-Control"] == "public, max-age=300"
        again = stranger.get(address, headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304 and not again.data


def test_who_is_signed_in_gets_a_page_of_their_own(visit, publish):
    publish()
    assert "no-store" in visit("coordinator").see("/register").headers["Cache-Control"]


def test_words_are_found_in_every_form_and_marked(stranger, publish):
    reference = publish()
    page = stranger.get("/register?q=отходы&lang=en").text
    assert "&lt;<mark>отходов</mark>&gt;" in page and reference in page and "1 entry" in page
    assert "0 entries" in stranger.get("/register?q=distinctive&lang=en").text
    assert REQUEST["contact_person"] not in page and REQUEST["contact_email"] not in page
    assert "0 entries" in stranger.get(f"/register?q={REQUEST['contact_person']}&lang=en").text


def test_the_address_names_the_language_and_links_keep_it(stranger, publish):
    publish()
    for code, heading in (
        ("kk", "Өңірлердің өтінімдері"),
        ("ru", "Заявки регионов"),
        ("en", "Requests of the regions"),
    ):
        page = stranger.get(f"/register?lang={code}").text
        assert heading in page and f'<html lang="{code}"' in page
        assert f'name="lang" value="{code}"' in page
        tile = re.search(r'<a href="(/register\?[^"]*region=KZ-43[^"]*)"', page)[1]
        assert f"lang={code}" in tile


def test_a_tile_of_the_map_narrows_and_the_chosen_one_widens(stranger, publish):
    publish(region="KZ-43")
    page = stranger.get("/register?lang=en").text
    assert 'aria-label="Kyzylorda Region: 1"' in page and 'aria-label="Almaty Region: 0"' in page
    chosen = stranger.get("/register?lang=en&region=KZ-43").text
    assert re.search(r'<a href="/register\?lang=en" aria-label="Kyzylorda Region: 1" aria-current="true"', chosen)
    assert "0 entries" in stranger.get("/register?lang=en&region=KZ-47").text


def test_every_case_is_reached_by_the_pager(stranger, publish, monkeypatch):
    monkeypatch.setattr(register_public, "PAGE", 2)
    wanted, seen, address = {publish(f"Title {number}") for number in range(5)}, set(), "/register?lang=en&topic="
    while address:
        page = stranger.get(address).text
        assert "5 entries" in page
        seen |= set(re.findall(r"/register/(ER-\d+-\d+)", page))
        following = re.search(r'href="([^"]+)" rel="next"', page)
        address = following[1].replace("&amp;", "&") if following else ""
    assert seen == wanted


def test_the_feed_is_atom_and_narrowed_like_the_list(stranger, publish):
    reference = publish()
    root = ET.fromstring(stranger.get("/register.atom?lang=ru").data)
    entry = root.find("a:entry", ATOM)
    assert entry.find("a:title", ATOM).text == "Переработка <отходов>"
    assert entry.find("a:id", ATOM).text.endswith(f"/register/{reference}")
    for name in ("a:id", "a:updated", "a:title", "a:author/a:name"):
        assert root.find(name, ATOM).text
    assert ET.fromstring(stranger.get("/register.atom?region=KZ-47").data).find("a:entry", ATOM) is None


def test_the_page_of_a_case_has_what_a_shared_link_shows(stranger, publish):
    reference = publish()
    page = stranger.get(f"/register/{reference}?lang=ru").text
    assert '<meta property="og:title" content="Переработка &lt;отходов&gt;">' in page
    picture = re.search(r'property="og:image" content="([^"]+)"', page)[1]
    drawn = stranger.get(picture.partition("://")[2].partition("/")[2].join(["/", ""]))
    assert drawn.mimetype == "image/svg+xml"
    assert "Переработка" in "".join(ET.fromstring(drawn.data).itertext())
    assert REQUEST["contact_person"] not in page


def test_files_that_no_definition_publishes_are_absent(stranger, publish):
    reference = publish()
    assert stranger.get(f"/register/{reference}/files/f{'0' * 24}").status_code == 404
    assert stranger.get("/register/ER-2026-9999/picture.svg").status_code == 404
