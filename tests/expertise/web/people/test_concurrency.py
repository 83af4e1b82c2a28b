"""Two administrators at once, on both databases: one of them is told, nothing stands there twice, nothing breaks."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import func, select

from expertise import config
from expertise.app import create_app
from expertise.audit import history_verify
from expertise.base import clock
from expertise.people.model import Absence, Grant, Organisation, Person
from tests.expertise.web.conftest import Visitor
from tests.support.contents import PUBLISHED
from tests.support.databases import KINDS, address, database

NEW = {"name": "New", "email": "new@example.kz", "language": "kk", "organisation": "project-team"}


@pytest.fixture(params=KINDS)
def env(request, tmp_path, password_hash):
    with database(request.param, tmp_path, PUBLISHED) as engine:
        given = {"KOMEK_DATA": str(tmp_path), "KOMEK_SECRET_KEY": "k" * 40, "KOMEK_SECOND_FACTOR": "offered"}
        app = create_app(config.read({**given, "KOMEK_DATABASE_URL": address(engine)}))
        env = app.extensions["komek"]
        with env.transactions.write() as session:
            for name, role in (("one", "administrator"), ("two", "administrator"), ("coordinator", "coordinator")):
                of = session.scalar(select(Organisation.id).where(Organisation.key == "project-team"))
                facts = {"name": name, "email": f"{name}@example.kz", "language": "en", "organisation_id": of}
                person = Person(**facts, password=password_hash, created_at=clock.now())
                session.add(person)
                session.flush()
                session.add(Grant(person_id=person.id, role=role))
        yield app
        env.transactions.engine.dispose()


def together(app, page, url, *forms):
    """Each form by an administrator of its own, at the same moment; the statuses, in order."""
    visitors = [Visitor(app, name) for name in ("one", "two")]
    sent = [{**visitor.hidden(page), **form} for visitor, form in zip(visitors, forms, strict=True)]
    answers, start = [], threading.Barrier(2)

    def press(visitor, form):
        start.wait()
        answers.append(visitor.client.post(url, data=form).status_code)

    threads = [threading.Thread(target=press, args=each) for each in zip(visitors, sent, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.extensions["komek"].transactions.read() as session:
        assert history_verify.verify(session).broken == ()
    return sorted(answers)


def count(app, *conditions):
    with app.extensions["komek"].transactions.read() as session:
        return session.scalar(select(func.count()).where(*conditions))


def page_of(app, name):
    with app.extensions["komek"].transactions.read() as session:
        return "/people/" + session.scalar(select(Person.key).where(Person.email == f"{name}@example.kz"))


def test_one_address_is_invited_once(env):
    assert together(env, "/people/new", "/people/new", NEW, {**NEW, "name": "Newer"}) == [303, 422]
    assert count(env, Person.email == NEW["email"]) == 1


def test_one_organisation_is_added_once(env):
    named = {"key": "new-one", "name_kk": "А", "name_ru": "Б", "name_en": "C"}
    assert together(env, "/organisations/new", "/organisations/new", named, named) == [303, 422]
    assert count(env, Organisation.key == "new-one") == 1


def test_one_role_everywhere_is_given_once(env):
    page = page_of(env, "coordinator")
    assert together(env, page, page + "/roles", {"role": "lender"}, {"role": "lender"}) == [303, 303]
    assert count(env, Grant.role == "lender") == 1


def test_two_deputies_are_not_named_for_one_absence(env):
    days = {"person": page_of(env, "coordinator").rpartition("/")[2], "cause": "leave"}
    days |= {"since": "01.03.2030", "until": "02.03.2030"}
    with env.extensions["komek"].transactions.write() as session:
        for name in ("one", "two"):
            person = session.scalars(select(Person).where(Person.email == f"{name}@example.kz")).one()
            session.add(Grant(person_id=person.id, role="manager"))
    forms = [{**days, "deputy": page_of(env, name).rpartition("/")[2]} for name in ("two", "one")]
    assert together(env, "/absences", "/absences", *forms) == [303, 422]
    assert count(env, Absence.deputy_id.is_not(None)) == 1
