"""One's own account: sessions, the password, proof before what is grave."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from expertise.base.database import Base

PASSWORD, NEW = "a long sentence nobody guesses", "another sentence for the door"

#: Every unsafe address of this room, and what a hostile page would send there.
UNSAFE = {
    "/sign-in": {"email": "requester@example.kz", "password": PASSWORD},
    "/sign-in/code": {"code": "1"},
    "/sign-in/forgotten": {"email": "requester@example.kz"},
    "/sign-out": {},
    "/language": {"language": "ru"},
    "/passes/x": {"password": NEW, "again": NEW},
    "/passes/x/again": {},
    "/account/end-all": {},
    "/account/letters": {"step": "off"},
    "/account/password": {"old": PASSWORD, "password": NEW, "again": NEW},
    "/account/second-factor/begin": {},
    "/account/second-factor/confirm": {"code": "1"},
    "/account/second-factor/change": {"code": "1", "do": "telephone"},
    "/account/sessions/end": {"key": "x"},
    "/account/sessions/end-others": {},
}


@pytest.fixture
def transactions(app):
    return app.extensions["komek"].transactions


def everything(transactions):
    """All rows of all tables."""
    with transactions.read() as db:
        return {name: db.execute(select(table)).all() for name, table in Base.metadata.tables.items()}


def token(visitor):
    with visitor.client.session_transaction() as kept:
        return kept["token"]


@pytest.mark.parametrize("url", UNSAFE)
def test_no_strange_page_changes_anything(visit, transactions, url):
    someone, other = visit("requester"), visit("approver")
    strange = other.hidden("/account")["csrf_token"]
    before = everything(transactions)
    for secret in ({}, {"csrf_token": "wrong"}, {"csrf_token": strange}):
        assert someone.client.post(url, data={**UNSAFE[url], **secret}).status_code == 403
    assert everything(transactions) == before


def test_unsafe_addresses_are_all_here(app):
    ours = (
        "account.",
        "second_step.",
        "second_factor.",
        "passes.",
        "own_password.",
        "own_sessions.",
        "own_letters.",
    )
    posts = {
        rule.rule.replace("<token>", "x")
        for rule in app.url_map.iter_rules()
        if "POST" in rule.methods and rule.endpoint.startswith(ours)
    }
    assert posts == set(UNSAFE)


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
@pytest.mark.parametrize(
    "url",
    [
        "/account",
        "/account/letters",
        "/account/password",
        "/account/second-factor",
        "/sign-in/forgotten",
        "/passes/x",
    ],
)
def test_pages_speak_three_languages(visit, url, language):
    someone = visit("requester")
    someone.send("/language", {"language": language}, page="/account")
    page = someone.see(url)
    assert page.status_code == (404 if url == "/passes/x" else 200)
    assert f'<html lang="{language}">' in page.text
    words = re.sub(r"<[^>]*>|Қазақша|Русский", " ", page.text.partition("<main")[2].partition("</main>")[0])
    assert (re.search("[а-яә]", words) is None) == (language == "en")


def test_one_session_is_ended_from_another(visit):
    one, two, three = visit("requester"), visit("requester"), visit("requester")
    stranger = visit("approver")
    key = re.findall(r'name="key" value="(\w+)"', one.see("/account").text)
    assert len(key) == 2
    assert stranger.send("/account/sessions/end", {"key": key[0]}, page="/account").status_code == 303
    assert [each.see("/account").status_code for each in (one, two, three)] == [200] * 3, "not theirs to end"
    one.send("/account/sessions/end", {"key": key[0]}, page="/account")
    assert sorted(each.see("/account").status_code for each in (two, three)) == [200, 303]
    one.send("/account/sessions/end-others", {}, page="/account")
    assert [each.see("/account").status_code for each in (one, two, three)] == [200, 303, 303]


def test_a_new_password_ends_other_sessions_and_renews_this_one(visit):
    someone, other = visit("requester"), visit("requester")
    before, csrf = token(someone), someone.hidden("/account/password")["csrf_token"]
    form = {"old": PASSWORD, "password": NEW, "again": NEW}
    for wrong in ({"old": "wrong"}, {"again": "x"}, {"password": "short", "again": "short"}):
        assert someone.send("/account/password", {**form, **wrong}).status_code == 422
    assert other.see("/account").status_code == 200
    assert someone.send("/account/password", form).location == "/account"
    assert token(someone) != before and someone.hidden("/account")["csrf_token"] != csrf
    assert other.see("/account").status_code == 303 and someone.see("/account").status_code == 200
    sent = {"email": "requester@example.kz", "password": NEW}
    assert visit().send("/sign-in", sent).location == "/"


def test_guessing_the_old_password_has_an_end(visit):
    someone = visit("requester")
    form = {"old": "wrong", "password": NEW, "again": NEW}
    answers = [someone.send("/account/password", form).status_code for _ in range(11)]
    assert answers == [422] * 10 + [429]


def test_tokens_for_programs_are_not_offered_before_there_is_an_interface_for_them(visit):
    someone = visit("requester")
    assert "tokens" not in someone.see("/account").text and someone.see("/account/tokens").status_code == 404
