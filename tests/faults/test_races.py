"""Many at once on one thing: one winner, and everybody else is told so."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from expertise import worker
from expertise.base.transaction import Transactions
from expertise.cases import desk, fire_timer
from expertise.cases.actions.assign import AssignmentRequest, Taken
from expertise.cases.actions.idempotency import Done
from expertise.cases.model import Answered, Case
from expertise.cases.notify.model import Intent
from expertise.mail.model import OutgoingLetter
from tests.support.databases import address, connect
from tests.support.environment import done, environment, together
from tests.support.golden import STAGE_A
from tests.support.invariants import assert_sound
from tests.support.people import Member
from tests.support.stages import draft, in_approval
from workflows.refusals import Stale

pytestmark = pytest.mark.fault

THREADS, CASES = 32, 50
KEYS, POSTS = 100, 8
DECISIONS = (
    ("approve_terms", {}, "expert_search"),
    ("send_back_terms", {"comment": "Уточните объём."}, "terms_of_reference"),
    ("refuse_terms", {"comment": "Нет средств."}, "rejected"),
)


@pytest.fixture
def crowd(env):
    """The same environment with an approver and a connection for each thread; SQLite has one writer anyway."""
    engine = connect(address(env.engine), pool=THREADS if env.engine.dialect.name == "postgresql" else 8)
    crowd = environment(engine)
    crowd.add({f"approver {place}": Member("approver", "ru") for place in range(THREADS)})
    for place in range(THREADS):
        crowd.actor(f"approver {place}")
    yield crowd
    engine.dispose()


def test_one_of_many_conflicting_decisions_wins(env, crowd):
    cases = [in_approval(env, place) for place in range(CASES)]
    for case in cases:
        before = env.case(case)

        def decide(place, case=case, seen=before.version):
            step, raw, _ = DECISIONS[place % len(DECISIONS)]
            return crowd.fire(f"approver {place}", case, step, raw, seen)

        answers = together(THREADS, decide)
        winners = [place for place, answer in enumerate(answers) if isinstance(answer, Done)]
        assert len(winners) == 1, answers
        stale = [answer for answer in answers if isinstance(answer, Stale)]
        assert len(stale) == THREADS - 1, Counter(map(repr, answers))
        assert {(answer.seen, answer.current) for answer in stale} == {(before.version, before.version + 1)}
        after = env.case(case)
        assert after.state == DECISIONS[winners[0] % len(DECISIONS)][2]
        assert after.sequence == before.sequence + 1
    assert_sound(env)


def all_equal(answers) -> bool:
    """Eight times the same answer; one of them did it, the others repeat it."""
    assert all(isinstance(answer, Done) for answer in answers), answers
    assert sum(not answer.repeated for answer in answers) == 1
    return len({replace(answer, repeated=False) for answer in answers}) == 1


def test_a_case_is_opened_once_per_key(env, crowd):
    for number in range(KEYS):
        assert all_equal(
            together(POSTS, lambda _: crowd.open("requester", "expertise_request", STAGE_A, f"open-{number}"))  # noqa: B023
        )
    assert len(env.rows(Case.__table__)) == len(env.rows(Answered.__table__)) == KEYS
    assert_sound(env)


def test_a_comment_is_made_once_per_key(env, crowd):
    case = draft(env)
    for number in range(KEYS):
        assert all_equal(together(POSTS, lambda _: crowd.comment("requester", case, f"№ {number}", f"say-{number}")))  # noqa: B023
    assert env.case(case).sequence == 1 + KEYS
    assert len(env.rows(Answered.__table__)) == KEYS
    assert_sound(env)


def test_a_step_is_taken_once_per_key(env, crowd):
    cases = [draft(env) for _ in range(KEYS)]
    for number, case in enumerate(cases):
        assert all_equal(
            together(POSTS, lambda _: crowd.fire("requester", case, "submit", {}, 1, f"submit-{number}"))  # noqa: B023
        )
    assert [env.case(case).sequence for case in cases] == [2] * KEYS
    assert len(env.rows(Answered.__table__)) == KEYS
    assert_sound(env)


def test_different_keys_on_one_case_are_different_comments(env, crowd):
    """Nobody's page is made stale by a comment, so all of them are kept, one after the other."""
    case = draft(env)
    answers = together(THREADS, lambda place: crowd.comment("requester", case, "Бір", f"key-{place}"))
    assert sorted(answer.sequence for answer in answers) == list(range(2, THREADS + 2))
    assert_sound(env)


def test_letters_are_written_once_by_many_workers(env, crowd):
    env.transactions.resting = True
    for place in range(THREADS):
        in_approval(env, place)
    wanted = len(env.rows(Intent.__table__))
    found = together(POSTS, lambda _: crowd.expand())
    assert sum(found) + env.expand() == wanted
    assert env.rows(Intent.__table__) == []
    letters = [row.dedupe_key for row in env.rows(OutgoingLetter.__table__)]
    assert len(letters) == len(set(letters)) > 0
    assert_sound(env)


def test_four_workers_try_each_timer_once(env, crowd, time, monkeypatch):
    for _ in range(CASES):
        done(env.fire("requester", draft(env), "submit"))
    time.move(timedelta(days=5))
    tried, remind = [], fire_timer.remind

    def counting(unit, timer_id, case_id):
        tried.append(timer_id)
        return remind(unit, timer_id, case_id)

    monkeypatch.setattr(fire_timer, "remind", counting)
    swept = together(4, lambda _: worker.sweep(Transactions(crowd.engine), crowd.services))
    outcomes = sum(swept, Counter())
    assert outcomes["done"] == len(set(tried)) >= CASES and outcomes["fault"] == 0
    assert len(tried) <= 1.05 * outcomes["done"], outcomes
    assert env.sweep() == {}
    assert_sound(env)


def test_one_of_many_claimers_has_the_case(env, crowd):
    case = in_approval(env, 0)
    seen = env.case(case).version

    def claim(place):
        actor = crowd.actor(f"approver {place}")
        return crowd.transactions.run(
            lambda session: desk.assign(
                desk.Unit(session, crowd.services), desk.Request(actor, case, seen), AssignmentRequest("claim")
            )
        )

    answers = together(THREADS, claim)
    winners = [place for place, answer in enumerate(answers) if isinstance(answer, Done)]
    assert len(winners) == 1, answers
    name = f"approver {winners[0]}"
    assert [answer for answer in answers if answer == Taken(name)] == [Taken(name)] * (THREADS - 1)
    assert env.case(case).assignee_id == crowd.actor(f"approver {winners[0]}").person_id
    assert_sound(env)
