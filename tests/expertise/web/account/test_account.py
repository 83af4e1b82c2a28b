"""One's own account: sessions, the password, tokens for programs, proof before what is grave."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from expertise.base import clock
from expertise.base.database import Base
from expertise.people.auth import api_tokens
from expertise.people.model import ApiToken

PASSWORD, NEW = "a long sentence nobody guesses", "another sentence for the door"

#: Every unsafe address of this room, and what a hostile page would send there.
UNSAFE = {
    "/sign-in": {"email": "requester@example.kz", "password": PASSWORD},
    "/sign-in/code": {"code": "1"},
    "/sign-in/forgotten": {"email": "requester@example.kz"},
    "/sign-out": {},
    "/language": {"language": "ru"},
    "/passes/x": {"password": NEW, "again": NEW},
    "/account/end-all": {},
    "/account/letters": {"step": "off"},
    "/account/password": {"old": PASSWORD, "password": NEW, "again": NEW},
    "/account/second-factor/begin": {},
    "/account/second-factor/confirm": {"code": "1"},
    "/account/second-factor/change": {"code": "1", "do": "telephone"},
    "/account/sessions/end": {"key": "x"},
    "/account/sessions/end-others": {},
    "/account/tokens": {"name": "x", "scope": "read", "days": "9"},
    "/account/tokens/revoke": {"token": "1"},
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
        "tokens.",
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
        "/account/tokens",
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


def test_a_token_is_shown_once_and_ended_by_its_person_alone(visit, transactions, time):
    someone = visit("requester")
    made = someone.send("/account/tokens", {"name": "Мой скрипт", "scope": "write", "days": "30"})
    shown = re.sub("<wbr>", "", re.search(r"<code>(.+)</code>", made.text)[1])
    assert shown.startswith("kmk_") and shown[:20] not in someone.see("/account/tokens").text
    with transactions.read() as db:
        found = api_tokens.bearer(db, shown, clock.now())
        row = db.execute(select(ApiToken.id, ApiToken.created_at, ApiToken.ends_at)).one()
    assert found.scope == "write" and row.ends_at - row.created_at == timedelta(days=30)
    visit("approver").send("/account/tokens/revoke", {"token": str(row.id)}, page="/account/tokens")
    assert "Ended" not in someone.see("/account/tokens").text
    someone.send("/account/tokens/revoke", {"token": str(row.id)}, page="/account/tokens")
    assert "Ended" in someone.see("/account/tokens").text
    with transactions.read() as db:
        assert api_tokens.bearer(db, shown, clock.now()) is None


@pytest.mark.parametrize(
    "wrong",
    [{"days": "91"}, {"days": "0"}, {"days": "-1"}, {"days": "x"}, {"name": ""}, {"name": "x" * 81}, {"scope": "all"}],
)
def test_a_token_that_cannot_be_is_refused_with_what_was_typed(visit, transactions, wrong):
    someone = visit("requester")
    form = {"name": "My script", "scope": "write", "days": "30", **wrong}
    answer = someone.send("/account/tokens", form)
    assert answer.status_code == 422 and f'value="{form["days"]}"' in answer.text
    with transactions.read() as db:
        assert db.scalar(select(func.count()).select_from(ApiToken)) == 0


def test_an_old_session_gets_no_token_without_proof(visit, time):
    someone = visit("requester")
    time.move(timedelta(minutes=16))
    form = {"name": "My script", "scope": "read", "days": "30"}
    assert someone.send("/account/tokens", form).status_code == 422
    before = token(someone)
    assert "<code>kmk_" in someone.send("/account/tokens", {**form, "_proof": PASSWORD}).text
    assert token(someone) != before
