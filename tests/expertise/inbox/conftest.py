"""An environment whose letters have left, ready to be answered: made once on SQLite, and copied for each test."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from expertise.cases.desk import Upload
from expertise.cases.model import Case
from tests.support.databases import Contents, database
from tests.support.environment import done, environment
from tests.support.people import MAIN_CAST
from tests.support.postbox import Postbox, settings
from tests.support.stages import delivering

REPORT = Upload("0" * 64, 1200, "есеп.pdf", "application/pdf")


def furnish(env):
    """A request in delivery, whose deliverable waits for the requester's acceptance; returns both references."""
    case, deliverable = delivering(env)
    done(env.fire("expert", deliverable, "submit", uploads={"report": REPORT}))
    return case, deliverable


#: A request in delivery and its letters.
DELIVERED = Contents("delivered", lambda engine: furnish(environment(engine)), MAIN_CAST)


@pytest.fixture
def references(env):
    """The request, and its deliverable: the first cases there are, whatever a test has begun beside them."""
    with env.transactions.read() as session:
        request = select(Case.reference).where(Case.parent_id.is_(None)).order_by(Case.id).limit(1)
        part = select(Case.reference).where(Case.part == "deliverable").order_by(Case.id).limit(1)
        return session.scalars(request).one(), session.scalars(part).one()


@pytest.fixture
def deliverable(references):
    return references[1]


@pytest.fixture
def env(tmp_path, time):
    with database("sqlite", tmp_path, DELIVERED) as engine:
        yield environment(engine)


@pytest.fixture
def postbox(env, tmp_path):
    return Postbox(env, settings(tmp_path))


@pytest.fixture
def asked(postbox, deliverable):
    """The letter that asks the requester to accept the deliverable."""
    return postbox.letter("requester", deliverable)
