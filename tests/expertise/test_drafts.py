"""Processes of the installation: what comes into force, what waits, what is refused, and that none stops the others."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from shutil import rmtree

import pytest

from expertise import drafts, registry
from expertise.base import clock
from expertise.cases.services import UnknownWorkflow
from expertise.drafts import DraftStatus
from expertise.mail.letters import templates
from tests.support.contents import definitions
from tests.support.environment import done, on_sqlite
from tests.support.processes import KEY, VISIT, copy
from workflows.loading.folders import read_process
from workflows.loading.reader import read
from workflows.refusals import OutOfService
from workflows.soundness.faults import DefinitionsBroken

SECOND = (("version: 1", "version: 2"), ("within: 5 working days", "within: 9 working days"))


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "processes"
    root.mkdir()
    yield root
    templates.use({})


@pytest.fixture
def known(env, root):
    """The registry of the environment with the folders of `root`."""
    return registry.Registry(definitions(), env.transactions.read, roots=[root])


@pytest.fixture
def publish(env, root, known):
    def do(*keys):
        with env.transactions.write() as session:
            found = drafts.drafts(session, [root], known)
            return drafts.publish(session, [each for each in found if each.key in keys or not keys], clock.now())

    return do


@pytest.fixture
def look(env, root, known):
    """Each draft by key."""

    def do():
        with env.transactions.read() as session:
            return {each.key: each for each in drafts.drafts(session, [root], known)}

    return do


def test_a_folder_comes_into_force_when_it_is_published(env, root, known, publish, look, time):
    copy(root)
    assert look()[KEY].status is DraftStatus.NEW
    with pytest.raises(UnknownWorkflow):
        known.current(KEY)
    assert publish() == [KEY]
    with pytest.raises(UnknownWorkflow):
        known.current(KEY)
    time.move(registry.LOOKS_EVERY)
    assert known.current(KEY).version == 1 and KEY in {each.key for each in known.all_current()}
    assert look()[KEY].status is DraftStatus.IN_FORCE and publish() == []


def test_a_changed_file_waits_and_cases_go_on_as_they_began(env, root, known, publish, look):
    copy(root)
    publish()
    known.refresh()
    later = replace(env, services=replace(env.services, definitions=known))
    reference = done(later.open("requester", KEY, VISIT)).reference
    copy(root, *SECOND)
    assert look()[KEY].status is DraftStatus.WAITING and known.current(KEY).version == 1
    assert publish() == [KEY]
    known.refresh()
    assert known.current(KEY).version == 2
    later.take("requester", reference, "submit")
    assert later.case(reference).deadline["amount"] == 5
    fresh = done(later.open("requester", KEY, VISIT)).reference
    later.take("requester", fresh, "submit")
    assert later.case(fresh).deadline["amount"] == 9


@pytest.mark.parametrize("exchanges", [(), SECOND[1:]], ids=["older", "changed without a greater version"])
def test_an_older_file_is_refused(root, known, publish, look, exchanges):
    copy(root, *SECOND)
    publish()
    copy(root, *exchanges)
    draft = look()[KEY]
    assert draft.status is DraftStatus.REFUSED
    assert {fault.code for fault in draft.errors} == {"version_not_raised"} and draft.errors[0].line == 4
    with pytest.raises(DefinitionsBroken, match=r"study_visit/definition.yaml:4: version: version 2 is published"):
        publish()
    known.refresh()
    assert known.current(KEY).version == 2


def test_a_list_stands_in_the_published_text(env, root, publish, known):
    copy(root)
    publish()
    known.refresh()
    with env.transactions.read() as session:
        row = registry.newest(session, KEY)
        again, digest = read(row.text, "stored").definition, row.digest
    assert again.digest == digest == known.current(KEY).digest
    assert list(again.fields["purpose"].options) == ["technology", "management", "finance"]


def test_letters_of_the_folder_are_written(env, root, known, publish):
    copy(root)
    publish()
    known.refresh()
    later = replace(env, services=replace(env.services, definitions=known))
    env.transactions.services = lambda: later.services
    reference = done(later.open("requester", KEY, VISIT)).reference
    later.take("requester", reference, "submit")
    assert ("visit_asked", "coordinator") in later.letters(reference)
    said = templates.render("visit_asked", "kk", {"case_reference": reference, "case_title": "Су"})
    assert said.subject == f"{reference}: сапарға өтінім" and "Су" in said.text


#: What is wrong with the folder → the exchange in its definition, or what is done to the folder; codes of all faults.
def _no_letter(folder):
    (folder / "letters" / "visit_asked.yaml").unlink()


def _bad_letter(folder):
    (folder / "letters" / "visit_asked.yaml").write_text("kind: task\nsubject: [\n", encoding="utf-8")


def _taken_letter(folder):
    (folder / "letters" / "offer_sent.yaml").write_text(
        (folder / "letters" / "visit_asked.yaml").read_text(encoding="utf-8"), encoding="utf-8"
    )


def _untranslated_letter(folder):
    file = folder / "letters" / "visit_asked.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("  kk: |", "  de: |"), encoding="utf-8")


def _no_list(folder):
    (folder / "lists" / "purposes.yaml").unlink()


def _bad_list(folder):
    (folder / "lists" / "purposes.yaml").write_text("a: {kk: а\n", encoding="utf-8")


def _short_list(folder):
    (folder / "lists" / "purposes.yaml").write_text("a: {kk: а, ru: б}\n", encoding="utf-8")


def _other_name(folder):
    folder.rename(folder.parent / "visits")


def _not_utf8(folder):
    file = folder / "definition.yaml"
    file.write_bytes(file.read_text(encoding="utf-8").encode("utf-16"))


BAD = {
    _no_letter: {"unknown_letter"},
    _bad_letter: {"bad_letter", "unknown_letter"},
    _taken_letter: {"bad_letter"},
    _untranslated_letter: {"letter_language_missing"},
    _no_list: {"unknown_list"},
    _bad_list: {"broken_yaml", "unknown_list"},
    _short_list: {"missing_translation"},
    _other_name: {"name_differs"},
    _not_utf8: {"not_utf8"},
}


@on_sqlite
@pytest.mark.parametrize("spoil", BAD, ids=lambda spoil: spoil.__name__)
def test_a_bad_folder_is_refused_with_all_its_faults_and_stops_no_other(root, publish, look, known, spoil):
    copy(root)
    copy(root, ("SV-", "VS-"), key="other_visit")
    folder = root / KEY
    (root / "other_visit" / "letters").rename(root / "kept")
    for file in (root / "kept").iterdir():
        text = file.read_text(encoding="utf-8")
        (root / "other_visit" / "letters").mkdir(exist_ok=True)
        (root / "other_visit" / "letters" / f"other_{file.name}").write_text(text, encoding="utf-8")
    rmtree(root / "kept")
    other = root / "other_visit" / "definition.yaml"
    other.write_text(other.read_text(encoding="utf-8").replace(": visit_", ": other_visit_"), encoding="utf-8")
    spoil(folder)
    found = look()
    bad = found.pop("visits" if spoil is _other_name else KEY)
    assert {fault.code for fault in bad.errors} == BAD[spoil]
    assert all(fault.remedy and fault.path.partition("/")[0] == bad.key for fault in bad.errors)
    assert [each.errors for each in found.values()] == [()]
    assert publish("other_visit") == ["other_visit"]
    known.refresh()
    assert known.current("other_visit").version == 1


@on_sqlite
def test_every_fault_of_a_folder_comes_at_once(root, look):
    copy(
        root,
        ("initial: draft", "initial: begun"),
        ("type: number", "type: numbers"),
        ("with: coordinator", "with: nobody"),
    )
    faults = look()[KEY].errors
    assert [(fault.line, fault.code) for fault in faults] == [(42, "unknown_type")]
    copy(root, ("initial: draft", "initial: begun"), ("with: coordinator", "with: nobody"))
    assert {fault.code for fault in look()[KEY].errors} >= {"unknown_initial", "unknown_role"}
    assert all(fault.line for fault in look()[KEY].errors)


@on_sqlite
def test_two_folders_of_one_name_are_both_refused(env, tmp_path, known):
    roots = [tmp_path / "one", tmp_path / "two"]
    for each in roots:
        each.mkdir()
        copy(each)
    with env.transactions.read() as session:
        found = drafts.drafts(session, roots, known)
    assert [each.status for each in found] == [DraftStatus.REFUSED] * 2
    assert {fault.code for each in found for fault in each.errors} == {"folder_twice"}


@on_sqlite
def test_a_refused_draft_leaves_the_published_version_in_force(root, known, publish):
    copy(root)
    publish()
    copy(root, ("initial: draft", "initial: begun"))
    known.refresh()
    assert known.current(KEY).version == 1 and known.broken == {}


@on_sqlite
def test_parent_and_part_come_into_force_together(root, look, publish, known):
    copy(root)
    part = """
