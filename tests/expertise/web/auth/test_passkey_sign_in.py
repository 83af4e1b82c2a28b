"""Signing in with a passkey: nothing else is asked for, and nothing is told to who has none."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from expertise.audit import history
from expertise.people.auth import second_factor
from expertise.people.manage import accounts
from expertise.people.model import FailedSignIn, PasskeyChallenge, Person, SignIn
from expertise.web.account import passkeys as own_passkeys
from expertise.web.auth import passkey_requests, passkey_sign_in
from tests.expertise.web.account.test_second_factor import required  # noqa: F401
from tests.expertise.web.conftest import PASSWORD

pytest.importorskip("webauthn", reason="the extra `passkeys` is not installed")

from tests.support.authenticator import Device

PAGE = "/account/passkeys"
REFUSED = "The passkey was not accepted."


@pytest.fixture
def transactions(app):
    return app.extensions["komek"].transactions


@pytest.fixture
def open_environment(app, time):
    """Komek at an address at which browsers make passkeys."""
    env = app.extensions["komek"]
    settings = replace(env.settings, url="http://localhost")
    app.extensions["komek"] = replace(env, settings=settings)
    app._got_first_request = False
    for page in (passkey_requests, passkey_sign_in, own_passkeys):
        page.attach(app)
    return app


def ask(visitor, url, page="/sign-in", **data):
    """What the script asks before it turns to the device: the JSON of the answer."""
    sent = {"csrf_token": visitor.hidden(page)["csrf_token"], **data}
    answer = visitor.client.post(url, data=sent, headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.text
    return answer.json


def new_device(visitor, name="Telephone", **options):
    """A device to which the visitor, who is signed in, has added a passkey."""
    device = Device(**options)
    answer = device.make(ask(visitor, f"{PAGE}/begin", "/account", name=name))
    added = visitor.client.post(PAGE, data={**visitor.hidden(PAGE), "name": name, "_made": answer})
    assert added.status_code == 303, added.text
    return device


@pytest.fixture
def device(open_environment, visit):
    """The requester's."""
    return new_device(visit("requester"))


def enter(visitor, device, **lies):
    answer = device.sign(ask(visitor, "/passkeys/sign_in"), **lies)
    return visitor.send("/sign-in/passkey", {"_passkey": answer}, page="/sign-in")


def count(transactions, table):
    with transactions.read() as db:
        return db.scalar(select(func.count()).select_from(table))


def person(db, name="requester"):
    return db.scalars(select(Person).where(Person.email == f"{name}@example.kz")).one()


def test_a_passkey_alone_signs_in(device, visit, transactions):
    someone = visit()
    answer = device.sign(ask(someone, "/passkeys/sign_in"))
    sent = {**someone.hidden("/sign-in"), "_passkey": answer, "next": "/cases?show=late"}
    entered = someone.client.post("/sign-in/passkey", data=sent)
    assert entered.status_code == 303 and entered.location == "/cases?show=late"
    assert "komek-language=en" in str(entered.headers)
    assert someone.see("/account").status_code == 200
    with transactions.read() as db:
        newest = history.read(db, history.person(person(db).key))[0]
    assert newest.act == "session:begin" and newest.values == {"how": "passkey"}


def test_it_counts_as_both_factors(device, required, visit, transactions):  # noqa: F811
    """Who decides is asked for a code after the password, and for nothing after a passkey."""
    with transactions.write() as db:
        accounts.grant_role(db, person(db), "approver")
    someone = visit()
    form = {"email": "requester@example.kz", "password": PASSWORD}
    assert someone.send("/sign-in", form).location == "/sign-in/code"
    other = visit()
    assert enter(other, device).location == "/" and other.see("/cases").status_code == 200


