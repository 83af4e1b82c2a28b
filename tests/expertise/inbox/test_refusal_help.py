"""A line that did nothing says why, and what to write instead; nothing of the case has changed."""

from __future__ import annotations

import pytest

from expertise.mail.letters import templates
from tests.support.environment import done
from tests.support.golden import PDF, STAGE_A
from tests.support.stages import in_approval


@pytest.fixture
def tell(postbox, env):
    """Somebody answers a digest of these cases: what the receipt says, in Russian."""

    def answered(name, text, *cases, **others):
        letter = postbox.letter_like(name, "comment_added", {"cases": list(cases)})
        before = [env.case(reference).version for reference in cases]
        mail = postbox.answer(name, letter, text, **others)
        assert mail.state in ("receipted", "quarantined"), mail.state
        assert [env.case(reference).version for reference in cases] == before
        row = postbox.receipts()[-1]
        for language in ("kk", "en"):
            words = templates.render(row.letter, language, row.context).text
            assert "{" not in words and "None" not in words
        return templates.render(row.letter, "ru", {**row.context, "act": "https://x/act/t", "code": "123456"}).text

    return answered


@pytest.fixture
def analysed(env):
    """A request in analysis: a manager may give it up to ten working days, once."""
    case = done(env.open("requester", "expertise_request", STAGE_A)).reference
    for name, step in (("requester", "submit"), ("coordinator", "register"), ("coordinator", "confirm_complete")):
        done(env.fire(name, case, step))
    return case


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("1 отложить", "напишите, на сколько (Добавить рабочих дней: 1–10), и причину: «1 отложить 10: причина»"),
        ("1 отложить 5", "нужна причина. Пришлите ещё раз: «1 отложить 5: причина»"),
        ("1 отложить до 01.04.2026", "«1 отложить 01.04.2026: причина»"),
        ("1 отложить 11: опрос", "так продлить нельзя. Добавить рабочих дней: 1–10"),
        ("1 отложить до 02.03.2026: опрос", "так продлить нельзя"),
        ("1 выполнено: готово", "от вас в этом деле ничего не ждут"),
        ("7 статус", "Строка 7: такой строки в сводке нет, в ней строки 1–2"),
        ("1 комментарий", "в комментарии нет текста. Пришлите ещё раз: «1 комментарий: текст»"),
        ("1 отложить завтра", "«1 отложить завтра» – эта строка не понята"),
        ("Добрый день!\n1 статус", "начните письмо сразу с номера строки"),
        ("отложить 5: опрос", "номера строки сводки и слова"),
    ],
)
def test_a_manager_is_told_what_to_write(tell, analysed, deliverable, line, words):
    assert words in tell("manager", line, analysed, deliverable)


def test_more_time_is_given_as_often_as_the_definition_says(tell, postbox, env, analysed):
    letter = postbox.letter_like("manager", "comment_added", {"cases": [analysed]})
    assert postbox.answer("manager", letter, "1 отложить 5: опрос").state == "applied"
    event = env.events(analysed)[-1]
    assert (event.act, event.role) == ("mail:deadline:extend", "manager")
    assert "разрешено раз: 1, использовано: 1" in tell("manager", "1 отложить 5: опрос", analysed)


def test_what_is_not_theirs_is_said_with_whose_it_is(tell, analysed, deliverable):
    assert "срок здесь продлеваете не вы, а руководитель" in tell("coordinator", "1 отложить 5: опрос", analysed)
    assert "этот шаг делаете не вы, а заявитель" in tell("manager", "1 принять", deliverable)


def test_a_weighty_decision_wants_the_page_with_its_code(tell, env, postbox):
    case = in_approval(env)
    text = tell("approver", "1 принять", case)
    assert "важное решение" in text and "https://x/act/t" in text and "123456" in text
    assert postbox.receipts()[-1].letter == "mail_confirm"
    assert env.case(case).state == "approval"


def test_where_several_cases_ask_for_a_page_each_has_its_address(tell, env):
    one, two = in_approval(env), in_approval(env, 1)
    text = tell("approver", "1 принять\n2 принять", one, two)
    for reference in (one, two):
        assert f"Открыть в Komek: https://komek.example.kz/cases/{reference}" in text


def test_a_case_that_is_no_longer_theirs(tell, deliverable, analysed):
    assert "Строка 1: это дело вам больше не видно" in tell("neighbour", "1 статус", deliverable, analysed)


def test_who_was_not_made_sure_of_extends_nothing(tell, analysed):
    assert f"/cases/{analysed}" in tell("manager", "1 отложить 5: опрос", analysed, auth="none")


def test_files_of_several_cases_are_not_guessed_at(tell, analysed, deliverable):
    text = tell("manager", "1 статус\n2 статус", analysed, deliverable, attachments=(("акт.pdf", PDF),))
    assert "Файлы ни к какому делу не добавлены: акт.pdf" in text


def test_two_comments_in_one_reply_are_two(postbox, env, analysed):
    letter = postbox.letter_like("manager", "comment_added", {"cases": [analysed]})
    assert postbox.answer("manager", letter, "1 комментарий Раз\n1 комментарий: Два").state == "commented"
    assert [event.act for event in env.events(analysed)][-2:] == ["mail:comment:add"] * 2
