"""The dashboard as a document: the figures of the page, tagged, in the language of its reader, with vectors only."""

from __future__ import annotations

import io
import re

import pikepdf
import pytest
from sqlalchemy import select

from expertise.people.model import Person
from tests.expertise.web.cases.test_held_step import FILLED
from workflows.definition import LANGUAGES

KAZAKH = "ӘәҒғҚқҢңӨөҰұҮүҺһІі"


@pytest.fixture
def filed(visit):
    requester, neighbour = visit("requester"), visit("neighbour")
    for visitor, region in ((requester, "KZ-43"), (neighbour, "KZ-47")):
        visitor.take(visitor.begin({**FILLED, "region": region}), "submit")


def document(visitor, query=""):
    answer = visitor.see(f"/reports.pdf{query}")
    assert answer.status_code == 200 and answer.mimetype == "application/pdf"
    assert answer.headers["Cache-Control"] == "no-store"
    return pikepdf.open(io.BytesIO(answer.data))


def words(pdf):
    """All text of the document, by way of the table of each font from glyphs to characters."""
    found = []
    for page in pdf.pages:
        tables = {name: unicode_of(font) for name, font in page.Resources.Font.items()}
        table = {}
        for operands, operator in pikepdf.parse_content_stream(page):
            if str(operator) == "Tf":
                table = tables[str(operands[0])]
            elif str(operator) in ("Tj", "TJ"):
                parts = operands[0] if str(operator) == "TJ" else [operands[0]]
                raw = b"".join(bytes(part) for part in parts if isinstance(part, pikepdf.String))
                found += [table.get(raw[at : at + 2], "") for at in range(0, len(raw), 2)]
            elif str(operator) == "ET":
                found.append(" ")
    return "".join(found)


def unicode_of(font):
    text = font.ToUnicode.read_bytes().decode()
    pairs = re.findall(r"<([0-9a-fA-F]{4})> *<([0-9a-fA-F]+)>", text)
    return {bytes.fromhex(glyph): bytes.fromhex(each).decode("utf-16-be") for glyph, each in pairs}


def structure(pdf):
    """The kinds of all tags."""
    found, left = set(), [pdf.Root.StructTreeRoot]
    while left:
        node = left.pop()
        if isinstance(node, pikepdf.Dictionary):
            found.add(str(node.get("/S", "")))
            kids = node.get("/K", [])
            left += list(kids) if isinstance(kids, pikepdf.Array) else [kids]
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_tagged_titled_and_in_the_language_of_its_reader(app, visit, filed, language):
    with app.extensions["komek"].transactions.write() as session:
        session.scalars(select(Person).where(Person.name == "Coordinator")).one().language = language
    pdf = document(visit("coordinator"))
    assert str(pdf.Root.Lang).startswith(language)
    assert str(pdf.Root.MarkInfo.Marked).lower() == "true"
    assert {"/H1", "/Table", "/TH", "/TD", "/Figure"} <= structure(pdf)
    with pdf.open_metadata() as meta:
        assert meta["pdfuaid:part"] == "1"
        assert meta["dc:title"] == {"kk": "Есептер", "ru": "Отчёты", "en": "Reports"}[language]
    text = words(pdf)
    assert meta["dc:title"] in text and f"1 / {len(pdf.pages)}" in text
    if language == "kk":
        assert len(set(KAZAKH) & set(text)) > 10
    images = [image for page in pdf.pages for image in page.get_images()]
    assert images == []  # charts are vectors


def test_it_has_the_figures_of_the_page_and_its_filters(visit, filed):
    coordinator = visit("coordinator")
    for query in ("", "?region=KZ-47", "?workflow=expertise_request"):
        page, text = coordinator.see(f"/reports{query}").text, words(document(coordinator, query))
        tiles = re.findall(
            r"<b>([^<]+)</b>([^<]+)</a>", page.partition('class="fourth tiles"')[2].partition("</div>")[0]
        )
        assert len(tiles) == 4
        squeezed = text.replace(" ", "").replace("\u00a0", "")
        for figure, label in tiles:
            assert f"{figure}{label}".replace(" ", "").replace("\u00a0", "") in squeezed
        assert f'href="/reports.pdf{query}"' in page
    assert "Region:Kyzylorda" in words(document(coordinator, "?region=KZ-43")).replace(" ", "")


def test_it_is_absent_where_the_page_is(visit, filed):
    for person in ("requester", "neighbour", "expert"):
        assert visit(person).see("/reports.pdf").status_code == 404


def test_what_people_wrote_is_never_markup(visit, filed):
    answer = visit("coordinator").see("/reports.pdf?region=%23panic()&workflow=%24x%24")
    assert answer.status_code == 200