def test_after_the_password_it_stands_in_for_the_code(device, required, visit, transactions):  # noqa: F811
    with transactions.write() as db:
        accounts.grant_role(db, person(db), "approver")
    someone = visit()
    someone.send("/sign-in", {"email": "requester@example.kz", "password": PASSWORD})
    page = someone.see("/sign-in/code").text
    assert 'data-ask="/passkeys/code"' in page and 'id="f-code"' not in page, "there is no telephone to ask for a code"
    assert someone.see("/account/second-factor").location.startswith("/sign-in/code"), "the password alone sets up none"
    stranger = Device()
    asked = ask(someone, "/passkeys/code", "/sign-in/code")
    assert [each["id"] for each in asked["allowCredentials"]]
    stranger.make({"user": {"id": ""}, "challenge": asked["challenge"]})
    wrong = someone.send("/sign-in/code", {"_passkey": stranger.sign(asked, stranger.keys[0])})
    assert wrong.status_code == 422 and "The passkey was not accepted." in wrong.text
    answer = device.sign(ask(someone, "/passkeys/code", "/sign-in/code"))
    assert someone.send("/sign-in/code", {"_passkey": answer, "next": "/cases"}).location == "/cases"
    with transactions.read() as db:
        assert history.read(db, history.person(person(db).key))[0].values == {"how": "password_passkey"}


def test_the_passkey_of_another_is_no_second_step(device, required, visit, transactions):  # noqa: F811
    theirs = new_device(visit("neighbour"))
    with transactions.write() as db:
        accounts.grant_role(db, person(db), "approver")
    someone = visit()
    someone.send("/sign-in", {"email": "requester@example.kz", "password": PASSWORD})
    asked = ask(someone, "/passkeys/code", "/sign-in/code")
    assert someone.send("/sign-in/code", {"_passkey": theirs.sign(asked, theirs.keys[0])}).status_code == 422
    assert someone.see("/cases").location.startswith("/sign-in/code")


def test_guessing_the_second_step_has_an_end(device, required, visit, transactions):  # noqa: F811
    with transactions.write() as db:
        accounts.grant_role(db, person(db), "approver")
    someone = visit()
    someone.send("/sign-in", {"email": "requester@example.kz", "password": PASSWORD})
    answers = [someone.send("/sign-in/code", {"_passkey": "{}"}).status_code for _ in range(6)]
    assert answers == [422] * second_factor.PER_PERSON + [429]


LIES = {
    "wrong address": {"origin": "https://komek.example.com"},
    "wrong house": {"name": "example.com"},
    "wrong challenge": {"challenge": "eHg"},
    "nobody verified": {"verified": False},
    "counted backwards": {"count": 0},
}


@pytest.mark.parametrize("lie", LIES)
def test_every_refusal_says_the_same(device, visit, transactions, lie):
    enter(visit(), device)
    before, someone = count(transactions, SignIn), visit()
    refused = enter(someone, device, **LIES[lie])
    assert refused.status_code == 422 and REFUSED in refused.text and 'name="password"' in refused.text
    assert count(transactions, SignIn) == before and someone.see("/account").status_code == 303


def test_nobody_learns_whether_there_is_such_a_passkey(device, visit, transactions):
    """Unknown, somebody's who is gone, and a wrong signature: one answer."""
    unknown = Device()
    unknown.make({"user": {"id": ""}, "challenge": ""})
    answers = {enter(visit(), unknown).status_code, enter(visit(), device, challenge="eHg").status_code}
    with transactions.write() as db:
        accounts.deactivate_person(db, person(db))
    gone = enter(visit(), device)
    assert answers == {422} and gone.status_code == 422 and REFUSED in gone.text


def test_what_is_asked_at_the_sign_in_tells_of_nobody(device, visit):
    asked = [ask(visit(), "/passkeys/sign_in") for _ in range(2)]
    assert asked[0].pop("challenge") != asked[1].pop("challenge") and asked[0] == asked[1]
    assert asked[0]["allowCredentials"] == [] and asked[0]["rpId"] == "localhost"


def test_an_answer_belongs_to_the_browser_that_asked_and_works_once(device, visit):
    someone, thief = visit(), visit()
    answer = device.sign(ask(someone, "/passkeys/sign_in"))
    ask(thief, "/passkeys/sign_in")
    assert thief.send("/sign-in/passkey", {"_passkey": answer}, page="/sign-in").status_code == 422
    assert someone.send("/sign-in/passkey", {"_passkey": answer}, page="/sign-in").status_code == 303
    someone.send("/sign-out", {}, page="/account")
    assert someone.send("/sign-in/passkey", {"_passkey": answer}, page="/sign-in").status_code == 422


