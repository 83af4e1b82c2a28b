"""People from a file, and organisations: through the pages."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from expertise.mail.model import OutgoingLetter
from expertise.people.model import Grant, Organisation, Person
from workflows.definition import LANGUAGES

HEADER = "name,email,language,organisation,role,region,since,until\n"
GOOD = "Clerk,clerk@example.kz,kk,akimat-kz-43,requester,,,\n"
BAD = (
    "Clerk two,no address,kk,nowhere,king,KZ-00,30.02.2026,\n"
    "=cmd,formula@example.kz,ru,,,,,\n"
    "Coordinator elsewhere,coordinator@example.kz,en,project-team,coordinator,,,\n"
    "Late,late@example.kz,ru,,expert,,02.03.2026,01.03.2026\n"
)
NAMES = {"name_kk": "Мекеме", "name_ru": "Учреждение", "name_en": "Institution"}


@pytest.fixture
def admin(app, visit):
    """The approver, who is an administrator as well."""
    with app.extensions["komek"].transactions.write() as session:
        number = session.scalar(select(Person.id).where(Person.email == "approver@example.kz"))
        session.add(Grant(person_id=number, role="administrator"))
    return visit("approver")


def bring(admin, content, **more):
    """The form as a browser writes it; the test client would leave a large one open on the disk."""
    sent = {"csrf_token": admin.hidden("/people/import")["csrf_token"], **more}
    parts = [f'form-data; name="{name}"\r\n\r\n{value}'.encode() for name, value in sent.items()]
    parts.append(b'form-data; name="file"; filename="people.csv"\r\n\r\n' + content)
    body = b"".join(b"--border\r\nContent-Disposition: " + part + b"\r\n" for part in parts) + b"--border--\r\n"
    return admin.client.post("/people/import", data=body, content_type="multipart/form-data; boundary=border")


def test_a_file_is_brought_in_once_and_its_report_says_why_not(admin, look):
    content = (HEADER + GOOD + BAD).encode()
    answer = bring(admin, content, invite="yes")
    assert answer.status_code == 200
    for words in (
        "clerk@example.kz",
        "E-mail address: This is not an e-mail address.",
        "Organisation: Choose one of the answers in the list.",
        "Region: Choose a region from the list.",
        "First day: There is no such day in the calendar.",
        "A cell must not begin with",
        "Name: Something else is known: Coordinator.",
        "Last day: The last day is before the first one.",
    ):
        assert words in answer.text, words
    assert [person.name for person in look(Person, Person.email == "clerk@example.kz")] == ["Clerk"]
    assert len(look(OutgoingLetter)) == 1
    again = bring(admin, content, invite="yes").text
    assert "unchanged" in again and len(look(OutgoingLetter)) == 1


def test_without_the_tick_nobody_is_written_to(admin, look):
    assert bring(admin, (HEADER + GOOD).encode()).status_code == 200
    assert look(Person, Person.email == "clerk@example.kz") and look(OutgoingLetter) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_speaks_the_language_of_its_reader(app, admin, language):
    admin.send("/language", {"language": language}, page="/account")
    text = bring(admin, (HEADER + GOOD + BAD).encode()).text
    assert {"kk": "Қабылданбады", "ru": "Отклонено", "en": "Refused"}[language] in text
    other = {"kk": "Жүйеде басқаша", "ru": "В системе записано другое", "en": "Something else is known"}
    assert other[language] in text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty."),
        (b"\xff\xfe\x00", "The file is not in UTF-8."),
        (b"name,email\nA,b@example.kz\n", "The column language is missing."),
        ((HEADER.strip() + ",shoe\n").encode(), "The column shoe is not known."),
        ((HEADER.strip() + ",name\n").encode(), "The column name stands there twice."),
        (b'name,"email\n', "This is not a CSV file."),
        (b"x" * 1_000_001, "A file may have at most 1 MB."),
    ],
    ids=range(7),
)
def test_a_file_that_cannot_be_read_is_refused_in_words(admin, look, content, words):
    before = len(look(Person))
    answer = bring(admin, content)
    assert answer.status_code == 422 and words in answer.text
    assert len(look(Person)) == before


def test_no_file_at_all(admin):
    assert admin.send("/people/import", {}).status_code == 422


def test_hostile_cells_stay_words(admin):
    content = HEADER.encode() + b'<script>x,"a\x00b",kk,,,,,\n' + b"," * 50 + b"\n"
    answer = bring(admin, content)
    assert answer.status_code == 200 and "<script>x" not in answer.text
    assert "There is an invisible control character in the text" in answer.text


def test_an_organisation_is_added_once_and_renamed_at_once_everywhere(admin, look):
    sent = {**admin.hidden("/organisations/new"), **NAMES, "key": "Institution-1", "region": "KZ-43"}
    for _ in range(2):
        assert admin.client.post("/organisations/new", data=sent).status_code == 303
    [made] = look(Organisation, Organisation.key == "institution-1")
    assert (made.name_kk, made.region) == ("Мекеме", "KZ-43")
    assert "Institution" in admin.see("/organisations").text
    other = {**NAMES, "name_en": "Office & sons"}
    assert admin.send("/organisations/institution-1", other).status_code == 303
    assert "Office &amp; sons" in admin.see("/organisations").text
    assert admin.see("/organisations/no-such").status_code == admin.see("/organisations/%00").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"key": "akimat-kz-43"}, "Short name: This is taken already."),
        ({"key": "a b"}, "Use small Latin letters"),
        ({"key": "\x00"}, "Short name: Fill this in."),
        ({"region": "KZ-99"}, "Choose one of the answers in the list."),
        ({"name_ru": " "}, "Name in Russian: Fill this in."),
        ({"name_en": "x" * 1_000_000}, "at most 200 characters"),
    ],
    ids=str,
)
def test_a_wrong_organisation_comes_back_with_what_was_typed(admin, look, wrong, words):
    before = len(look(Organisation))
    answer = admin.send("/organisations/new", {**NAMES, "key": "institution", **wrong})
    assert answer.status_code == 422 and words in answer.text and 'value="Мекеме"' in answer.text
    assert len(look(Organisation)) == before


def test_wrong_names_are_refused_and_the_old_ones_stay(admin, look):
    assert admin.send("/organisations/akimat-kz-43", {**NAMES, "name_kk": ""}).status_code == 422
    assert look(Organisation, Organisation.key == "akimat-kz-43")[0].name_kk != ""
