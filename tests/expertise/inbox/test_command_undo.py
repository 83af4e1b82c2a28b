"""A receipt tells how to take a step back; the answer to it, and the line of a digest, do so."""

from __future__ import annotations

from datetime import timedelta

import pytest

from expertise.mail.letters import templates
from tests.support.environment import done
from tests.support.golden import STAGE_A

WORDS = ["ОТМЕНИТЬ", "Отмена.", "күшін жою", "Кері қайтару", "undo"]


def said(postbox, language="ru"):
    row = postbox.receipts()[-1]
    return templates.render(row.letter, language, {**row.context, "act": "https://x/act/t", "code": "123456"}).text


@pytest.fixture
def accepted(postbox, asked):
    """The receipt of an acceptance, as it leaves."""
    assert postbox.answer("requester", asked, "принять").state == "applied"
    return postbox.letter("requester")


@pytest.mark.parametrize("word", WORDS)
def test_the_answer_to_the_receipt_takes_it_back(postbox, env, deliverable, accepted, word):
    text = said(postbox)
    assert "03.03.2026, 11:00 ответьте на это письмо словом «отменить»" in text and "https://x/act/t" in text
    mail = postbox.answer("requester", accepted, word)
    assert (mail.state, env.case(deliverable).state) == ("applied", "review")
    assert env.events(deliverable)[-1].act == "mail:undo:accept"
    assert "отменено – «Отчётный материал принят». Статус снова: На рассмотрении. Срок прежний" in said(postbox)
    assert env.verify().broken == ()
    assert postbox.answer("requester", accepted, word).state == "receipted"
    assert "отменять нечего" in said(postbox)


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_letters_read_well_in_every_language(postbox, accepted, language):
    for text in (said(postbox, language), templates.render("step_undone", language, {"step": "x"}).text):
        assert "{" not in text and "${" not in text


def test_who_was_not_made_sure_of_gets_the_page(postbox, env, deliverable, accepted):
    mail = postbox.answer("requester", accepted, "отменить", auth="none")
    assert (mail.state, env.case(deliverable).state) == ("receipted", "accepted")
    assert "https://x/act/t" in said(postbox) and "отменить: Отчётный материал принят" in said(postbox)


def test_too_late_and_after_others_it_is_said_why(postbox, env, time, deliverable, references, accepted):
    time.move(timedelta(hours=24))
    assert postbox.answer("requester", accepted, "отменить").state == "receipted"
    assert "время для отмены этого шага прошло" in said(postbox)
    time.move(-timedelta(hours=1))
    done(env.fire("coordinator", references[0], "complete_delivery"))
    assert postbox.answer("requester", accepted, "отменить").state == "receipted"
    assert "сама заявка продвинулась дальше" in said(postbox)


def test_another_takes_nothing_back(postbox, env, deliverable, accepted):
    letter = postbox.letter_like("coordinator", "comment_added", {"cases": [deliverable]})
    assert postbox.answer("coordinator", letter, "1 отменить").state == "receipted"
    assert "сделал другой человек" in said(postbox)
    assert env.case(deliverable).state == "accepted"


def test_several_lines_are_taken_back_by_their_numbers(postbox, env, deliverable, references):
    other = done(env.open("requester", "expertise_request", STAGE_A)).reference
    digest = postbox.letter_like("requester", "comment_added", {"cases": [references[0], other, deliverable]})
    assert postbox.answer("requester", digest, "3 принять\n2 статус").state == "applied"
    assert "ответьте: «3 отменить»" in said(postbox)
    receipt = postbox.letter("requester")
    assert postbox.answer("requester", receipt, "3 отменить\n2 отменить").state == "applied"
    assert env.case(deliverable).state == "review"
    assert f"{other}: отменять нечего" in said(postbox)


def test_an_extension_says_that_it_stays(postbox, env, deliverable):
    letter = postbox.letter_like("coordinator", "comment_added", {"cases": [deliverable]})
    assert postbox.answer("coordinator", letter, "1 отложить 3: смета").state == "applied"
    assert "Продление не отменяется" in said(postbox)
    due = env.case(deliverable).due_at
    assert postbox.answer("coordinator", letter, "1 отменить").state == "receipted"
    assert env.case(deliverable).due_at == due


def test_an_older_receipt_undoes_no_later_step(postbox, env, deliverable, accepted):
    assert postbox.answer("requester", accepted, "отменить").state == "applied"
    again = postbox.letter_like("requester", "comment_added", {"cases": [deliverable]})
    assert postbox.answer("requester", again, "1 принять").state == "applied"
    assert postbox.answer("requester", accepted, "отменить").state == "receipted"
    assert "отменять нечего" in said(postbox) and env.case(deliverable).state == "accepted"
    assert postbox.answer("requester", again, "отменить").state == "applied"
    assert env.case(deliverable).state == "review"
