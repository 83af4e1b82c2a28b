"""The text of an old letter goes; its hash and the version of its wording stay."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import update

from expertise.base import clock
from expertise.mail.letters import templates
from expertise.mail.model import MailToken, OutgoingLetter
from expertise.mail.outbound.admin_queries import readable
from expertise.mail.outbound.resend import can_resend
from expertise.mail.outbound.shorten import SHORTENED, shorten, version_of
from expertise.mail.outbound.thread import thread_context
from tests.expertise.mail.conftest import row, rows

YEAR = timedelta(days=365)


@pytest.fixture
def old(env, post, time):
    """A letter that left more than a year ago."""
    post(1, recipient_id=2)
    with env.write() as session:
        session.execute(update(OutgoingLetter).values(state="accepted", sent_at=clock.now()))
    before = row(env)
    time.move(YEAR + timedelta(hours=1))
    return before


def night(env, kept=YEAR):
    last = 0
    with env.write() as session:
        while (found := shorten(session, clock.now() - kept, last)) is not None:
            last = found


def test_what_a_letter_said_is_gone_and_can_be_proved(env, old):
    said = templates.render(old.letter, "ru", readable(old.letter, old.context))
    night(env)
    context = row(env).context
    assert context[SHORTENED] == {
        "sha256": hashlib.sha256(f"{said.subject}\n\n{said.text}".encode()).hexdigest(),
        "words": version_of(templates.original(old.letter)),
    }
    assert not {"case_title", "organisation", "region", "link", "comment"} & context.keys()
    assert {name: context[name] for name in ("case_reference", "due")} == {
        name: old.context[name] for name in ("case_reference", "due")
    }
    night(env)
    assert row(env).context == context
    assert not can_resend(row(env))


@pytest.mark.parametrize("state", ["queued", "sending", "held", "gathered"])
def test_a_letter_that_is_not_over_is_kept(env, old, state):
    with env.write() as session:
        session.execute(update(OutgoingLetter).values(state=state))
    night(env)
    assert row(env).context == old.context


def test_a_letter_whose_link_still_counts_is_kept(env, old):
    now = clock.now()
    with env.write() as session:
        token = {"purpose": "reply", "letter_id": old.id, "person_id": 2, "expires_at": now, "created_at": now}
        session.add(MailToken(hash="0" * 64, **token))
    night(env)
    assert row(env).context == old.context


def test_younger_letters_are_kept(env, old, post):
    post(1, start=7)
    night(env)
    assert [SHORTENED in found.context for found in rows(env)] == [True, False]
    night(env, kept=YEAR * 2)
    assert SHORTENED not in rows(env)[1].context


def test_a_letter_that_no_komek_knows_any_more_is_emptied(env, old):
    with env.write() as session:
        session.execute(update(OutgoingLetter).values(letter="of_long_ago"))
    night(env)
    assert row(env).context[SHORTENED] == {}


def test_later_letters_still_find_their_thread(env, old, post):
    night(env)
    post(1, start=3, recipient_id=2)
    with env.read() as session:
        newest = rows(env)[-1]
        assert thread_context(session, newest).earlier == (old.message_id,)
