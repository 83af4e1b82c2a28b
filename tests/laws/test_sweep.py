"""Whatever one person sees, another who may not see it gets the answer for what does not exist: everywhere, always.

The demonstration is the town: twelve oblasts, three experts, sealed offers, files, drafts. Every identifier that
somebody else may see is asked for by everybody who may not, in paths, forms and searches.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from expertise import config, register
from expertise.app import create_app
from expertise.audit.model import Event
from expertise.base import clock
from expertise.base.database import Base
from expertise.cases import queries
from expertise.cases.queries import CASES
from expertise.demo import accounts, building
from expertise.files.model import StoredFile
from expertise.people.access import load_actor
from expertise.people.model import Person
from expertise.people.seed import load_reference
from expertise.people.sessions import start_session

NOW = datetime(2026, 3, 30, 3, tzinfo=UTC)
ABSENT = "ER-1999-0001"
SEEKERS = [key for key, account in accounts.accounts().items() if account.role in ("requester", "expert")]
PAGES = ("/cases/{}", "/cases/{}/edit", "/cases/{}/diagram.svg", "/cases/{}/steps/submit", "/cases?q={}&parts=yes")
FORMS = {
    "/cases/{}/comments": {"comment": "x", "_key": "sweep"},
    "/cases/{}/edit": {"title": "x", "_seen": "1", "_key": "sweep"},
    "/cases/{}/steps/withdraw": {"comment": "x", "_seen": "1", "_key": "sweep", "_sure": "yes"},
}
TOKEN = re.compile(r'(?<=name="csrf_token" value=")[^"]+')

pytestmark = pytest.mark.xdist_group("sweep")  # one town for all of them


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    data = tmp_path_factory.mktemp("town")
    settings = replace(config.read({"KOMEK_DATA": str(data), "KOMEK_SECRET_KEY": "k" * 40}), demo=True)
    app = create_app(settings)
    app.config["WTF_CSRF_ENABLED"] = False  # a forged token is another law; here every other guard must hold alone
    house = app.extensions["komek"]
    Base.metadata.create_all(house.transactions.engine)
    with clock.travelling(NOW):
        with house.transactions.write() as session:
            load_reference(session)
            register.publish(session, {each.key: each for each in house.shop.kinds.all_current()}, clock.now())
        building.build(house)
        yield app
    house.transactions.engine.dispose()


@pytest.fixture(scope="module")
def sign_in(town):
    """Key of an account → (a browser in which they are signed in, what the desk knows of them)."""
    transactions = town.extensions["komek"].transactions

    def enter(key):
        with transactions.write() as session:
            person = session.scalars(select(Person).where(Person.email == accounts.accounts()[key].email)).one()
            token, actor = start_session(session, person.id, clock.now()), load_actor(session, person.id, NOW.date())
        browser = town.test_client()
        with browser.session_transaction() as kept:
            kept["token"] = token
        return browser, actor

    return enter


def hidden_from(town, actor):
    """References, and keys of files, that exist and that this person may not see."""
    unseen = CASES.c.id.not_in(select(CASES.c.id).where(queries.visible(actor)))
    with town.extensions["komek"].transactions.read() as session:
        references = session.scalars(select(CASES.c.reference).where(unseen).order_by(CASES.c.id)).all()
        keys = session.scalars(select(StoredFile.key).join(CASES, CASES.c.id == StoredFile.case_id).where(unseen)).all()
    return references, keys


def events(town):
    with town.extensions["komek"].transactions.read() as session:
        return session.scalar(select(func.count()).select_from(Event))


def answer(response, asked):
    """What the browser gets, but for what it has asked for itself, and for the token of the second."""
    return response.status_code, TOKEN.sub("…", response.text.replace(asked, "…"))


@pytest.mark.parametrize("seeker", SEEKERS)
def test_what_is_hidden_answers_like_what_is_not_there(town, sign_in, seeker):
    browser, actor = sign_in(seeker)
    references, keys = hidden_from(town, actor)
    assert len(references) > 20
    before = events(town)
    for page in PAGES:
        expected = answer(browser.get(page.format(ABSENT)), ABSENT)
        for reference in references:
            assert answer(browser.get(page.format(reference)), reference) == expected, (page, reference)
    for form, data in FORMS.items():
        for reference in references[::4]:
            assert browser.post(form.format(reference), data=data).status_code == 404, (form, reference)
    for key in keys:
        assert browser.get(f"/files/{key}").status_code == 404
    assert events(town) == before


def test_the_sweep_is_wide(town, sign_in):
    """At least two thousand tries, or the law has lost its teeth."""
    tries = 0
    for seeker in SEEKERS:
        references, keys = hidden_from(town, sign_in(seeker)[1])
        tries += len(PAGES) * len(references) + len(FORMS) * len(references[::4]) + len(keys)
    assert tries >= 2_000


def test_lists_hold_nothing_that_is_hidden(town, sign_in):
    for seeker in SEEKERS:
        browser, actor = sign_in(seeker)
        references, _ = hidden_from(town, actor)
        for page in ("/", "/cases", "/cases?parts=yes&late=yes", "/cases?open=yes"):
            shown = browser.get(page).text
            assert not [reference for reference in references if reference in shown], (seeker, page)