parts:
  piece: {workflow: study_report, label: {kk: Есеп, ru: Отчёт, en: Report}, takes: [title, region, topic]}
phases:"""
    copy(
        root,
        ("\nphases:", part),
        ("    asks: {lessons: required}\n", "    asks: {lessons: required}\n    opens: piece\n"),
    )
    assert {fault.code for fault in look()[KEY].errors} == {"unknown_workflow"}
    copy(root, ("SV-", "SR-"), ("opened_by: [requester]\n", ""), key="study_report")
    found = look()
    assert {each.key for each in drafts.together(found[KEY], found.values())} == {KEY, "study_report"}
    assert {each.key for each in drafts.together(found["study_report"], found.values())} == {KEY, "study_report"}


@on_sqlite
def test_a_folder_of_the_name_of_a_shipped_process_takes_its_place_when_published(env, root, known, publish):
    text = (registry.DEFINITIONS / "expert_offer.yaml").read_text(encoding="utf-8")
    folder = root / "expert_offer"
    folder.mkdir()
    version = definitions()["expert_offer"].version
    changed = text.replace(f"version: {version}", f"version: {version + 1}").replace("within: 5 w", "within: 8 w")
    (folder / "definition.yaml").write_text(changed, encoding="utf-8")
    known.refresh()
    assert known.current("expert_offer").version == version
    publish()
    known.refresh()
    assert known.current("expert_offer").states["sent"].deadline.within.amount == 8
    assert read_process(folder).definition == known.current("expert_offer")


def test_a_process_that_was_left_out_stops_nothing(env, root, known, publish, time):
    copy(root)
    publish()
    known.refresh()
    with_it = replace(env, services=replace(env.services, definitions=known))
    reference = done(with_it.open("requester", KEY, VISIT)).reference
    with_it.take("requester", reference, "submit")
    rmtree(root / KEY)
    without = replace(
        env,
        services=replace(
            env.services, definitions=registry.Registry(definitions(), env.transactions.read, roots=[root])
        ),
    )
    assert KEY not in {each.key for each in without.services.definitions.all_current()}
    assert without.open("requester", KEY, VISIT) == OutOfService(KEY)
    view = without.look("coordinator", reference)
    assert view is not None and view.offered
    time.move(timedelta(days=30))
    outcomes = without.sweep()
    assert outcomes["fault"] == 0 and outcomes["done"] >= 1
    without.take("coordinator", reference, "approve")
    assert without.case(reference).state == "travelling"
