"""A mail survives whatever kills who looks at it, and takes effect once."""

from __future__ import annotations

import signal
from collections import Counter

import pytest
from sqlalchemy import select

from expertise.base import clock
from expertise.base.database import table_of
from expertise.cases.desk import Upload
from expertise.files.model import StoredFile
from expertise.inbox import process as processing
from expertise.inbox.process import process_waiting, receive_mail
from expertise.mail.inbound.model import InboundMail
from expertise.mail.inbound.store import PAUSE, TRIES, Envelope
from expertise.mail.model import OutgoingLetter
from tests.faults import mail_worker
from tests.faults.crashing_actions import FORKS
from tests.support.databases import address
from tests.support.environment import done, together
from tests.support.golden import PDF
from tests.support.invariants import assert_sound
from tests.support.postbox import Postbox, settings
from tests.support.stages import delivering

pytestmark = pytest.mark.fault

REPORT = Upload("0" * 64, 1200, "есеп.pdf", "application/pdf")
POINTS = ["inbound_after_store", "inbound_mid_processing", "after_flush", "before_commit", "after_commit"]


@pytest.fixture
def deliverable(env):
    _, reference = delivering(env)
    done(env.fire("expert", reference, "submit", uploads={"report": REPORT}))
    return reference


@pytest.fixture
def accepting(env, deliverable, tmp_path):
    """A mail that accepts, with a file, and where it goes."""
    postbox = Postbox(env, settings(tmp_path))
    letter = postbox.letter("requester", deliverable)
    raw = postbox.write("requester@example.kz", letter.reply, "ПРИНЯТЬ", attachments=(("акт.pdf", PDF),))
    return raw, letter.reply


def effects(env, reference):
    acts = Counter(event.act for event in env.events(reference))
    answers = [row for row in env.rows(table_of(OutgoingLetter)) if row.dedupe_key.startswith("mail:")]
    files = [row for row in env.rows(table_of(StoredFile)) if row.name == "акт.pdf"]
    return acts["mail:step:accept"], acts["mail:comment:add"], len(answers), len(files)


@pytest.mark.parametrize("point", POINTS)
def test_killed_and_begun_again(env, time, deliverable, accepting, tmp_path, point):
    raw, to = accepting
    given = (address(env.engine), point, clock.now(), tmp_path, raw, to)
    process = FORKS.Process(target=mail_worker.take_and_work, args=given)
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL, f"{point} was not reached: {process.exitcode}"
    process.close()
    assert_sound(env)
    assert receive_mail(env.transactions, raw, Envelope("lmtp", "requester@example.kz", to)).repeated
    time.move(PAUSE)
    process_waiting(env.transactions, env.services, settings(tmp_path))
    assert effects(env, deliverable) == (1, 1, 1, 1)
    assert env.rows(table_of(InboundMail))[0].state == "applied"
    assert_sound(env)


def test_workers_that_meet_over_one_mail_do_it_once(env, deliverable, accepting, tmp_path):
    raw, to = accepting
    taken = receive_mail(env.transactions, raw, Envelope("lmtp", "requester@example.kz", to))
    states = together(
        4, lambda _place: processing.process(env.transactions, env.services, settings(tmp_path), taken.id)
    )
    assert "applied" in states and set(states) <= {"applied", "received"}, states
    assert effects(env, deliverable) == (1, 1, 1, 1)


def test_a_mail_that_our_own_fault_keeps_is_shown_at_last(env, time, accepting, tmp_path, monkeypatch, caplog):
    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(processing, "_judged", broken)
    raw, to = accepting
    receive_mail(env.transactions, raw, Envelope("lmtp", "requester@example.kz", to))
    for tries in range(1, TRIES + 1):
        assert process_waiting(env.transactions, env.services, settings(tmp_path)) == {"received": 1}
        time.move(PAUSE * tries)
    assert process_waiting(env.transactions, env.services, settings(tmp_path)) == {"quarantined": 1}
    with env.transactions.read() as session:
        assert session.execute(select(InboundMail.reason)).scalar_one() == "fault"
    assert len(caplog.records) == TRIES
