"""`komek serve` and `komek worker` themselves are killed in the middle of a request and of a round."""

from __future__ import annotations

import http.client
import signal
import urllib.error
from datetime import UTC, datetime, timedelta

import pytest

from expertise.mail.model import OutgoingLetter
from expertise.people.auth.sign_in import hash_password
from expertise.people.manage import accounts
from expertise.people.model import Person
from expertise.reminders.model import Timer
from tests.faults.conftest import free_port
from tests.faults.processes import Browser, komek, serving
from tests.support.environment import done
from tests.support.invariants import assert_sound
from tests.support.stages import draft

pytestmark = pytest.mark.fault

PASSWORD = "a long sentence nobody guesses"


@pytest.fixture
def requester(env):
    """Somebody who can sign in."""
    with env.transactions.write() as session:
        person = session.get_one(Person, env.actor("requester").person_id)
        accounts.set_password(session, person, hash_password(PASSWORD))
    return person.email


def test_web_process_killed_in_the_middle_of_a_step(env, requester, tmp_path):
    """The answer is lost, the step is not half-done; the same form sent again does it once, or says it was done."""
    browser, cases = Browser(), {"before_commit": draft(env), "after_commit": draft(env)}
    with serving(env, tmp_path, free_port()) as well:
        signing = browser.hidden(f"{well}/sign-in")
        browser.send(f"{well}/sign-in", {**signing, "email": requester, "password": PASSWORD})
        for point, case in cases.items():
            form = browser.hidden(f"{well}/cases/{case}/steps/submit")
            with (
                serving(env, tmp_path, free_port(), KOMEK_CRASH_AT=point) as dying,
                pytest.raises((urllib.error.URLError, http.client.HTTPException, ConnectionError)),
            ):
                browser.send(f"{dying}/cases/{case}/steps/submit", form)
            assert_sound(env)
            assert env.case(case).state == ("submitted" if point == "after_commit" else "draft")

            page = browser.send(f"{well}/cases/{case}/steps/submit", form)
            assert case in page
            assert env.states(case) == ["draft", "submitted"]
            assert env.case(case).sequence == 2
    assert_sound(env)


def test_worker_killed_in_the_middle_of_its_round(env, time, post, tmp_path):
    """Reminders are done once, letters arrive, whatever the moment of the kill; another worker goes on."""
    for _ in range(2):
        done(env.fire("requester", draft(env), "submit"))
    rungs = len(env.rows(Timer.__table__))
    time.move(timedelta(days=10))
    for point in ("timer_after_claim", "after_flush", "outbox_after_claim"):
        killed = komek(env, tmp_path, "worker", "--once", KOMEK_SMTP_URL=post.url, KOMEK_CRASH_AT=point)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert_sound(env)
    _forget_leases(env)
    finished = komek(env, tmp_path, "worker", "--once", KOMEK_SMTP_URL=post.url)
    assert finished.returncode == 0, finished.stderr
    assert_sound(env)
    assert [timer.outcome for timer in env.rows(Timer.__table__)] == ["done"] * rungs
    letters = env.rows(OutgoingLetter.__table__)
    # Belated: the reminder gave way to the escalation, which stands in the digest.
    assert {letter.state for letter in letters} == {"accepted", "told", "cancelled"}
    assert {(each.letter, each.answer) for each in letters if each.state == "cancelled"} == {
        ("deadline_reminder", "expired")
    }
    assert sorted(post.names()) == sorted(letter.message_id for letter in letters if letter.state == "accepted")
    digests = [letter for letter in letters if letter.letter == "digest"]
    named = {letter.answer for letter in letters if letter.state == "told"}
    assert named and named <= {each.dedupe_key for each in digests}  # a late desk makes a digest without a letter


def _forget_leases(env) -> None:
    """As five minutes of waiting would."""
    with env.transactions.write() as session:
        session.execute(OutgoingLetter.__table__.update().values(lease_until=datetime(2020, 1, 1, tzinfo=UTC)))


def test_audit_verify_says_that_all_is_well(env, tmp_path):
    done(env.fire("requester", draft(env), "submit"))
    told = komek(env, tmp_path, "audit", "verify")
    assert told.returncode == 0 and "2 events of 1 cases" in told.stdout, told.stderr
