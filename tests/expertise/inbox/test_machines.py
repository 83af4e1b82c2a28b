"""Machines write to Komek: nothing is moved, nobody is answered, and two Komeks do not talk to each other for long."""

from __future__ import annotations

from datetime import timedelta

import pytest

from expertise.base.database import table_of
from expertise.cases.queries import CASES
from expertise.inbox import process
from expertise.mail.claimed_letter import ClaimedLetter
from expertise.mail.inbound.read_mail import read
from expertise.mail.inbound.reply_limits import PER_ADDRESS_HOUR
from expertise.mail.letters import templates
from expertise.mail.model import MailAddress, OutgoingLetter
from expertise.mail.outbound import headers as outside
from expertise.mail.outbound import message
from expertise.mail.outbound.thread import ThreadContext
from expertise.mail.tokens import letter_tokens
from tests.support.postbox import AUTHSERV, DOMAIN

DSN = (
    "From: MAILER-DAEMON@example.kz\nTo: {to}\nSubject: Undelivered Mail Returned to Sender\nMessage-ID: <{n}@mx>\n"
    "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain\n\n"
    "ПРИНЯТЬ\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n"
    "Final-Recipient: rfc822; requester@example.kz\nAction: {action}\nStatus: {status}\n"
    "Diagnostic-Code: smtp; 550 no such user\n\n--b--\n"
)


def world(env):
    return [tuple(row) for row in env.rows(CASES)], env.verify().events


def outbox(env):
    return {row.id: row for row in env.rows(table_of(OutgoingLetter))}


def test_a_hard_bounce_ends_the_letter_and_nothing_else(postbox, env, asked, deliverable):
    before = world(env)
    raw = DSN.format(to=asked.bounce, n=1, action="failed", status="5.1.1").encode()
    mail = postbox.take(raw, asked.bounce, "")
    assert (mail.state, mail.letter_id, mail.case_id) == ("bounce", asked.id, env.case(deliverable).id)
    assert outbox(env)[asked.id].state == "bounced"
    assert "550 no such user" in outbox(env)[asked.id].answer
    assert (world(env), postbox.receipts()) == (before, [])


def test_a_delay_is_only_noted(postbox, env, asked):
    postbox.take(DSN.format(to=asked.bounce, n=1, action="delayed", status="4.4.1").encode(), asked.bounce, "")
    assert outbox(env)[asked.id].state == "accepted"


def test_a_bounce_that_came_to_the_reply_address_ends_no_letter(postbox, env, asked):
    """Anybody who has a letter knows that address; the other one is known to servers only."""
    mail = postbox.take(DSN.format(to=asked.reply, n=1, action="failed", status="5.1.1").encode(), asked.reply, "")
    assert (mail.state, outbox(env)[asked.id].state) == ("bounce", "accepted")


@pytest.mark.fault
def test_a_thousand_bounces_move_nothing_and_are_not_answered(postbox, env, asked, monkeypatch):
    monkeypatch.setattr(process, "parse", read)  # in this process: the child has tests of its own
    before, letters_before = world(env), len(outbox(env))
    states = set()
    for number in range(1000):
        raw = DSN.format(to=asked.bounce, n=number, action="failed", status="5.1.1").encode()
        states.add(postbox.take(raw, asked.bounce, "").state)
    assert states == {"bounce"}
    assert (world(env), len(outbox(env)), postbox.receipts()) == (before, letters_before, [])


@pytest.mark.parametrize(
    ("head", "state"),
    [
        ({"Auto_Submitted": "auto-replied"}, "auto_reply"),
        ({"Subject": "Автожауап: мерзім", "X_Auto_Response_Suppress": "All"}, "auto_reply"),
        ({"Subject": "Вне офиса", "Precedence": "bulk"}, "auto_reply"),
        ({"Precedence": "auto_reply"}, "auto_reply"),
        ({"X_Autoreply": "yes"}, "auto_reply"),
        ({"Subject": "Автожауап: мерзім"}, "quarantined"),
        ({"Subject": "Вне офиса"}, "quarantined"),
        ({"Precedence": "bulk"}, "quarantined"),
        ({"Precedence": "junk", "X_Auto_Response_Suppress": "All"}, "quarantined"),
        ({"X_Komek_Case": "ER-2026-0001"}, "loop"),
    ],
)
def test_an_automatic_answer_is_kept_on_the_case_and_takes_no_step(postbox, env, asked, deliverable, head, state):
    before = world(env)
    mail = postbox.answer("requester", asked, "ПРИНЯТЬ", **head)
    assert (mail.state, mail.case_id) == (state, env.case(deliverable).id)
    assert (world(env), postbox.receipts()) == (before, [])


