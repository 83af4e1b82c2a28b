"""The database is away, or goes away in the middle: one plain error, nothing half-done, later the same works."""

from __future__ import annotations

import pytest
from sqlalchemy import make_url, text

from expertise.base import clock
from expertise.base.errors import DatabaseAway
from expertise.cases import desk
from tests.faults.conftest import free_port
from tests.support.databases import address, connect
from tests.support.golden import STAGE_A
from tests.support.house import House
from tests.support.invariants import assert_sound
from tests.support.stages import draft

pytestmark = pytest.mark.fault


@pytest.fixture(params=["nobody listens", "no such folder"])
def away(request, tmp_path, time):
    """A house whose database is not there."""
    nowhere = {
        "nobody listens": f"postgresql+psycopg://postgres@127.0.0.1:{free_port()}/komek?connect_timeout=2",
        "no such folder": f"sqlite:///{tmp_path / 'missing' / 'komek.sqlite'}",
    }
    engine = connect(nowhere[request.param])
    yield House(engine)
    engine.dispose()


def test_every_verb_says_that_the_database_is_away(away, house):
    away._actors = {"requester": house.actor("requester")}
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
@pytest.mark.parametrize("house", ["postgres"], indirect=True)
def test_a_line_cut_before_the_commit_leaves_nothing(house):
    """The server ends the session of a unit that has written everything but its commit."""
    case = draft(house)
    other = connect(address(house.engine))
    actor, before = house.actor("requester"), house.case(case)

    def submit_and_be_cut(session):
        answer = desk.fire(session, house.shop, actor, case, "submit", {}, 1, "key")
        session.flush()
        mine = session.execute(text("SELECT pg_backend_pid()")).scalar()
        with other.connect() as connection:
            connection.execute(text("SELECT pg_terminate_backend(:mine, 5000)"), {"mine": mine})
        return answer

    with pytest.raises(DatabaseAway):
        house.transactions.run(submit_and_be_cut)
    other.dispose()
    assert house.case(case) == before
    assert not house.fire("requester", case, "submit", {}, 1, "key").repeated
    assert_sound(house)


@pytest.mark.postgres
@pytest.mark.parametrize("house", ["postgres"], indirect=True)
def test_a_server_that_ended_all_sessions_is_found_again(house):
    """As after its restart: the lines in the pool are dead, and the next requests say so at most once each."""
    case = draft(house)
    keeper = connect(make_url(address(house.engine)).set(database="postgres").render_as_string(hide_password=False))
    with keeper.connect() as connection:
        connection.execute(
            text("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = :name"),
            {"name": house.engine.url.database},
        )
    keeper.dispose()
    with pytest.raises(DatabaseAway):
        house.fire("requester", case, "submit", {}, 1, "key")
    assert not house.fire("requester", case, "submit", {}, 1, "key").repeated
    assert_sound(house)


def test_a_case_held_too_long_by_somebody_else_is_answered(house, time):
    """Locks are waited for, never for ever: after the limit the answer is the same as for a database away."""
    case = draft(house)
    impatient = connect(address(house.engine))
    with house.transactions.write() as holder:
        holder.execute(text("UPDATE cases SET version = version WHERE reference = :case"), {"case": case})
        with pytest.raises(DatabaseAway):
            _quickly(House(impatient), house.actor("requester"), case)
    impatient.dispose()
    assert house.case(case).state == "draft"
    assert clock.now() == time.instant


def _quickly(house, actor, case):
    """The limits of production are seconds; here they are moments."""
    sqlite = house.engine.dialect.name == "sqlite"
    with house.engine.connect() as connection:  # the pool hands the same connection out again
        connection.exec_driver_sql("PRAGMA busy_timeout=50" if sqlite else "SET lock_timeout = 50")
        connection.commit()
    house.transactions.run(lambda session: desk.fire(session, house.shop, actor, case, "submit", {}, 1, "key"))
