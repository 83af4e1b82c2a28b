"""Many carriers at once, killed at any moment: each letter arrives, and twice only where nobody could have known."""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import insert

from expertise import worker as ticks
from expertise.audit import trail
from expertise.base import clock
from expertise.cases.model import Case
from expertise.mail.model import LetterLog, OutgoingLetter
from expertise.mail.outbound import claims
from expertise.mail.outbound.outbox import NewLetter, queue
from expertise.reminders.model import Timer
from tests.faults import worker
from tests.faults.crashing_actions import FORKS, kill
from tests.support.databases import address
from tests.support.environment import done
from tests.support.stages import draft

pytestmark = pytest.mark.fault

CARRIERS = 4
#: Five thousand timers and a thousand letters take minutes; the usual run has a fifth of them.
FULL = "KOMEK_TEST_FULL" in os.environ
POINTS = ["before_commit", "after_commit", "outbox_after_claim", "outbox_after_mail_from", "outbox_before_mark"]


@pytest.fixture
def many(env):
    """Fewer on SQLite, which writes one after the other: `many(1_000)`."""
    return lambda number: number if env.engine.dialect.name == "postgresql" else number // 5


def write(env, number) -> None:
    """Queue letters about nothing in particular."""
    now, person = clock.now(), env.actor("requester").person_id
    with env.transactions.write() as session:
        rows = [
            NewLetter(f"many:{place}", "comment_added", person, None, None, {}, now, now + timedelta(days=14))
            for place in range(number)
        ]
        queue(session, rows, now)


def start(env, action, folder, post):
    settings = worker.WorkerSettings(folder, post.url)
    process = FORKS.Process(
        target=worker.live, args=(address(env.engine), env.services.any_hour, "", clock.now(), action, settings)
    )
    process.start()
    return process


def ended(process) -> int:
    process.join(600 if FULL else 120)
    code = process.exitcode
    process.close()
    return code


def drain(env, time, folder, post) -> None:
    """Quiet days: every lease runs out, and what waited for a second try has it."""
    for _ in range(3):
        time.move(timedelta(hours=1))
        ticks.sweep(env.transactions, env.services)
        ticks.deliver(env.transactions, env.services, worker.WorkerSettings(folder, post.url))


def assert_all_arrived(env, post) -> None:
    """I4, I5: nothing is lost; what came twice is what a carrier was sending when it died, under one name."""
    letters = [letter for letter in env.rows(OutgoingLetter.__table__) if letter.state != "gathered"]
    assert {letter.state for letter in letters} == {"accepted"}
    names = Counter(post.names())
    assert names.keys() == {letter.message_id for letter in letters}
    died = {entry.letter_id for entry in env.rows(LetterLog.__table__) if entry.number and entry.ended_at is None}
    assert {letter.message_id for letter in letters if letter.id not in died and names[letter.message_id] > 1} == set()


def test_four_carriers_send_each_letter_once(env, post, many, tmp_path):
    write(env, many(1_000))
    carriers = [start(env, {"verb": "deliver"}, tmp_path, post) for _ in range(CARRIERS)]
    assert [ended(process) for process in carriers] == [0] * CARRIERS
    ticks.deliver(
        env.transactions, env.services, worker.WorkerSettings(tmp_path, post.url)
    )  # skipped while others took theirs
    letters = env.rows(OutgoingLetter.__table__)
    assert len(letters) == many(1_000)
    assert Counter(post.names()) == Counter(letter.message_id for letter in letters)
    assert {letter.attempts for letter in letters} == {1}


@pytest.mark.parametrize("point", POINTS)
def test_killed_again_and_again_at_the_same_point(env, time, post, point, tmp_path):
    write(env, 100)
    for _ in range(3):
        kill(env, {"verb": "carry"}, point, tmp_path, post.url)
        time.move(claims.LEASE)
    drain(env, time, tmp_path, post)
    assert_all_arrived(env, post)
    assert len(post.names()) == 100 + 3 * (point == "outbox_before_mark")


def test_timers_and_letters_of_four_workers_killed_at_random(env, time, post, tmp_path):
    chance = random.Random(11)
    timers, letters = (5_000, 1_000) if FULL else (1_000, 200)
    cases = _with_timers(env, timers, letters)
    for _ in range(4):
        workers = [start(env, {"verb": "work"}, tmp_path, post) for _ in range(CARRIERS)]
        for victim in workers[1:]:
            victim.join(chance.uniform(0.2, 1.5))
            victim.kill()
        assert {ended(process) for process in workers[1:]} <= {-signal.SIGKILL, 0}
        assert ended(workers[0]) == 0
        time.move(claims.LEASE)
    drain(env, time, tmp_path, post)
    outcomes = Counter(timer.outcome for timer in env.rows(Timer.__table__) if timer.rung.startswith("many"))
    assert outcomes == {"done": letters, "stale": timers - letters}
    acts = Counter(event.act for case in cases for event in env.events(case) if event.act.startswith("clock:"))
    assert len(acts) == letters // len(cases) and set(acts.values()) == {len(cases)}
    reminders = [row for row in env.rows(OutgoingLetter.__table__) if row.letter == "deadline_reminder"]
    assert len(reminders) == letters
    assert_all_arrived(env, post)
    with env.transactions.read() as session:
        assert trail.verify(session).broken == ()


def _with_timers(env, timers, right, cases=20) -> list[str]:
    """Cases with timers that are all due; only `right` of them belong to the stay the cases are in."""
    references = [draft(env) for _ in range(cases)]
    for reference in references:
        done(env.fire("requester", reference, "submit"))
    ids = [row.id for row in env.rows(Case.__table__)]
    with env.transactions.write() as session:
        session.execute(
            insert(Timer.__table__),
            [
                {
                    "case_id": ids[place % cases],
                    "visit": 2 if place < right else 1,
                    "kind": "remind",
                    "rung": f"many{place // cases}",
                    "to_role": "requester",
                    "due_at": clock.now(),
                }
                for place in range(timers)
            ],
        )
    return references
