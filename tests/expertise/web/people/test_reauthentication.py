"""Whoever changes what others may do has shown within a quarter of an hour that it is they; what was typed stays."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from html import unescape

import pytest

from expertise.people.model import Grant, Person
from tests.expertise.web.account.test_second_factor import code, telephone, token, transactions  # noqa: F401
from tests.expertise.web.conftest import PASSWORD
from tests.expertise.web.people.test_people import hidden, press, url  # noqa: F401

FACTS = {"name": "Other", "email": "other@example.kz", "language": "en", "organisation": "akimat-kz-47"}
GRAVE = {
    "e-mail": ("", FACTS),
    "role": ("/roles", {"role": "lender", "since": "03.03.2026"}),
    "role taken back": ("/roles/take-back", {"grant": "1"}),
    "access": ("/access", {"access": "end"}),
    "lead": ("/lead", {"lead": "yes"}),
    "telephone": ("/telephone", {}),
}


@pytest.fixture
def later(time, visit, settle):
    settle("boss", "administrator")
    boss = visit("boss")
    boss.see("/")
    time.move(timedelta(minutes=16))
    return boss


@pytest.fixture
def member(url):  # noqa: F811
    return url("requester")


def everything(look):
    people = [(each.email, each.active, each.lead) for each in look(Person)]
    return people, [(grant.person_id, grant.role) for grant in look(Grant)]


def as_sent(page):
    """The hidden fields of the page that asks for a proof: what was typed."""
    form = page.partition("<main")[2]
    return {unescape(n): unescape(v) for n, v in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form)}


@pytest.mark.parametrize("what", GRAVE)
def test_without_a_proof_nothing_happens_and_nothing_is_lost(later, member, look, what):
    tail, data = GRAVE[what]
    before = everything(look)
    asked = press(later, member, tail, **data)
    assert asked.status_code == 422 and 'name="_proof"' in asked.text and 'role="alert"' not in asked.text
    kept = as_sent(asked.text)
    assert data.items() <= kept.items()
    wrong = later.client.post(member + tail, data={**kept, "_proof": "a wrong password"})
    assert wrong.status_code == 422 and 'href="#f-_proof"' in wrong.text and data.items() <= as_sent(wrong.text).items()
    assert everything(look) == before
    was = token(later)
    right = later.client.post(member + tail, data={**as_sent(wrong.text), "_proof": PASSWORD})
    assert right.status_code == 303 and token(later) != was
    if what not in ("telephone", "role taken back"):
        assert everything(look) != before
    again = later.client.post(member + "/lead", data={**hidden(later, member), "_key": "another", "lead": "yes"})
    assert again.status_code == 303, "proved a moment ago"


def test_an_invitation_asks_last_of_all(later, look):
    new = {"name": "New", "email": "no address", "language": "kk", "organisation": "project-team"}
    wrong = later.send("/people/new", new)
    assert wrong.status_code == 422 and 'name="_proof"' not in wrong.text, "what is refused anyway needs no proof"
    asked = later.send("/people/new", {**new, "email": "new@example.kz"})
    assert asked.status_code == 422 and 'name="_proof"' in asked.text
    assert look(Person, Person.email == "new@example.kz") == []
    done = later.client.post("/people/new", data={**as_sent(asked.text), "_proof": PASSWORD})
    assert done.status_code == 303 and look(Person, Person.email == "new@example.kz")


def test_a_file_of_people_asks_in_its_own_form(later, look):
    text = "name,email,language,organisation,role,region,since,until\nNew,new@example.kz,kk,project-team,approver,,,\n"

    def send(**more):
        page = {"csrf_token": later.hidden("/people/import")["csrf_token"], **more}
        return later.client.post("/people/import", data={**page, "file": (io.BytesIO(text.encode()), "people.csv")})

    assert 'name="_proof"' in later.see("/people/import").text
    for proof in ({}, {"_proof": "wrong"}):
        refused = send(**proof)
        assert refused.status_code == 422 and 'href="#f-_proof"' in refused.text
    assert look(Person, Person.email == "new@example.kz") == []
    assert send(_proof=PASSWORD).status_code == 200
    assert look(Person, Person.email == "new@example.kz")


def test_who_may_not_is_not_asked(visit, member, time):
    stranger = visit("requester")
    time.move(timedelta(minutes=16))
    assert stranger.client.post(member + "/access", data={**hidden(stranger, "/account")}).status_code == 404


def test_a_code_on_paper_is_a_proof_too_once(later, visit, member, telephone, time):  # noqa: F811
    secret, codes = telephone("boss")
    first = codes[0].upper().replace("-", " ")
    assert press(later, member, "/lead", lead="yes", _proof=first).status_code == 303
    time.move(timedelta(minutes=16))
    refused = press(later, member, "/lead", lead="no", _key="second", _proof=codes[0])
    assert refused.status_code == 422, "used already"
    assert press(later, member, "/lead", lead="no", _key="third", _proof=code(secret)).status_code == 303


def test_a_password_that_looks_like_a_code_on_paper_is_a_password(app, later, member, telephone, time):  # noqa: F811
    from expertise.people.auth.sign_in import hash_password  # noqa: PLC0415
    from expertise.people.manage import accounts  # noqa: PLC0415

    telephone("boss")
    with app.extensions["komek"].transactions.write() as session:
        boss = session.query(Person).filter_by(email="boss@example.kz").one()
        accounts.set_password(session, boss, hash_password("abcd-efgh-jkmn-pqrs"), keep_session=token(later))
    assert press(later, member, "/lead", lead="yes", _proof="abcd-efgh-jkmn-pqrs").status_code == 303


def test_an_administrator_forgets_a_telephone(later, visit, member, telephone):  # noqa: F811
    assert "Remove the telephone" not in later.see(member).text
    telephone("requester")
    assert "Remove the telephone" in later.see(member).text
    assert press(later, member, "/telephone", _proof=PASSWORD).status_code == 303
    assert "Telephone removed" in later.see(member).text
    assert visit("requester").see("/").status_code == 200, "the password alone is asked for"
