"""The page on which the administrator brings a table in: file, mapping, preview, import."""

from __future__ import annotations

import io
import re
from html import unescape

import pytest

from expertise.cases.model import Case
from expertise.importing import tables

TABLE = "Нөмірі;Project;Облыс немесе қала\nP-1;Су құбыры;Қызылорда облысы\nP-2;School;Atlantis\n".encode()


@pytest.fixture
def post(admin):
    def send(**form):
        file = {"file": (io.BytesIO(form.pop("table")), "table.csv")} if "table" in form else {}
        sent = {**admin.hidden("/import"), "workflow": "project_proposal", **form, **file}
        return admin.client.post("/import", data=sent, content_type="multipart/form-data")

    return send


def test_a_table_is_mapped_previewed_and_brought_in_once(post, look):
    first = post(table=TABLE)
    page = unescape(first.text)
    assert first.status_code == 200 and "nothing is stored yet" in page and not look(Case)
    assert "Choose a region from the list." in page
    sha256 = re.search(r'name="sha256" value="(\w+)"', page).group(1)
    given = {"sha256": sha256, "mapped": "yes", "number": "Нөмірі", "column.1": "title", "column.2": "region"}
    assert "nothing is stored yet" in post(**given, act="preview").text and not look(Case)
    done = post(**given, act="apply")
    assert done.status_code == 200 and "The lines are stored." in done.text and "PP-" in done.text
    assert {(case.title, case.region) for case in look(Case)} == {("Су құбыры", "KZ-43"), ("School", None)}
    post(**given, act="apply")
    assert len(look(Case)) == 2


def test_the_case_says_in_words_that_it_was_brought_in(post, look, visit):
    sha256 = re.search(r'name="sha256" value="(\w+)"', post(table=TABLE).text).group(1)
    post(sha256=sha256, mapped="yes", number="Нөмірі", **{"column.1": "title", "column.2": "region"}, act="apply")
    reference = look(Case)[0].reference
    assert "import from another register" in visit("coordinator").see(f"/cases/{reference}").text


def test_what_cannot_be_read_or_mapped_is_said(post, look):
    assert post().status_code == 422 and post(sha256="0" * 64).status_code == 422
    assert post(table=b"PK\x03\x04broken").status_code == 422
    assert post(table=TABLE, workflow="deliverable").status_code == 422
    lost = post(table=b"a;b\n1;2\n")
    assert lost.status_code == 422 and "say which column has the number" in unescape(lost.text)
    assert not look(Case)


def test_a_table_that_is_too_large_is_refused_and_not_cut(post, look):
    row = b"P-1;Water\n"
    large = (b"No;Project\n" + row + b"\n" * tables.MOST_BYTES)[: tables.MOST_BYTES + 1]
    refused = post(table=large)
    assert refused.status_code == 422 and "10 MB" in unescape(refused.text)
    assert post(table=large[:-1]).status_code == 200
    assert not look(Case)


def test_nobody_else_sees_the_page(visit):
    for name in ("requester", "coordinator", "approver"):
        assert visit(name).see("/import").status_code == 404
