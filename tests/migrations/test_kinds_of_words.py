"""The index of words is made anew by the upgrade, and going back leaves what everybody may find."""

from __future__ import annotations

import pytest
from flask_migrate import downgrade, stamp, upgrade
from sqlalchemy import select, text

from expertise import config
from expertise.app import create_app
from expertise.cases.model import Case
from expertise.cases.search import TEAM, TextKind, add, matching
from tests.support.databases import KINDS, address, connect, database
from tests.support.environment import done, environment
from tests.support.main_line import REQUEST
from tests.support.people import MAIN_CAST

BEFORE = "0029_letter_requests"


@pytest.fixture(params=KINDS)
def app(request, tmp_path):
    with database(request.param, tmp_path, MAIN_CAST) as engine:
        app = create_app(config.read({"KOMEK_DATA": str(tmp_path), "KOMEK_DATABASE_URL": address(engine)}))
        with app.app_context():
            stamp()
            yield app
        app.extensions["komek"].transactions.engine.dispose()


@pytest.fixture
def env(app):
    engine = app.extensions["komek"].transactions.engine
    made = environment(connect(address(engine)))
    yield made
    made.engine.dispose()


def test_words_are_found_after_going_back_and_up_again(env):
    reference = env.begin({**REQUEST, "title": "Переработка отходов"})
    done(env.comment("requester", reference, "Сказано о тарифах"))
    with env.transactions.write() as session:
        add(session, 1, "Только для команды", TextKind.NOTE, 99)
        add(session, 1, "Только для команды", TextKind.INTERNAL, 98)
    rows = "SELECT DISTINCT word, case_id FROM case_words ORDER BY 1, 2"
    with env.engine.connect() as connection:
        words = connection.execute(text(rows)).all()
    env.engine.dispose()
    downgrade(revision=BEFORE)
    with env.engine.connect() as connection:
        before = connection.execute(text(rows)).all()
        assert set(before) < set(words) and ("тарифах", 1) in before and ("команды", 1) not in before
        connection.execute(text("DELETE FROM case_words"))
        connection.commit()
    env.engine.dispose()
    upgrade()
    with env.transactions.read() as session:
        for query, kinds, found in (
            ("отходы", (TextKind.CASE,), [reference]),
            ("тарифы", (TextKind.COMMENT,), [reference]),
            ("команда", TEAM, []),  # no event says it: the note was the test's own
        ):
            conditions = [Case.id.in_(each) for each in matching(query, kinds)]
            assert list(session.scalars(select(Case.reference).where(*conditions))) == found, query
