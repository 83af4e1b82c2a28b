"""A command is a whole line; whatever else is near to one is asked back, and a refusal never is."""

from __future__ import annotations

from datetime import date

import pytest

from expertise.mail.inbound.commands import WORDS, Command, CommandWord, command_in, parse_reply


@pytest.mark.parametrize("said", WORDS)
@pytest.mark.parametrize("form", ["{}", "  {}. ", "«{}»!", "\u200b{}\u00ad", "№ 3 {}", "12) {}"])
def test_every_word_in_every_dress(said, form):
    for written in (said, said.upper(), said.title()):
        command = command_in(form.format(written))
        assert command is not None and command.word is WORDS[said]


def test_wide_letters_are_the_same():
    assert command_in("ＤＯＮＥ") == Command(CommandWord.DONE)


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
        ("5 жұмыс күніне кейінге қалдыру", 5, None),
        ("5 күнге кейінге қалдыру", 5, None),
        ("кейінге қалдыру 5 жұмыс күніне", 5, None),
        ("Кейінге 5 жұмыс күніне қалдыру", 5, None),
        ("15.03.2026 дейін кейінге қалдыру", None, date(2026, 3, 15)),
        ("15.03.2026-ға дейін кейінге қалдыру", None, date(2026, 3, 15)),
        ("2026-03-15 дейін кейінге қалдыру", None, date(2026, 3, 15)),
        ("на 5 рабочих дней отложить", 5, None),
        ("до 15.03.2026 отложить", None, date(2026, 3, 15)),
        ("for 5 working days postpone", 5, None),
        ("until 2026-03-15 postpone", None, date(2026, 3, 15)),
    ],
)
def test_how_long(line, days, until):
    assert command_in(line) == Command(CommandWord.POSTPONE, None, days, until)


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
        ("Выполненно", CommandWord.DONE),
        ("Выполнено, отчёт во вложении", CommandWord.DONE),
        ("Здравствуйте!\nСогласен.", CommandWord.ACCEPT),
        ("қабылдаймыз", CommandWord.ACCEPT),
        ("Прошу помощи", None),
        ("Бес күнге кейінге қалдыру: смета керек", CommandWord.POSTPONE),
        ("Отложить на неделю: ждём смету", CommandWord.POSTPONE),
        ("Прошу отложить до пятницы", CommandWord.POSTPONE),
        ("Мерзімін бір аптаға ұзартыңыздаршы", CommandWord.POSTPONE),
        ("Please postpone by a week", CommandWord.POSTPONE),
        ("Не откладывать", None),
        ("Не выполнено", None),
        ("Пока не согласен", None),
        ("Not done yet", None),
        ("орындалған жоқ", None),
        ("Один\nДва\nТри\nВыполнено", None),
        ("Просим сообщить, когда будет выполнено всё, о чём мы договорились на прошлой неделе", None),
    ],
)
def test_what_may_have_been_meant(own, meant):
    assert parse_reply(own).commands == ()
    assert parse_reply(own).meant is meant


def test_several_lines_of_a_digest_and_what_belongs_to_each():
    said = parse_reply(
        "1 выполнено: Акт № 5\nи приложение\n\n3) отложить 5\n\nЖдём смету\n7 принять\nСпасибо\n\nПривет"
    )
    assert [(command.number, command.word.value, command.text) for command in said.commands] == [
        (1, "done", "Акт № 5\nи приложение"),
        (3, "postpone", "Ждём смету"),
        (7, "accept", "Спасибо"),
    ]
    assert (said.rest, said.unclear) == ("Привет", ())


def test_a_single_word_has_all_that_stands_below():
    assert parse_reply("3 выполнено\n\nАкт № 5\n\nПриказ").commands == (
        Command(CommandWord.DONE, 3, text="Акт № 5\n\nПриказ"),
    )


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("3 POSTPONE 5 days: The road is closed", Command(CommandWord.POSTPONE, 3, 5, text="The road is closed")),
        ("3: отложить на 5 рабочих дней – Ждём: смету", Command(CommandWord.POSTPONE, 3, 5, text="Ждём: смету")),
        ("кейінге қалдыру 5: Жол жабық", Command(CommandWord.POSTPONE, None, 5, text="Жол жабық")),
        ("4 Пікір Қашан болады?", Command(CommandWord.COMMENT, 4, text="Қашан болады?")),
        ("№ 4 comment: When?", Command(CommandWord.COMMENT, 4, text="When?")),
        ("5 жұмыс күніне кейінге қалдыру: смета керек", Command(CommandWord.POSTPONE, None, 5, text="смета керек")),
        ("3 5 күнге кейінге қалдыру: смета", Command(CommandWord.POSTPONE, 3, 5, text="смета")),
        ("№ 3: 5 күнге кейінге қалдыру – смета", Command(CommandWord.POSTPONE, 3, 5, text="смета")),
        ("5 кейінге қалдыру: смета", Command(CommandWord.POSTPONE, 5, text="смета")),
        ("на 3 дня отложить: ждём смету", Command(CommandWord.POSTPONE, None, 3, text="ждём смету")),
        ("1 растаймын: Бұйрық № 7", Command(CommandWord.DONE, 1, text="Бұйрық № 7")),
        ("17 accept — Thank you", Command(CommandWord.ACCEPT, 17, text="Thank you")),
        ("2 STATUS?", Command(CommandWord.STATUS, 2)),
        ("17 принять?", None),
        ("Принять: но не сейчас", None),
        ("Выполнено: Акт № 5", None),
        ("Комментарий к отчёту", None),
        ("2 статус: срочно", None),
        ("2 принять отчёт", None),
        ("5 стоп: всё", None),
    ],
)
def test_one_line_says_it_all(line, command):
    assert command_in(line) == command


@pytest.mark.parametrize(
    "line", ["2 acept", "2 не принимаю", "2) отложить завтра", "№ 2 выполненно!", "2 статус: срочно"]
)
def test_a_numbered_line_near_to_a_word_is_nobodys_text(line):
    said = parse_reply(f"1 выполнено\n{line}\n3 статус")
    assert [(command.number, command.text) for command in said.commands] == [(1, ""), (3, "")]
    assert said.unclear == (line,)
    said = parse_reply(f"{line}\nи ещё\n3 статус")
    assert (len(said.commands), said.unclear, said.rest) == (1, (line,), "и ещё")


def test_what_is_a_list_is_a_list():
    assert parse_reply("1 выполнено:\n1. Приказ № 5\n2. Смета на 7 листах").commands == (
        Command(CommandWord.DONE, 1, text="1. Приказ № 5\n2. Смета на 7 листах"),
    )


def test_a_second_word_without_a_number_is_text():
    assert parse_reply("принять\nвыполнено").commands == (Command(CommandWord.ACCEPT, text="выполнено"),)


def test_no_more_than_thirty_lines():
    said = parse_reply("\n".join(f"{number} принять" for number in range(1, 60)))
    assert len(said.commands) == 30