def test_an_old_answer_is_refused(device, visit, time):
    someone = visit()
    answer = device.sign(ask(someone, "/passkeys/sign_in"))
    time.move(timedelta(minutes=5))
    assert someone.send("/sign-in/passkey", {"_passkey": answer}, page="/sign-in").status_code == 422


def test_a_session_gets_a_new_name(device, visit):
    someone = visit("neighbour")
    someone.see("/account")
    with someone.client.session_transaction() as kept:
        before = dict(kept)
    assert enter(someone, device).status_code == 303
    with someone.client.session_transaction() as kept:
        assert kept["token"] != before["token"] and kept.get("csrf_token") != before["csrf_token"]


def test_wrong_answers_are_counted_for_the_address_as_passwords_are(device, visit, transactions, monkeypatch):
    monkeypatch.setattr(passkey_requests.sign_in, "PER_ADDRESS", 3)
    someone = visit()
    for _ in range(3):
        assert someone.send("/sign-in/passkey", {"_passkey": "{}"}, page="/sign-in").status_code == 422
    late = enter(someone, device)
    assert late.status_code == 429 and "Too many attempts" in late.text
    form = {"email": "requester@example.kz", "password": PASSWORD}
    assert someone.send("/sign-in", form).status_code == 429, "one count for one address"


def test_challenges_have_an_end_and_leave_little_behind(open_environment, visit, transactions, monkeypatch):
    monkeypatch.setattr(passkey_requests, "PER_ADDRESS", 4)
    someone = visit()
    for _ in range(4):
        ask(someone, "/passkeys/sign_in")
    assert count(transactions, PasskeyChallenge) == 1, "one for one browser"
    sent = {"csrf_token": someone.hidden("/sign-in")["csrf_token"]}
    refused = someone.client.post("/passkeys/sign_in", data=sent, headers={"Accept": "application/json"})
    assert refused.status_code == 429 and "Too many attempts" in refused.json["message"]
    assert count(transactions, FailedSignIn) == 4


@pytest.mark.parametrize(("purpose", "status"), [("code", 401), ("prove", 401), ("add", 404), ("x", 404)])
def test_what_nobody_may_be_asked(open_environment, visit, purpose, status):
    someone = visit()
    sent = {"csrf_token": someone.hidden("/sign-in")["csrf_token"]}
    answer = someone.client.post(f"/passkeys/{purpose}", data=sent, headers={"Accept": "application/json"})
    assert answer.status_code == status and "message" in json.loads(answer.text)


def test_a_forged_request_is_refused(device, visit):
    someone = visit()
    assert someone.client.post("/passkeys/sign_in").status_code == 403
    assert someone.client.post("/sign-in/passkey", data={"_passkey": "{}"}).status_code == 403


def test_without_the_extra_nothing_is_offered(app, visit, monkeypatch, caplog):
    monkeypatch.setattr(passkey_requests, "webauthn", None)
    env = app.extensions["komek"]
    app.extensions["komek"] = replace(env, settings=replace(env.settings, url="https://komek.example.kz"))
    app._got_first_request = False
    with caplog.at_level(logging.WARNING):
        passkey_sign_in.attach(app)
    someone = visit("requester")
    for page in ("/account", "/sign-in", "/account/password"):
        assert "passkey" not in someone.see(page).text.lower(), page
    assert someone.see(PAGE).status_code == 404
    assert someone.send("/sign-in/passkey", {}, page="/sign-in").status_code == 404


def test_at_an_address_without_a_name_nothing_is_offered(app, visit):
    assert app.extensions["komek"].settings.url == "http://127.0.0.1:8000"
    assert "passkey" not in visit().see("/sign-in").text.lower()
    assert visit("requester").see(PAGE).status_code == 404


def test_the_page_offers_it_only_to_browsers_that_can(open_environment, visit):
    """Unseen until the script has looked."""
    page = visit().see("/sign-in").text
    form_field = page.partition("data-passkey")[2].partition(">")[0]
    assert form_field.endswith(" hidden") and "/static/passkeys.js" in page and 'data-ask="/passkeys/sign_in"' in page
