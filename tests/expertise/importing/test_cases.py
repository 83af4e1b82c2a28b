"""Cases of any workflow from a table: mapping, preview, each row by itself, and the same file once more."""

from __future__ import annotations

import io
from datetime import date

import openpyxl
import pytest
from sqlalchemy import func, select

from expertise.audit.model import Event
from expertise.cases import search
from expertise.cases.queries import CASES
from expertise.importing import tables
from expertise.importing.cases import TableImport, guess, guess_number, import_cases
from expertise.importing.report import DRAFTED, MENDED, REFUSED, UNCHANGED, ImportRemark
from expertise.people.access import IMPORT

HEAD = ["No", "Название проекта", "Облыс немесе қала", "topic", "Проблема", "Other"]
ROWS = [
    ["P-1", "Су құбыры", "Қызылорда облысы", "Waste management", "Ескі", "Kept in a comment"],
    ["P-2", "Школа", "Мангистауская область", "waste", "", ""],
    ["P-3", "Wrong region", "Atlantis", "waste", "", ""],
]


def xlsx(*rows):
    book, held = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(held)
    return held.getvalue()


def csv(*rows, between=",", encoding="utf-8"):
    return "\r\n".join(between.join(f'"{cell}"' for cell in row) for row in rows).encode(encoding)


@pytest.fixture
def bring(importer):
    def take(content, *, preview=False, numbered_by=None, workflow="project_proposal", **mapping):
        table = tables.read_table(content, "file")
        assert not isinstance(table, ImportRemark), table
        full = guess(importer.services.definitions.current(workflow), table.columns)
        full |= {"Проблема": "problem"} if "Проблема" in table.columns else {}
        numbers = guess_number(table.columns) if numbered_by is None else numbered_by
        wanted = TableImport(workflow, {**full, **mapping}, numbers, preview=preview)
        return import_cases(importer.transactions, importer.services, IMPORT, table, wanted)

    return take


@pytest.fixture
def stored(importer):
    def read():
        with importer.transactions.read() as session:
            return {row.title: row for row in session.execute(select(CASES)).all()}

    return read


def outcomes(report):
    return [line.outcome for line in report.lines]


@pytest.mark.parametrize(
    "content",
    [
        xlsx(HEAD, *ROWS),
        csv(HEAD, *ROWS),
        csv(HEAD, *ROWS, between=";"),
        b"\xef\xbb\xbf" + csv(HEAD, *ROWS, between="\t"),
    ],
    ids=["xlsx", "csv", "semicolons", "tabs"],
)
def test_each_row_is_judged_by_itself(bring, stored, content):
    first = bring(content)
    assert outcomes(first) == [DRAFTED] * 3 and [line.number for line in first.lines] == [2, 3, 4]
    (wrong,) = first.lines[2].remarks
    assert "Choose a region from the list." in wrong.in_language("en") and "Choose" not in wrong.in_language("kk")
    rows = stored()
    water = rows["Су құбыры"]
    assert (water.region, water.external_reference, water.fields["problem"]) == ("KZ-43", "P-1", "Ескі")
    assert rows["Школа"].region == "KZ-47" and rows["Wrong region"].region is None
    again = bring(content)
    assert [(line.outcome, line.reference) for line in again.lines] == [
        (UNCHANGED, each.reference) for each in first.lines
    ]


def test_a_preview_says_the_same_and_writes_nothing(importer, bring, stored):
    seen = bring(csv(HEAD, *ROWS), preview=True)
    with importer.transactions.read() as session:
        assert session.scalar(select(func.count()).select_from(Event)) == 0
    assert stored() == {} and all(line.reference is None for line in seen.lines)
    done = bring(csv(HEAD, *ROWS))
    assert [(line.outcome, line.remarks) for line in seen.lines] == [
        (line.outcome, line.remarks) for line in done.lines
    ]


def test_what_no_field_holds_becomes_a_comment_and_is_found(importer, bring):
    bring(csv(HEAD, *ROWS))
    with importer.transactions.read() as session:
        (found,) = search.matching("comments")
        assert len(session.execute(found).all()) == 1


def test_records_that_share_a_cut_number_are_refused_and_can_be_mended(bring, stored):
    head = ["No", "title"]
    twins = bring(csv(head, ["PIPELINE-20", "One"], ["PIPELINE-20", "Two"], ["X-1", "Three"]))
    assert outcomes(twins) == [REFUSED, REFUSED, DRAFTED]
    assert "2, 3" in twins.lines[0].remarks[0].in_language("ru")
    both = csv(head, ["PIPELINE-20", "One"], ["PIPELINE-20", "Two"])
    assert outcomes(bring(both, numbered_by=("No", "title"))) == [DRAFTED, DRAFTED]
    assert outcomes(bring(both, numbered_by=("No", "title"))) == [UNCHANGED, UNCHANGED]


def test_numbers_that_begin_alike_in_one_file_are_records_of_their_own(bring):
    """The preview says the same as what happens."""
    areas = ((1, "KZ-43"), (10, "KZ-47"), (11, "KZ-10"))
    table = csv(["No", "title", "region"], *([f"ТЗ-2026-{number}", "Су құбыры", area] for number, area in areas))
    assert outcomes(bring(table, preview=True)) == [DRAFTED] * 3
    assert outcomes(bring(table)) == [DRAFTED] * 3
    assert outcomes(bring(table)) == [UNCHANGED] * 3


