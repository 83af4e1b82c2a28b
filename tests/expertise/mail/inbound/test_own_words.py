"""Nothing a person wrote is taken for a quotation, however much it looks like one."""

from __future__ import annotations

import pytest

from expertise.inbox.copied_letter import KnownLetter, unknown_lines
from expertise.mail.inbound.quotes import split_quotations

OWN = {
    # verbs of attributions
    "three remarks": "Добрый день!\nЭксперт написал 3 замечания:\n1. Нет сметы.\n2. Нет подписи.",
    "remarks with a date": "Эксперт написал 05.03.2026 следующие замечания:\n- нет сметы\n- нет подписи",
    "remarks with a time": "Эксперт писал 05.03.2026 в 10:15:\nСмета неверна, просим исправить.",
    "remarks in Kazakh": "Сарапшы 3 ескерту жазды:\n1. Смета жоқ.\n2. Қол қойылмаған.",
    "remarks in Kazakh with a date": "Сарапшы 2026 жылғы 5 наурызда жазды:\n1. Смета жоқ.",
    "remarks in English": "On 2 points the expert wrote:\n1. No estimate.\n2. No signature.",
    "remarks in English with a year": "On the plan of 2026 she wrote:\nThe estimate is missing.",
    "the minister writes": "Министерство пишет (исх. № 12 от 05.03.2026):\nсогласовать до пятницы",
    "a meeting with an address": "Встреча 05.03.2026 в 10:15, вопросы на expert@example.kz, повестка:\n1. Смета",
    "a Kazakh address": "05.03.2026 10:15 expert@example.kz мекенжайына жібердім:\n1. Смета",
    # lines and rulers
    "dashes": "Принимаем с замечаниями\n------------------\nСмета проверена, замечаний нет.",
    "underscores": "Замечания\n____________________\n1. Таблица 3\n2. Таблица 4",
    "a heading between dashes": "-- Исходные данные --\nНаселение 12 000",
    "a longer heading": "------ Исходные данные для расчёта ------\nНаселение 12 000",
    "a Kazakh heading": "--- Бастапқы деректер ---\nХалық саны 12 000",
    "a form to sign": "Подпись: ______________________\nДата: 05.03.2026\nЗамечаний нет.",
    "a form with lines of its own": "Подпись\n______________________\nАскар Сериков, замечаний нет",
    "equal signs": "Раздел 1\n==============\nтекст\n**************\nещё текст",
    "two dashes": "Итог:\n--\nСмета проверена, замечаний нет.",
    "two dashes and a list": "Замечания\n--\n1. Таблица 3\n2. Таблица 4",
    "two dashes and a paper": "Прилагаем\n--\nАкт № 5",
    "two dashes and an office that refuses": "Ответ\n--\nОтдел не согласен",
    "two dashes and a sum": "Итого\n--\nСумма 1 200 000 тенге",
    "two dashes and a Kazakh sentence": "Жауап\n--\nБасқарма сметаны бекітті",
    "a dash each": "- смета\n- график\n-- и подпись\n--- и печать",
    # heads
    "a letter's own head": "От: акимата\nКому: эксперту\nТема: смета\nПросим продлить срок.",
    "from and to as days": "From: 5 March\nTo: 10 March\nSubject to approval by the akim.\nThe expert is away.",
    "a Kazakh head": "Кімнен: әкімдік\nКімге: сарапшы\nТақырып: смета\nМерзімін ұзартуды сұраймыз.",
    "one line of a head": "Тема: смета\nДата: 05.03.2026\nЗамечаний нет.",
    "from an office": "От управления: замечаний нет.\nДата: 5 марта\nНомер: 12",
    # programs
    "sent by hand": "Отправлено с нарочным 5 марта.",
    "sent by a portal": "Отчёт готов.\nОтправлено через портал eGov, № 12.\nЖдём ответа.",
    "sent by courier": "Sent via courier yesterday.\nPlease confirm.",
    "sent in Kazakh": "Өтінім әкімдік поштасынан жіберілді.\nКүтеміз.",
    "sent by the director's telephone": "Сурет директордың телефонынан жіберілді.",
    # tables and bars
    "a table of bars": "| Статья | Сумма |\n| Смета | 5 млн |\nВсё верно.",
    "bars at the begin": "Замечания:\n| таблица 3\n| таблица 4",
    "less and more": "Рост 5 % > 3 %\nи 2 < 4",
}


