"""The database is away, or goes away in the middle: one plain error, nothing half-done, later the same works."""

from __future__ import annotations

import pytest
from sqlalchemy import make_url, text

from expertise.base import clock
from expertise.base.errors import DatabaseAway
from expertise.cases import desk
from tests.faults.conftest import free_port
from tests.support.databases import address, connect
from tests.support.environment import environment
from tests.support.golden import STAGE_A
from tests.support.invariants import assert_sound
from tests.support.stages import draft

pytestmark = pytest.mark.fault


@pytest.fixture(params=["nobody listens", "no such folder"])
def away(request, tmp_path, time):
    """An environment whose database cannot be reached."""
    nowhere = {
        "nobody listens": f"postgresql+psycopg://postgres@127.0.0.1:{free_port()}/komek?connect_timeout=2",
        "no such folder": f"sqlite:///{tmp_path / 'missing' / 'komek.sqlite'}",
    }
    engine = connect(nowhere[request.param])
    yield environment(engine)
    engine.dispose()


def test_every_verb_says_that_the_database_is_away(away, env):
    away.actor = {"requester": env.actor("requester")}.__getitem__
    with pytest.raises(DatabaseAway):
        away.open("requester", "expertise_request", STAGE_A, "key")
    with pytest.raises(DatabaseAway):
        away.fire("requester", "ER-2026-0001", "submit", {}, 1, "key")
    with pytest.raises(DatabaseAway):
        away.comment("requester", "ER-2026-0001", "Сұрақ бар.", "key")
    with pytest.raises(DatabaseAway):
        away.sweep()
    with pytest.raises(DatabaseAway):
        away.case("ER-2026-0001")


@pytest.mark.postgres
@pytest.mark.parametrize("env", ["postgres"], indirect=True)
def test_a_line_cut_before_the_commit_leaves_nothing(env):
    """The server ends the session of a unit that has written everything but its commit."""
    case = draft(env)
    other = connect(address(env.engine))
    actor, before = env.actor("requester"), env.case(case)

    def submit_and_be_cut(session):
        answer = desk.fire(desk.Unit(session, env.services), desk.Request(actor, case, 1, "key"), "submit", {})
        session.flush()
        mine = session.execute(text("SELECT pg_backend_pid()")).scalar()
        with other.connect() as connection:
            connection.execute(text("SELECT pg_terminate_backend(:mine, 5000)"), {"mine": mine})
        return answer

    with pytest.raises(DatabaseAway):
        env.transactions.run(submit_and_be_cut)
    other.dispose()
    assert env.case(case) == before
    assert not env.fire("requester", case, "submit", {}, 1, "key").repeated
    assert_sound(env)


@pytest.mark.postgres
@pytest.mark.parametrize("env", ["postgres"], indirect=True)
def test_a_server_that_ended_all_sessions_is_found_again(env):
    """As after its restart: the lines in the pool are dead, and the next requests say so at most once each."""
    case = draft(env)
    maintenance = connect(make_url(address(env.engine)).set(database="postgres").render_as_string(hide_password=False))
    with maintenance.connect() as connection:
        connection.execute(
            text("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = :name"),
            {"name": env.engine.url.database},
        )
    maintenance.dispose()
    with pytest.raises(DatabaseAway):
        env.fire("requester", case, "submit", {}, 1, "key")
    assert not env.fire("requester", case, "submit", {}, 1, "key").repeated
    assert_sound(env)


def test_a_case_held_too_long_by_somebody_else_is_answered(env, time):
    """Locks are waited for, never for ever: after the limit the answer is the same as for a database away."""
    case = draft(env)
    impatient = connect(address(env.engine))
    with env.transactions.write() as holder:
        holder.execute(text("UPDATE cases SET version = version WHERE reference = :case"), {"case": case})
        with pytest.raises(DatabaseAway):
            _quickly(environment(impatient), env.actor("requester"), case)
    impatient.dispose()
    assert env.case(case).state == "draft"
    assert clock.now() == time.instant


def _quickly(env, actor, case):
    """The limits of production are seconds; here they are moments."""
    sqlite = env.engine.dialect.name == "sqlite"
    with env.engine.connect() as connection:  # the pool hands the same connection out again
        connection.exec_driver_sql("PRAGMA busy_timeout=50" if sqlite else "SET lock_timeout = 50")
        connection.commit()
    env.transactions.run(
        lambda session: desk.fire(desk.Unit(session, env.services), desk.Request(actor, case, 1, "key"), "submit", {})
    )
