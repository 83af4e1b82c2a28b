"""The list as CSV and XLSX: exactly what is shown, typed, no formula, all pages, recorded where readings are."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime

import openpyxl
import pytest
from sqlalchemy import func, select, update

from expertise.audit.model import AccessLogEntry
from expertise.cases.model import Case
from expertise.reports import worklists
from tests.expertise.web.cases.test_cases import REQUEST
from tests.expertise.web.lists.test_case_list import titles

FORMULAS = ("=1+1", "+7 7242", "-5", "@SUM(A1)", "\tTab")


@pytest.fixture
def three(app, visit):
    requester = visit("requester")
    found = [requester.begin({**REQUEST, "title": title}) for title in ("Beta", 'Әлия; "екі", жол', "Gamma")]
    for reference in found[:2]:
        assert requester.take(reference, "submit").status_code == 303
    with app.extensions["komek"].transactions.write() as session:
        session.execute(update(Case).where(Case.title == "Beta").values(amount="26600000.50", currency="EUR"))
    return found


def rows_of_csv(answer):
    assert answer.status_code == 200 and answer.data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


def sheet(answer):
    assert answer.status_code == 200
    return openpyxl.load_workbook(io.BytesIO(answer.data)).active


QUERY = "column=reference&column=state&column=due&column=amount&show=open&sort=-title"


def test_csv_has_the_columns_order_and_filter_of_the_page(visit, three):
    requester = visit("requester")
    answer = requester.see(f"/cases/export.csv?{QUERY}")
    head, *rows = rows_of_csv(answer)
    assert head == ["Number", "Title", "State", "Due", "Amount", "Currency"]
    assert len(rows) == len(titles(requester.see(f"/cases?{QUERY}").text)) == 3
    beta = next(row for row in rows if row[1] == "Beta")
    assert beta[0] == three[0] and beta[2] == "Submitted" and re.fullmatch(r"\d{4}-\d\d-\d\d", beta[3])
    assert beta[4:] == ["26600000.50", "EUR"]
    assert [row[1] for row in rows if row[0] == three[1]] == ['Әлия; "екі", жол']
    assert re.search(r"filename=komek-\d{4}-\d\d-\d\d\.csv", answer.headers["Content-Disposition"])


def test_xlsx_has_typed_cells(visit, three):
    found = sheet(visit("requester").see(f"/cases/export.xlsx?{QUERY}"))
    rows = list(found.iter_rows())
    assert [cell.value for cell in rows[0]] == ["Number", "Title", "State", "Due", "Amount", "Currency"]
    beta = next(row for row in rows[1:] if row[1].value == "Beta")
    assert isinstance(beta[3].value, datetime) and beta[3].is_date and beta[3].number_format == "dd.mm.yyyy"
    assert beta[4].value == 26600000.5 and beta[4].data_type == "n" and beta[5].value == "EUR"
    gamma = next(row for row in rows[1:] if row[1].value == "Gamma")
    assert [cell.value for cell in gamma[3:]] == [None, None, None]


@pytest.mark.parametrize("title", FORMULAS)
def test_no_text_becomes_a_formula(app, visit, title):
    visit("requester").begin({"title": "x"})
    with app.extensions["komek"].transactions.write() as session:
        session.execute(update(Case).values(title=title))
    requester = visit("requester")
    cell = list(sheet(requester.see("/cases/export.xlsx?column=title")).iter_rows())[1][0]
    assert cell.data_type == "s" and cell.value == title
    assert rows_of_csv(requester.see("/cases/export.csv?column=title"))[1] == [f"'{title}"]


def test_every_page_is_in_the_file_and_nothing_that_the_reader_does_not_see(visit, three, monkeypatch):
    monkeypatch.setattr(worklists, "EXPORTED_AT_ONCE", 2)
    requester = visit("requester")
    for number in range(5):
        requester.begin({"title": f"Number {number}"})
    assert len(rows_of_csv(requester.see("/cases/export.csv?sort=title"))) == 1 + 8
    assert len(rows_of_csv(requester.see("/cases/export.csv"))) == 1 + 8
    assert len(rows_of_csv(visit("neighbour").see("/cases/export.csv"))) == 1
    assert len(rows_of_csv(visit("coordinator").see("/cases/export.csv"))) == 1 + 2  # drafts are their author's


def test_readings_are_recorded_as_those_of_pages(app, visit, three, settle):
    def recorded():
        with app.extensions["komek"].transactions.read() as session:
            return session.scalar(select(func.count()).select_from(AccessLogEntry))

    settle("watch", "auditor")
    watch = visit("watch")
    assert watch.see("/cases").status_code == 200 and recorded() == 0
    exported = len(rows_of_csv(watch.see("/cases/export.csv"))) - 1
    assert recorded() == exported == 3
    visit("coordinator").see("/cases/export.xlsx")
    assert recorded() == exported


def test_there_is_no_other_kind_of_file_and_none_for_strangers(visit, three):
    assert visit("requester").see("/cases/export.pdf").status_code == 404
    assert visit().see("/cases/export.csv").status_code == 303


def test_the_page_links_to_the_files_of_what_it_shows(visit, three):
    page = visit("requester").see(f"/cases?{QUERY}&after=x").text
    for ending in ("csv", "xlsx"):
        url = re.search(rf'href="(/cases/export\.{ending}[^"]*)"', page)[1].replace("&amp;", "&")
        assert "sort=-title" in url and "column=amount" in url and "show=open" in url and "after" not in url
