"""A command is a whole line; whatever else is near to one is asked back, and a refusal never is."""

from __future__ import annotations

from datetime import date

import pytest

from expertise.mail.inbound_commands import WORDS, Command, Word, command_in, understand


@pytest.mark.parametrize("said", WORDS)
@pytest.mark.parametrize("form", ["{}", "  {}. ", "«{}»!", "\u200b{}\u00ad", "№ 3 {}", "12) {}"])
def test_every_word_in_every_dress(said, form):
    for written in (said, said.upper(), said.title()):
        command = command_in(form.format(written))
        assert command is not None and command.word is WORDS[said]


def test_wide_letters_are_the_same():
    assert command_in("ＤＯＮＥ") == Command(Word.DONE)


@pytest.mark.parametrize(
    ("line", "days", "until"),
    [
        ("отложить 5", 5, None),
        ("Отложить на 5 рабочих дней", 5, None),
        ("кейінге қалдыру 10 күнге", 10, None),
        ("postpone for 3 days", 3, None),
        ("отложить до 15.03.2026 г.", None, date(2026, 3, 15)),
        ("кейінге қалдыру 15.03.2026 дейін", None, date(2026, 3, 15)),
        ("postpone until 2026-03-15", None, date(2026, 3, 15)),
        ("отложить", None, None),
    ],
)
def test_how_long(line, days, until):
    assert command_in(line) == Command(Word.POSTPONE, None, days, until)


@pytest.mark.parametrize(
    "line",
    [
        "выполнено, отчёт во вложении",
        "не выполнено",
        "отложить 0",
        "отложить 366",
        "отложить 31.02.2026",
        "отложить завтра",
        "принять 5",
        "17",
        "17 человек",
        "стоп машина",
        "done " * 100,
        "выполнено" + "\u200b" * 500,
        "",
    ],
)
def test_anything_else_is_no_command(line):
    assert command_in(line) is None


@pytest.mark.parametrize(
    ("own", "meant"),
    [
        ("Выполненно", Word.DONE),
        ("Выполнено, отчёт во вложении", Word.DONE),
        ("Здравствуйте!\nСогласен.", Word.ACCEPT),
        ("қабылдаймыз", Word.ACCEPT),
        ("Прошу помощи", None),
        ("Не выполнено", None),
        ("Пока не согласен", None),
        ("Not done yet", None),
        ("орындалған жоқ", None),
        ("Один\nДва\nТри\nВыполнено", None),
        ("Просим сообщить, когда будет выполнено всё, о чём мы договорились на прошлой неделе", None),
    ],
)
def test_what_may_have_been_meant(own, meant):
    assert understand(own).commands == ()
    assert understand(own).meant is meant


def test_several_lines_of_a_digest_and_the_text_below():
    said = understand("1 выполнено\n\n3) отложить 5\n7 принять\nСпасибо\n9 принять")
    assert [(command.number, command.word.value) for command in said.commands] == [
        (1, "done"),
        (3, "postpone"),
        (7, "accept"),
    ]
    assert said.rest == "Спасибо\n9 принять"


def test_a_second_word_without_a_number_is_text():
    said = understand("принять\nвыполнено")
    assert [command.word for command in said.commands] == [Word.ACCEPT]
    assert said.rest == "выполнено"


def test_no_more_than_thirty_lines():
    said = understand("\n".join(f"{number} принять" for number in range(1, 60)))
    assert len(said.commands) == 30