@pytest.mark.parametrize("kind", OWN)
def test_own_words_stay_own(kind):
    split = split_quotations(OWN[kind])
    assert (split.own, split.quoted) == (OWN[kind], "")


QUOTATION = '06.03.2026, 10:15, "Komek" <komek@komek.example.kz>:\n> Здравствуйте!\n> Нужно принять отчёт.\n'


@pytest.mark.parametrize("kind", OWN)
def test_own_words_above_between_and_below_quotations(kind):
    words = OWN[kind]
    assert split_quotations(f"{words}\n\n{QUOTATION}").own == words
    assert split_quotations(f"{QUOTATION}\n{words}").own == words
    between = split_quotations(f"{QUOTATION}{words}\n> Срок 10.03.2026\nДа.")
    assert between.own == f"{words}\nДа."
    assert "Здравствуйте" in between.quoted and "Срок 10.03.2026" in between.quoted


@pytest.mark.parametrize(
    "text", ["> Смета не готова.\n> Нужна неделя.", "Итог:\n> Смета не готова.\n> Нужна неделя.\nАскар"]
)
def test_a_mark_that_no_program_explains_is_shown_as_such(text):
    assert split_quotations(text).unattributed == "Смета не готова.\nНужна неделя."
    assert split_quotations(f"{text}\n\n{QUOTATION}").unattributed == "Смета не готова.\nНужна неделя."
    assert split_quotations(f"{QUOTATION}\n{text}").unattributed == ""  # who knows where the quotation ends


SIGNATURES = [
    "--\nАскар Сериков",
    "-- \nАскар Сериков\nначальник отдела ЖКХ\nтел. 8 (7172) 12-34-56\n",
    "--\nС уважением,\nА. Б. Сериков\nУправление экономики и бюджетного планирования\ng@example.kz",
    "--\nҚұрметпен, Асқар Серіков\nЖКХ басқармасының басшысы\n+7 701 123 45 67",
    "--\nKind regards,\nAskar Serikov\nHead of the Department of Economy\nhttps://example.kz",
    "--\nОтправлено из Mail для Android",
    "Отправлено с моего Galaxy",
    "iPhone-нан жіберілді",
    "Получить Outlook для iOS<https://aka.ms/o0ukef>",
]


@pytest.mark.parametrize("signature", SIGNATURES)
def test_signatures_are_folded(signature):
    split = split_quotations(f"Замечаний нет\n\n{signature}")
    assert (split.own, split.unattributed) == ("Замечаний нет", "")
    assert signature.splitlines()[-1].strip() in split.quoted


def test_what_stands_in_a_copied_letter_and_is_not_of_it():
    letter = "Здравствуйте!\n\nНужно принять отчёт: ER-2026-0001.\n\n-- \nKomek"
    copied = (
        "От: Komek <komek@komek.example.kz>\nОтправлено: 6 марта 2026 г. 10:15\nКому: Аскар\nТема: Срок\n\n"
        "Здравствуйте!\nНужно принять\nотчёт: *ER-2026-0001*.\nСмета не готова.\n--\nKomek\n\nНужна неделя."
    )
    split = split_quotations(copied)
    assert (split.own, split.copied) == ("", copied)
    assert unknown_lines(split.copied, KnownLetter((letter,))) == "Смета не готова.\nНужна неделя."


@pytest.mark.parametrize("text", ["--\nа\n", "--\n", "| a\n\n", "____________________\n", "> a\n", "--\nА. Б.\n\n"])
def test_thousands_of_marks_are_no_burden(text):
    split = split_quotations(text * 5000)
    assert len(split.own) + len(split.quoted) > 0
