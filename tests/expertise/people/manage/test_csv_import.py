"""People from a CSV file: each line has its outcome, and a second run changes nothing."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select

from expertise.base import clock
from expertise.people.auth import sessions
from expertise.people.manage import accounts, csv_import, csv_rows
from expertise.people.model import Grant, Organisation, Person

HEADER = "name,email,language,organisation,role,region,since,until"
GOOD = """
Requester of Kyzylorda,r43@example.kz,kk,akimat-kz-43,requester,,,
"Coordinator, south",south@example.kz,RU,project-team,coordinator,kz-43,2026-01-01,31.12.2026
"Coordinator, south",SOUTH@example.kz,ru,project-team,coordinator,KZ-61,,
Nobody yet,nobody@example.kz,en,,,,,
"""


@pytest.fixture
def bring(reference, time):
    def bring(text, header=HEADER):
        content = text if isinstance(text, bytes) else f"{header}\n{text.strip()}\n".encode()
        with reference.write() as session:
            return csv_import.import_people(session, content, clock.now())

    return bring


def outcomes(report):
    return [(line.number, line.outcome) for line in report.lines]


def problems(line):
    return [(column, problem.code) for column, problem in line.problems]


def only(report):
    (line,) = report.lines
    return problems(line)


def test_people_and_roles_are_added(bring, reference):
    report = bring(GOOD)
    assert outcomes(report) == [(number, "added") for number in (2, 3, 4, 5)]
    assert report.problems == () and report.count("added") == 4
    with reference.read() as session:
        south = session.scalars(select(Person).where(Person.email == "south@example.kz")).one()
        grants = session.scalars(select(Grant).where(Grant.person_id == south.id).order_by(Grant.id)).all()
        owner = session.get(Organisation, south.organisation_id)
        assert (south.name, south.language, south.password, owner.key) == (
            "Coordinator, south",
            "ru",
            None,
            "project-team",
        )
        assert [(grant.role, grant.region, grant.since, grant.until) for grant in grants] == [
            ("coordinator", "KZ-43", date(2026, 1, 1), date(2026, 12, 31)),
            ("coordinator", "KZ-61", None, None),
        ]
    assert len(report.invited) == len(set(report.invited)) == 3


def test_second_run_changes_nothing(bring, reference):
    first = bring(GOOD)
    with reference.write() as session:
        token = sessions.start_session(session, first.lines[1].person_id, clock.now())
        before = session.scalar(select(func.count()).select_from(Grant))
    second = bring(GOOD)
    assert outcomes(second) == [(number, "unchanged") for number in (2, 3, 4, 5)]
    assert second.invited == ()
    assert [line.person_id for line in second.lines] == [line.person_id for line in first.lines]
    with reference.read() as session:
        assert session.scalar(select(func.count()).select_from(Grant)) == before
        assert session.scalar(select(func.count()).select_from(Person)) == 3
        assert sessions.session_owner(session, token, clock.now()) is not None, "not even a session ends"


def test_new_role_is_added_to_a_known_person(bring):
    bring(GOOD)
    report = bring("Nobody yet,nobody@example.kz,en,,manager,,,")
    assert outcomes(report) == [(2, "added")]
    assert report.invited == ()


def test_everything_wrong_with_a_line_is_said_at_once(bring, reference):
    report = bring(" ,no address,de,no-such,king,KZ-99,2026-13-01,yesterday")
    assert only(report) == [
        ("name", "required"),
        ("email", "bad_email"),
        ("language", "unknown_choice"),
        ("organisation", "unknown_choice"),
        ("role", "unknown_choice"),
        ("region", "unknown_region"),
        ("since", "impossible_date"),
        ("until", "bad_date"),
    ]
    with reference.read() as session:
        assert session.scalar(select(func.count()).select_from(Person)) == 0


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("=1+1,a@example.kz,kk,,,,,", [("name", "formula")]),
        ("@SUM(A1),a@example.kz,kk,,,,,", [("name", "formula")]),
        ("A,+a@example.kz,kk,,,,,", [("email", "formula")]),
        ("A, -a@example.kz,kk,,,,,", [("email", "formula")]),
        ("A\x00B,a@example.kz,kk,,,,,", [("name", "control_character")]),
        ("A\u202eB,a@example.kz,kk,,,,,", [("name", "control_character")]),
        ('"A\nB",a@example.kz,kk,,,,,', [("name", "control_character")]),
        ("A,a@example.kz,kk,,requester,,2026-02-01,2026-01-01", [("until", "before_since")]),
        ("A,a@example.kz,kk,,,KZ-43,,", [("role", "required")]),
        ("A,a@example.kz,kk,,anyone,,,", [("role", "unknown_choice")]),
        ("A,a@example.kz,kk,,,,,,more", [("line", "too_many_cells")]),
        ("A,a@example.kz", [("language", "unknown_choice")]),
        ("x" * 161 + ",a@example.kz,kk,,,,,", [("name", "too_long")]),
    ],
)
def test_line_that_is_refused(bring, line, expected):
    assert only(bring(line)) == expected


def test_good_lines_are_stored_beside_refused_ones(bring):
    report = bring("A,a@example.kz,kk,,,,,\nB,b@example.kz,xx,,,,,\n\nC,c@example.kz,kk,,,,,")
    assert outcomes(report) == [(2, "added"), (3, "refused"), (5, "added")]


def test_duplicates_inside_the_file_are_told(bring):
    report = bring(
        "A,a@example.kz,kk,,requester,,,\n"
        "A,A@example.kz,kk,,requester,,,\n"
        "B,a@example.kz,kk,,expert,,,\n"
        "A,a@example.kz,kk,,expert,,,"
    )
    assert outcomes(report) == [(2, "added"), (3, "refused"), (4, "refused"), (5, "refused")]
    assert [problems(line) for line in report.lines[1:]] == [
        [("email", "twice")],
        [("name", "contradicts")],
        [("email", "twice")],
    ]
    assert report.lines[1].problems[0][1].parameters == (("line", 2),)


def test_known_person_is_never_overwritten(bring, reference):
    bring("A,a@example.kz,kk,akimat-kz-43,requester,,,2026-12-31")
    with reference.write() as session:
        accounts.set_language(session, session.scalars(select(Person)).one(), "en")
    report = bring("B,a@example.kz,kk,akimat-kz-10,requester,,2026-01-01,2027-12-31")
    assert only(report) == [(name, "differs") for name in ("name", "organisation", "since", "until")]
    assert dict(report.lines[0].problems)["until"].parameters == (("known", "2026-12-31"),)
    assert outcomes(bring("A,a@example.kz,kk,akimat-kz-43,requester,,,2026-12-31")) == [(2, "unchanged")]
    with reference.read() as session:
        person = session.scalars(select(Person)).one()
        assert (person.name, person.language) == ("A", "en")


def test_deactivated_person_is_not_brought_back(bring, reference):
    bring("A,a@example.kz,kk,,,,,")
    with reference.write() as session:
        accounts.deactivate_person(session, session.scalars(select(Person)).one())
    assert only(bring("A,a@example.kz,kk,,,,,")) == [("email", "not_active")]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("name,email", [("header", "missing_column")] * 6),
        (HEADER + ",password", [("header", "unknown_column")]),
        (HEADER + ",name", [("header", "twice")]),
    ],
)
def test_header_is_checked(bring, header, expected):
    report = bring("A,a@example.kz,kk", header=header)
    assert [(where, problem.code) for where, problem in report.problems] == expected
    assert report.lines == ()


def test_columns_come_in_any_order_and_case(bring):
    assert outcomes(
        bring("a@example.kz,A,kk,,,,,", header="Email, NAME ,language,organisation,role,region,since,until")
    )


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"\n ,\n", "file_empty"),
        ("имя".encode("cp1251"), "not_utf8"),
        (b'name,"em"ail', "not_csv"),
        (b"x" * (csv_rows.LONGEST + 1), "file_too_large"),
        (HEADER.encode() + b"\n" + b"A\n" * (csv_rows.MOST + 1), "too_many_rows"),
    ],
)
def test_file_that_cannot_be_read(bring, content, code):
    report = bring(content)
    assert [problem.code for _where, problem in report.problems] == [code]


def test_file_of_excel_is_read(bring, reference):
    """A mark at the beginning, semicolons, CRLF."""
    text = f"{HEADER}\nӘкімдік қызметкері,a@example.kz,kk,akimat-kz-43,requester,,01.03.2026,\n"
    report = bring(b"\xef\xbb\xbf" + text.replace(",", ";").replace("\n", "\r\n").encode())
    assert outcomes(report) == [(2, "added")]
    with reference.read() as session:
        assert session.scalars(select(Person.name)).one() == "Әкімдік қызметкері"


@pytest.mark.parametrize("blank", ["\u00a0", "\u202f", "\u2009", "\u200b ", "\u00ad ", "\u200e "], ids=ascii)
def test_blanks_of_word_and_excel_are_blanks(bring, reference, blank):
    """Non-breaking spaces between initials, a mark at the beginning, semicolons, Windows line ends."""
    header = "name;email;language;organisation;role;region;since;until"
    line = f"\u202aКоординатор А.{blank}Б.\u202c;coordinator@example.kz;ru;;coordinator;;01.03.2026\u00a0;"
    content = f"\ufeff{header}\r\n{line}\r\n".encode()
    with reference.write() as session:
        report = csv_import.import_people(session, content, clock.now())
        assert [each.problems for each in report.lines] == [()]
        person = session.scalars(select(Person).where(Person.email == "coordinator@example.kz")).one()
        assert person.name == "Координатор А. Б."
        [grant] = session.scalars(select(Grant).where(Grant.person_id == person.id)).all()
        assert (grant.role, grant.since.isoformat()) == ("coordinator", "2026-03-01")


def test_names_of_columns_may_have_such_blanks_too(bring, reference):
    header = "\u00a0name;email\u200b;language;organisation;role;region;since;until\u202f"
    with reference.write() as session:
        report = csv_import.import_people(session, f"{header}\nA;a@example.kz;kk;;;;;\n".encode(), clock.now())
    assert report.problems == () and report.lines[0].outcome == "added"


def test_a_file_of_windows_is_refused_with_what_to_do(bring, reference):
    with reference.write() as session:
        report = csv_import.import_people(session, "name;email\nКоординатор;a@b.kz".encode("cp1251"), clock.now())
    assert [(where, problem.code) for where, problem in report.problems] == [("file", "not_utf8")]
