"""Moments and JSON come back as they went in, on both databases; SQLite is made durable and honest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, insert, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from expertise.base.database import Instant, Json
from tests.support.environment import on_sqlite

ALMATY = timezone(timedelta(hours=5))
THINGS = Table(
    "things", MetaData(), Column("id", Integer, primary_key=True), Column("at", Instant), Column("said", Json)
)


@pytest.fixture
def kept(engine):
    """Store a row, read it back."""
    THINGS.create(engine)

    def keep(**values):
        with engine.begin() as connection:
            number = connection.execute(insert(THINGS).values(values).returning(THINGS.c.id)).scalar_one()
            return connection.execute(select(THINGS).where(THINGS.c.id == number)).one()

    return keep


def test_a_moment_is_the_same_moment_in_utc(kept):
    almaty = datetime(2026, 3, 2, 11, 0, 0, 123456, tzinfo=ALMATY)
    back = kept(at=almaty).at
    assert back == almaty and back.utcoffset() == timedelta(0) and back.microsecond == 123456
    assert kept(at=None).at is None


def test_a_moment_without_a_zone_is_refused(kept):
    with pytest.raises(StatementError, match="a moment needs a time zone"):
        kept(at=datetime(2026, 3, 2, 11))


def test_moments_sort_and_compare_across_zones(kept, engine):
    for hour, zone in ((12, ALMATY), (6, UTC), (8, UTC)):
        kept(at=datetime(2026, 3, 2, hour, tzinfo=zone))
    with engine.connect() as connection:
        hours = [row.at.hour for row in connection.execute(select(THINGS).order_by(THINGS.c.at))]
        assert hours == [6, 7, 8]
        later = select(THINGS.c.id).where(THINGS.c.at > datetime(2026, 3, 2, 11, 30, tzinfo=ALMATY))
        assert len(connection.execute(later).all()) == 2


def test_json_comes_back_as_it_was(kept):
    for value in ({"қала": ["Қызылорда", 1, True, None, {}]}, [], {}, None, "text", 2**53):
        assert kept(said=value).said == value


def test_no_json_is_null_and_not_the_word_null(kept, engine):
    kept(said=None)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM things WHERE said IS NULL")).scalar() == 1


@on_sqlite
@pytest.mark.durable
def test_sqlite_is_durable_waits_and_keeps_its_word(engine):
    with engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers", "busy_timeout")
        }
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "recursive_triggers": 1,
        "busy_timeout": 15000,
    }


def test_a_row_that_points_nowhere_is_refused(engine):
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(text("INSERT INTO case_words (word, case_id) VALUES ('a', 4711)"))
