"""The definitions that Komek ships: all of them read, are sound, and warn only where a reason stands here."""

from pathlib import Path

import pytest
import yaml

import workflows
from workflows import Universe, check, load_directory, machine, unused_letters
from workflows.definition import LANGUAGES

FOLDER = Path(workflows.__file__).with_name("definitions")
LETTERS = FOLDER.parents[1] / "templates" / "letters"
DEFINITIONS = load_directory(FOLDER)

#: Warning → why it is meant so.
ACCEPTED = {
    ("loan_referral", "states.effective.deadline", "long_budget"): "a loan is disbursed over years",
    ("project_proposal", "states.implementing.deadline", "long_budget"): "a project runs for years",
}

#: Answers to mail that came in.
ANSWERS = {"mail_receipt", "mail_confirm", "mail_help", "mail_rejected", "mail_challenge"}
#: Letters that the application sends without a step.
SENT_BY_CODE = {
    *ANSWERS,
    "account_changed",
    "account_reported",
    "case_delegated",
    "case_handed_over",
    "case_taken_over",
    "comment_added",
    "correction_declined",
    "mentioned",
    "mentioned_in_note",
    "correction_made",
    "correction_proposed",
    "deadline_extended",
    "deadlines_moved",
    "digest",
    "follow_up_overview",
    "invitation",
    "passkey_added",
    "passkey_removed",
    "password_reset",
    "questionnaire",
    "sign_in_link",
    "step_undone",
}


def letters():
    found = {}
    for file in LETTERS.glob("*.yaml"):
        letter = yaml.safe_load(file.read_text(encoding="utf-8"))
        found[file.stem] = frozenset(
            language for language in LANGUAGES if letter["subject"].get(language) and letter["body"].get(language)
        )
    return found


def test_the_six_definitions_are_there():
    assert set(DEFINITIONS) == {
        "deliverable",
        "expert_offer",
        "expertise_request",
        "loan_referral",
        "project_proposal",
        "recommendation_follow_up",
    }


@pytest.mark.parametrize("key", sorted(DEFINITIONS))
def test_a_shipped_definition_is_sound_and_warns_only_with_a_reason(key):
    report = check(DEFINITIONS[key], Universe(workflows=DEFINITIONS, letters=letters()))
    assert [str(fault) for fault in report.errors] == []
    unexplained = [str(fault) for fault in report.warnings if (key, fault.where, fault.code) not in ACCEPTED]
    assert unexplained == []


def test_every_accepted_warning_is_still_given():
    given = {
        (key, fault.where, fault.code)
        for key, definition in DEFINITIONS.items()
        for fault in check(definition, Universe(workflows=DEFINITIONS, letters=letters())).warnings
    }
    assert given == set(ACCEPTED)


def test_no_letter_lies_unused():
    assert unused_letters(DEFINITIONS.values(), letters(), SENT_BY_CODE) == []


@pytest.mark.parametrize("key", sorted(DEFINITIONS))
def test_a_shipped_definition_builds_its_machine(key):
    definition = DEFINITIONS[key]
    built = machine.machine_for(definition)
    assert set(built.states) == set(definition.states)
    assert set(built.events) == set(definition.transitions)
