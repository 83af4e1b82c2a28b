"""Links by mail that set a password once, and a reset that tells nobody who has an account."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from expertise.base import clock
from expertise.mail.model import OutgoingLetter
from expertise.people.auth import password_links as passes
from expertise.people.auth import password_reset, sign_in
from expertise.people.model import PasswordLink, Person
from expertise.web.auth import sign_in as account
from expertise.web.people.people import send_letter
from tests.support.statements import listening

NEW = "another sentence for the door"
FORGOTTEN = "/sign-in/forgotten"


@pytest.fixture
def transactions(app, answer):
    """The transactions of the application; `letters` has the worker write what was asked for."""
    found = app.extensions["komek"].transactions
    found.answer = answer
    return found


def letters(transactions):
    transactions.answer()
    with transactions.read() as db:
        return [(row.letter, row.recipient_id, row.context["link"]) for row in db.scalars(select(OutgoingLetter))]


def person(db, name="requester"):
    return db.scalars(select(Person).where(Person.email == f"{name}@example.kz")).one()


def asked(visit, transactions, name="requester"):
    """The path of the link in the letter."""
    assert visit().send(FORGOTTEN, {"email": f"{name}@example.kz"}).status_code == 200
    return letters(transactions)[-1][2].removeprefix("http://127.0.0.1:8000")


def test_a_forgotten_password_is_set_anew_and_every_session_ends(visit, transactions):
    signed_in = visit("requester")
    link = asked(visit, transactions)
    someone = visit()
    for _ in range(3):
        assert someone.see(link).status_code == 200, "looking uses nothing up"
    assert signed_in.see("/account").status_code == 200
    assert someone.send(link, {"password": NEW, "again": NEW}).location == "/sign-in"
    assert signed_in.see("/account").status_code == 303
    assert someone.send("/sign-in", {"email": "requester@example.kz", "password": NEW}).location == "/"
    assert visit().see(link).status_code == 404
    form = someone.hidden("/account")
    assert someone.client.post(link, data={**form, "password": NEW, "again": NEW}).status_code == 404


def test_an_invitation_opens_the_same_page(app, visit, transactions):
    with transactions.write() as db:
        person(db).password = None
        with app.test_request_context():
            send_letter(db, passes.issue(db, person(db), passes.INVITATION, clock.now()))
    ((letter, _, link),) = letters(transactions)
    assert letter == "invitation"
    path = link.removeprefix("http://127.0.0.1:8000")
    assert visit().send(path, {"password": NEW, "again": NEW}).status_code == 303
    assert visit().send("/sign-in", {"email": "requester@example.kz", "password": NEW}).location == "/"


@pytest.mark.parametrize(
    ("password", "again", "said"),
    [
        ("short", "short", "at least 12"),
        ("x" * 1001, "x" * 1001, "at most 1000"),
        ("aaaaaaaaaaaaaa", "aaaaaaaaaaaaaa", "easy to guess"),
        ("Requester@Example.kz", "Requester@Example.kz", "easy to guess"),
        (NEW, NEW + "x", "differ"),
    ],
)
def test_a_password_that_will_not_do_uses_no_link_up(visit, transactions, password, again, said):
    link = asked(visit, transactions)
    answer = visit().send(link, {"password": password, "again": again})
    assert answer.status_code == 422 and said in answer.text
    assert visit().see(link).status_code == 200


def test_a_link_is_over_after_its_hour_and_by_a_newer_one(visit, transactions, time):
    first, second = asked(visit, transactions), asked(visit, transactions)
    assert visit().see(first).status_code == 404
    assert visit().see(second).status_code == 200
    time.move(timedelta(minutes=61))
    assert visit().see(second).status_code == 404


def test_asking_has_an_end(visit, transactions):
    answers = [visit().send(FORGOTTEN, {"email": "requester@example.kz"}).status_code for _ in range(4)]
    assert answers == [200, 200, 200, 429]
    assert len(letters(transactions)) == 3


class Crowd:
    """Many addresses, one browser each; what a page says without what was typed and without its secrets."""

    def __init__(self, app, transactions):
        self.transactions = transactions
        self.client = app.test_client()
        with transactions.write() as db:
            for number in range(500):
                db.add(
                    Person(
                        name=f"Person {number}",
                        email=f"known{number}@example.kz",
                        language="en",
                        password="made in the test",
                        created_at=clock.now(),
                    )
                )

    def post(self, url, number, **data):
        address = {"REMOTE_ADDR": f"10.0.{number // 250}.{number % 250}", "HTTP_ACCEPT_LANGUAGE": "en"}
        with listening(self.transactions.engine) as statements:
            answer = self.client.post(url, data=data, environ_overrides=address)
        words = tuple(statement.split()[0] for statement in statements)
        return answer.status_code, re.sub(r'value="[^"]*"', "", answer.text), words


@pytest.fixture
def crowd(app, transactions, monkeypatch, time):
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    monkeypatch.setattr(sign_in, "verify", lambda password_hash, _password: not password_hash)  # cheap, and wrong
    monkeypatch.setattr(sign_in, "IN_ALL", 10_000)
    monkeypatch.setattr(password_reset, "IN_ALL", 10_000)
    return Crowd(app, transactions)


@pytest.mark.parametrize(("url", "status"), [("/sign-in", 422), (FORGOTTEN, 200)])
def test_500_known_and_500_unknown_accounts_get_one_answer(crowd, url, status):
    answers = {
        crowd.post(url, number, email=f"{kind}{number}@example.kz", password="a guess")
        for number in range(500)
        for kind in ("known", "unknown")
    }
    assert len(answers) == 1, [(code, statements) for code, _, statements in answers]
    assert {code for code, _, _ in answers} == {status}
    if url == FORGOTTEN:
        assert crowd.transactions.answer() == 1000
        with crowd.transactions.read() as db:
            assert len(db.scalars(select(PasswordLink)).all()) == len(db.scalars(select(OutgoingLetter)).all()) == 500


def test_one_password_against_300_accounts_is_stopped_and_real_people_get_in(crowd, visit, monkeypatch):
    answers = [
        crowd.post("/sign-in", 1, email=f"known{number}@example.kz", password="Komek2026!")[0] for number in range(300)
    ]
    assert answers == [422] * 50 + [429] * 250
    monkeypatch.undo()
    someone = visit()
    someone.client.environ_base["REMOTE_ADDR"] = "10.9.9.9"
    sent = {"email": "requester@example.kz", "password": "a long sentence nobody guesses"}
    assert someone.send("/sign-in", sent).location == "/"
    assert account.own_page(someone.see("/").request.path) == "/" and someone.see("/").status_code == 200


EASY = [("password1234", 2), ("qwertyuiop12", 2), ("astana202612", 1), ("Akimat-Kyzylorda", 0)]
BECAUSE = {
    "en": (
        "made of your name, your address or your organisation",
        "the name of a place",
        "the first that anybody tries",
    ),
    "ru": ("из вашего имени, адреса или названия вашей", "из названия места в Казахстане", "пробуют первыми"),
    "kk": ("атыңыздан, мекенжайыңыздан немесе ұйымыңыздың", "жер атауынан", "ең бірінші байқап көреді"),
}


@pytest.mark.parametrize("language", BECAUSE)
@pytest.mark.parametrize("purpose", [passes.INVITATION, passes.PASSWORD_RESET])
def test_an_easy_password_is_refused_with_its_reason(app, visit, transactions, purpose, language):
    with transactions.write() as db, app.test_request_context():
        send_letter(db, passes.issue(db, person(db), purpose, clock.now()))
    link = letters(transactions)[-1][2].removeprefix("http://127.0.0.1:8000")
    stranger = visit()
    stranger.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
    for password, reason in EASY:
        answer = stranger.send(link, {"password": password, "again": password})
        assert answer.status_code == 422 and BECAUSE[language][reason] in answer.text
    assert stranger.see(link).status_code == 200


@pytest.mark.parametrize("language", BECAUSE)
def test_an_easy_password_is_no_new_password_either(visit, transactions, language):
    with transactions.write() as db:
        person(db).language = language
    someone = visit("requester")
    for password, reason in EASY:
        sent = {"old": "a long sentence nobody guesses", "password": password, "again": password}
        answer = someone.send("/account/password", sent)
        assert answer.status_code == 422 and BECAUSE[language][reason] in answer.text


@pytest.mark.parametrize("purpose", [passes.INVITATION, passes.PASSWORD_RESET])
def test_who_comes_too_late_asks_for_a_new_link(app, visit, transactions, purpose, time):
    with transactions.write() as db, app.test_request_context():
        if purpose == passes.INVITATION:
            person(db).password = None
        send_letter(db, passes.issue(db, person(db), purpose, clock.now()))
    old = letters(transactions)[-1][2].removeprefix("http://127.0.0.1:8000")
    someone = visit()
    assert visit().client.post(f"{old}/again").status_code == 403, "without the secret of the form"
    time.move(timedelta(days=100))
    page = someone.see(old)
    assert page.status_code == 404 and "Send me a new link" in page.text
    answers = [someone.client.post(f"{old}/again", data=someone.hidden(old)) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert "sent to the same address" in answers[0].text
    *_, (letter, recipient, link) = letters(transactions)
    with transactions.read() as db:
        assert (letter, recipient) == (purpose, person(db).id)
    new = link.removeprefix("http://127.0.0.1:8000")
    assert someone.send(new, {"password": NEW, "again": NEW}).status_code == 303
    if purpose == passes.INVITATION:
        assert "Send me a new link" not in someone.see(old).text, "who has a password asks on the sign-in page"
    assert "Send me a new link" not in someone.see(new).text, "used"
