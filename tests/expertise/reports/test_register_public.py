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


# --- search, filters, map, timeline, documents ------------------------------------------------------


def test_words_of_public_fields_are_found_and_others_are_not(env, published):
    reference = env.walk("close", {**REQUEST, "title": "Переработка отходов", "problem": "Полигоны переполнены"})
    env.edit("coordinator", reference, {})
    case = env.case(reference)
    hidden = next(
        str(case.fields[name]).split()[0]
        for name, field in published(reference).definition.fields.items()
        if field.type.is_prose
        and not field.personal
        and case.fields.get(name)
        and name not in published(reference).fields
    )
    for query, found in (("отходы", True), ("полигонами", True), (reference, True), (hidden, False)):
        assert (published(query=query) != []) is found, query


@on_sqlite
def test_words_leave_the_register_with_the_case(env, published):
    reference = env.walk("record_recommendation", {**REQUEST, "title": "Distinctive wording"})
    assert [each.case.reference for each in published(query="distinctive")] == [reference]
    draft = env.begin({**REQUEST, "title": "Distinctive draft"})
    assert [each.case.reference for each in published(query="distinctive")] == [reference]
    assert published(draft) is None


def test_workflow_state_and_year_narrow(env, published):
    reference = env.walk("record_recommendation")
    year = str(env.case(reference).opened_at.year)
    state = env.case(reference).state
    for narrowed, found in (
        ({"workflow": "expertise_request"}, True),
        ({"workflow": "loan_referral"}, False),
        ({"state": state}, True),
        ({"state": "closed"}, False),
        ({"year": year}, True),
        ({"year": str(int(year) - 1)}, False),
        ({"year": "nonsense"}, True),
        ({"year": "9" * 30}, True),
    ):
        assert (published(**narrowed) != []) is found, narrowed


def test_the_map_counts_what_the_list_would_show(env):
    env.walk("record_recommendation")
    env.walk("record_recommendation", {**REQUEST, "topic": "water_supply"})
    with env.transactions.read() as session:
        assert register_public.by_region(session, {}) == {"KZ-43": 2}
        assert register_public.by_region(session, {"topic": "water_supply", "region": "KZ-47"}) == {"KZ-43": 1}
        assert register_public.years(session) == [env.case("ER-2026-0001").opened_at.year]


@on_sqlite
def test_the_timeline_shows_phases_and_public_states_and_no_others(env, published):
    reference = env.walk()
    found = published(reference)
    with env.transactions.read() as session:
        entries = register_public.timeline(session, found)
    definition = found.definition
    labels = [each.label["en"] for each in entries]
    phases = [label["en"] for label in definition.phases.values()]
    public = [state.label["en"] for state in definition.states.values() if state.is_public]
    assert set(labels) <= {*phases, *public} and len(labels) == len(
        set(zip(labels, [e.state for e in entries], strict=True))
    )
    assert [each.at for each in entries] == sorted((each.at for each in entries), reverse=True)
    assert set(public) <= set(labels)


def test_documents_are_those_that_a_definition_names(env, published):
    reference = env.walk()
    found = published(reference)
    with env.transactions.read() as session:
        documents = register_public.documents(session, env.services, found)
    for each in documents:
        state = each.definition.states[env.case(env.part(reference, "deliverable")).state]
        assert each.field in state.public
    deliverable = env.case(env.part(reference, "deliverable"))
    named = env.services.definitions.pinned(deliverable.digest).states[deliverable.state].public
    assert bool(documents) is ("report" in named)
