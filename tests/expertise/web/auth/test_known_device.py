"""A stranger guesses behind the proxy through which everybody comes: they are slowed, and the owner gets in."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from expertise.audit import history
from expertise.base import clock
from expertise.mail.model import OutgoingLetter
from expertise.people.auth import sign_in
from expertise.people.model import Person
from expertise.web.kit.proxies import ForwardedAddress
from tests.expertise.web.conftest import PASSWORD

EMAIL = "requester@example.kz"
RIGHT = {"email": EMAIL, "password": PASSWORD}


@pytest.fixture
def transactions(app, answer):
    found = app.extensions["komek"].transactions
    found.answer = answer
    return found


@pytest.fixture
def cheap(monkeypatch):
    """The guesses without the hash, which is slow and another test's."""
    monkeypatch.setattr(sign_in, "verify", lambda _hash, given: given == PASSWORD)


def guess(visitor, times, email=EMAIL, **headers):
    form = visitor.hidden("/sign-in")
    sent = {**form, "email": email, "password": "wrong"}
    return [visitor.client.post("/sign-in", data=sent, headers=headers).status_code for _ in range(times)]


def links(transactions):
    transactions.answer()
    with transactions.read() as db:
        sent = db.scalars(select(OutgoingLetter.context).where(OutgoingLetter.letter == "sign_in_link")).all()
    return [re.sub(r"^https?://[^/]+", "", context["link"]) for context in sent]


def test_ten_guesses_stop_the_stranger_and_not_the_owner(visit, cheap):
    owner = visit("requester")
    owner.send("/sign-out", {}, page="/account")
    stranger = visit()
    assert guess(stranger, 12) == [422] * 10 + [429] * 2
    assert stranger.send("/sign-in", RIGHT).status_code == 429
    assert owner.send("/sign-in", RIGHT).location == "/"
    assert stranger.send("/sign-in", RIGHT).status_code == 429


def test_fifty_guesses_from_the_address_of_everybody_stop_no_owner(visit, cheap):
    owner = visit("requester")
    owner.send("/sign-out", {}, page="/account")
    stranger = visit()
    answers = [guess(stranger, 1, f"person{number}@example.kz")[0] for number in range(52)]
    assert answers == [422] * 50 + [429] * 2
    assert visit().send("/sign-in", RIGHT).status_code == 429, "a new device waits, or takes the letter"
    assert owner.send("/sign-in", RIGHT).location == "/"


def test_the_letter_lets_the_owner_in_on_a_new_device(visit, cheap, transactions):
    guess(visit(), 10)
    owner = visit()
    refused = owner.send("/sign-in", RIGHT)
    assert refused.status_code == 429 and "Send me the letter" in refused.text
    form = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', refused.text.split("/sign-in/letter")[1]))
    asked = owner.client.post("/sign-in/letter", data={"csrf_token": form["csrf_token"], "email": form["email"]})
    assert asked.status_code == 200 and "a letter is on its way" in asked.text
    (link,) = links(transactions)
    assert owner.see(link).status_code == 200
    assert owner.send("/sign-in", RIGHT).status_code == 429, "looking changes nothing"
    assert owner.send(link, {}).location == "/sign-in"
    assert owner.send("/sign-in", {**RIGHT, "password": "wrong"}).status_code == 422, "the password is still asked for"
    assert owner.send("/sign-in", RIGHT).location == "/"
    with transactions.read() as db:
        key = db.scalar(select(Person.key).where(Person.email == EMAIL))
        assert "device:admit" in {each.act for each in history.read(db, history.person(key))}


def test_the_letter_says_nothing_of_who_has_an_account(visit, transactions):
    answers = {
        visit().send("/sign-in/letter", {"email": email}, page="/sign-in").text
        for email in (EMAIL, "nobody@example.kz", "")
    }
    assert len({re.sub(r'value="[^"]*"', "", each) for each in answers}) == 1 and len(links(transactions)) == 1


def test_the_link_ends(visit, transactions, time):
    nobody = visit()
    nobody.send("/sign-in/letter", {"email": EMAIL}, page="/sign-in")
    (link,) = links(transactions)
    time.move(timedelta(hours=1))
    assert nobody.see(link).status_code == 404 and nobody.see(link[:-3]).status_code == 404
    assert nobody.client.post(link, data={"csrf_token": nobody.hidden("/sign-in")["csrf_token"]}).status_code == 404
    assert nobody.client.get_cookie("komek-device") is None


def test_a_new_password_by_letter_lets_the_owner_in_at_once(visit, cheap, transactions):
    guess(visit(), 10)
    owner = visit()
    owner.send("/sign-in/forgotten", {"email": EMAIL})
    transactions.answer()
    with transactions.read() as db:
        link = re.sub(r"^https?://[^/]+", "", db.scalars(select(OutgoingLetter)).one().context["link"])
    new = "seven rivers and seven hills"
    assert owner.send(link, {"password": new, "again": new}).status_code == 303
    assert owner.send("/sign-in", {**RIGHT, "password": "wrong"}).status_code == 422
    assert owner.send("/sign-in", RIGHT).location == "/"


def test_the_cookie_is_not_for_scripts_and_names_nobody(visit):
    cookie = visit("requester").client.get_cookie("komek-device")
    assert cookie.http_only and cookie.same_site == "Lax" and "requester" not in cookie.value
    assert (cookie.expires - clock.now()).days > 390


def test_a_forged_header_buys_no_further_guesses(app, visit, cheap):
    app.wsgi_app._proxies = 1
    stranger = visit()
    stranger.client.environ_base["REMOTE_ADDR"] = "127.0.0.1"
    answers = [
        guess(stranger, 1, f"person{number}@example.kz", **{"X-Forwarded-For": f"10.1.2.{number}, 203.0.113.7"})[0]
        for number in range(52)
    ]
    assert answers == [422] * 50 + [429] * 2
    assert guess(stranger, 1, "x@example.kz", **{"X-Forwarded-For": "203.0.113.7, 203.0.113.8"}) == [422]


def test_without_the_setting_the_header_is_not_read(app, visit, cheap):
    assert isinstance(app.wsgi_app, ForwardedAddress)
    stranger = visit()
    answers = [
        guess(stranger, 1, f"person{number}@example.kz", **{"X-Forwarded-For": f"10.1.2.{number}"})[0]
        for number in range(51)
    ]
    assert answers[-2:] == [422, 429]
