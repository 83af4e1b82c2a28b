"""What is queued, who claims it, and what becomes of it."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from expertise.base import clock
from expertise.cases.model import Case
from expertise.mail.model import LetterLog, OutgoingLetter
from expertise.mail.outbound import claims, outbox, results
from expertise.people.model import Person
from tests.expertise.mail.conftest import row, rows
from tests.support.statements import listening


def claim(env, limit=claims.BATCH):
    with env.write() as session:
        return claims.claim(session, clock.now(), limit)


def result(env, verb, answer="250 ok"):
    """Claim the one letter that is due, begin it, and report `verb`."""
    (letter,) = claim(env)
    with env.write() as session:
        begun = claims.begin(session, letter, clock.now())
    with env.write() as session:
        verb(session, begun, answer, clock.now())
    return row(env)


@pytest.mark.parametrize("number", [1, 50])
def test_queueing_is_one_statement(env, letter, number):
    with env.write() as session, listening(env.engine) as sent:
        outbox.queue(session, [letter(place) for place in range(number)], clock.now())
        session.flush()
        assert len(sent) == 1
    assert len(rows(env)) == number


def test_queueing_nothing_asks_nothing(env):
    with env.write() as session, listening(env.engine) as sent:
        outbox.queue(session, [], clock.now())
        assert sent == []


def test_same_key_is_queued_once(env, post):
    post(2)
    first = [found.message_id for found in rows(env)]
    post(3)
    assert [found.message_id for found in rows(env)][:2] == first
    assert len(rows(env)) == 3


def test_message_ids_are_unique_and_ours(env, post):
    post(20)
    found = {one.message_id for one in rows(env)}
    assert len(found) == 20
    assert all(one.startswith("<") and one.endswith("@komek.example.kz>") for one in found)


@pytest.mark.parametrize("link", ["", "http://127.0.0.1:8000/cases/X", "http://localhost/x", f"http://{'x' * 70}.kz/"])
def test_message_id_without_a_public_address(env, post, link):
    post(context={"link": link})
    assert row(env).message_id.endswith("@komek.localhost>")


def test_nothing_is_claimed_before_its_time(env, post, time):
    post(not_before=clock.now() + timedelta(hours=1))
    assert claim(env) == []
    time.move(timedelta(hours=1))
    assert len(claim(env)) == 1


def test_claim_brings_address_and_language_of_the_reader(env, post):
    post(recipient_id=2)
    (letter,) = claim(env)
    assert (letter.email, letter.language, letter.letter) == ("reader2@example.kz", "ru", "request_received")
    assert row(env).state == "sending"


def test_oldest_letters_first(env, post, time):
    post(2, start=10)
    post(1, start=20, not_before=clock.now() - timedelta(minutes=1))
    ids = {found.id: found.dedupe_key for found in rows(env)}
    assert [ids[letter.id] for letter in claim(env, 2)] == ["case:1:20", "case:1:10"]


def test_claimed_letter_is_nobody_elses_until_the_lease_ends(env, post, time):
    post()
    (first,) = claim(env)
    assert claim(env) == []
    time.move(claims.LEASE)
    (second,) = claim(env)
    with env.write() as session:
        assert not claims.begin(session, first, clock.now())
        assert claims.begin(session, second, clock.now())
    assert row(env).attempts == 1


def test_given_back_letter_is_due_at_once(env, post):
    post()
    (letter,) = claim(env)
    with env.write() as session:
        claims.give_back(session, letter)
    assert len(claim(env)) == 1


def test_accepted_letter_is_finished(env, post):
    post()
    kept = result(env, results.accepted, "250 queued as 7")
    assert (kept.state, kept.answer, kept.sent_at, kept.lease_until) == (
        "accepted",
        "250 queued as 7",
        clock.now(),
        None,
    )


def test_pauses_grow_and_end_with_the_letter(env, post, time):
    post(expires_at=clock.now() + timedelta(hours=24))
    begun, pauses = clock.now(), []
    while row(env).state == "queued":
        before = clock.now()
        kept = result(env, results.postponed, "451 later")
        pauses.append((kept.not_before - before) / timedelta(minutes=1))
        time.go(kept.not_before)
        if kept.not_before == kept.expires_at:
            break
    assert pauses[:8] == [1, 5, 15, 60, 240, 360, 360, 360]
    assert clock.now() == begun + timedelta(hours=24)
    assert claim(env) == []
    assert (row(env).state, row(env).answer) == ("failed", "451 later")


def test_failed_letter_is_finished(env, post):
    post()
    assert result(env, results.failed, "550 no such user").state == "failed"
    assert claim(env) == []


def test_uncertain_letter_is_sent_once_more_after_half_an_hour(env, post, time):
    post()
    kept = result(env, results.uncertain, "lost")
    assert kept.state == "uncertain"
    time.move(timedelta(minutes=29))
    assert claim(env) == []
    time.move(timedelta(minutes=1))
    again = result(env, results.uncertain, "lost again")
    assert (again.state, again.message_id, again.attempts, again.lease_until) == ("uncertain", kept.message_id, 2, None)
    time.move(timedelta(days=1))
    assert claim(env) == []


def test_uncertain_letter_may_still_be_accepted(env, post, time):
    post()
    result(env, results.uncertain)
    time.move(results.SECOND_TRY)
    assert result(env, results.accepted).state == "accepted"


def test_second_try_that_finds_no_server_waits_on_as_uncertain(env, post, time):
    post()
    result(env, results.uncertain)
    time.move(results.SECOND_TRY)
    kept = result(env, results.postponed, "refused")
    assert kept.state == "uncertain"
    time.go(kept.lease_until)
    assert len(claim(env)) == 1


def test_second_try_that_is_refused_is_left_to_a_person(env, post, time):
    post()
    result(env, results.uncertain)
    time.move(results.SECOND_TRY)
    kept = result(env, results.failed, "550")
    assert (kept.state, kept.lease_until) == ("uncertain", None)


def test_reminder_is_dropped_once_the_case_has_moved_on(env, post):
    post(visit=1)
    with env.write() as session:
        session.execute(update(Case).values(visit=2))
    assert claim(env) == []
    assert (row(env).state, row(env).answer) == ("cancelled", "no longer right")


def test_reminder_leaves_while_the_case_stays(env, post):
    post(visit=1)
    assert len(claim(env)) == 1


def test_person_who_left_gets_no_letter(env, post):
    post()
    with env.write() as session:
        session.execute(update(Person).values(active=False))
    assert claim(env) == []
    assert row(env).state == "cancelled"


@pytest.mark.parametrize(("visit", "state"), [(None, "failed"), (1, "cancelled")])
def test_letter_that_is_too_late_says_so(env, post, time, visit, state):
    post(visit=visit)
    time.move(timedelta(days=14))
    assert claim(env) == []
    assert (row(env).state, row(env).answer) == (state, "expired")


def test_letter_whose_carrier_died_is_never_called_unsent(env, post, time):
    post(expires_at=clock.now() + timedelta(minutes=2))
    (letter,) = claim(env)
    with env.write() as session:
        claims.begin(session, letter, clock.now())
    time.move(claims.LEASE)
    assert claim(env) == []
    assert row(env).state == "uncertain"


def test_late_word_changes_nothing(env, begun):
    letter = begun()
    with env.write() as session:
        results.accepted(session, letter, "250 ok", clock.now())
        for verb in (results.failed, results.uncertain, results.postponed):
            verb(session, letter, "late", clock.now())
    assert (row(env).state, row(env).answer) == ("accepted", "250 ok")


def test_who_has_lost_the_letter_is_believed_only_that_it_arrived(env, begun, time):
    first = begun()
    time.move(claims.LEASE)
    with env.write() as session:
        (again,) = claims.claim(session, clock.now())
        second = claims.begin(session, again, clock.now())
        for verb in (results.failed, results.uncertain, results.postponed):
            verb(session, first, "late", clock.now())
    assert (row(env).state, row(env).lease_until) == ("sending", second.lease_until)
    with env.write() as session:
        results.accepted(session, first, "250 late", clock.now())
        results.failed(session, second, "550", clock.now())
    assert (row(env).state, row(env).answer) == ("accepted", "250 late")


def log(env, *columns):
    with env.read() as session:
        wanted = [LetterLog.__table__.c[name] for name in columns]
        return [tuple(row) for row in session.execute(select(*wanted).order_by(LetterLog.id))]


def test_every_attempt_is_kept_with_its_answer(env, post, time):
    post()
    result(env, results.postponed, "451 later")
    time.move(timedelta(minutes=1))
    claim(env)
    time.move(claims.LEASE)
    result(env, results.accepted)
    assert log(env, "number", "what", "note", "address") == [
        (1, "postponed", "451 later", "reader1@example.kz"),
        (2, "accepted", "250 ok", "reader1@example.kz"),
    ]


def test_attempt_of_a_carrier_that_died_has_no_end(env, begun, time):
    begun()
    time.move(claims.LEASE)
    result(env, results.accepted)
    assert log(env, "number", "what", "ended_at") == [
        (1, "attempt", None),
        (2, "accepted", clock.now()),
    ]


@pytest.fixture
def begun(env, post):
    """One letter whose first attempt has begun."""

    def begin(**changes):
        post(**changes)
        (letter,) = claim(env)
        with env.write() as session:
            return claims.begin(session, letter, clock.now())

    return begin


def test_four_claim_at_once_and_each_letter_is_claimed_once(env, post):
    post(120)
    taken: list[int] = []

    def carry():
        while mine := claim(env, 7):
            taken.extend(letter.id for letter in mine)

    carriers = [threading.Thread(target=carry) for _ in range(4)]
    for carrier in carriers:
        carrier.start()
    for carrier in carriers:
        carrier.join()
    while mine := claim(env, 7):  # what the four skipped because another was just taking it
        taken.extend(letter.id for letter in mine)
    assert len(taken) == len(set(taken)) == 120
    with env.read() as session:
        assert session.scalar(select(func.count()).where(OutgoingLetter.state == "sending")) == 120


@pytest.mark.parametrize(
    ("name", "kept"),
    [("invitation", {}), ("password_reset", {}), ("digest", {"link": "x"}), ("comment_added", {"link": "x"})],
)
def test_a_secret_is_not_kept_once_its_letter_is_gone(env, post, name, kept):
    post(letter=name, case_id=None, context={"link": "x"})
    assert result(env, results.accepted).context == kept
