"""What a reply does: a step, a comment, an answer; and what it must never do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from expertise.base.database import table_of
from expertise.cases.desk import Upload
from expertise.files.model import StoredFile
from expertise.mail.letters import templates
from tests.support.environment import done
from tests.support.golden import PDF

REPORT = Upload("1" * 64, 1200, "есеп.pdf", "application/pdf")


def said(postbox, language="ru"):
    """The last automatic answer as it will be read."""
    row = postbox.receipts()[-1]
    return templates.render(row.letter, language, {**row.context, "act": "https://x/act/t", "code": "123456"}).text


def test_a_word_of_the_right_person_takes_the_step(postbox, env, asked, deliverable):
    mail = postbox.answer("requester", asked, "ПРИНЯТЬ\n\n> Здравствуйте!\n")
    assert (mail.state, mail.reason) == ("applied", None)
    case = env.case(deliverable)
    assert case.state == "accepted" and mail.case_id == case.id
    assert env.events(deliverable)[-1].actor == env.actor("requester").key
    text = said(postbox)
    assert ": Отчётный материал принят. Статус: Принят." in text and "словом «отменить»" in text
    assert env.verify().broken == ()


def test_the_word_below_a_greeting_is_asked_back(postbox, env, asked, deliverable):
    mail = postbox.answer("requester", asked, "Добрый день!\nПринимаю, спасибо.\n")
    assert mail.state == "commented"
    assert env.case(deliverable).state == "review"
    assert postbox.receipts()[-1].letter == "mail_confirm"
    assert "Вы имели в виду «Принять материал»?" in said(postbox) and "https://x/act/t" in said(postbox)


def test_without_our_servers_word_a_step_is_asked_back_and_a_comment_kept(postbox, env, asked, deliverable):
    mail = postbox.answer("requester", asked, "принять", auth="none")
    assert (mail.state, env.case(deliverable).state) == ("receipted", "review")
    assert postbox.receipts()[-1].letter == "mail_confirm"
    mail = postbox.answer("requester", asked, "Замечаний нет", auth=None)
    assert mail.state == "commented"


def test_what_was_written_is_a_comment_with_its_quotation_folded(postbox, env, asked, deliverable):
    before = env.case(deliverable)
    mail = postbox.answer("requester", asked, "Таблица 3 неверна.\n\n> Здравствуйте!\n> Примите отчёт\n")
    after = env.case(deliverable)
    assert (mail.state, after.state, after.version, after.due_at) == (
        "commented",
        before.state,
        before.version,
        before.due_at,
    )
    assert after.sequence == before.sequence + 1
    assert "добавлено к делу как комментарий" in said(postbox)


def test_a_letter_about_an_older_state_takes_no_step(postbox, env, asked, deliverable):
    done(env.fire("requester", deliverable, "return_for_revision", {"comment": "Таблица 3"}))
    mail = postbox.answer("requester", asked, "ПРИНЯТЬ")
    assert (mail.state, env.case(deliverable).state) == ("receipted", "revision")


def test_a_revised_report_is_not_accepted_by_an_answer_to_the_first(postbox, env, asked, deliverable):
    done(env.fire("requester", deliverable, "return_for_revision", {"comment": "Таблица 3"}))
    done(env.fire("expert", deliverable, "resubmit", uploads={"report": REPORT}))
    mail = postbox.answer("requester", asked, "ПРИНЯТЬ")
    assert (mail.state, env.case(deliverable).state) == ("receipted", "review")
    assert "дело изменилось" in said(postbox)


@pytest.mark.parametrize(
    ("text", "letter", "words"),
    [
        ("СТАТУС", "mail_receipt", "На рассмотрении"),
        ("Күйі", "mail_receipt", "На рассмотрении"),
        ("HELP", "mail_help", "ПРИНЯТЬ"),
        ("отложить 5", "mail_receipt", "срок здесь продлеваете не вы, а координатор"),
        ("выполнено", "mail_confirm", "по почте это сделать нельзя"),
        ("", "mail_help", "не нашлось текста"),
    ],
)
def test_words_that_are_only_answered(postbox, env, asked, deliverable, text, letter, words):
    before = env.case(deliverable)
    mail = postbox.answer("requester", asked, text)
    assert mail.state == "receipted"
    assert postbox.receipts()[-1].letter == letter and words in said(postbox)
    assert env.case(deliverable) == before


def test_stop_changes_the_choice_and_says_how_to_change_it_back(postbox, env, asked, deliverable):
    mail = postbox.answer("requester", asked, "ТОҚТАТУ")
    assert (mail.state, mail.reason) == ("applied", "stopped")
    assert "/account/letters" in said(postbox)


def test_files_go_to_the_case_and_refused_ones_are_named(postbox, env, asked, deliverable):
    files = (("отчёт.pdf", PDF), ("winmail.dat", b"x"), ("a.exe", b"MZ"))
    mail = postbox.answer("requester", asked, "Во вложении замечания.", attachments=files)
    assert mail.state == "commented"
    stored = [row for row in env.rows(table_of(StoredFile)) if row.case_id == env.case(deliverable).id]
    assert [row.name for row in stored][-1] == "отчёт.pdf"
    assert "winmail.dat" in said(postbox) and "a.exe" in said(postbox)


def test_files_with_a_word_are_kept_beside_the_step(postbox, env, asked, deliverable):
    mail = postbox.answer("requester", asked, "Принять", attachments=(("акт.pdf", PDF),))
    assert mail.state == "applied"
    assert [event.act for event in env.events(deliverable)][-2:] == ["mail:step:accept", "mail:comment:add"]
    assert "акт.pdf" in said(postbox)


def test_a_digest_is_answered_line_by_line(postbox, env, references, deliverable):
    digest = postbox.letter_like("requester", "comment_added", {"cases": [references[0], deliverable]})
    mail = postbox.answer("requester", digest, "2 принять\n1 статус\n9 выполнено\n\nОстальное завтра")
    assert mail.state == "applied"
    assert env.case(deliverable).state == "accepted"
    text = said(postbox)
    assert "Строка 9" in text and "Текст под командами" in text and references[0] in text


def test_a_digest_wants_to_know_the_line(postbox, env, references, deliverable):
    digest = postbox.letter_like("requester", "comment_added", {"cases": [references[0], deliverable]})
    assert postbox.answer("requester", digest, "принять").state == "receipted"
    assert "номера строки" in said(postbox)
    mail = postbox.answer("requester", digest, "Всё сделаем завтра")
    assert (mail.state, mail.reason) == ("quarantined", "no_case")


def test_the_words_below_are_what_a_step_asks_for(postbox, env, references):
    case = references[0]
    done(env.fire("requester", references[1], "accept"))
    done(env.fire("coordinator", case, "complete_delivery"))
    done(env.fire("requester", case, "accept_final"))
    given = {"recommendation_text": "Сортировать отходы", "recommendation_addressee": "Акимат"}
    recommendation = done(env.fire("coordinator", case, "record_recommendation", given)).opened[0]
    done(env.fire("requester", recommendation, "accept_recommendation"))
    letter = postbox.letter_like("requester", "follow_up_asked", {"case_version": 2}, env.case(recommendation).id)
    assert postbox.answer("requester", letter, "ВЫПОЛНЕНО").state == "receipted"
    assert "нужно указать «Подтверждение выполнения»" in said(postbox)
    mail = postbox.answer("requester", letter, "ВЫПОЛНЕНО\nПриказ № 12 от 1 марта")
    assert mail.state == "applied"
    assert env.case(recommendation).fields["evidence"] == "Приказ № 12 от 1 марта"


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_answers_read_well_in_every_language(postbox, asked, language):
    postbox.answer("requester", asked, "Принимаю", attachments=(("a.exe", b"MZ"),))
    text = said(postbox, language)
    assert "{" not in text and "${" not in text


def test_who_may_grants_more_time_with_a_reason(postbox, env, asked, deliverable, time):
    letter = postbox.letter_like("coordinator", "comment_added", {"cases": [deliverable]})
    before = env.case(deliverable)
    assert postbox.answer("coordinator", letter, "ОТЛОЖИТЬ 3").state == "receipted"
    assert "нужна причина" in said(postbox) and "«отложить 3: причина»" in said(postbox)
    assert postbox.answer("coordinator", letter, "отложить 3\nАкимат просит", auth="none").state == "receipted"
    assert env.case(deliverable) == before
    mail = postbox.answer("coordinator", letter, "отложить на 3 рабочих дня\nАкимат ждёт смету")
    assert mail.state == "applied"
    after = env.case(deliverable)
    assert (after.state, after.due_at > before.due_at) == ("review", True)
    assert "срок продлён. Новый срок:" in said(postbox)
    assert postbox.answer("coordinator", letter, "отложить 900\nx").state == "commented"


def test_files_of_a_stranger_are_not_stored(postbox, env, asked):
    """A mail that comes onto no case leaves nothing in the store, though its text waits in quarantine."""
    stored = lambda: [path for path in postbox.post.data.rglob("files/*/*") if path.is_file()]  # noqa: E731
    raw = postbox.write("stranger@example.com", asked.reply, "принять", auth="fail", attachments=(("a.pdf", PDF),))
    assert postbox.take(raw, asked.reply).state == "quarantined" and stored() == []
    postbox.answer("requester", asked, "Вот отчёт", attachments=(("a.pdf", PDF),))
    assert len(stored()) == 1


def test_mailed_files_count_for_the_day_of_their_sender(postbox, env, asked, deliverable):
    postbox.post = replace(postbox.post, upload_daily_bytes=len(PDF) + 5)
    for number in (1, 2):
        postbox.answer("requester", asked, f"Письмо {number}", attachments=(("a.pdf", PDF),))
        with env.transactions.read() as session:
            assert session.scalars(select(StoredFile.name).where(StoredFile.name == "a.pdf")).all() == ["a.pdf"]
    assert "не более" in said(postbox)


@pytest.mark.parametrize(
    "text",
    [
        "3 жұмыс күніне кейінге қалдыру: смета керек",
        "3 күнге кейінге қалдыру\nсмета керек",
        "Кейінге қалдыру 3 жұмыс күніне: смета керек",
        "на 3 дня отложить: смета керек",
    ],
)
def test_the_period_stands_before_or_behind_the_word(postbox, env, deliverable, text):
    letter = postbox.letter_like("coordinator", "comment_added", {"cases": [deliverable]})
    before = env.case(deliverable)
    assert postbox.answer("coordinator", letter, text).state == "applied"
    assert env.case(deliverable).due_at > before.due_at


@pytest.mark.parametrize(
    "text", ["Бес күнге кейінге қалдыру: смета керек", "Прошу отложить на неделю", "Отложите, пожалуйста"]
)
def test_postponing_in_other_words_is_a_comment_and_asked_back(postbox, env, deliverable, text):
    letter = postbox.letter_like("coordinator", "comment_added", {}, env.case(deliverable).id)
    before = env.case(deliverable)
    assert postbox.answer("coordinator", letter, text).state == "commented"
    assert env.case(deliverable).due_at == before.due_at
    assert "отложить" in said(postbox) and "причина" in said(postbox)


def test_who_may_not_postpone_hears_who_may(postbox, asked):
    assert postbox.answer("requester", asked, "Прошу отложить на неделю").state == "commented"
    assert "срок здесь продлеваете не вы" in said(postbox)


@pytest.mark.parametrize(("text", "word"), [("Статусс", "статус"), ("Помощ", "помощь"), ("Отписаться", "стоп")])
def test_a_question_with_a_slip_is_asked_back(postbox, asked, text, word):
    assert postbox.answer("requester", asked, text).state == "commented"
    assert f"«{word}»" in said(postbox)
