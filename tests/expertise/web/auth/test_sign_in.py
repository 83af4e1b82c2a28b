"""Signing in and out, languages, sessions, and what every answer carries."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from expertise.base.database import table_of
from expertise.base.errors import DatabaseAway
from expertise.people.model import UnsentForm
from expertise.web.auth.sign_in import own_page


def test_wrong_passwords_and_unknown_people_get_the_same_answer(visit):
    nobody = visit()
    texts = []
    for email in ("requester@example.kz", "stranger@example.kz"):
        answer = nobody.send("/sign-in", {"email": email, "password": "wrong"})
        texts.append(re.sub(r'value="[^"]*"', "", answer.text))
        assert answer.status_code == 422
    assert texts[0] == texts[1]


def test_the_eleventh_guess_has_to_wait(visit):
    nobody = visit()
    for _ in range(10):
        nobody.send("/sign-in", {"email": "requester@example.kz", "password": "wrong"})
    answer = nobody.send("/sign-in", {"email": "requester@example.kz", "password": "wrong"})
    assert answer.status_code == 429 and "minute" in answer.text


def test_who_is_not_signed_in_is_led_to_the_door_and_back(visit):
    nobody = visit()
    answer = nobody.see("/cases?show=late")
    assert answer.status_code == 303 and answer.location == "/sign-in?next=/cases?show%3Dlate"
    answer = nobody.send(
        "/sign-in",
        {"email": "requester@example.kz", "password": "a long sentence nobody guesses"},
        page=answer.location,
    )
    assert answer.location == "/cases?show=late"


@pytest.mark.parametrize(
    "wanted", ["https://example.kz/", "//example.kz", "/\\example.kz", "javascript:alert(1)", "", "/\n/x", "\\\\x"]
)
def test_the_way_back_never_leaves_komek(wanted):
    assert own_page(wanted) == "/"


def test_signing_in_gives_a_new_secret_and_signing_out_ends_the_session(visit):
    someone = visit("requester")
    before = someone.hidden("/account")["csrf_token"]
    cookie = someone.client.get_cookie("komek").value
    assert someone.send("/sign-out", {}, page="/account").status_code == 303
    someone.client.set_cookie("komek", cookie)
    assert someone.see("/account").status_code == 303, "the old cookie opens nothing"
    assert before not in visit("requester").hidden("/account").values()


def test_signing_out_everywhere_ends_the_other_browser_too(visit):
    one, other = visit("requester"), visit("requester")
    assert one.see("/account").text.count("<tr>") == 3
    one.send("/account/end-all", {}, page="/account")
    assert other.see("/account").status_code == 303


def test_an_idle_session_is_over_and_a_used_one_is_not(visit, time):
    someone = visit("requester")
    for minutes in (20, 20, 20):
        time.move(timedelta(minutes=minutes))
        assert someone.see("/account").status_code == 200
    time.move(timedelta(minutes=31))
    assert someone.see("/account").status_code == 303


def test_the_language_is_kept_with_the_person(visit):
    someone = visit("requester")
    answer = someone.send("/language", {"language": "kk", "back": "/account"}, page="/account")
    assert answer.status_code == 303 and answer.location == "/account"
    assert '<html lang="kk">' in visit("requester").see("/account").text
    assert someone.send("/language", {"language": "tlh"}, page="/account").status_code == 422


def test_strangers_are_spoken_to_in_their_browsers_language(visit):
    for accepted, language in (("ru-RU,ru;q=0.9,en;q=0.5", "ru"), ("en-GB", "en"), ("fr", "kk"), ("", "kk")):
        assert f'<html lang="{language}">' in visit().see("/sign-in", **{"Accept-Language": accepted}).text


NOTE = re.compile(r'id="typed".*?name="_page" value="([^"]+)"', re.DOTALL)


@pytest.mark.parametrize("page", ["/sign-in", "/sign-in?next=/cases", "/sign-in/forgotten"])
@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_a_switch_of_the_language_before_signing_in_loses_no_words(visit, transactions, page, language):
    stranger = visit()
    note = NOTE.search(stranger.see(page).text)[1]
    form = {"_language": language, "_page": note, "email": 'ая"<b>@example.kz', "password": "a secret of mine"}
    answer = stranger.send("/language", form, page=page)
    assert answer.status_code == 200 and f'<html lang="{language}">' in answer.text
    assert 'value="ая&quot;&lt;b&gt;@example.kz"' in answer.text and "a secret of mine" not in answer.text
    assert ("/cases" in answer.text) == ("next" in page)
    assert f'<html lang="{language}">' in stranger.see(page).text, "the choice is remembered"
    assert "&lt;b&gt;@" not in stranger.see(page).text, "nothing is stored"
    again = stranger.send("/language", {**form, "_page": NOTE.search(answer.text)[1], "_language": "kk"}, page=page)
    assert again.status_code == 200 and "@example.kz" in again.text
    with transactions.read() as session:
        assert session.execute(select(func.count()).select_from(table_of(UnsentForm))).scalar_one() == 0


def test_a_note_that_was_not_signed_here_shows_nothing(visit):
    answer = visit().send("/language", {"_language": "ru", "_page": "x.y", "email": "a@b.kz"}, page="/sign-in")
    assert (answer.status_code, answer.location) == (303, "/")


@pytest.mark.parametrize("url", ["/sign-in", "/", "/static/komek.css", "/no-such-page", "/register"])
def test_every_answer_is_guarded(visit, url):
    headers = visit().see(url).headers
    assert "unsafe-inline" not in headers["Content-Security-Policy"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "camera=()" in headers["Permissions-Policy"] and "geolocation=()" in headers["Permissions-Policy"]
    assert "publickey-credentials-get=(self)" in headers["Permissions-Policy"], "passkeys go on working"
    kept = {"/static/komek.css": "no-cache", "/register": "public, max-age=300"}
    assert headers["Cache-Control"] == kept.get(url, "no-store")


def test_versioned_files_are_kept_for_a_year(visit):
    nobody = visit()
    for address in re.findall(r'(?:href|src)="(/static/[^"]+)"', nobody.see("/sign-in").text):
        answer = nobody.see(address)
        assert answer.status_code == 200 and "immutable" in answer.headers["Cache-Control"], address


@pytest.mark.parametrize("url", ["/sign-in", "/no-such-page", "/register"])
def test_the_stylesheet_is_announced_before_the_page_has_come(visit, url):
    """Over a slow line it is asked for as soon as the headers are there."""
    answer = visit().see(url)
    stylesheet = re.search(r'rel="stylesheet" href="([^"]+)"', answer.text)[1]
    assert answer.headers["Link"] == f"<{stylesheet}>; rel=preload; as=style"
    assert "Link" not in visit().see(stylesheet).headers


def test_a_form_without_its_secret_changes_nothing(app, visit):
    someone = visit("requester")
    for url in ("/sign-out", "/language", "/cases/new/expertise_request", "/cases/X/steps/y", "/cases/X/comments"):
        answer = someone.client.post(url, data={"title": "x", "language": "ru"})
        assert answer.status_code == 403 and "could not be accepted" in answer.text
    assert someone.see("/account").status_code == 200


def test_a_database_that_is_away_is_said_in_plain_words(app, visit, monkeypatch):
    someone = visit("requester")

    def away():
        raise DatabaseAway("no connection")

    monkeypatch.setattr(app.extensions["komek"].transactions, "read", away)
    answer = someone.see("/")
    assert answer.status_code == 503 and "database does not answer" in answer.text


def test_a_fault_of_ours_is_no_secret_and_tells_no_secrets(app, visit, monkeypatch):
    someone = visit("requester")

    def broken():
        raise RuntimeError("the password of the database is swordfish")

    monkeypatch.setattr(app.extensions["komek"].transactions, "read", broken)
    answer = someone.see("/")
    assert answer.status_code == 500 and "swordfish" not in answer.text
