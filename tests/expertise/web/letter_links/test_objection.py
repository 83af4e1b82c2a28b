"""The reader of a letter about their account says: it was not me."""

from __future__ import annotations

from datetime import timedelta

import pytest

from expertise.base import clock
from expertise.mail import tokens
from expertise.mail.claimed_letter import ClaimedLetter
from expertise.mail.letters.templates import render
from expertise.mail.model import OutgoingLetter
from expertise.people.change_model import PendingChange
from expertise.people.manage import accounts, organisation_leads
from expertise.people.model import Person
from workflows.definition import LANGUAGES

NEW = "another sentence for the door"
PASSWORD = "a long sentence nobody guesses"


@pytest.fixture
def transactions(app):
    return app.extensions["komek"].transactions


def find(db, name):
    return db.query(Person).filter(Person.name == name).one()


@pytest.fixture
def link(transactions, report, look):
    """The address in the latest letter about an account, as the carrier writes it."""

    def latest():
        report()
        row = max((row for row in look(OutgoingLetter) if row.context.get("objection")), key=lambda row: row.id)
        found = tokens.letter_tokens("k" * 40, row.message_id)
        claimed = ClaimedLetter(
            row.id, row.message_id, row.letter, row.context, None, row.recipient_id, "x@example.kz", "en", clock.now()
        )
        with transactions.write() as db:
            tokens.store(db, claimed, found, clock.now())
        return f"/act/{found.act}/objection"

    return latest


def change_password(visitor):
    assert visitor.send("/account/password", {"old": PASSWORD, "password": NEW, "again": NEW}).status_code == 303


def test_looking_changes_nothing_and_the_button_closes_the_account_once(admin, visit, link, look, report):
    thief = visit("requester")
    change_password(thief)
    url, reader = link(), visit()
    for _ in range(3):
        assert "A new password was set." in reader.see(url).text
    assert thief.see("/account").status_code == 200 and look(Person, Person.name == "Requester")[0].active
    form = reader.hidden(url)
    for _ in range(2):
        assert reader.client.post(url, data=form).status_code == 303
    assert "The account is closed." in reader.see(url).text
    assert thief.see("/account").status_code == 303 and not look(Person, Person.name == "Requester")[0].active
    assert visit().send("/sign-in", {"email": "requester@example.kz", "password": NEW}).status_code == 422
    report()
    reported = [row for row in look(OutgoingLetter) if row.letter == "account_reported"]
    assert [row.context["summary"]["en"][:35] for row in reported] == ["The reader of a letter says: it was"]


def test_the_old_address_can_object_to_the_new_one(admin, visit, link, look, transactions):
    with transactions.write() as db:
        assert organisation_leads.change_email(db, find(db, "Requester"), "thief@example.kz", clock.now()) is None
    url = link()
    assert [row.address for row in look(OutgoingLetter) if row.context.get("objection")][-1] == "requester@example.kz"
    visit().send(url, {})
    assert not look(Person, Person.name == "Requester")[0].active


def test_what_waits_about_the_account_is_dropped(admin, visit, link, look, keys, second):
    form = {"csrf_token": admin.hidden("/people/new")["csrf_token"], "_key": "k", "role": "approver"}
    assert admin.client.post(f"/people/{keys['requester']}/roles", data=form).status_code == 303
    visit().send(link(), {})
    assert [each.outcome for each in look(PendingChange)] == ["objected"]


def test_the_last_administrator_is_not_shut_out(admin, link, look, visit, keys):
    change_password(admin)
    reader, url = visit(), link()
    reader.send(url, {})
    assert look(Person, Person.name == "Admin")[0].active and admin.see("/account").status_code == 303
    assert "The account itself stays open." in reader.see(url).text


def test_a_link_is_good_for_a_leave_and_then_over(visit, link, time):
    change_password(visit("requester"))
    reader, url = visit(), link()
    time.move(timedelta(days=44))
    assert reader.see(url).status_code == 200
    time.move(timedelta(days=2))
    assert reader.see(url).status_code == 410
    reader.send(url, {})
    assert visit().send("/sign-in", {"email": "requester@example.kz", "password": NEW}).status_code == 303


def test_no_other_token_opens_it(visit, link):
    change_password(visit("requester"))
    url = link()
    assert visit().see("/act/nothing/objection").status_code == 404
    assert visit().see(url.removesuffix("/objection")).status_code == 404
    assert visit().client.post(url).status_code == 403, "without the secret of the form"


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_and_letters_in_three_languages(visit, link, look, transactions, language, admin, report):
    with transactions.write() as db:
        accounts.set_language(db, find(db, "Requester"), language)
    visitor = visit("requester")
    change_password(visitor)
    url = link()
    page = visit().see(url)
    assert f'<html lang="{language}">' in page.text
    [row] = look(OutgoingLetter)
    assert row.context["summary"][language] in page.text
    letter = render(row.letter, language, {**row.context, "objection": f"https://komek.example{url}"})
    assert f"https://komek.example{url}" in letter.text and row.context["summary"][language] in letter.text
    visit().send(url, {})
    report()
    told = [row for row in look(OutgoingLetter) if row.letter == "account_reported"]
    assert all("Requester (requester@example.kz)" in render(row.letter, language, row.context).text for row in told)
    assert told
