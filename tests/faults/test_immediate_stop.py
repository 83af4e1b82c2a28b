"""PostgreSQL is stopped at once, as by a power failure, while pages are asked for: 503 at the most."""

from __future__ import annotations

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import OperationalError

from expertise import config
from expertise.app import create_app
from expertise.base.errors import DatabaseAway
from expertise.base.transaction import Transactions
from tests.faults.conftest import free_port
from tests.support.databases import address, connect
from tests.support.stages import draft

pytestmark = [pytest.mark.fault, pytest.mark.postgres]


@pytest.fixture
def cut(env):
    """Ends every line to the database of the test, as an immediate stop does."""
    url = make_url(address(env.engine))
    maintenance = connect(url.set(database="postgres").render_as_string(hide_password=False))

    def end():
        with maintenance.connect() as connection:
            ask = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = :name"
            connection.execute(text(ask), {"name": url.database})

    yield end
    maintenance.dispose()


@pytest.mark.parametrize("env", ["postgres"], indirect=True)
def test_a_unit_whose_line_is_cut_before_the_commit_runs_once_more(env, cut):
    case = draft(env)
    runs = []

    def unit(session):
        runs.append(session.execute(text("SELECT count(*) FROM events")).scalar_one())
        session.execute(text("UPDATE cases SET title = 'after' WHERE reference = :case"), {"case": case})
        if len(runs) == 1:
            cut()
            session.execute(text("SELECT 1"))
        return "done"

    assert Transactions(env.engine, repeats_lost=True).run(unit) == "done"
    assert len(runs) == 2 and env.case(case).title == "after"


@pytest.mark.parametrize("env", ["postgres"], indirect=True)
def test_a_unit_is_not_repeated_for_ever_and_not_after_its_commit(env, cut):
    runs = []

    def always(session):
        runs.append(1)
        session.execute(text("SELECT 1"))
        cut()
        session.execute(text("SELECT 1"))

    with pytest.raises(DatabaseAway):
        Transactions(env.engine, repeats_lost=True).run(always)
    assert len(runs) == 2

    def at_commit(session):
        runs.append(2)
        session.execute(text("SELECT 1"))
        cut()

    with pytest.raises(DatabaseAway):
        Transactions(env.engine, repeats_lost=True).run(at_commit)
    assert runs == [1, 1, 2]


@pytest.mark.parametrize("env", ["postgres"], indirect=True)
def test_what_was_read_before_the_line_was_cut_is_given(env, cut):
    with env.transactions.read() as session:
        found = session.execute(text("SELECT 1")).scalar_one()
        cut()
    assert found == 1


@pytest.mark.parametrize("env", ["postgres"], indirect=True)
def test_a_page_answers_503_while_nobody_listens_and_200_afterwards(env, cut, tmp_path, monkeypatch):
    settings = config.read(
        {"KOMEK_DATA": str(tmp_path), "KOMEK_SECRET_KEY": "k" * 40, "KOMEK_DATABASE_URL": address(env.engine)}
    )
    app = create_app(settings)
    visitor = app.test_client()
    assert visitor.get("/sign-in").status_code == 200
    real, engine = env.engine.url, app.extensions["komek"].transactions.engine
    cut()
    assert visitor.get("/register").status_code == 200  # lines that died are found before they are used

    def refused(*_args, **_options):
        raise OperationalError("connect", {}, ConnectionRefusedError(free_port(), str(real)))

    with monkeypatch.context() as patch:
        engine.dispose()
        patch.setattr(engine.pool, "_creator", refused)
        patch.setattr(engine.dialect, "connect", refused)
        for path in ("/register", "/sign-in", "/cases/ER-2026-0001"):
            assert visitor.get(path).status_code in (200, 303, 503), path
    assert visitor.get("/register").status_code == 200
    engine.dispose()
