"""Whose reading is written down."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from expertise.audit import access_log as reading
from expertise.base import clock
from expertise.cases.views import access_log as watching
from tests.expertise.cases.scenery import PEOPLE, done
from workflows.refusals import WrongRole


@pytest.fixture
def noted(house):
    """Who of those who see it is written down as a reader."""

    def of(reference):
        with house.transactions.read() as session:
            return {
                name: read.role
                for name in PEOPLE
                if house.sees(name, reference)
                and (read := watching.to_be_noted(session, house.shop, house.row(reference), house.actor(name)))
            }

    return of


def test_who_watches_over_everything_is_noted_everywhere_and_all_in_sealed_parts(house, noted):
    reference = house.walk("deliverable.accept")
    watch = {"auditor": "auditor", "administrator": "administrator"}
    team = dict.fromkeys(("coordinator", "deputy"), "coordinator") | {"manager": "manager"}
    assert noted(reference) == noted(house.part(reference, "deliverable")) == watch
    assert noted(house.part(reference, "offer")) == watch | team | {"approver": "approver", "twofold": "approver"}


def test_readings_are_kept_and_never_changed(house):
    reference = house.walk("register")
    before, row = house.counts(), house.row(reference)
    with house.transactions.write() as session:
        reading.note(session, watching.to_be_noted(session, house.shop, row, house.actor("auditor"), "f"), clock.now())
    assert house.counts() == before and house.row(reference) == row  # no event, and nobody's page is stale
    with house.transactions.read() as session:
        shown = [(each.name, each.role, each.file, each.at) for each in watching.readings(session, row)]
    assert shown == [("auditor", "auditor", "f", clock.now())]
    for change in ("UPDATE readings SET person = 'x'", "DELETE FROM readings"):
        with house.transactions.read() as session, pytest.raises(DBAPIError, match="never changed"):
            session.execute(text(change))


def test_an_auditor_says_nothing(house):
    reference = house.walk("register")
    assert house.try_comment("auditor", reference, "Why so late?") == WrongRole(("approver", "coordinator", "manager"))
    done(house.try_comment("administrator", reference, "The address was wrong."))
