"""The texts of letters, in every language."""

from __future__ import annotations

import re

import pytest

from expertise.mail.letters import templates
from expertise.mail.letters.templates import TemplateError, available, read, render
from workflows.definition import LANGUAGES

FULL = {
    "case_reference": "ER-2026-0001",
    "case_title": "Title",
    "state": {"kk": "күйі", "ru": "состояние", "en": "state"},
    "region": {"kk": "өңір", "ru": "регион", "en": "region"},
    "due": "2026-03-05T13:00:00+00:00",
    "comment": "A comment",
    "link": "https://komek.example.kz/cases/ER-2026-0001",
    "person_name": "Reader",
    "actor_role": {"kk": "рөл", "ru": "роль", "en": "role"},
    "step": {"kk": "қадам", "ru": "шаг", "en": "step"},
    "organisation": {"kk": "ұйым", "ru": "организация", "en": "organisation"},
    "part_title": "Part",
    "summary": {"kk": "жаңа – 1", "ru": "новое – 1", "en": "new – 1"},
    "day": "02.03.2026",
    "preferences": "https://komek.example.kz/account/letters",
}
BARE = {"case_reference": "ER-2026-0001", "case_title": "Title", "link": FULL["link"]}


@pytest.fixture
def template(tmp_path, monkeypatch):
    """Write a letter whose text is the same in every language, and render it."""
    monkeypatch.setattr(templates, "LETTERS_PATH", tmp_path)
    templates._templates.cache_clear()

    def filled(body, context=FULL, subject="Subject", language="ru"):
        text = "".join(
            f"  {language}: |\n" + "".join(f"    {line}\n" for line in body.split("\n")) for language in LANGUAGES
        )
        subjects = "".join(f"  {language}: '{subject}'\n" for language in LANGUAGES)
        (tmp_path / "letter.yaml").write_text(f"kind: step\nsubject:\n{subjects}body:\n{text}", encoding="utf-8")
        templates._templates.cache_clear()
        return render("letter", language, context)

    yield filled
    templates._templates.cache_clear()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(available()))
def test_every_letter_can_be_written_in_every_language(name, language):
    for context in (FULL, BARE, {}):
        written = render(name, language, context)
        assert written.subject
        for text in (written.subject, written.text, written.html):
            assert "${" not in text and "None" not in text
    full, bare = render(name, language, FULL), render(name, language, BARE)
    assert len(full.text) >= len(bare.text)
    assert FULL["link"] in full.text and f'href="{FULL["link"]}"' in full.html
    assert not re.search(r":\s*$", bare.text, re.MULTILINE), "a label without a value"


def test_letters_exist_in_all_languages():
    assert set(available().values()) == {frozenset(LANGUAGES)}


def test_unknown_letter_is_an_error():
    with pytest.raises(KeyError):
        render("letter_nobody_wrote", "ru", {})


def test_deadline_is_local_and_a_label_with_a_value(template):
    assert "Срок: 05.03.2026, 18:00\n" in template("Срок: ${due}").text


def test_text_is_picked_by_language(template):
    assert "күйі" in template("${state}", language="kk").text
    assert "state" in template("${state}", language="en").text


def test_label_without_a_value_is_left_out(template):
    written = template(
        "Hello.\n\nA: ${case_title}\nB: ${comment}\n\n${region}\n\nBye ${person_name}.", {"case_title": "x"}
    )
    assert written.text.startswith("Hello.\n\nA: x\n\nBye .\n\n-- \n")


def test_value_is_text_and_never_template(template):
    assert "Title: ${link}" in template("Title: ${case_title}", {"case_title": "${link}", "link": "secret"}).text


def test_value_is_escaped_in_html(template):
    written = template(
        "A: ${case_title}\n\n${comment}", {"case_title": "<b>&", "comment": '<script>"'}, "${case_title}"
    )
    assert "<b>" not in written.html and "<script" not in written.html
    assert "&lt;b&gt;&amp;" in written.html


@pytest.mark.parametrize("where", ["${comment}", "Comment: ${comment}"])
def test_comment_cannot_pass_for_a_deadline(template, where):
    written = template(where, {"comment": "Fine.\nСрок: 01.01.2030\n\nhttps://evil.example/"})
    assert "<dt" not in written.html.replace(">Comment</dt>", "").replace('<dt style="margin:0;font-size:14px', "", 1)
    assert "href" not in written.html
    if where.startswith("Comment"):
        assert "\nСрок" not in written.text


def test_nothing_invisible_gets_into_a_letter(template):
    written = template("${comment}", {"comment": "a\x00b\u202ec\r\nd\udc80\x1b[31m"}, "${comment}")
    assert written.text.startswith("abc\nd[31m")
    assert written.subject == "abc d[31m"


def test_long_subject_is_cut(template):
    written = template("x", {"case_title": "слово " * 100}, "${case_title}")
    assert len(written.subject) <= templates.LONGEST_SUBJECT and written.subject.endswith("…")


def test_html_asks_nothing_from_outside(template):
    html = template("Hello.\n\nA: ${case_title}\n\n${link}").html
    assert re.findall(r'(?:src|href)="([^"]*)"', html) == [FULL["link"]]
    assert "<table" not in html and "<style" not in html and "url(" not in html


def test_the_words_before_the_link_stand_on_its_button_once(template):
    html = template("Open the table: ${link}").html
    assert html.count("Open the table") == 1 and ">Open the table</a>" in html
    assert ">Открыть в Komek</a>" in template("${link}").html
    acting = template(
        "Answer here: ${act}\n\nOpen the table: ${link}", FULL | {"act": "https://komek.example.kz/act/x"}
    ).html
    assert ">Ответить</a>" in acting and "Answer here" in acting and ">Open the table</a>" in acting


def test_addresses_are_links_below_their_own_words(template):
    written = template("Which letters: ${preferences}\n\n${preferences}")
    assert f"Which letters: {FULL['preferences']}\n" in written.text
    anchors = re.findall(r'<a href="([^"]*)"[^>]*>([^<]*)</a>', written.html)
    assert anchors == [(FULL["preferences"], "Which letters"), (FULL["preferences"], "Выбрать письма")]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("kind: step\nsubject: {ru: x}\nbody: {ru: '${passwort}'}", "passwort"),
        ("kind: step\nsubject: {ru: x}\nbody: {ru: '${case_title.__class__}'}", "__class__"),
        ("kind: step\nsubject: {ru: x}\nbody: {ru: 'costs $5'}", r"\$ that is no"),
        ("kind: step\nsubject: {ru: x}\nbody: {ru: '${'}", r"\$ that is no"),
        ("kind: step\nsubject: {ru: x}", "needs"),
        ("kind: step\nsubject: {ru: x}\nbody: {ru: ''}", "body"),
        ("kind: step\nsubject: x\nbody: {ru: x}", "subject"),
        ("kind: step\nsubject: {ru: x}\nbody: {ru: [x]}", "body"),
        ("[]", "needs"),
        ("subject: {ru: x}\nbody: {ru: x}", "needs `kind`"),
        ("kind: advertisement\nsubject: {ru: x}\nbody: {ru: x}", "account, receipt, obligatory"),
    ],
)
def test_broken_letter_is_refused_with_its_name_and_fault(tmp_path, content, fault):
    path = tmp_path / "broken.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(TemplateError, match=rf"broken\.yaml.*{fault}"):
        read(path)
