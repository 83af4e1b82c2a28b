"""What a person wrote reaches the case, or goes back to its writer."""

from __future__ import annotations

import json

import pytest

from expertise.audit.model import PrivateValue
from expertise.base.database import table_of
from expertise.mail.inbound.html import as_text
from expertise.mail.letters import templates
from expertise.mail.model import OutgoingLetter

HEAD = "От: Komek <komek@komek.example.kz>\nОтправлено: 6 марта 2026 г. 10:15\nКому: Аскар\nТема: Срок\n\n"


def comments(env, name="comment"):
    return [json.loads(row.value) for row in env.rows(table_of(PrivateValue)) if row.name == name]


def told(postbox):
    return postbox.receipts()[-1].context["comment"]["ru"]


@pytest.mark.parametrize(
    "text",
    [
        "Добрый день!\nЭксперт написал 3 замечания:\n1. Нет сметы.\n2. Нет подписи.",
        "Сарапшы 3 ескерту жазды:\n1. Смета жоқ.",
        "От: акимата\nКому: эксперту\nТема: смета\nПросим продлить срок.",
        "Замечания\n____________________\n1. Таблица 3\n2. Таблица 4",
    ],
)
def test_a_comment_holds_all_words(postbox, env, asked, text):
    assert postbox.answer("requester", asked, text).state == "commented"
    assert comments(env)[-1] == text
    assert comments(env, "quoted") == []


@pytest.mark.parametrize("line", ["------------------", "__________", "--", "—", "***", "=========="])
def test_the_words_below_a_line_are_the_reason_of_the_step(postbox, env, asked, deliverable, line):
    mail = postbox.answer("requester", asked, f"Принять\n{line}\nСмета проверена, замечаний нет.")
    assert (mail.state, env.case(deliverable).state) == ("applied", "accepted")
    assert comments(env)[-1] == "Смета проверена, замечаний нет."


def test_words_behind_a_mark_of_ones_own_are_a_comment_beside_the_step(postbox, env, asked, deliverable):
    mail = postbox.answer("requester", asked, "Принять\n> Смета проверена, замечаний нет.")
    assert (mail.state, env.case(deliverable).state) == ("applied", "accepted")
    assert comments(env)[-1] == "> Смета проверена, замечаний нет."
    assert "строки со знаком «>»" in told(postbox)


def test_a_mail_with_nothing_but_marked_words_is_kept_and_answered(postbox, env, asked):
    mail = postbox.answer("requester", asked, "> Смета не готова.\n> Нужна неделя.")
    assert (mail.state, mail.reason, postbox.receipts()[-1].letter) == ("receipted", "empty", "mail_help")
    assert comments(env)[-1] == "> Смета не готова.\n> Нужна неделя."
    assert "строки со знаком «>»" in told(postbox)


def test_an_empty_reply_to_our_letter_is_no_comment(postbox, env, asked):
    quoted = '06.03.2026, 10:15, "Komek" <komek@komek.example.kz>:\n> Здравствуйте!\n> Нужно принять отчёт.\n'
    assert postbox.answer("requester", asked, quoted).state == "receipted"
    assert comments(env) == comments(env, "quoted") == []


def letter_text(env, asked):
    with env.transactions.read() as session:
        letter = session.get_one(OutgoingLetter, asked.id)
        return templates.render(letter.letter, "ru", letter.context).text


def test_words_below_a_letter_that_outlook_copied_are_a_comment(postbox, env, asked):
    copied = f"{HEAD}{letter_text(env, asked)}\n"
    assert postbox.answer("requester", asked, copied).reason == "empty"
    mail = postbox.answer("requester", asked, f"{copied}\nСмета не готова.\nНужна неделя.")
    assert mail.state == "commented"
    assert comments(env)[-1] == "Смета не готова.\nНужна неделя."


@pytest.mark.parametrize("word", ["СТАТУС", "помощь", "Күйі", "STOP"])
def test_words_below_a_question_are_a_comment(postbox, env, asked, word):
    postbox.answer("requester", asked, f"{word}\nКогда будет готова смета?")
    assert comments(env) == ["Когда будет готова смета?"]
    assert "комментарий" in told(postbox)


