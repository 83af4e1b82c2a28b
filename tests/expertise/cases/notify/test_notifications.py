"""Notifications and waiting uploads on both databases: written with the letter, counted for its reader alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from expertise.base import clock
from expertise.cases import desk
from expertise.cases.actions.comment import Received
from expertise.cases.notify import notifications
from expertise.cases.notify.model import Notification
from expertise.files import uploads


@pytest.fixture
def mentioned(env):
    """A request on which the requester mentions the approver, and the number of that event."""
    reference = env.walk("confirm_complete")
    actor, key = env.actor("requester"), env.actor("approver").key
    done = env.transactions.run(
        lambda s: desk.comment(
            desk.Unit(s, env.services), desk.Request(actor, reference), Received("Қараңызшы", mentions=(key,))
        )
    )
    assert isinstance(done, desk.Done), done
    return reference, done.sequence


def unread(env, name):
    with env.transactions.read() as session:
        return notifications.unread(session, env.actor(name))


def test_a_mention_is_one_row_of_its_reader(env, mentioned):
    reference, sequence = mentioned
    (found,) = [each for each in unread(env, "approver") if each.reference == reference]
    with env.transactions.read() as session:
        row = session.execute(select(Notification.__table__).where(Notification.id == found.id)).one()
        (listed,) = [each for each in notifications.listed(session, env.actor("approver")) if each.id == found.id]
    assert (row.path, row.comment) == (f"/cases/{reference}/comments/{sequence}", "Қараңызшы")
    assert listed.reference == reference
    with env.transactions.write() as session:
        notifications.mark(session, env.actor("approver").person_id, [found.id], clock.now())
    assert found not in unread(env, "approver")
    with env.transactions.write() as session:
        notifications.mark(session, env.actor("approver").person_id, [found.id], None)
    assert found in unread(env, "approver")


def test_what_is_taken_back_is_no_news(env, mentioned):
    reference, sequence = mentioned
    before = unread(env, "approver")
    with env.transactions.write() as session:
        notifications.recall(session, env.case(reference).id, sequence)
    assert len(unread(env, "approver")) == len(before) - 1


def test_an_upload_waits_for_one_person_and_a_day(env):
    person, other = (env.actor(name).person_id for name in ("requester", "approver"))
    with env.transactions.write() as session:
        key = uploads.begin(session, person, "есеп\0.pdf", 7, clock.now())
        assert uploads.chosen(session, person, [key]) == []
        uploads.complete(session, key, "a" * 64, "есеп.pdf", "application/pdf", clock.now())
        assert [each.name for each in uploads.chosen(session, person, [key, "\0", key])] == ["есеп.pdf"]
        assert uploads.chosen(session, other, [key]) == [] and uploads.find(session, other, key) is None
        assert uploads.is_named(session, "a" * 64) and not uploads.is_named(session, "b" * 64)
        assert uploads.forget(session, clock.now() + timedelta(hours=23)) == 0
        assert uploads.forget(session, clock.now() + timedelta(days=1)) == 1


def test_one_person_has_only_so_many_waiting(env):
    person = env.actor("requester").person_id
    with env.transactions.write() as session:
        keys = [uploads.begin(session, person, "x.txt", 1, clock.now()) for _ in range(uploads.MOST + 1)]
    assert None not in keys[:-1] and keys[-1] is None
