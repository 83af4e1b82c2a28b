"""Hits of texts: what is found, by whom, how many, and page by page; the reach decides, also over numbers."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from sqlalchemy import select

from expertise.audit.act import act_of
from expertise.base.search_terms import search_terms
from expertise.cases import desk
from expertise.cases.actions.attachments import Upload
from expertise.cases.actions.comment import Received
from expertise.cases.model import Case
from expertise.cases.reach import reaches
from expertise.cases.search import TextKind, add, comment_kind, conditions, index_some
from expertise.search import content, hits, letters
from expertise.search.hits import TEXTS, TextSearch
from tests.support.environment import done, on_sqlite
from tests.support.main_line import REQUEST

EVERYBODY = ("requester", "colleague", "neighbour", "expert", "coordinator", "approver", "manager", "auditor")


@pytest.fixture
def found(env):
    """`found("expert", "отходы")`: references of the cases with such a text, and the number that is told."""

    def search(person, query, kind="cases", limit=50):
        with env.transactions.read() as session:
            page = TextSearch(session, env.actor(person), search_terms(query)).page(kind, limit)
            cases = dict(session.execute(select(Case.id, Case.reference)).all())
            return [cases[hit.case_id] for hit in page.hits], page.total

    return search


def test_hits_come_newest_first_with_their_number_and_page_to_their_end(env, found, monkeypatch):
    filed = [env.begin({**REQUEST, "title": f"Отходы {number}"}) for number in range(5)]
    assert found("requester", "отходами") == (filed[::-1], 5)
    read, after = [], None
    with env.transactions.read() as session:
        search = TextSearch(session, env.actor("requester"), search_terms("отход"))
        while True:
            page = search.page("cases", 2, after)
            read += [hit.case_id for hit in page.hits]
            assert page.total == 5
            after = page.after
            if after is None:
                break
    assert read == sorted(read, reverse=True) and len(read) == 5


@pytest.mark.parametrize("probed", [1, 5_000])
@pytest.mark.parametrize("expanded", [0, 200])
def test_every_plan_finds_the_same(env, found, monkeypatch, probed, expanded):
    monkeypatch.setattr(hits, "PROBED", probed)
    monkeypatch.setattr(hits, "EXPANDED", expanded)
    both = env.begin({**REQUEST, "title": "Переработка отходов", "problem": "Полигоны переполнены"})
    one = env.begin({**REQUEST, "title": "Переработка воды", "problem": "Трубы"})
    for person in ("requester", "coordinator", "auditor"):
        reached = person != "coordinator"  # drafts are their authors' own
        assert found(person, "переработкой") == (([one, both], 2) if reached else ([], 0))
        assert found(person, "отходы переработка полигон") == (([both], 1) if reached else ([], 0))
        assert found(person, "отходы трубы") == ([], 0)


def test_nobody_finds_or_counts_what_they_do_not_reach(env, found):
    mine = env.begin({**REQUEST, "title": "Distinctive wording"})
    assert found("neighbour", "distinctive") == ([], 0)
    assert found("coordinator", "distinctive") == ([], 0)  # a draft
    assert found("colleague", "distinctive") == ([mine], 1)
    env.take("requester", mine, "submit")
    assert found("coordinator", "distinctive") == ([mine], 1)
    assert found("expert", "distinctive") == ([], 0)


def test_comments_and_names_of_files_are_found_by_themselves(env, found):
    reference = env.walk()
    done(env.comment("coordinator", reference, "Спросить про сортировку"))
    assert found("requester", "сортировкой", "comments") == ([reference], 1)
    assert found("requester", "сортировкой") == ([], 0)
    assert found("neighbour", "сортировкой", "comments") == ([], 0)
    deliverable = env.part(reference, "deliverable")
    with env.transactions.read() as session:
        actor = env.actor("coordinator")
        page = TextSearch(session, actor, search_terms("есебі")).page("files", 5)
        names = [each.file.name for each in content.files(session, env.services.definitions, page.hits, [])]
    assert deliverable in found("coordinator", "есебі", "files")[0] and names
    assert found("neighbour", "есебі", "files") == ([], 0)


def test_notes_are_found_by_the_team_alone(env, found):
    reference = env.walk("start_terms")
    with env.transactions.write() as session:
        case = session.scalar(select(Case.id).where(Case.reference == reference))
        add(session, case, "Осторожно, конфиденциально", TextKind.NOTE, 1)
        add(session, case, "конфиденциально.pdf", TextKind.NOTE_FILE, 1)
    for kind in ("comments", "files"):
        assert found("coordinator", "конфиденциально", kind) == ([reference], 1)
        assert found("auditor", "конфиденциально", kind) == ([reference], 1)
        for person in ("requester", "neighbour", "expert"):
            assert found(person, "конфиденциально", kind) == ([], 0)
    with env.transactions.read() as session:
        for person, seen in (("coordinator", [reference]), ("requester", [])):
            wanted = select(Case.reference).where(*conditions("конфиденциальный", env.actor(person)))
            assert list(session.scalars(wanted)) == seen


def test_internal_notes_are_found_by_the_team_of_their_case_alone(env, found):
    reference = env.walk("start_terms")
    file = Upload("e" * 64, 10, "нерпа.pdf", "application/pdf")
    said = Received("Осторожно: нерпа", uploads=(file,), internal=True)
    wish = desk.Request(env.actor("coordinator"), reference, key="k")
    done(env.transactions.run(lambda session: desk.comment(desk.Unit(session, env.services), wish, said)))

    def assert_found():
        for kind in ("comments", "files"):
            for person in ("coordinator", "approver", "manager"):
                assert found(person, "нерпа", kind) == ([reference], 1), (person, kind)
            for person in ("requester", "colleague", "neighbour", "expert", "auditor", "administrator"):
                assert found(person, "нерпа", kind) == ([], 0), (person, kind)
        with env.transactions.read() as session:
            for person, seen in (("coordinator", [reference]), ("auditor", []), ("requester", [])):
                wanted = select(Case.reference).where(*conditions("нерпа", env.actor(person)))
                assert list(session.scalars(wanted)) == seen

    assert_found()
    with env.transactions.write() as session:  # the same after the index was made anew
        index_some(session, 0)
    assert_found()
    with env.transactions.read() as session:
        page = TextSearch(session, env.actor("coordinator"), search_terms("нерпа")).page("comments", 5)
        [note] = content.comments(session, env.services.definitions, page.hits, search_terms("нерпа"))
    assert note.sequence == env.case(reference).sequence
    assert "".join(each.text for each in note.passage).endswith("нерпа")


@on_sqlite
def test_a_comment_that_a_sealed_part_takes_is_a_note(env):
    definition = env.services.definitions.current("expertise_request")
    key, part = next((key, part) for key, part in definition.parts.items() if part.sealed)
    step = next(each for each in definition.transitions.values() if each.opens == key)
    act = act_of(f"person:step:{step.key}")
    assert comment_kind(definition, act) is TextKind.COMMENT
    takes = {**definition.parts, key: replace(part, takes=(*part.takes, "comment"))}
    asks = {**definition.transitions, step.key: replace(step, asks={**step.asks, "comment": True})}
    assert comment_kind(replace(definition, parts=takes, transitions=asks), act) is TextKind.NOTE
    assert comment_kind(replace(definition, parts=takes, transitions=asks), act_of("person:comment:add")) is (
        TextKind.COMMENT
    )


@on_sqlite
def test_an_offer_is_found_by_the_team_and_its_expert_alone(env, found):
    offer = env.part(env.walk(), "offer")
    for person, seen in (("coordinator", True), ("expert", True), ("requester", False), ("neighbour", False)):
        assert (offer in found(person, offer)[0]) is seen


@pytest.mark.parametrize(
    "written", ["ER-2026-0001", "er 2026 1", "ЕР-2026-0001", "er20260001", "ЕR-2026-01", "УК-2026-1"]
)
def test_a_reference_leads_to_its_case_however_it_is_written(env, written):
    reference = env.begin()
    assert reference == "ER-2026-0001"
    with env.transactions.read() as session:
        definitions = env.services.definitions
        assert content.exactly(session, definitions, env.actor("requester"), written) == reference
        assert content.exactly(session, definitions, env.actor("neighbour"), written) is None


@on_sqlite
def test_letters_are_found_by_the_words_of_their_subjects(env):
    env.write_at_once()
    reference = env.begin({**REQUEST, "title": "Distinctive wording"})
    env.take("requester", reference, "submit")
    env.expand()
    with env.transactions.read() as session:
        seen = {}
        for person in ("coordinator", "requester", "neighbour", "expert"):
            seen[person] = letters.find(session, env.actor(person), search_terms("request"), 5).total
    assert seen["requester"] == seen["neighbour"] == seen["expert"] == 0


# --- property -------------------------------------------------------------------------------------


WORDS = ("отход отходы отходами", "вода воды водой", "қалдық қалдықтар қалдықтарды", "су суы судың", "pipe pipes")


def test_what_is_found_is_what_the_reach_lets_through(env, found):
    """Random texts and random words in random forms: found by exactly those who reach the case."""
    dice = random.Random(7)
    lemmas = [forms.split() for forms in WORDS]
    texts = {}
    for _ in range(12):
        chosen = dice.sample(range(len(lemmas)), 2)
        title = " ".join(dice.choice(lemmas[each]) for each in chosen)
        by = dice.choice(["requester", "neighbour"])
        region = {"requester": "KZ-43", "neighbour": "KZ-47"}[by]
        reference = env.begin({**REQUEST, "title": title, "problem": "–", "region": region}, by)
        if dice.random() < 0.6:
            env.take(by, reference, "submit")
        texts[reference] = set(chosen)
    for person in EVERYBODY:
        actor = env.actor(person)
        for lemma, forms in enumerate(lemmas):
            query = dice.choice(forms)
            expected = {each for each, own in texts.items() if lemma in own and reaches(actor, env.case(each))}
            own, total = found(person, query)
            assert set(own) == expected and total == len(expected), (person, query)


def test_every_kind_of_hit_is_named_once():
    kinds = [kind for several in TEXTS.values() for kind in several]
    assert sorted(kinds) == sorted(set(TextKind) - {TextKind.PUBLIC})  # the register has a page of its own