@pytest.mark.parametrize("below", ["С уважением,\nАскар Сериков\naskar@example.kz", "Kind regards, Askar", "--\nАскар"])
def test_a_farewell_below_a_question_is_none(postbox, env, asked, below):
    assert postbox.answer("requester", asked, f"Статус\n\n{below}").state == "receipted"
    assert comments(env) == []


@pytest.mark.parametrize(
    ("text", "auth"),
    [("выполнено\nПриказ № 5", "pass"), ("отложить 5\nЖдём смету", "pass"), ("принять\nЗамечаний нет", "none")],
)
def test_words_of_a_step_that_is_not_taken_go_back(postbox, env, asked, text, auth):
    assert postbox.answer("requester", asked, text, auth=auth).state == "receipted"
    assert f"«{text.partition(chr(10))[2]}»" in told(postbox)


LIKE_A_COPIED_LETTER = [
    "От: акимата\nДата: 05.03.2026 10:00\nТема: смета\nКому: эксперту\n\nСмета завышена, просим исправить.",
    "От: акимата\nДата: 05.03.2026 10:00\nТема: смета завышена, исправьте\nКому: эксперту",
    "From: the akimat\nSent: 05.03.2026 10:00\nTo: the expert\nSubject: estimate\nThe estimate is too high.",
    "Кімнен: әкімдік\nКүні: 05.03.2026 10:00\nТақырыбы: смета\nСмета тым жоғары.",
    "----- Исходное сообщение -----\nСмета завышена, просим исправить.",
    "-----Original Message-----\nThe estimate is too high.",
    "--- Бастапқы хабар ---\nСмета тым жоғары.",
    "Замечания к смете 05.03.2026 10:15 <expert@example.kz>:\nСмета завышена.",
]


@pytest.mark.parametrize("below", LIKE_A_COPIED_LETTER)
@pytest.mark.parametrize("word", ["Принять", "ҚАБЫЛДАЙМЫН"])
def test_words_that_look_like_a_copied_letter_are_kept_and_the_step_asks(postbox, env, asked, deliverable, below, word):
    mail = postbox.answer("requester", asked, f"{word}\n\n{below}")
    assert (mail.state, env.case(deliverable).state) == ("commented", "review")
    assert postbox.receipts()[-1].letter == "mail_confirm"
    assert below.splitlines()[-1].rpartition(":")[2].strip() in comments(env)[-1]
    assert "нет в нашем письме" in told(postbox)


@pytest.mark.parametrize("word", ["Статус", "Помощь", "Стоп", "отложить 5: ждём смету"])
def test_no_command_lets_words_below_a_copied_header_vanish(postbox, env, asked, word):
    postbox.answer("requester", asked, f"{word}\n\n{LIKE_A_COPIED_LETTER[0]}")
    assert "Смета завышена, просим исправить." in comments(env)[-1]


@pytest.mark.parametrize("form", ["text", "html"])
@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_a_step_above_our_own_letter_is_taken(postbox, env, asked, deliverable, language, form):
    with env.transactions.read() as session:
        letter = session.get_one(OutgoingLetter, asked.id)
        context = {**letter.context, "act": "https://komek.example.kz/act/" + "abcdefgh" * 4, "code": "123456"}
        sent = templates.render(letter.letter, language, context)
    head = (
        "От: Komek <komek@komek.example.kz>\nОтправлено: пятница, 6 марта 2026 г. 10:15\n"
        f"Кому: requester@example.kz\nТема: {sent.subject}\n\n"
    )
    text = sent.text if form == "text" else as_text(sent.html)
    mail = postbox.answer("requester", asked, f"Принять\n\n{head}{text}")
    assert (mail.state, env.case(deliverable).state) == ("applied", "accepted"), told(postbox)


@pytest.mark.parametrize(
    "head", [HEAD, f"____________________\n{HEAD}", "6 марта 2026 г. в 10:15, Komek <komek@komek.example.kz>:\n"]
)
def test_words_within_a_copy_of_our_letter_go_back_and_the_step_asks(postbox, env, asked, deliverable, head):
    mail = postbox.answer("requester", asked, f"Принять\n\n{head}{letter_text(env, asked)}\nСмета завышена.")
    assert (mail.state, env.case(deliverable).state) == ("receipted", "review")
    assert postbox.receipts()[-1].letter == "mail_confirm"
    assert "«Смета завышена.»" in told(postbox)
