"""History says what has happened: no line of it reads like a button, and no state does."""

from __future__ import annotations

import html
import re
from datetime import datetime
from types import SimpleNamespace

import pytest

from expertise import registry
from expertise.audit.act import Subject
from expertise.mail.letters.templates import subject_of
from expertise.text.events import describe_act, describe_event
from expertise.text.translator import TRANSLATORS
from expertise.text.values import ValueNames
from workflows.definition import LANGUAGES

DEFINITIONS = registry.load()
EACH = [(key, language) for key in DEFINITIONS for language in LANGUAGES]
#: An entry of the history on its page.
ENTRY = re.compile(r'<li id="e\d+".*?<b>(.*?)</b>', re.DOTALL)


def buttons_of(definition, language):
    return {step.label[language].casefold() for step in definition.transitions.values()}


@pytest.mark.parametrize(("key", "language"), EACH)
def test_each_step_has_words_for_its_history(key, language):
    definition, translator = DEFINITIONS[key], TRANSLATORS[language]
    buttons = buttons_of(definition, language)
    for step in definition.transitions.values():
        assert step.done, f"{key}: {step.key} needs 'done'"
        said = describe_act(f"person:step:{step.key}", definition, translator)
        assert said == step.done[language] and said.casefold() not in buttons, step.key
        undone = describe_act(f"person:undo:{step.key}", definition, translator)
        assert step.done[language] in undone, step.key


@pytest.mark.parametrize(("key", "language"), EACH)
def test_a_state_never_reads_like_a_button_nor_like_the_history(key, language):
    definition = DEFINITIONS[key]
    states = {state.label[language].casefold() for state in definition.states.values()}
    assert not states & buttons_of(definition, language)


def event_of(act, state, target):
    nothing = dict.fromkeys(("instead_of", "comment", "note", "reason", "assignee", "delegate"), "")
    at = datetime.fromisoformat("2026-03-02T09:00:00+00:00")
    kept = {"sequence": 1, "at": at, "actor": "Aigul", "machine": False, "role": "requester", "corrects": 0}
    return SimpleNamespace(act=act, from_state=state, to_state=target, values={}, mentions=(), **kept, **nothing)


@pytest.mark.parametrize(("key", "language"), EACH)
def test_an_entry_names_what_was_done_and_then_the_state(key, language):
    definition = DEFINITIONS[key]
    names = ValueNames(TRANSLATORS[language])
    for step in definition.transitions.values():
        for state in step.sources:
            target = definition.target_of(step, state)
            entry = describe_event(event_of(f"person:step:{step.key}", state, target), definition, names)
            assert entry.action == step.done[language]
            assert entry.state == (definition.states[target].label[language] if target != state else "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_other_event_reads_like_a_button(language):
    """The words of comments, files, corrections, deadlines and votes, in the catalogue of each language."""
    definition, translator = DEFINITIONS["expertise_request"], TRANSLATORS[language]
    acts = ["open", "edit", "add", "propose", "confirm", "decline", "extend", "move"]
    said = {describe_act(f"person:{subject}:{act}", definition, translator) for subject in Subject for act in acts}
    pages = {"Comment", "Internal note", "Confirm the correction", "Propose the correction", "Extend the deadline"}
    assert not said & {translator.gettext(word) for word in pages}


def test_the_page_of_the_history_is_in_the_past_tense(browser, family):
    coordinator = browser("coordinator")
    for reference in (family[name] for name in ("reference", "offer", "deliverable", "recommendation")):
        page = coordinator.get(f"/cases/{reference}/history").text
        language = page.partition('<html lang="')[2][:2]
        definition = next(each for each in DEFINITIONS.values() if each.reference[:2] == reference[:2])
        lines = [html.unescape(line) for line in ENTRY.findall(page)]
        past = {step.done[language] for step in definition.transitions.values()}
        assert len(lines) > 1 and set(lines) & past, (reference, lines)
        assert not {line.casefold() for line in lines} & buttons_of(definition, language)


@pytest.mark.parametrize(("key", "language"), EACH)
def test_letters_of_different_steps_have_different_subjects(key, language):
    """Of one case and one reader. A letter about a part that a step opens has the reference of that part."""
    definition, said = DEFINITIONS[key], {}
    for step in definition.transitions.values():
        state = definition.states[step.target or step.sources[0]]
        actor = {name: f"{name} {step.by[0]}" for name in LANGUAGES}
        context = {"case_reference": "X-1", "step": dict(step.taken), "state": dict(state.label), "actor_role": actor}
        for role, letter in step.tells.items():
            if not (step.opens and letter == "deliverable_asked"):
                subject = subject_of(letter, language, context)
                assert said.setdefault((role, subject), step.key) == step.key, (letter, subject)
