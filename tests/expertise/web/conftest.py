"""The application with people of every role, and one signed-in client per person."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest
from sqlalchemy import select

from expertise import config, worker
from expertise.app import create_app
from expertise.base import clock
from expertise.base.transaction import Transactions
from expertise.people.model import Grant, Organisation, Person
from tests.support.application import cheap_hash
from tests.support.contents import PUBLISHED
from tests.support.databases import Contents, copy_file
from tests.support.people import PEOPLE, add_person

PASSWORD = "a long sentence nobody guesses"
#: Those of the cast who can sign in; pages are in English, and roles reach everywhere.
VISITORS = ("requester", "neighbour", "coordinator", "approver", "expert")


@pytest.fixture(scope="session")
def password_hash():
    return cheap_hash(PASSWORD)


def _add_people(engine):
    with Transactions(engine).write() as session:
        for name in VISITORS:
            number = add_person(session, name, replace(PEOPLE[name], language="en", region=None))
            person = session.get_one(Person, number)
            person.name, person.password = name.capitalize(), cheap_hash(PASSWORD)


#: Reference data, workflows and people who can sign in.
SIGNING_IN = Contents("signing-in", _add_people, PUBLISHED)


@pytest.fixture
def app(tmp_path):
    given = {"KOMEK_DATA": str(tmp_path), "KOMEK_SECRET_KEY": "k" * 40, "KOMEK_SECOND_FACTOR": "offered"}
    settings = config.read(given)
    copy_file(SIGNING_IN, tmp_path / "komek.sqlite")
    app = create_app(settings)
    yield app
    app.extensions["komek"].transactions.engine.dispose()


class Visitor:
    """A browser without JavaScript: follows forms, not guesses."""

    def __init__(self, app, name):
        self.client = app.test_client()
        self.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
        if name is not None:
            answer = self.send("/sign-in", {"email": f"{name}@example.kz", "password": PASSWORD})
            assert answer.status_code == 303, answer.text

    def see(self, url, **headers):
        return self.client.get(url, headers=headers, buffered=True)

    def hidden(self, url):
        """The hidden fields of the page's last form."""
        form = self.see(url).text.rpartition("<form")[2]
        return {unescape(n): unescape(v) for n, v in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form)}

    def send(self, url, data, *, page=None, json=False, **changed):
        """Fill in the form of `page` (the same address, unless said) and send it to `url`."""
        sent = {**self.hidden(page or url), **data, **changed}
        return self.client.post(url, data=sent, headers={"Accept": "application/json"} if json else {})

    def begin(self, fields):
        """A draft with these fields; returns its reference."""
        answer = self.send("/cases/new/expertise_request", fields)
        assert answer.status_code == 303, answer.text
        return answer.location.rpartition("/")[2]

    def take(self, reference, step, data=None, **changed):
        return self.send(f"/cases/{reference}/steps/{step}", data or {}, **changed)


@pytest.fixture
def settle(app, password_hash):
    """`settle("admin", "administrator")`: one more person."""

    def add(name, role=None, organisation="project-team", lead=False):
        with app.extensions["komek"].transactions.write() as session:
            of = session.scalar(select(Organisation.id).where(Organisation.key == organisation))
            person = Person(
                name=name.capitalize(),
                email=f"{name}@example.kz",
                language="en",
                organisation_id=of,
                password=password_hash,
                created_at=clock.now(),
                lead=lead,
            )
            session.add(person)
            session.flush()
            if role:
                session.add(Grant(person_id=person.id, role=role))

    return add


@pytest.fixture
def admin(app, visit, settle):
    settle("admin", "administrator")
    return visit("admin")


@pytest.fixture
def report(app):
    """Turn what has happened to accounts into letters, as the worker does; returns of how many changes."""
    env = app.extensions["komek"]
    return lambda: worker.report(env.transactions, env.services, env.settings.url)


@pytest.fixture
def answer(app):
    """Write the letters asked for on the sign-in page, as the worker does; returns how many were asked for."""
    env = app.extensions["komek"]
    return lambda: worker.answer(env.transactions, env.settings)


class SecondAdministrator:
    """Another administrator than `admin`, who decides what waits on the page of changes."""

    def __init__(self, visitor):
        self.visitor = visitor

    def decide(self, wish="confirm"):
        """Decide the first change that waits; returns the answer."""
        page = self.visitor.see("/changes").text
        return self.send(re.findall(r'action="(/changes/\d+)"', page)[0], wish)

    def send(self, url, wish):
        form = {**self.visitor.hidden("/people/new"), "do": wish}
        return self.visitor.client.post(url, data=form)

    def confirm_all(self):
        while "/changes/" in self.visitor.see("/changes").text.partition("<main")[2]:
            assert self.decide().status_code == 303


@pytest.fixture
def second(visit, settle):
    settle("second", "administrator")
    return SecondAdministrator(visit("second"))


@pytest.fixture
def visit(app):
    return lambda name=None: Visitor(app, name)


@pytest.fixture
def look(app):
    """`look(Grant, Grant.role == "expert")`: the rows of a table, without their session."""

    def rows(table, *conditions):
        with app.extensions["komek"].transactions.read() as session:
            found = list(session.scalars(select(table).where(*conditions)))
            session.expunge_all()
        return found

    return rows


@pytest.fixture
def keys(look):
    """The pseudonyms of people by name, in small letters."""
    return {person.name.lower(): person.key for person in look(Person)}
