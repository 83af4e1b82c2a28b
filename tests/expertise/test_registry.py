"""Workflows in force: published once, never changed under a case, found again by their digest."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from expertise import registry
from expertise.base import clock
from expertise.base.letter_kinds import ABOUT_CASES, ABOUT_STEPS, LetterKind
from expertise.cases.model import PublishedDefinition
from expertise.cases.services import UnknownWorkflow
from expertise.mail.letters.templates import available, kind_of
from tests.support.environment import on_sqlite
from workflows.roles import BUILT_IN, Kind
from workflows.soundness.cast import named_roles
from workflows.soundness.context import PART_FACTS
from workflows.soundness.courses import PREDICATES
from workflows.soundness.faults import DefinitionsBroken

KEY = "expert_offer"
VERSION = registry.load()[KEY].version
OLD, NEW = f"version: {VERSION}", f"version: {VERSION + 1}"


@pytest.fixture(scope="module")
def files():
    return registry.load()


@pytest.fixture
def changed(tmp_path):
    """The shipped definitions with some words exchanged in one of them; a folder."""

    def make(*exchanges, key=KEY):
        folder = tmp_path / "definitions"
        folder.mkdir(exist_ok=True)
        for file in registry.DEFINITIONS.glob("*.yaml"):
            text = file.read_text(encoding="utf-8")
            for old, new in exchanges if file.stem == key else ():
                assert old in text
                text = text.replace(old, new)
            (folder / file.name).write_text(text, encoding="utf-8")
        return folder

    return make


@pytest.fixture
def publish(reference, time):
    def do(folder=registry.DEFINITIONS):
        definitions = registry.load(folder)
        with reference.write() as session:
            return registry.publish(session, definitions, clock.now(), folder)

    return do


@pytest.fixture
def stored(reference):
    def count():
        with reference.read() as session:
            return session.scalar(select(func.count()).select_from(PublishedDefinition))

    return count


def test_publishing_twice_changes_nothing(publish, stored, files):
    assert publish() == len(files) == stored()
    assert publish() == 0 and stored() == len(files)


def test_the_text_of_the_file_is_kept_as_it_was(publish, reference, files):
    publish()
    with reference.read() as session:
        row = session.execute(select(PublishedDefinition.__table__).filter_by(digest=files[KEY].digest)).one()
    assert row.text == (registry.DEFINITIONS / f"{KEY}.yaml").read_text(encoding="utf-8")
    assert (row.workflow, row.version, row.published_at) == (KEY, VERSION, clock.now())


def test_a_changed_file_needs_a_greater_version(publish, changed, stored, files):
    publish()
    with pytest.raises(DefinitionsBroken, match="version"):
        publish(changed(("within: 5 working days", "within: 6 working days")))
    assert stored() == len(files)
    assert publish(changed((OLD, NEW), ("within: 5 working days", "within: 6 working days"))) == 1
    assert publish(changed((OLD, NEW), ("within: 5 working days", "within: 6 working days"))) == 0
    assert stored() == len(files) + 1


def test_a_comment_in_the_file_is_no_change(publish, changed):
    publish()
    assert publish(changed(("workflow: expert_offer", "# a remark\nworkflow: expert_offer"))) == 0


def test_a_state_in_which_cases_stand_is_not_lost(env, changed):
    """A state may be renamed while no case stands in it."""
    folder = changed(
        (OLD, NEW),
        ("initial: sent", "initial: offered"),
        ("  sent:\n", "  offered:\n"),
        ("from: sent", "from: offered"),
    )
    definitions = registry.load(folder)
    with env.undone() as session:
        assert registry.publish(session, definitions, clock.now(), folder) == 1
    env.walk("offer.accept")
    with env.undone() as session, pytest.raises(DefinitionsBroken, match="sent"):
        registry.publish(session, definitions, clock.now(), folder)


def test_an_older_version_put_back_is_refused(publish, changed, stored, reference, files):
    """Its content was published once, which makes it no newer."""
    publish()
    newer = changed((OLD, NEW), ("within: 5 working days", "within: 6 working days"))
    assert publish(newer) == 1
    with pytest.raises(
        DefinitionsBroken,
        match=rf"expert_offer.yaml:\d+: version: version {VERSION + 1} is published.*version: {VERSION + 2}",
    ):
        publish()
    assert stored() == len(files) + 1
    with reference.read() as session:
        assert registry.unpublished(session, files.values()) == [KEY]  # nothing is served under it either
        assert registry.unpublished(session, registry.load(newer).values()) == []
    assert publish(newer) == 0


def test_an_end_without_open_cases_may_go(env, changed):
    folder = changed((OLD, NEW), ("  declined:", "  turned_down:"), ("to: declined", "to: turned_down"))
    reference = env.walk("offer.accept")
    env.take("expert", reference, "offer.decline", {"comment": "No time"})
    definitions = registry.load(folder)
    with env.transactions.write() as session:
        assert registry.publish(session, definitions, clock.now(), folder) == 1
    offer = env.part(reference, "offer")
    assert env.look("coordinator", offer).case.state == "declined"  # it is shown under the version it ended with


def test_a_case_goes_on_under_the_version_it_began_with(env, changed, time):
    reference = env.walk("offer.accept")
    offer = env.part(reference, "offer")
    folder = changed((OLD, NEW), ("within: 5 working days", "within: 9 working days"))
    definitions = registry.load(folder)
    with env.transactions.write() as session:
        registry.publish(session, definitions, clock.now(), folder)
    newer = registry.Registry(definitions, env.transactions.read)
    digest = env.case(offer).digest
    assert newer.current(KEY).digest != digest
    old = newer.pinned(digest)
    assert (old.version, old.digest, old) == (VERSION, digest, env.services.definitions.current(KEY))
    assert newer.pinned(digest) is old  # read once
    later = replace(env, services=replace(env.services, definitions=newer))
    later.take("coordinator", reference, "offer.recall", {"comment": "x"})
    later.take("coordinator", reference, "offer_assignment", {"expert": "other_expert"})
    fresh = later.case(later.part(reference, "offer"))
    assert fresh.digest == newer.current(KEY).digest and fresh.deadline["amount"] == 9
    assert fresh.due_at - env.case(reference).changed_at > timedelta(days=9)


@on_sqlite
def test_what_nobody_published_is_unknown(env):
    for ask in (env.services.definitions.current, env.services.definitions.pinned):
        with pytest.raises(UnknownWorkflow, match="f" * 64):
            ask("f" * 64)
    assert {definition.key for definition in env.services.definitions.all_current()} == set(registry.load())


def test_every_fault_of_every_file_is_told_at_once(changed):
    folder = changed(
        ("expert: offer_sent", "expert: no_such_letter"), ("to: scoping", "to: nowhere"), key="expertise_request"
    )
    changed(("to: declined", "to: nowhere_either"))
    with pytest.raises(DefinitionsBroken) as broken:
        registry.load(folder)
    said = str(broken.value)
    assert "nowhere" in said and "expert_offer.yaml" in said


def test_soundness_knows_which_roles_must_be_named(files):
    by_kind = {kind: {key for key, role in BUILT_IN.items() if role.kind is kind} for kind in Kind}
    for definition in files.values():
        assert definition.team == by_kind[Kind.GRANT]
        assert set(named_roles(definition)) == BUILT_IN.keys() - definition.team - by_kind[Kind.EVERYONE]
    assert frozenset(PREDICATES) == PART_FACTS


def test_the_shipped_workflows_are_sound(files):
    for definition in files.values():
        report = registry.judge(definition, files)
        assert report.errors == ()


def test_a_workflow_tells_only_what_letters_about_cases_can_say(changed, files):
    """An invitation or a digest is nobody's step. That each letter has a kind is checked where letters are read."""
    steps = (step for each in files.values() for step in each.transitions.values())
    named = {letter for step in steps for letter in step.tells.values()}
    assert {kind_of(letter) for letter in named} == ABOUT_STEPS
    assert set(available(frozenset(LetterKind) - ABOUT_CASES)) >= {"invitation", "password_reset"}
    with pytest.raises(DefinitionsBroken, match="invitation"):
        registry.load(changed(("expert: offer_sent", "expert: invitation"), key="expertise_request"))
