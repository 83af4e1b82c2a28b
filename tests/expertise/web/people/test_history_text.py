"""What was done to a person stands on the person's page, in words, for who administers and who audits."""

from __future__ import annotations

import ast
import re
from html import unescape

import pytest
from sqlalchemy import select

from expertise.audit import history, history_verify
from expertise.base import clock
from expertise.people.auth import api_tokens
from expertise.people.auth.failed_sign_ins import FAILURE_KINDS
from expertise.people.auth.password_links import INVITATION, PASSWORD_RESET
from expertise.people.model import Person
from expertise.web.people.history_text import ACTS
from tests.expertise.web.conftest import PASSWORD
from tests.expertise.web.people.test_people import hidden, press, url  # noqa: F401 fixtures
from tests.laws.product import dotted, sources
from workflows.definition import LANGUAGES


def told(page):
    """The lines of the history as plain text, the newest first."""
    part = page.partition('<ol class="trail"')[2].partition("</ol>")[0]
    lines = [re.sub(r"<[^>]+>", " ", line) for line in part.split("<li>")[1:]]
    return [" ".join(unescape(line).split()) for line in lines]


@pytest.fixture
def changed(admin, visit, url):  # noqa: F811
    """The page of an expert to whom much has happened."""
    page = url("expert")
    visit("expert")
    press(admin, page, "/roles", role="lender", region="KZ-43", since="01.03.2026", until="31.03.2026")
    press(admin, page, "", name="Renamed", email="expert@example.kz", language="ru", organisation="akimat-kz-43")
    press(admin, page, "/lead", lead="yes")
    press(admin, page, "/access", access="end")
    return page


def test_every_change_is_told_with_who_did_it(admin, changed):
    lines = told(admin.see(changed).text)
    assert [re.sub(r" \d\d\.\d\d\.\d{4}, \d\d:\d\d ·", " ·", line) for line in lines] == [
        "Access ended · Admin",
        "Manages the accounts of the organisation from now on · Admin",
        "Facts changed Language: Русский Name: Renamed Organisation: Akimat of Kyzylorda Region · Admin",
        "Role assigned Role: lender · Kyzylorda Region Days: 01.03.2026 – 31.03.2026 · Admin",
        "Signed in How: by password · Renamed",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_in_three_languages(admin, changed, language):
    admin.send("/language", {"language": language}, page="/account")
    page = admin.see(changed).text
    assert f'<html lang="{language}">' in page and len(told(page)) == 5


def test_an_auditor_reads_and_changes_nothing(app, visit, settle, admin, changed):
    settle("watch", "auditor")
    auditor = visit("watch")
    page = auditor.see(changed).text
    assert len(told(page)) == 5
    assert 'action="/people' not in page, "nothing to press"
    assert "/people/new" not in auditor.see("/people").text
    for tail in ("", "/roles", "/access", "/lead", "/invitation"):
        answer = auditor.client.post(changed + tail, data={**hidden(auditor, "/account"), "access": "back"})
        assert answer.status_code == 404, tail


def test_a_lead_sees_no_history(visit, settle, url):  # noqa: F811
    settle("boss", "requester", organisation="akimat-kz-43", lead=True)
    assert 'class="trail"' not in visit("boss").see(url("requester")).text


def test_an_organisation_has_one_too(admin):
    names = {"name_kk": "Жаңа", "name_ru": "Новая", "name_en": "New"}
    admin.send("/organisations/new", {"key": "new-one", **names})
    admin.send("/organisations/new-one", {**names, "name_en": "Newer"})
    first, second = told(admin.see("/organisations/new-one").text)[::-1]
    assert first.startswith("Organisation added") and "Name in English: Newer" in second


def test_what_one_does_to_oneself_names_oneself(app, admin, visit, url, look):  # noqa: F811
    expert = visit("expert")
    with app.extensions["komek"].transactions.write() as session:
        person = session.scalars(select(Person).where(Person.name == "Expert")).one()
        history.acting(session, person.key)
        api_tokens.issue(session, person, name="Export", scope="read", now=clock.now())
    new = "another sentence nobody guesses"
    expert.send("/account/password", {"old": PASSWORD, "password": new, "again": new})
    expert.send("/language", {"language": "kk"}, page="/account")
    lines = told(admin.see(url("expert")).text)
    assert all(line.endswith("· Expert") for line in lines)
    assert lines[0].startswith("Facts changed Language: Қазақша") and lines[1].startswith("Password set")
    assert (
        lines[2].startswith("Token for a program created")
        and "Name: Export" in lines[2]
        and "Allowed: read" in lines[2]
    )
    with app.extensions["komek"].transactions.read() as session:
        assert history_verify.verify(session).broken == ()
    assert look(Person, Person.name == "Expert")[0].language == "kk"


def test_every_act_that_is_noted_has_words():
    called = (node for tree in sources().values() for node in ast.walk(tree) if isinstance(node, ast.Call))
    noting = [call for call in called if dotted(call.func) in {"past.note", "history.note", "_note_names"}]
    texts = {part.value for call in noting for part in ast.walk(call) if isinstance(part, ast.Constant)}
    noted = {text for text in texts if isinstance(text, str) and re.fullmatch(r"[a-z_]+:[a-z_]+", text)}
    noted |= {f"{purpose}:send" for purpose in (INVITATION, PASSWORD_RESET)} | {kind.act for kind in FAILURE_KINDS}
    assert noted == set(ACTS)
