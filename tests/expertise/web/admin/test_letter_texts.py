"""The administrator's pages about the words of letters."""

from __future__ import annotations

from html import escape

import pytest
from sqlalchemy import select

from expertise.mail.letters import templates
from expertise.mail.model import LetterWording, OutgoingLetter
from workflows.definition import LANGUAGES

PAGE = "/wordings/request_registered"


@pytest.fixture
def rows(app):
    def found(table):
        with app.extensions["komek"].transactions.read() as session:
            answer = session.scalars(select(table).order_by(table.id)).all()
            session.expunge_all()
            return answer

    return found


def form(do, seen=0, **changed):
    original = templates.original("request_registered")
    texts = {f"subject_{code}": text for code, text in original.subject.items()}
    texts |= {f"body_{code}": text.replace("\n", "\r\n") for code, text in original.body.items()}
    return {**texts, "note": "clearer", "_seen": str(seen), "do": do, **changed}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_speak_three_languages(admin, language):
    admin.send("/language", {"language": language}, page="/account")
    for page in ("/wordings", PAGE):
        answer = admin.see(page)
        assert answer.status_code == 200
        assert f'<html lang="{language}">' in answer.text


def test_a_change_is_a_version_and_what_came_with_komek_can_be_had_again(admin, rows):
    changed = form("save", subject_en="${case_reference}: we have your request")
    assert admin.send(PAGE, changed).status_code == 303
    page = admin.see(PAGE).text
    assert "${case_reference}: we have your request" in page and "ER-2026-0001: we have your request" in page
    assert "clearer" in page and "Admin" in page
    assert "changed" in admin.see("/wordings").text
    assert admin.send(PAGE, form("original", 1)).status_code == 303
    assert [row.number for row in rows(LetterWording)] == [1, 2]
    assert "${case_reference}: we have" not in admin.see(PAGE).text.partition("Versions")[0]


def test_looking_saves_nothing_and_loses_nothing(admin, rows):
    answer = admin.send(PAGE, form("preview", subject_ru="${case_reference}: заявка у нас"))
    assert answer.status_code == 200
    assert "ER-2026-0001: заявка у нас" in answer.text and "${case_reference}: заявка у нас" in answer.text
    assert rows(LetterWording) == []


@pytest.mark.parametrize("do", ["save", "preview"])
def test_what_is_wrong_is_said_beside_what_was_typed(admin, rows, do):
    answer = admin.send(PAGE, form(do, body_ru="Без ссылки ${pasword}"))
    assert answer.status_code == 422
    assert "Без ссылки ${pasword}" in answer.text
    assert "No letter knows: pasword." in answer.text
    assert "This letter is of no use without ${link}." in answer.text
    assert rows(LetterWording) == []


def test_two_administrators_do_not_overwrite_each_other(admin, visit, settle, rows):
    settle("second", "administrator")
    assert admin.send(PAGE, form("save", subject_en="${case_reference} one")).status_code == 303
    answer = visit("second").send(PAGE, form("save", subject_en="${case_reference} two"))
    assert answer.status_code == 422
    assert "${case_reference} two" in answer.text and "Somebody else has changed this letter" in answer.text
    assert [row.subject["en"] for row in rows(LetterWording)] == ["${case_reference} one"]


def test_a_trial_goes_to_the_administrator_alone_and_once(admin, rows):
    sent = {**admin.hidden(PAGE), "do": "try", "trial_language": "kk"}
    for _ in range(2):
        assert admin.client.post(PAGE, data=sent).status_code == 303
    [letter] = rows(OutgoingLetter)
    assert letter.context["language"] == "kk" and letter.context["case_reference"] == "ER-2026-0001"


@pytest.mark.parametrize(
    "data", [{"do": "burn"}, {}, {"do": "try"}, {"do": "try", "trial_language": "de"}, {"do": "try\0"}]
)
def test_nonsense_is_refused(admin, rows, data):
    assert admin.send(PAGE, data).status_code == 422
    assert rows(OutgoingLetter) == []


def test_nobody_else_has_such_a_page(visit, admin):
    for name in ("requester", "coordinator", "approver", "expert"):
        visitor = visit(name)
        assert visitor.see("/wordings").status_code == visitor.see(PAGE).status_code == 404
    assert admin.see("/wordings/no_such_letter").status_code == 404


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_heading_is_in_the_language_of_the_reader(admin, language):
    admin.send("/language", {"language": language}, page="/account")
    page = admin.see(PAGE).text
    subject = templates.original("request_registered").subject[language]
    assert f"<h1>{escape(subject, quote=False)}</h1>" in page
