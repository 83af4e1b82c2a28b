"""A house with open doors, one case in delivery with its family, and a signed-in browser for everybody."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from expertise import config
from expertise.app import create_app
from expertise.base import clock
from expertise.base.database import Base
from expertise.files.model import StoredFile
from expertise.people.absence import Wish, record
from expertise.people.model import Person
from expertise.people.seed import load_reference
from expertise.people.sessions import start_session
from tests.expertise.cases.scenery import REPORT, House, furnish


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    data = tmp_path_factory.mktemp("komek")
    settings = replace(config.read({"KOMEK_DATA": str(data), "KOMEK_SECRET_KEY": "k" * 40}), demo=True)
    app = create_app(settings)
    transactions = app.extensions["komek"].transactions
    Base.metadata.create_all(transactions.engine)
    with transactions.write() as session:
        load_reference(session)
    furnish(transactions)
    stored = data / "files" / REPORT.sha256[:2] / REPORT.sha256[2:]
    stored.parent.mkdir(parents=True)
    stored.write_bytes(b"%PDF-1.7")
    yield app
    transactions.engine.dispose()


@pytest.fixture(scope="module")
def house(app):
    return House(app.extensions["komek"].transactions, app.extensions["komek"].shop)


@pytest.fixture(scope="module")
def family(house):
    """What stands for the variables of an address: a case under way, and a file of its deliverable."""
    reference = house.walk("deliverable.accept")
    with house.transactions.read() as session:
        key = session.scalar(select(StoredFile.key))
        person = session.scalar(select(Person.key).where(Person.name == "colleague"))
    return {
        "reference": reference,
        "deliverable": house.part(reference, "deliverable"),
        "offer": house.part(reference, "offer"),
        "draft": house.begin(),
        "published": house.walk(),
        "workflow": "expertise_request",
        "step": "complete_delivery",
        "key": key,
        "person": person,
        "organisation": "akimat-kz-43",
        "absence": str(_absence(house)),
        "name": "no-such-letter",
        "filename": "komek.css",
    }


def _absence(house):
    """One of the approver's, long over."""
    with house.transactions.write() as session:
        approver = session.get_one(Person, house.actor("approver").person_id)
        wish = Wish(date(2025, 1, 1), date(2025, 1, 2))
        return record(session, approver, wish, recorded_by_id=approver.id, now=clock.now()).id


@pytest.fixture(scope="module")
def browser(app, house):
    """A browser in which somebody is signed in; None: nobody is."""
    opened = {}

    def of(name):
        if name not in opened:
            opened[name] = app.test_client()
            if name is not None:
                with house.transactions.write() as session:
                    token = start_session(session, house.actor(name).person_id, clock.now())
                with opened[name].session_transaction() as kept:
                    kept["token"] = token
        return opened[name]

    return of
