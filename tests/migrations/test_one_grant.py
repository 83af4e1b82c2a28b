"""A role is granted once for one region and workflow, also where they are empty; twins that exist are made one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import UniqueConstraint, text
from sqlalchemy.exc import IntegrityError

from expertise import config
from expertise.app import create_app
from expertise.base.database import Base
from tests.support.databases import EMPTY, KINDS, address, database

BEFORE, AFTER = "0028_account_changes", "0028_one_grant"
TODAY = datetime.now(UTC).date()  # the migration has no other clock
PLACES = ((None, None), ("KZ-43", None), (None, "offer"), ("KZ-43", "offer"))


def day(number):
    return None if number is None else (TODAY + timedelta(days=number)).isoformat()


@pytest.fixture(params=KINDS)
def app(request, tmp_path):
    with database(request.param, tmp_path, EMPTY) as engine:
        app = create_app(config.read({"KOMEK_DATA": str(tmp_path), "KOMEK_DATABASE_URL": address(engine)}))
        with app.app_context():
            upgrade(revision=BEFORE)
            yield app
        app.extensions["komek"].transactions.engine.dispose()


@pytest.fixture
def say(app):
    engine = app.extensions["komek"].transactions.engine

    def execute(statement, **values):
        with engine.begin() as connection:
            found = connection.execute(text(statement), values)
            return [tuple(row) for row in found] if found.returns_rows else []

    execute(
        "INSERT INTO regions (code, kind, name_en, name_ru, name_kk) VALUES ('KZ-43', 'oblast', 'a', 'b', 'c')"
    ) if not execute("SELECT code FROM regions") else None
    for number in range(1, 9):
        execute(
            "INSERT INTO people (id, key, name, email, language, active, lead, created_at) "
            f"VALUES ({number}, 'p{number}', 'A', 'a{number}@example.kz', 'kk', true, false, '2026-01-01')"
        )
    return execute


def grant(say, person, region=None, workflow=None, since=None, until=None, role="approver"):
    say(
        "INSERT INTO grants (person_id, role, region, workflow, since, until) "
        "VALUES (:person, :role, :region, :workflow, :since, :until)",
        person=person, role=role, region=region, workflow=workflow, since=day(since), until=day(until),
    )  # fmt: skip


def test_a_second_grant_of_the_same_is_refused_wherever_something_is_empty(say):
    upgrade()
    for person, place in enumerate(PLACES, 1):
        grant(say, person, *place)
        with pytest.raises(IntegrityError):
            grant(say, person, *place)
        for other in set(PLACES) - {place}:
            grant(say, person, *other)
        grant(say, person, *place, role="coordinator")
    assert say("SELECT count(*) FROM grants") == [(20,)]
    downgrade(revision=BEFORE)
    grant(say, 1)


@pytest.mark.parametrize("place", PLACES[:3])
def test_twins_become_one_and_never_wider(say, place):
    spans = {
        1: ([(None, None), (None, None)], (None, None)),
        2: ([(-9, 3), (2, 8), (9, 12)], (-9, 12)),
        3: ([(-90, -60), (-30, -10)], (-30, -10)),
        4: ([(-90, -60), (-5, None), (40, 50)], (-5, None)),
        5: ([(-90, -60), (20, 30), (40, 50)], (20, 30)),
        6: ([(None, -1), (5, None)], (5, None)),
        7: ([(None, 4), (5, None)], (None, None)),
    }
    for person, (given, _) in spans.items():
        for since, until in given:
            grant(say, person, *place, since, until)
    grant(say, 8, *place, 1, 2)
    upgrade(revision=AFTER)
    found = {row[0]: tuple(row[1:]) for row in say("SELECT person_id, since, until FROM grants ORDER BY id")}
    assert say("SELECT count(*) FROM grants") == [(8,)]
    wanted = {person: (day(since), day(until)) for person, (_, (since, until)) in spans.items()} | {8: (day(1), day(2))}
    assert {
        person: tuple(None if each is None else str(each) for each in row) for person, row in found.items()
    } == wanted


def test_no_unique_key_of_the_models_spans_a_column_that_may_be_empty_unless_indexes_do_its_work():
    spanning = {
        (table.name, tuple(column.name for column in key.columns if column.nullable))
        for table in Base.metadata.tables.values()
        for key in table.constraints
        if isinstance(key, UniqueConstraint) and any(column.nullable for column in key.columns)
    }
    assert spanning == {("grants", ("region", "workflow"))}
    for table in Base.metadata.tables.values():
        for index in (each for each in table.indexes if each.unique):
            condition = str(index.dialect_options["sqlite"].get("where"))
            for column in index.columns:
                assert not column.nullable or f"{column.name} IS NOT NULL" in condition, index.name
