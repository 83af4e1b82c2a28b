"""Whose reading is written down."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from expertise.audit import access_log as reading
from expertise.base import clock
from expertise.cases.views import access_log as watching
from expertise.mail.model import OutgoingLetter
from expertise.mail.outbound import admin_queries
from expertise.mail.outbound.outbox import NewLetter, queue
from expertise.people.model import Person
from tests.support.environment import done
from tests.support.people import PEOPLE
from workflows.refusals import WrongRole


@pytest.fixture
def noted(env):
    """Who of those who see it is written down as a reader."""

    def of(reference):
        with env.transactions.read() as session:
            return {
                name: read.role
                for name in PEOPLE
                if env.sees(name, reference)
                and (read := watching.to_be_noted(session, env.services, env.case(reference), env.actor(name)))
            }

    return of


def test_who_watches_over_everything_is_noted_everywhere_and_all_in_sealed_parts(env, noted):
    reference = env.walk("deliverable.accept")
    watch = {"auditor": "auditor", "administrator": "administrator"}
    team = dict.fromkeys(("coordinator", "deputy"), "coordinator") | {"manager": "manager"}
    assert noted(reference) == noted(env.part(reference, "deliverable")) == watch
    assert noted(env.part(reference, "offer")) == watch | team | {"approver": "approver", "twofold": "approver"}


def test_readings_are_kept_and_never_changed(env):
    reference = env.walk("register")
    before, row = env.counts(), env.case(reference)
    with env.transactions.write() as session:
        reading.note(session, watching.to_be_noted(session, env.services, row, env.actor("auditor"), "f"), clock.now())
    assert env.counts() == before and env.case(reference) == row  # no event, and nobody's page is stale
    with env.transactions.read() as session:
        shown = [(each.name, each.role, each.file, each.at) for each in watching.readings(session, row)]
    assert shown == [("auditor", "auditor", "f", clock.now())]
    for change in ("UPDATE readings SET person = 'x'", "DELETE FROM readings"):
        with env.transactions.read() as session, pytest.raises(DBAPIError, match="never changed"):
            session.execute(text(change))


def test_an_auditor_says_nothing(env):
    reference = env.walk("register")
    assert env.comment("auditor", reference, "Why so late?") == WrongRole(("approver", "coordinator", "manager"))
    done(env.comment("administrator", reference, "The address was wrong."))


def test_every_reading_can_be_reached_page_by_page(env):
    reference = env.walk("register")
    row = env.case(reference)
    with env.transactions.write() as session:
        for number in range(120):
            wish = watching.to_be_noted(session, env.services, row, env.actor("auditor"), f"f{number}")
            reading.note(session, wish, clock.now())
    seen, before = [], None
    with env.transactions.read() as session:
        while page := watching.readings(session, row, before):
            assert len(page) <= 50
            seen += [each.file for each in page]
            before = page[-1].id
    assert seen == [f"f{number}" for number in reversed(range(120))]


def test_every_letter_of_a_case_can_be_reached_page_by_page(env):
    reference = env.walk("register")
    case_id, now = env.case(reference).id, clock.now()
    with env.transactions.write() as session:
        reader = session.scalars(select(Person.id).order_by(Person.id)).first()
        queue(
            session,
            [NewLetter(f"x:{number}", "comment_added", reader, case_id, None, {}, now, now) for number in range(120)],
            now,
        )
    seen, before = [], None
    with env.transactions.read() as session:
        while page := admin_queries.of_case(session, case_id, before):
            seen += [each.id for each in page]
            before = seen[-1]
        asked = select(OutgoingLetter.id).where(OutgoingLetter.case_id == case_id).order_by(OutgoingLetter.id.desc())
        assert seen == list(session.scalars(asked)) and len(seen) >= 120
