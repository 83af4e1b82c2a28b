"""The worker: what it does at which beat, and what it removes at night."""

from __future__ import annotations

import io
import logging
import os
from datetime import timedelta

import pytest
from sqlalchemy import select

from expertise import config, worker
from expertise.app import create_app
from expertise.base import clock
from expertise.base.errors import DatabaseAway
from expertise.cases import desk
from expertise.files import storage
from expertise.files.model import StoredFile
from expertise.people.access import IMPORT
from expertise.people.auth.sessions import IDLE, find_session, start_session
from expertise.people.auth.webauthn_challenges import LASTS, SIGN_IN, ChallengeRequest, issue
from expertise.people.model import PasskeyChallenge, Person
from tests.support.contents import PUBLISHED
from tests.support.databases import copy_file


@pytest.fixture
def env(tmp_path):
    copy_file(PUBLISHED, tmp_path / "komek.sqlite")
    app = create_app(config.read({"KOMEK_DATA": str(tmp_path), "KOMEK_SECRET_KEY": "k" * 40}))
    yield app.extensions["komek"]
    app.extensions["komek"].transactions.engine.dispose()


@pytest.fixture
def person_id(env):
    person = Person(name="Requester", email="requester@example.kz", language="en", created_at=clock.now())
    with env.transactions.write() as session:
        session.add(person)
    return person.id


def test_the_metronome_beats_for_timers_letters_and_the_night(env):
    scheduler = worker.build_scheduler(env.transactions, env.services, env.settings)
    periods = [getattr(job.trigger, "interval", None) for job in scheduler.get_jobs()]
    assert periods == [*(timedelta(seconds=each) for each in (20, 5, 5, 300, 60)), None]
    assert scheduler._job_defaults == {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}


def test_a_database_that_is_away_ends_a_beat_and_not_the_worker(caplog):
    def away():
        raise DatabaseAway("connection refused\nand a long explanation")

    with caplog.at_level(logging.WARNING):
        worker._patient(away)()
    assert caplog.messages == ["the database is away: connection refused"]


def test_the_night_ends_old_sessions(env, person_id):
    with clock.travelling(clock.now()) as time:
        with env.transactions.write() as session:
            old = start_session(session, person_id, clock.now())
        time.move(IDLE + timedelta(minutes=1))
        with env.transactions.write() as session:
            fresh = start_session(session, person_id, clock.now())
        worker.tidy(env.transactions, env.settings)
        time.move(-timedelta(minutes=2))  # at this moment the old one had not run out
        with env.transactions.write() as session:
            assert find_session(session, old, clock.now()) is None
            assert find_session(session, fresh, clock.now()) == person_id


def test_the_night_forgets_what_no_device_signed(env):
    asked = ChallengeRequest(SIGN_IN, "cookie")
    with clock.travelling(clock.now()) as time:
        with env.transactions.write() as session:
            issue(session, asked, clock.now())
        time.move(LASTS)
        worker.tidy(env.transactions, env.settings)
    with env.transactions.read() as session:
        assert session.scalars(select(PasskeyChallenge)).all() == []


def test_the_night_removes_old_files_that_no_row_names(env, person_id):
    named, nameless, young = (_store(env, content) for content in (b"named", b"nameless", b"young"))
    done = env.transactions.run(
        lambda session: desk.open_case(
            desk.Unit(session, env.services), IMPORT, "expertise_request", {"title": "Water"}
        )
    )
    with env.transactions.write() as session:
        case_id = desk.queries.find(session, IMPORT, done.reference).id
        session.add(
            StoredFile(
                key="k",
                case_id=case_id,
                sha256=named.sha256,
                size=5,
                name="a.txt",
                media_type="text/plain",
                uploaded_by_id=person_id,
                at=clock.now(),
            )
        )
    for stored in (named, nameless):
        _age(env, stored)
    assert worker.tidy(env.transactions, env.settings) == 1
    assert [_there(env, stored) for stored in (named, nameless, young)] == [True, False, True]


def _store(env, content):
    return storage.put(io.BytesIO(content), env.settings)


def _age(env, stored):
    old = (clock.now() - timedelta(days=2)).timestamp()
    path = env.settings.data / "files" / stored.sha256[:2] / stored.sha256[2:]
    os.utime(path, (old, old))


def _there(env, stored):
    try:
        storage.open_file(env.settings.data, stored.sha256).close()
    except FileNotFoundError:
        return False
    return True
