"""The code after the password: setting it up, giving it, losing the telephone."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from expertise.base import clock
from expertise.people.absences import NewAbsence, record
from expertise.people.auth import second_factor, totp
from expertise.people.model import Absence, Person, RecoveryCode, SecondFactor, SignIn

PASSWORD = "a long sentence nobody guesses"
KEY = "k" * 40
SETUP = "/account/second-factor"


@pytest.fixture
def required(app):
    env = app.extensions["komek"]
    app.extensions["komek"] = replace(env, settings=replace(env.settings, second_factor="required"))


@pytest.fixture
def transactions(app):
    return app.extensions["komek"].transactions


@pytest.fixture
def telephone(transactions, time):
    """Sets up the second factor of a person as if long ago; returns the secret and the codes on paper."""

    def make(name):
        with transactions.write() as db:
            person = db.scalars(select(Person).where(Person.email == f"{name}@example.kz")).one()
            begun = second_factor.begin(db, person, KEY)
            before = clock.now() - timedelta(minutes=5)
            return begun.secret, second_factor.confirm(db, person, code(begun.secret, before), KEY, before)

    return make


def code(secret, moment=None):
    return totp.code(secret, int((moment or clock.now()).timestamp()) // totp.STEP)


def password(visitor, name, **more):
    return visitor.send("/sign-in", {"email": f"{name}@example.kz", "password": PASSWORD, **more})


def begin(visitor):
    form = visitor.hidden("/account")
    return visitor.client.post(f"{SETUP}/begin", data=form)


def token(visitor):
    with visitor.client.session_transaction() as kept:
        return kept["token"]


def shown_secret(text):
    return re.search(r"<b>((?:[A-Z2-7]{4} ?)+)</b>", text)[1].replace(" ", "")


@pytest.mark.parametrize("name", ["coordinator", "approver"])
def test_who_decides_is_led_to_set_it_up(required, visit, time, name):
    someone = visit()
    answer = password(someone, name, next="/cases?show=late")
    assert answer.location == "/sign-in/code?next=/cases?show%3Dlate"
    for closed in ("/", "/cases", "/cases/new", "/account", "/account/letters", "/account/password"):
        assert someone.see(closed).location.startswith("/sign-in/code"), closed
    assert someone.see("/sign-in/code").location.startswith(SETUP)
    half_way = token(someone)
    form = someone.hidden("/sign-in")
    assert someone.client.post(f"{SETUP}/begin", data=form).status_code == 303
    page = someone.see(SETUP).text
    assert "<svg" in page and "style=" not in page
    secret = shown_secret(page)
    assert shown_secret(someone.see(SETUP).text) == secret, "looking changes nothing"
    wrong = someone.client.post(f"{SETUP}/confirm", data={**form, "code": "12345"})
    assert wrong.status_code == 422 and shown_secret(wrong.text) == secret
    done = someone.client.post(f"{SETUP}/confirm", data={**form, "code": code(secret), "next": "/cases?show=late"})
    assert done.status_code == 200 and len(re.findall(r"(?:[0-9a-z]{4}-){3}[0-9a-z]{4}", done.text)) == 10
    assert 'href="/cases?show=late"' in done.text
    assert someone.see("/cases").status_code == 200 and token(someone) != half_way


def test_who_files_requests_may_do_without(required, visit):
    assert password(visit(), "requester").location == "/"


def test_who_stands_in_for_who_decides_needs_it_for_that_time(required, app, visit, transactions, time):
    today = app.extensions["komek"].services.calendar.local_day(clock.now())
    with transactions.write() as db:
        people = {person.name: person for person in db.scalars(select(Person))}
        approver, deputy = people["Approver"], people["Expert"]
        wish = NewAbsence(today, today + timedelta(days=1), deputy_id=deputy.id)
        assert isinstance(record(db, approver, wish, recorded_by_id=approver.id, now=clock.now()), Absence)
    assert password(visit(), "expert").location == "/sign-in/code"
    time.move(timedelta(days=3))
    assert password(visit(), "expert").location == "/"


def test_an_incomplete_session_changes_nothing(required, visit, transactions):
    someone = visit()
    password(someone, "coordinator")
    form = someone.hidden("/sign-in")
    form.pop("_page")  # the note of the page: with it, a switch of the language shows the page again
    for url in (
        "/account/password",
        "/account/letters",
        "/account/sessions/end",
        "/account/sessions/end-others",
        "/account/end-all",
        f"{SETUP}/change",
        "/cases/new/expertise_request",
        "/cases/ER-1999-0001/comments",
    ):
        answer = someone.client.post(url, data={**form, "token": "1", "title": "x", "comment": "x"})
        assert answer.status_code == 303 and answer.location.startswith("/sign-in/code"), url
    assert someone.client.post("/language", data={**form, "language": "ru"}).status_code == 303
    assert someone.see("/static/komek.css").status_code == 200
    assert someone.client.post("/sign-out", data=form).status_code == 303
    with transactions.read() as db:
        assert db.scalars(select(SignIn)).all() == []


def test_a_code_signs_in_once(visit, telephone, time):
    secret, _ = telephone("coordinator")
    someone, other = visit(), visit()
    for each in (someone, other):
        assert password(each, "coordinator").location == "/sign-in/code"
    before = token(someone)
    csrf = someone.hidden("/sign-in/code")["csrf_token"]
    assert someone.send("/sign-in/code", {"code": "000 00"}).status_code == 422
    given = code(secret)
    assert someone.send("/sign-in/code", {"code": f"{given[:3]} {given[3:]}"}).location == "/"
    assert someone.see("/account").status_code == 200
    assert token(someone) != before and someone.hidden("/account")["csrf_token"] != csrf
    assert other.send("/sign-in/code", {"code": given}).status_code == 422, "used already"
    assert other.see("/account").location.startswith("/sign-in/code")
    someone.client.set_cookie("komek", "")
    assert someone.see("/account").status_code == 303


def test_a_recovery_code_works_once(visit, telephone):
    _, (first, *_) = telephone("coordinator")
    for expected in (303, 422):
        someone = visit()
        password(someone, "coordinator")
        assert someone.send("/sign-in/code", {"code": first.upper()}).status_code == expected


def test_guessing_codes_has_an_end(visit, telephone):
    secret, _ = telephone("coordinator")
    someone = visit()
    password(someone, "coordinator")
    answers = [someone.send("/sign-in/code", {"code": "12345"}).status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]
    assert someone.send("/sign-in/code", {"code": code(secret)}).status_code == 429, "the right one waits, too"


def test_the_waiting_session_is_over_after_a_quarter_of_an_hour(visit, telephone, time):
    secret, _ = telephone("coordinator")
    someone = visit()
    password(someone, "coordinator")
    form = someone.hidden("/sign-in/code")
    time.move(timedelta(minutes=16))
    answer = someone.client.post("/sign-in/code", data={**form, "code": code(secret)})
    assert answer.status_code == 303 and answer.location == "/sign-in"


def test_who_has_a_second_factor_cannot_replace_it_with_the_password_alone(visit, telephone, transactions):
    telephone("coordinator")
    someone = visit()
    password(someone, "coordinator")
    assert someone.see(SETUP).location.startswith("/sign-in/code")
    form = someone.hidden("/sign-in/code")
    for url in (f"{SETUP}/begin", f"{SETUP}/confirm"):
        assert someone.client.post(url, data={**form, "code": "1"}).location.startswith("/sign-in/code")
    with transactions.read() as db:
        assert db.scalars(select(SecondFactor)).one().confirmed_at is not None


def test_setting_it_up_from_the_account_ends_all_other_sessions(visit, time):
    someone, other = visit("requester"), visit("requester")
    assert begin(someone).status_code == 303
    form, before = someone.hidden(SETUP), token(someone)
    secret = shown_secret(someone.see(SETUP).text)
    assert someone.client.post(f"{SETUP}/confirm", data={**form, "code": code(secret)}).status_code == 200
    assert other.see("/account").status_code == 303
    assert someone.see("/account").status_code == 200 and token(someone) != before
    assert password(visit(), "requester").location == "/sign-in/code"


def test_an_old_session_shows_first_that_it_is_still_the_same_person(visit, time, transactions):
    someone = visit("requester")
    time.move(timedelta(minutes=20))
    assert begin(someone).status_code == 422
    with transactions.read() as db:
        assert db.scalars(select(SecondFactor)).all() == []
    form = {**someone.hidden("/account"), "_proof": PASSWORD}
    assert someone.client.post(f"{SETUP}/begin", data=form).status_code == 303


def test_new_codes_and_another_telephone_want_a_code(visit, telephone, time, transactions):
    secret, (first, second, *_) = telephone("requester")
    someone = visit()
    password(someone, "requester")
    someone.send("/sign-in/code", {"code": code(secret)})
    change = f"{SETUP}/change"
    assert someone.send(change, {"code": "nothing", "do": "codes"}, page=SETUP).status_code == 422
    renewed = someone.send(change, {"code": first, "do": "codes"}, page=SETUP)
    assert renewed.status_code == 200 and second not in renewed.text
    assert someone.send(change, {"code": second, "do": "telephone"}, page=SETUP).status_code == 422, "void by now"
    time.move(timedelta(minutes=1))
    assert someone.send(change, {"code": code(secret), "do": "telephone"}, page=SETUP).status_code == 303
    assert shown_secret(someone.see(SETUP).text) != secret
    with transactions.read() as db:
        assert db.scalars(select(RecoveryCode)).all() == []
