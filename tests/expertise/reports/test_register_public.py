"""The public register shows what the definition makes public, and nobody's name."""

from __future__ import annotations

from datetime import timedelta

import pytest

from expertise.reports import register_public
from tests.support.environment import on_sqlite
from tests.support.main_line import REQUEST, WALK

PUBLIC = {"accepted", "follow_up", "closed"}


@pytest.fixture
def published(env):
    """The register, or one entry of it."""

    def read(reference=None, **filters):
        with env.transactions.read() as session:
            if reference is None:
                return register_public.page(session, env.services, filters, None).entries
            return register_public.find(session, env.services, reference)

    return read


@on_sqlite
def test_a_case_is_public_in_its_public_states_only(env, published):
    reference = env.begin()
    for who, step, asked in WALK:
        public = env.case(reference).state in PUBLIC
        assert (published(reference) is not None) is public
        assert [each.case.reference for each in published()] == ([reference] if public else [])
        env.take(who, reference, step, asked)
        if step == "register":
            env.edit("coordinator", reference, {"causes": [{"cause": "x"}], "objectives": "x"})
            env.edit("coordinator", reference, {"required_outputs": "x", "expert_days": 1})
            env.edit("coordinator", reference, {"terms_of_reference": "x"})
    assert published(reference).case.state == "closed"


def test_only_fields_that_the_state_names_are_shown(env, published):
    reference = env.walk("close")
    shown = published(reference).fields
    definition = env.services.definitions.current("expertise_request")
    assert set(shown) <= set(definition.states["follow_up"].public)
    assert shown["title"] == REQUEST["title"] and "outcome" not in shown
    for private in (REQUEST["contact_person"], REQUEST["contact_email"], env.actor("expert").key):
        assert private not in repr(shown)
    env.take("coordinator", reference, "close", {"outcome": "Waste is sorted."})
    assert published(reference).fields["outcome"] == "Waste is sorted."


@on_sqlite
def test_no_definition_publishes_personal_fields(env):
    for definition in env.services.definitions.all_current():
        for state in definition.states.values():
            assert not [name for name in state.public if definition.fields[name].personal]


def test_parts_are_never_public_by_themselves(env, published):
    reference = env.walk()
    for part in ("offer", "deliverable", "recommendation"):
        assert published(env.part(reference, part)) is None


def test_the_newest_come_first_and_filters_narrow(env, time, published):
    first = env.walk("record_recommendation")
    time.move(timedelta(minutes=1))
    second = env.walk("record_recommendation", {**REQUEST, "topic": "water_supply"})
    assert [each.case.reference for each in published()] == [second, first]
    assert [each.case.reference for each in published(topic="water_supply")] == [second]
    assert [each.case.reference for each in published(region="KZ-43", topic="waste")] == [first]
    assert published(region="KZ-47") == []


def test_nul_finds_nothing_and_breaks_nothing(env, published):
    assert published("ER-2026-0001\0") is None
    assert published(region="\0") == published(topic="\0") == []


@on_sqlite
def test_the_register_pages_to_its_end_and_counts_all(env, monkeypatch):
    monkeypatch.setattr(register_public, "PAGE", 2)
    opened = [env.walk() for _ in range(5)]
    read, after = [], None
    while True:
        with env.transactions.read() as session:
            page = register_public.page(session, env.services, {"region": None, "topic": None}, after)
        read += [each.case.reference for each in page.entries]
        assert page.total == 5
        after = page.after
        if after is None:
            break
    assert sorted(read) == sorted(opened)
