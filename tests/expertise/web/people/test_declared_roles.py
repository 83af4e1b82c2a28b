"""Pages that speak of roles know those that a definition declares: granting, rights, cases and lists."""

from __future__ import annotations

import shutil
from html import unescape

import pytest
from sqlalchemy import update

from expertise import config, registry
from expertise.app import create_app
from expertise.base import clock
from expertise.base.transaction import Transactions
from expertise.people.model import Grant, Person
from tests.expertise.web.conftest import SIGNING_IN
from tests.support import declared_roles
from tests.support.databases import copy_file


@pytest.fixture
def app(tmp_path, monkeypatch):
    folder = tmp_path / "definitions"
    folder.mkdir()
    with declared_roles.known():
        definitions = declared_roles.write(folder)
        monkeypatch.setattr(registry, "DEFINITIONS", folder)
        given = {"KOMEK_DATA": str(tmp_path), "KOMEK_SECRET_KEY": "k" * 40, "KOMEK_SECOND_FACTOR": "offered"}
        copy_file(SIGNING_IN, tmp_path / "komek.sqlite")
        app = create_app(config.read(given))
        transactions: Transactions = app.extensions["komek"].transactions
        with transactions.write() as session:
            registry.publish(session, definitions, clock.now(), folder)
        yield app
        transactions.engine.dispose()
    shutil.rmtree(folder)


@pytest.fixture
def staffed(app, visit, settle):
    settle("member", "board")
    settle("banker", "lender", "lender-ebrd")
    return {name: visit(name) for name in ("requester", "member", "banker", "expert")}


def begin(requester):
    sent = requester.send("/cases/new/voice", {"title": "Roof", "region": "KZ-43", "body": ""})
    reference = sent.location.rpartition("/")[2]
    assert requester.take(reference, "submit").status_code == 303
    return reference


def test_a_declared_role_is_given_on_the_page_of_a_person_by_two(admin, second, look):
    [person] = look(Person, Person.email == "expert@example.kz")
    page = admin.see(f"/people/{person.key}")
    assert '<option value="council"' in page.text and '<option value="board"' in page.text
    assert '<option value="servant"' not in page.text and '<option value="chair"' not in page.text
    refused = admin.send(f"/people/{person.key}/roles", {"role": "council", "region": "KZ-43"}, page=page.request.path)
    assert refused.status_code == 422 and "for the whole country" in refused.text
    sent = admin.send(f"/people/{person.key}/roles", {"role": "council"}, page=page.request.path)
    assert sent.status_code == 303
    assert not look(Grant, Grant.role == "council"), "a second administrator confirms it"
    assert second.decide().status_code == 303
    assert look(Grant, Grant.role == "council")
    assert "council" in admin.see(f"/people/{person.key}").text


def test_the_matrix_of_rights_has_a_column_for_each_declared_role(visit):
    page = visit("coordinator").see("/rights/voice").text
    for label in ("servant", "chair", "commission", "council"):
        assert label in page


@pytest.mark.parametrize(("language", "desk"), [("en", "Servant"), ("ru", "Исполнитель"), ("kk", "Орындаушы")])
def test_pages_call_a_declared_role_by_its_name(app, staffed, look, language, desk):
    with app.extensions["komek"].transactions.write() as session:
        session.execute(update(Person).values(language=language))
    reference = begin(staffed["requester"])
    [expert] = look(Person, Person.email == "expert@example.kz")
    assert staffed["member"].take(reference, "route", {"body": "EBRD", "led_by": expert.key}).status_code == 303
    for name in ("member", "banker", "expert"):
        visitor = staffed[name]
        for address in ("/", "/cases", f"/cases/{reference}", f"/cases/{reference}/history", "/deadlines"):
            answer = visitor.see(f"{address}")
            assert answer.status_code == 200, (name, address)
        page = unescape(visitor.see(f"/cases/{reference}").text)
        assert desk.casefold() in page.casefold(), name
    assert reference in staffed["banker"].see("/").text
    assert staffed["banker"].take(reference, "reply", {"answer": "The roof is mended."}).status_code == 303
