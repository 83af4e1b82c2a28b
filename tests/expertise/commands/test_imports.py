"""`komek import cases` and `komek import people`: a preview unless it is told to write."""

from __future__ import annotations

import openpyxl
import pytest


@pytest.fixture
def table(tmp_path):
    def write(text, name="table.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def test_cases_are_previewed_then_brought_in_then_known(komek, table):
    assert komek("init").exit_code == 0
    file = table("No;Project\nP-1;Water\nP-2;School\n")
    given = ("import", "cases", "project_proposal", file, "--map", "Project=title", "--language", "en")
    seen = komek(*given)
    assert seen.exit_code == 0 and "drafts: 2" in seen.stdout and "nothing was written" in seen.stdout
    done = komek(*given, "--apply")
    assert "PP-" in done.stdout and "nothing was written" not in done.stdout
    assert "unchanged: 2" in komek(*given, "--apply").stdout
    assert komek("import", "cases", "no_such", file).exit_code == 1
    assert komek(*given, "--map", "Project").exit_code == 1


def test_people_are_previewed_then_brought_in_then_known(komek, table):
    assert komek("init").exit_code == 0
    head = "Full name,email,language,organisation,role,region,since,until"
    file = table(f"{head}\nAigul,aigul@example.kz,kk,akimat-kz-43,requester,,,\n,broken,kk,,,,,\n")
    given = ("import", "people", file, "--map", "Full name=name", "--language", "en")
    seen = komek(*given)
    assert seen.exit_code == 1 and "aigul@example.kz added" in seen.stdout and "nothing was written" in seen.stdout
    assert "aigul@example.kz added" in komek(*given, "--apply").stdout
    assert "aigul@example.kz unchanged" in komek(*given, "--apply").stdout


def test_people_are_reported_by_the_line_of_the_file(komek, table):
    assert komek("init").exit_code == 0
    head = "name,email,language,organisation,role,region,since,until"
    second, third = '"Two\nlines",b@example.kz,kk,akimat-kz-43,,,,', "C,c@example.kz,kk,akimat-kz-43,,,,"
    file = table(f"{head}\n\nA,a@example.kz,kk,akimat-kz-43,,,,\n\n,,,,,,,\n{second}\n{third}\n")
    seen = komek("import", "people", file)
    lines = [line.split()[:3] for line in seen.stdout.splitlines() if "@" in line]
    assert lines == [
        ["3", "a@example.kz", "added"],
        ["6", "b@example.kz", "refused:"],
        ["7", "c@example.kz", "added"],
    ]
    assert "name: control_character" in seen.stdout


def test_a_formula_without_a_value_refuses_its_line_of_people(komek, tmp_path):
    assert komek("init").exit_code == 0
    book = openpyxl.Workbook()
    book.active.append(["name", "email", "language", "organisation", "role", "region", "since", "until"])
    book.active.append(['=A1&"x"', "a@example.kz", "kk", "akimat-kz-43", "", "", "", ""])
    book.active.append(["B", "b@example.kz", "kk", "akimat-kz-43", "", "", "", ""])
    book.save(tmp_path / "people.xlsx")
    seen = komek("import", "people", str(tmp_path / "people.xlsx"), "--language", "en", "--apply")
    assert seen.exit_code == 1 and "b@example.kz added" in seen.stdout and "a@example.kz" not in seen.stdout
    assert "a formula without a computed value" in seen.stdout


GUARDED = ("coordinator", "approver", "manager", "auditor", "administrator")


@pytest.mark.parametrize("role", GUARDED)
def test_no_import_gives_a_role_that_decides_or_sees_everything(komek, table, role):
    assert komek("init").exit_code == 0
    head = "name,email,language,organisation,role,region,since,until"
    file = table(f"{head}\nB,b@example.kz,kk,akimat-kz-43,{role},,,\nC,c@example.kz,kk,akimat-kz-43,requester,,,\n")
    refused = komek("import", "people", file, "--apply")
    assert refused.exit_code == 1 and "b@example.kz refused: role: needs_administrator" in refused.stdout
    add = ("person", "add", "A", "a@example.kz", "--organisation", "akimat-kz-43", "--role", "administrator")
    assert komek(*add).exit_code == 0
    done = komek("import", "people", file, "--apply")
    assert "b@example.kz added: the role waits for another administrator" in done.stdout
    pending = komek("person", "pending").stdout
    assert pending.count("b@example.kz  role") == 1 and role in pending
    assert komek("import", "people", file, "--apply", "--by", "b@example.kz").exit_code == 1
    assert "b@example.kz unchanged" in komek("import", "people", file, "--apply", "--by", "A@example.kz").stdout