def test_two_komeks_answering_each_other_fall_silent(postbox, env, asked):
    """The other one's letters look like a person's: every mark of a machine is lost on the way."""
    to = asked
    for number in range(10):
        mail = postbox.answer("requester", to, f"Ваше письмо получено. {number}", Subject="Получено")
        assert (mail.state, len(postbox.receipts())) == ("commented", number + 1)
        if postbox.receipts()[-1].state == "held":  # kept and shown, but it does not leave
            break
        to = postbox.letter("requester")
    assert [answer.state for answer in postbox.receipts()] == ["accepted"] * 3 + ["held"]
    assert postbox.receipts()[-1].answer == "answers: depth"


def test_a_letter_of_another_komek_is_no_persons(postbox, env, asked):
    rendered = templates.render("mail_receipt", "ru", {"comment": {"ru": "x", "kk": "x", "en": "x"}})
    row = outbox(env)[asked.id]
    claimed = ClaimedLetter(1, row.message_id, "mail_receipt", row.context, 1, 1, asked.reply, "ru", row.not_before)
    other = outside.LetterSender("komek@other.example.kz", "https://other.example.kz")
    headers = outside.headers(claimed, letter_tokens("x" * 40, row.message_id), ThreadContext(), other)
    raw = message.message_bytes(claimed, rendered, other.address, headers, (), row.not_before)
    mail = postbox.take(f"Authentication-Results: {AUTHSERV}; dmarc=pass\n".encode() + raw, asked.reply, "b.x@other")
    assert mail.state in ("loop", "auto_reply")
    assert postbox.receipts() == []


def test_more_answers_than_are_good_for_anybody_are_held(postbox, env, asked, time):
    for number in range(PER_ADDRESS_HOUR + 2):
        postbox.answer("requester", asked, f"СТАТУС\n{number}")
    assert [answer.state for answer in postbox.receipts()] == ["queued"] * 5 + ["held"] * 2
    assert postbox.receipts()[-1].answer == "answers: address_hour"
    time.move(timedelta(hours=1, minutes=1))
    postbox.answer("requester", asked, "СТАТУС")
    assert postbox.receipts()[-1].state == "queued"
    for hour in range(2, 20):
        time.move(timedelta(hours=1, minutes=1))
        postbox.answer("requester", asked, f"СТАТУС {hour}")
    assert postbox.receipts()[-1].answer == "answers: address_day"


def test_mail_to_nobody_from_a_server_is_kept_without_a_case(postbox, env):
    raw = DSN.format(to=f"komek@{DOMAIN}", n=1, action="failed", status="5.1.1").encode()
    mail = postbox.take(raw, f"komek@{DOMAIN}", "")
    assert (mail.state, mail.case_id) == ("bounce", None)


def comments(env, reference):
    return sum(event.act == "mail:comment:add" for event in env.events(reference))


@pytest.mark.parametrize("text", ["Ваше обращение принято.", "Обращение № {n} от {n}.03.2026 принято.", "{n}" * 3])
def test_a_machine_without_any_mark_fills_no_case(postbox, env, asked, deliverable, text):
    mails = [postbox.answer("requester", asked, text.format(n=number)) for number in range(40)]
    assert comments(env, deliverable) == 5
    assert {(mail.state, mail.reason) for mail in mails[5:]} == {("quarantined", "too_many")}
    assert "программа" in postbox.receipts()[5].context["comment"]["ru"]


def test_a_machine_that_answers_every_letter_fills_no_cases(postbox, env, references):
    letters = [
        postbox.letter_like("requester", "comment_added", {}, env.case(references[number % 2]).id)
        for number in range(40)
    ]
    for number, letter in enumerate(letters):
        postbox.answer("requester", letter, f"Я в отпуске до {number}.04.2026")
    assert sum(comments(env, reference) for reference in references) == 5


def test_a_person_with_much_to_say_waits_for_nobody_the_next_hour(postbox, env, asked, deliverable, time):
    words = ["Смета", "План", "График", "Договор", "Акт", "Приказ", "Отчёт"]
    states = [postbox.answer("requester", asked, f"{word} не готов").state for word in words]
    assert states == ["commented"] * 5 + ["quarantined"] * 2
    assert postbox.answer("requester", asked, "Принять").state == "applied"
    time.move(timedelta(hours=1, minutes=1))
    assert postbox.answer("requester", asked, "Спасибо").state == "commented"


@pytest.mark.parametrize(
    ("action", "status", "words"),
    [
        ("failed", "5.2.2", "552 5.2.2 Over quota"),
        ("failed", "4.4.7", "delivery time expired"),
        ("failed", "5.3.4", "552 message too big"),
        ("failed", "5.7.1", "550 rejected as spam"),
    ],
)
def test_a_full_mailbox_is_no_dead_address(postbox, env, asked, deliverable, action, status, words):
    for number in range(3):
        letter = postbox.letter_like("requester", "comment_added", {}, env.case(deliverable).id)
        raw = DSN.format(to=letter.bounce, n=number, action=action, status=status).replace("550 no such user", words)
        assert postbox.take(raw.encode(), letter.bounce, "").state == "bounce"
        assert outbox(env)[letter.id].state == "bounced"
    assert [row for row in env.rows(table_of(MailAddress)) if row.suppressed_at is not None] == []