def test_a_number_that_is_written_out_later_finds_the_case_of_its_beginning(bring, stored):
    head = ["No", "title"]
    bring(csv(head, ["PIPELINE-20", "One"]))
    mended = bring(csv(head, ["PIPELINE-2016", "One"], ["PIPELINE-2017", "Two"]))
    assert outcomes(mended) == [UNCHANGED, DRAFTED] and len(stored()) == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"numbered_by": ()}, "no_number_column"),
        ({"numbered_by": ("Lost",)}, "column_lost"),
        ({"Other": "no_such_field"}, "field_unknown"),
        ({"Other": "problem"}, "field_twice"),
        ({"Other": "feasibility"}, "field_unknown"),
    ],
)
def test_a_wrong_mapping_is_refused_before_anything_is_written(bring, stored, change, code):
    report = bring(csv(HEAD, *ROWS), **change)
    assert [remark.code for remark in report.lines[0].remarks] == [code] and stored() == {}


def test_money_days_and_numbers_are_understood_also_where_no_field_keeps_the_number(bring, stored):
    head = ["No", "title", "Total cost", "Currency", "Price date", "Readiness"]
    content = xlsx(head, ["L-1", "Loan", 26600000, "EUR", date(2026, 3, 2), 85.0])
    mapping = {"Total cost": "total_cost.amount", "Currency": "total_cost.currency", "Readiness": "readiness"}
    report = bring(content, workflow="loan_referral", **mapping)
    assert outcomes(report) == [DRAFTED] and report.lines[0].remarks == ()
    fields = stored()["Loan"].fields
    assert fields["total_cost"] == {"amount": "26600000.00", "currency": "EUR"}
    assert (fields["price_date"], fields["readiness"]) == (
        "2026-03-02",
        {"ten_thousandths": 850_000, "unit": "percent"},
    )
    assert outcomes(bring(content, workflow="loan_referral", **mapping)) == [UNCHANGED]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "table_empty"),
        (b"PK\x03\x04broken", "not_table"),
        (csv(["a", "a"], ["1", "2"]), "columns_unclear"),
        (csv(["a", "", "b"], ["1", "2", "3"]), "columns_unclear"),
        (b"a,b\n\0,1", "not_table"),
    ],
)
def test_a_file_that_is_no_table_is_refused(content, code):
    found = tables.read_table(content, "file")
    assert isinstance(found, ImportRemark) and found.code == code
    for language in ("kk", "ru", "en"):
        assert found.in_language(language)


def test_a_csv_of_excel_in_russian_is_read(bring, stored):
    bring(csv(["No", "title"], ["R-1", "Школа"], between=";", encoding="cp1251"))
    assert set(stored()) == {"Школа"}


@pytest.mark.parametrize("formula", ["=A1&B1", "=1/0", "=SUM(B1:B2)"])
def test_a_formula_without_a_value_is_a_problem_of_its_line(bring, stored, formula):
    broken = ["P-2", formula, "Мангистауская область", "waste", "", ""]
    report = bring(xlsx(HEAD, ROWS[0], broken))
    assert outcomes(report) == [DRAFTED, REFUSED]
    remark = report.lines[1].remarks[0]
    assert (remark.code, report.lines[1].id) == ("cell_uncomputed", "P-2")
    assert HEAD[1] in remark.in_language("ru") and formula in remark.in_language("kk")
    assert list(stored()) == ["Су құбыры"]


@pytest.mark.parametrize("error", ["#REF!", "#DIV/0!", "#N/A", "#VALUE!"])
def test_an_error_of_a_spreadsheet_is_a_problem_of_its_line(bring, error):
    assert outcomes(bring(xlsx(HEAD, [*ROWS[0][:4], error, ""], ROWS[1]))) == [REFUSED, DRAFTED]


def test_a_row_whose_region_is_mended_mends_its_draft(bring, stored):
    lost = [*ROWS[0][:2], "Atlantis", *ROWS[0][3:]]
    assert outcomes(bring(xlsx(HEAD, lost))) == [DRAFTED]
    assert stored()["Су құбыры"].region is None
    assert outcomes(bring(xlsx(HEAD, ROWS[0]), preview=True)) == [MENDED]
    assert stored()["Су құбыры"].region is None
    report = bring(xlsx(HEAD, ROWS[0]))
    assert outcomes(report) == [MENDED]
    assert "Дополнено: 1" in report.totals("ru")
    assert stored()["Су құбыры"].region == "KZ-43"
    assert outcomes(bring(xlsx(HEAD, ROWS[0]))) == [UNCHANGED]


def test_a_row_that_cannot_be_kept_leaves_nothing(bring, stored):
    report = bring(csv(["No", "title", "Other"], ["A-1", "One", "bell \x07"], ["A-2", "Two", "fine"]))
    assert outcomes(report) == [REFUSED, DRAFTED] and set(stored()) == {"Two"}
