"""Killed with -9 at every named point, then asked again with the same key: as if nothing had happened.

What the database says after crash and repetition must equal, row for row, what it says after the same action
undisturbed; and the invariants hold right after the crash, too.
"""

from __future__ import annotations

import hashlib

import pytest

from expertise.base import clock
from expertise.cases.actions.idempotency import Done
from expertise.cases.notify.model import Intent
from expertise.files import storage
from expertise.files.model import StoredFile
from expertise.mail.model import OutgoingLetter
from expertise.mail.outbound import claims, delivery
from tests.faults.crashing_actions import (
    accepting,
    asking,
    commenting,
    editing,
    filing,
    kill,
    lapsing,
    opening,
    reminding,
    submitting,
)
from tests.faults.dumping import told
from tests.faults.worker import WorkerSettings, do
from tests.support.databases import database
from tests.support.environment import MAIN_CAST_AT_ONCE, environment
from tests.support.golden import PDF
from tests.support.invariants import assert_sound

pytestmark = pytest.mark.fault

#: SQLite gets a statement for each table, with a point after it; PostgreSQL gets one for all of them.
TABLES = ["after_events", "after_cases", "after_answered"]
OPENING = ["before_flush", "after_events", "after_answered", "after_flush", "before_commit", "after_commit"]
STEP = ["after_lock", *OPENING, "after_cases"]
TIMER = [
    "timer_after_claim",
    "before_flush",
    "after_events",
    "after_cases",
    "after_flush",
    "before_commit",
    "after_commit",
]
ACTIONS = {
    opening: OPENING,
    submitting: STEP,
    editing: ["after_lock", "after_cases", "after_flush", "before_commit", "after_commit"],
    commenting: ["before_flush", "after_events", "after_answered", "after_flush", "after_commit"],
    accepting: STEP,
    asking: ["before_flush", "after_events", "after_cases", "after_flush", "before_commit", "after_commit"],
    reminding: TIMER,
    lapsing: TIMER,
}


def on_both(*given, point):
    """The parameters of a kill at the point, for each database that has it."""
    yield pytest.param("sqlite", *given, point)
    if point not in TABLES:
        yield pytest.param("postgres", *given, point, marks=pytest.mark.postgres)


KILLED = [each for action, points in ACTIONS.items() for point in points for each in on_both(action, point=point)]
UPLOAD = ["upload_mid_stream", "upload_before_rename", "upload_after_rename", *STEP]


def named(value):
    return getattr(value, "__name__", value)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """What the database says after an action when nothing goes wrong; once per action, on SQLite, for both kinds."""
    known = {}

    def look(action, time):
        if action not in known:
            begun = clock.now()
            with database("sqlite", tmp_path_factory.mktemp(action.__name__), MAIN_CAST_AT_ONCE) as engine:
                env = environment(engine, any_hour=True)
                do(env, action(env, time), None)
                known[action] = told(env)
            time.go(begun)
        return known[action]

    return look


@pytest.mark.parametrize(("env", "action", "point"), KILLED, indirect=["env"], ids=named)
def test_killed_and_asked_again(env, time, undisturbed, action, point, tmp_path):
    expected = undisturbed(action, time)
    asked = action(env, time)
    before = told(env)
    kill(env, asked, point, tmp_path)
    assert_sound(env)
    assert (told(env) == before) == (point != "after_commit")

    answer = do(env, asked, None)
    if asked["verb"] != "sweep":
        assert isinstance(answer, Done) and answer.repeated == (point == "after_commit")
    assert_sound(env)
    assert told(env) == expected
    assert env.sweep() == {}


@pytest.mark.parametrize("point", ["intents_after_claim", "before_commit", "after_commit"])
@pytest.mark.parametrize("action", [submitting, accepting, asking])
def test_letters_that_were_asked_for_are_written_once(env, time, undisturbed, action, point, tmp_path):
    """Killed between the step and its letters, and again while these are written."""
    expected = undisturbed(action, time)
    asked, written = action(env, time), env.rows(OutgoingLetter.__table__)
    kill(env, asked, "after_commit", tmp_path)
    assert env.rows(OutgoingLetter.__table__) == written
    waiting = env.rows(Intent.__table__)
    assert waiting

    kill(env, {"verb": "expand", "with": []}, point, tmp_path)
    assert_sound(env)
    assert env.rows(Intent.__table__) == ([] if point == "after_commit" else waiting)
    env.expand()
    assert env.rows(Intent.__table__) == []
    assert_sound(env)
    assert told(env) == expected


@pytest.mark.parametrize(
    ("env", "point"), [each for point in UPLOAD for each in on_both(point=point)], indirect=["env"], ids=named
)
def test_a_file_is_there_whole_or_not_at_all(env, time, point, tmp_path):
    action, settings = filing(env, time), WorkerSettings(tmp_path, None)
    kill(env, action, point, tmp_path)
    assert_sound(env)
    kept = [row for row in env.rows(StoredFile.__table__) if row.sha256]
    assert len(kept) == (point == "after_commit")
    assert_files_are_whole(env, tmp_path)

    answer = do(env, action, settings)
    assert isinstance(answer, Done) and answer.repeated == (point == "after_commit")
    assert_sound(env)
    assert len(env.rows(StoredFile.__table__)) == 1
    assert_files_are_whole(env, tmp_path)


def assert_files_are_whole(env, data) -> None:
    """I7: every row has its bytes; whatever stands under a hash has that hash, row or not."""
    for row in env.rows(StoredFile.__table__):
        with storage.open_file(data, row.sha256) as file:
            assert file.read() == PDF
    for path in (data / "files").glob("[0-9a-f][0-9a-f]/*"):
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.parent.name + path.name


# before_commit and after_commit are met first when letters are claimed.
CARRIER = ["before_commit", "after_commit", "outbox_after_claim", "outbox_after_mail_from", "outbox_before_mark"]


@pytest.mark.parametrize("point", CARRIER)
def test_a_letter_leaves_at_least_once_under_one_name(env, time, post, point, tmp_path):
    submitted = submitting(env, time)
    do(env, submitted, None)
    do(env, {"verb": "comment", "with": ["requester", submitted["with"][1], "Сұрақ бар.", "key 2"]}, None)
    names = {row.message_id for row in env.rows(OutgoingLetter.__table__)}
    assert len(names) == 3
    kill(env, {"verb": "carry"}, point, tmp_path, post.url)
    assert_sound(env)
    assert len(post.names()) == (point == "outbox_before_mark")

    time.move(claims.LEASE)
    delivery.send_batch(env.transactions, WorkerSettings(tmp_path, post.url), clock.now())
    assert {row.state for row in env.rows(OutgoingLetter.__table__)} == {"accepted"}
    assert set(post.names()) == names  # I5: the sink has every Message-ID
    assert len(post.names()) == 3 + (point == "outbox_before_mark")
    assert (
        delivery.send_batch(env.transactions, WorkerSettings(tmp_path, post.url), clock.now()) == delivery.BatchResult()
    )
