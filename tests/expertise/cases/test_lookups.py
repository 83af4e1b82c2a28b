"""Which values exist: asked of the database, in the words of the engine."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select, update

from expertise.cases.lookups import Known
from expertise.files.model import StoredFile
from expertise.people.model import Grant, Person
from tests.support.main_line import REPORT


@pytest.fixture
def knows(env):
    def ask(type_, value, case_id=None, arrived=()):
        with env.transactions.read() as session:
            return Known(session, case_id, arrived).knows(type_, value)

    return ask


def test_places_topics_and_lenders(knows):
    assert knows("region", "KZ-43") and not knows("region", "KZ-99") and not knows("region", "kz-43")
    assert knows("topic", "waste") and not knows("topic", "")
    assert knows("lender", "EBRD") is (not knows("lender", "ebrd-no-such"))
    assert not knows("weather", "sunny")


def test_experts_are_active_people_with_the_role(env, knows):
    expert, nobody = env.actor("expert"), env.actor("nobody")
    assert knows("expert", expert.key) and not knows("expert", nobody.key) and not knows("expert", "clock")
    with env.transactions.write() as session:
        session.get(Person, expert.person_id).active = False
    assert not knows("expert", expert.key)


def test_a_role_that_has_run_out_makes_no_expert(env, knows):
    expert = env.actor("expert")
    with env.transactions.write() as session:
        session.execute(update(Grant).where(Grant.person_id == expert.person_id).values(until=date(2020, 1, 1)))
    assert not knows("expert", expert.key)


def test_files_belong_to_their_case_or_came_just_now(env, knows):
    reference = env.walk("deliverable.accept")
    deliverable = env.case(env.part(reference, "deliverable"))
    key = deliverable.fields["report"]
    assert knows("file", key, deliverable.id) and not knows("file", key, env.case(reference).id)
    assert not knows("file", key) and not knows("file", "f" * 25, deliverable.id)
    assert knows("file", "just-now", deliverable.id, {"just-now"})
    with env.transactions.read() as session:
        stored = session.execute(select(StoredFile.__table__)).one()
    assert (stored.name, stored.size, stored.sha256) == (REPORT.name, REPORT.size, REPORT.sha256)
    assert stored.uploaded_by_id == env.actor("expert").person_id
