"""Other words for a letter are a version; what cannot be sent cannot be saved."""

from __future__ import annotations

import email
from dataclasses import replace
from datetime import timedelta
from email import policy

import pytest

from expertise.base import clock
from expertise.mail.letters import overrides, templates
from expertise.mail.letters.overrides import NewWording
from expertise.mail.outbound import trial_letter
from expertise.mail.outbound.delivery import send_batch
from tests.support.mailed import Post
from workflows.definition import LANGUAGES
from workflows.refusals import Invalid

LETTER = "request_registered"


def wish(seen=0, **changed):
    """The words of the file, with some of them changed: `body_ru="…"`."""
    original = templates.original(LETTER)
    texts = {"subject": dict(original.subject), "body": dict(original.body)}
    for name, text in changed.items():
        part, _, language = name.rpartition("_")
        texts[part][language] = text
    return NewWording(texts["subject"], texts["body"], "clearer", seen)


def save(env, wished):
    with env.write() as session:
        return overrides.write(session, LETTER, wished, 1, clock.now())


def codes(answer):
    assert isinstance(answer, Invalid)
    return {field: [problem.code for problem in problems] for field, problems in answer.errors}


def test_the_newest_version_is_in_force_and_all_are_kept(env):
    assert save(env, wish(subject_ru="Заявка ${case_reference} у нас")) == 1
    assert save(env, wish(seen=1, subject_ru="Заявка ${case_reference} принята")) == 2
    with env.read() as session:
        words = overrides.in_force(session)[LETTER]
        kept = overrides.versions(session, LETTER)
    rendered = templates.render(LETTER, "ru", {"case_reference": "ER-2026-0001"}, words)
    assert rendered.subject == "Заявка ER-2026-0001 принята"
    assert [(row.number, row.author) for row in kept] == [(2, "Reader 1"), (1, "Reader 1")]
    assert kept[1].subject["ru"] == "Заявка ${case_reference} у нас"


def test_the_words_of_the_file_can_be_had_again(env):
    save(env, wish(subject_ru="${case_reference}"))
    with env.write() as session:
        assert overrides.back_to_original(session, LETTER, "mistake", 2, clock.now()) == 2
    with env.read() as session:
        assert overrides.in_force(session) == {}
        assert [row.note for row in overrides.versions(session, LETTER)] == ["mistake", "clearer"]


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"body_kk": " \n "}, {"body_kk": ["required"]}),
        ({"subject_en": "x" * 181}, {"subject_en": ["too_long"]}),
        ({"body_en": "${link} ${secret_key}"}, {"body_en": ["unknown_placeholder"]}),
        ({"body_en": "${link} ${link.__class__}"}, {"body_en": ["unknown_placeholder"]}),
        ({"body_ru": "${link} за $5"}, {"body_ru": ["stray_dollar"]}),
        ({"body_ru": "Без ссылки"}, {"body_ru": ["missing_placeholder"]}),
        ({"body_ru": "", "subject_kk": "$"}, {"subject_kk": ["stray_dollar"], "body_ru": ["required"]}),
    ],
)
def test_what_cannot_be_sent_is_refused_all_at_once(env, changed, found):
    assert codes(save(env, wish(**changed))) == found
    with env.read() as session:
        assert overrides.versions(session, LETTER) == []


def test_who_did_not_see_the_newest_version_is_told(env):
    save(env, wish())
    assert codes(save(env, wish(subject_en="${case_reference}"))) == {"": ["written_meanwhile"]}


def test_every_letter_can_be_saved_as_it_is(env):
    for letter in templates.available():
        original = templates.original(letter)
        assert overrides.faults(letter, replace(wish(), subject=original.subject, body=original.body)) == []


def test_a_sample_fills_every_placeholder(env):
    values = trial_letter.sample("https://komek.example.kz", clock.now())
    assert set(values) == templates.PLACEHOLDERS
    for letter in templates.available():
        for language in LANGUAGES:
            text = templates.render(letter, language, values).text
            assert "${" not in text and "None" not in text


def test_letters_leave_in_the_words_in_force_and_a_trial_in_the_language_asked_for(env, sink, time):
    save(env, wish(subject_kk="${case_reference} тіркелді", subject_en="${case_reference} it is"))
    with env.write() as session:
        for language in ("kk", "en"):
            trial_letter.send(session, LETTER, 2, language, "https://komek.example.kz", clock.now())
    assert send_batch(env, Post(sink.url), time.instant).sent == 2
    parsed = [email.message_from_bytes(content, policy=policy.default) for _, content in sink.letters]
    assert {letter["Subject"] for letter in parsed} == {"ER-2026-0001 it is", "ER-2026-0001 тіркелді"}


def test_a_trial_is_not_sent_a_day_later(env, sink, time):
    with env.write() as session:
        trial_letter.send(session, LETTER, 2, "kk", "https://komek.example.kz", clock.now())
    time.move(timedelta(days=1))
    assert send_batch(env, Post(sink.url), time.instant).sent == 0
