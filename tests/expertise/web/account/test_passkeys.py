"""One's own passkeys: added, named, removed, each after a fresh proof; and as a proof themselves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

pytest.importorskip("webauthn", reason="the extra `passkeys` is not installed")

from expertise.audit import history
from expertise.mail.letters.templates import render
from expertise.mail.model import OutgoingLetter
from expertise.people.auth import passkeys
from tests.expertise.web.account.test_second_factor import token
from tests.expertise.web.auth.test_passkey_sign_in import (  # noqa: F401
    PAGE,
    ask,
    enter,
    new_device,
    open_environment,
    person,
    transactions,
)
from tests.expertise.web.auth.test_reauthentication import REASON, before_a_grave_step, state  # noqa: F401
from tests.expertise.web.conftest import PASSWORD
from tests.support.authenticator import Device


def mine(transactions, name="requester"):  # noqa: F811
    with transactions.read() as db:
        return passkeys.list_passkeys(db, person(db, name).id)


def begin(visitor, **data):
    sent = {"csrf_token": visitor.hidden("/account")["csrf_token"], **data}
    return visitor.client.post(f"{PAGE}/begin", data=sent, headers={"Accept": "application/json"})


def send(visitor, verb, **data):
    sent = {"csrf_token": visitor.hidden("/account")["csrf_token"], **data}
    return visitor.client.post(f"{PAGE}{verb}", data=sent)


@pytest.fixture
def visitor(open_environment, visit):  # noqa: F811
    return visit("requester")


def test_added_renamed_removed(visitor, visit, transactions):  # noqa: F811
    assert "Passkeys</a>: not set up" in visitor.see("/account").text
    device = new_device(visitor, "  Work   computer ")
    page = visitor.see(PAGE).text
    assert "The passkey is added." in page and "Work computer" in page
    assert "Passkeys</a>: 1" in visitor.see("/account").text
    (kept,) = mine(transactions)
    assert send(visitor, "/rename", passkey=kept.id, name="Бухгалтерия").status_code == 303
    assert "Бухгалтерия" in visitor.see(PAGE).text
    someone = visit()
    assert enter(someone, device).status_code == 303
    assert mine(transactions)[0].used_at is not None
    assert someone.see("/account").status_code == 200
    assert send(visitor, "/remove", passkey=kept.id).status_code == 303
    assert someone.see("/account").status_code == 303, "what the lost device had opened is closed"
    assert "Бухгалтерия" not in visitor.see(PAGE).text.partition("</h1>")[2]
    assert enter(visit(), device).status_code == 422
    with transactions.read() as db:
        acts = [each.act for each in history.read(db, history.person(person(db).key))]
    assert [act for act in acts if act.startswith("passkey")] == ["passkey:remove", "passkey:rename", "passkey:add"]


def test_a_letter_tells_of_each_change(visitor, transactions, report):  # noqa: F811
    new_device(visitor, "Бухгалтерия")
    (kept,) = mine(transactions)
    for _ in range(2):
        assert send(visitor, "/remove", passkey=kept.id).status_code == 303
    report()
    with transactions.read() as db:
        sent = db.scalars(select(OutgoingLetter).order_by(OutgoingLetter.id)).all()
        assert [each.letter for each in sent] == ["passkey_added", "passkey_removed"], (
            "the second removal found nothing"
        )
        for each in sent:
            assert each.recipient_id == person(db).id and each.context["comment"] == "Бухгалтерия"
            assert each.context["link"] == "http://localhost/account/passkeys"
            written = [render(each.letter, language, each.context) for language in ("kk", "ru", "en")]
            assert all("Бухгалтерия" in text.text and each.context["link"] in text.text for text in written)


def test_an_administrator_forgets_a_lost_device(visitor, visit, settle, transactions, report):  # noqa: F811
    device = new_device(visitor)
    settle("admin", "administrator")
    admin = visit("admin")
    with transactions.read() as db:
        page = f"/people/{person(db).key}"
    assert "Remove telephone and passkeys" in admin.see(page).text
    key = {"csrf_token": admin.hidden("/account")["csrf_token"], "_key": "k"}
    assert admin.client.post(f"{page}/telephone", data=key).status_code == 303
    assert mine(transactions) == [] and "Passkey removed" in admin.see(page).text
    assert visitor.see("/account").status_code == 303 and enter(visit(), device).status_code == 422
    report()
    with transactions.read() as db:
        last = db.scalars(select(OutgoingLetter).order_by(OutgoingLetter.id.desc())).first()
        assert (last.letter, last.recipient_id) == ("passkey_removed", person(db).id)


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_bad_name_is_said_before_the_device_is_asked_and_stays(visitor, transactions, name):  # noqa: F811
    refused = begin(visitor, name=name)
    assert refused.status_code == 422 and refused.json["message"].startswith("Give the passkey a name")
    again = send(visitor, "", name=name, _made="{}")
    assert again.status_code == 422 and f'value="{name}"' in again.text and 'href="#f-name"' in again.text
    new_device(visitor)
    (kept,) = mine(transactions)
    wrong = send(visitor, "/rename", passkey=kept.id, name=name)
    assert wrong.status_code == 422 and f'href="#f-name-{kept.id}"' in wrong.text
    assert wrong.text.count(f'value="{name}"') >= 1 and "<details open>" in wrong.text
    assert mine(transactions) == [kept]


def test_an_answer_that_does_not_hold_keeps_the_name_on_the_page(visitor, transactions):  # noqa: F811
    asked = ask(visitor, f"{PAGE}/begin", "/account", name="Telephone")
    answer = Device(origin="https://example.com").make(asked)
    refused = send(visitor, "", name="Telephone", _made=answer)
    assert refused.status_code == 422 and 'value="Telephone"' in refused.text
    assert "Press the button once more." in refused.text and mine(transactions) == []


def test_there_is_a_limit(visitor, transactions, monkeypatch):  # noqa: F811
    new_device(visitor)
    monkeypatch.setattr(passkeys, "MOST", 1)
    refused = begin(visitor, name="One more")
    assert refused.status_code == 422 and "You have 1 passkeys already." in refused.json["message"]


def test_the_passkeys_of_others_are_not_there(visitor, visit, transactions):  # noqa: F811
    new_device(visitor)
    (kept,) = mine(transactions)
    other = visit("neighbour")
    assert send(other, "/rename", passkey=kept.id, name="Mine").status_code == 404
    assert send(other, "/remove", passkey=kept.id).status_code == 303
    assert mine(transactions) == [kept]
    assert [send(visitor, verb, passkey=x, name="x").status_code for verb in ("/rename", "/remove") for x in ("", "x")]


@pytest.mark.parametrize("number", ["", "x", "-1", "9" * 13, "²"])
def test_what_is_no_number_is_refused(visitor, number):
    assert send(visitor, "/remove", passkey=number).status_code == 422
    assert send(visitor, "/rename", passkey=number, name="x").status_code == 422


def test_an_old_session_shows_first_who_it_is(visitor, transactions, time):  # noqa: F811
    new_device(visitor)
    (kept,) = mine(transactions)
    visitor.see("/account")
    time.move(timedelta(minutes=16))
    page = visitor.see(PAGE).text
    assert f'action="{PAGE}/prove"' in page and f'data-ask="{PAGE}/begin"' not in page
    refused = begin(visitor, name="Another")
    assert refused.status_code == 422 and "show that it is you" in refused.json["message"]
    again = send(visitor, "", name="Another", _made="{}")
    assert again.status_code == 422 and 'name="name" value="Another"' in again.text and "_made" in again.text
    for verb, data in (("/rename", {"name": "Other"}), ("/remove", {})):
        asked = send(visitor, verb, passkey=kept.id, **data)
        assert asked.status_code == 422 and 'name="_proof"' in asked.text
        assert f'name="passkey" value="{kept.id}"' in asked.text and all(each in asked.text for each in data.values())
    assert mine(transactions) == [kept]
    asked = send(visitor, "/prove")
    assert asked.status_code == 422 and 'name="_proof"' in asked.text
    assert send(visitor, "/prove", _proof=PASSWORD).location == PAGE
    assert f'data-ask="{PAGE}/begin"' in visitor.see(PAGE).text
    assert send(visitor, "/rename", passkey=kept.id, name="Other").status_code == 303


def test_a_passkey_is_a_proof(visitor, visit, transactions, time):  # noqa: F811
    device, theirs = new_device(visitor), new_device(visit("neighbour"))
    (kept,) = mine(transactions)
    visitor.see("/account")
    time.move(timedelta(minutes=16))
    page = send(visitor, "/remove", passkey=kept.id).text
    assert 'data-ask="/passkeys/prove"' in page and 'name="_passkey" value=""' in page
    asked = ask(visitor, "/passkeys/prove", "/account")
    wrong = send(visitor, "/remove", passkey=kept.id, _passkey=theirs.sign(asked, theirs.keys[0]), _proof="")
    assert wrong.status_code == 422 and "The passkey was not accepted." in wrong.text
    assert mine(transactions) == [kept]
    before, answer = token(visitor), device.sign(ask(visitor, "/passkeys/prove", "/account"))
    assert send(visitor, "/remove", passkey=kept.id, _passkey=answer, _proof="").status_code == 303
    assert mine(transactions) == [] and token(visitor) != before


def test_who_has_none_is_offered_none(visitor, visit, time):
    new_device(visit("neighbour"))
    visitor.see("/account")
    time.move(timedelta(minutes=16))
    page = visitor.see("/account/second-factor").text
    assert 'name="_proof"' in page and "passkeys/prove" not in page


def test_a_grave_step_is_proved_by_a_passkey(open_environment, before_a_grave_step, visit):  # noqa: F811
    coordinator, reference = before_a_grave_step
    coordinator.send("/account/passkeys/prove", {"_proof": PASSWORD}, page="/account")
    device = new_device(coordinator)
    was = state(coordinator, reference)
    for answer in ("{}", None):
        signed = answer or device.sign(ask(coordinator, "/passkeys/prove", "/account"))
        coordinator.take(reference, "reject", {"comment": REASON, "_sure": "yes", "_passkey": signed})
    assert state(coordinator, reference) != was
