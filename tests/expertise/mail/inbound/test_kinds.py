"""Machines are told from people, so that none of them is ever obeyed or answered."""

from __future__ import annotations

import pytest

from expertise.mail.inbound.kinds import MailKind, is_permanent, kind_of, server_text
from expertise.mail.inbound.read_mail import read


def mail(*headers, body="Текст"):
    return read("\n".join([*headers, "", body]).encode())


def kind(*headers, sender="a@example.kz", to_bounce_address=False, body="Текст", **others):
    found = mail("From: A <a@example.kz>", *headers, body=body)
    return kind_of(found, envelope_sender=sender, to_bounce_address=to_bounce_address, **others)


@pytest.mark.parametrize(
    "subject",
    [
        "Re: Автоответ",
        "Re: Срок",
        "В отпускном порядке",
        "Отчёт об отпуске",
        "Fwd: Out of office",
        "Отсутствую завтра, отчёт в пятницу",
        "",
    ],
)
def test_people_write_such_subjects(subject):
    assert kind(f"Subject: {subject}") is MailKind.PERSON


@pytest.mark.parametrize(
    "subject",
    [
        "Автоответ: Срок по делу",
        "Автоматический ответ: Срок",
        "Вне офиса: Срок",
        "В отпуске",
        "Нахожусь в отпуске до 15 марта",
        "Автожауап: Мерзім",
        "Автоматты жауап: Мерзім",
        "Автоматты түрде жауап",
        "Демалыстамын",
        "Out of Office: Due",
        "Automatic reply: Due",
        "[Auto-Reply] Due",
        "AutoReply: Due",
    ],
)
def test_subjects_of_automatic_answers_in_three_languages(subject):
    assert kind(f"Subject: {subject}") is MailKind.AUTO_REPLY


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated; owner-email=a@example.kz",
        "X-Autoreply: yes",
        "X-Autorespond: x",
        "Precedence: bulk",
        "Precedence: auto_reply",
        "List-Id: <list.example.kz>",
        "X-MS-Exchange-Inbox-Rules-Loop: a@example.kz",
        "Return-Path: <>",
        "Content-Type: multipart/report; boundary=b; report-type=disposition-notification",
    ],
)
def test_headers_of_machines(header):
    assert kind(header) is MailKind.AUTO_REPLY


def test_what_people_send_through_ordinary_servers():
    assert kind("Auto-Submitted: no", "X-Auto-Response-Suppress: DR", "Precedence: first-class") is MailKind.PERSON


@pytest.mark.parametrize("header", ["X-Autoreply: no", "X-Auto-Reply: False", "X-Vacation: off"])
def test_a_header_that_says_no_is_no_mark(header):
    assert kind(header) is MailKind.PERSON


def test_an_empty_envelope_is_a_machines_unless_the_route_lost_it():
    assert kind(sender="") is MailKind.AUTO_REPLY
    assert kind(sender="", unknown_envelope=True) is MailKind.PERSON


def test_no_person_writes_to_where_servers_report():
    assert kind("Subject: Re: Срок", to_bounce_address=True) is MailKind.AUTO_REPLY


@pytest.mark.parametrize("header", ["X-Komek-Case: ER-2026-0001", "x-komek-head: ER-2026-0001; 4; ab"])
def test_our_own_letters_come_back(header):
    assert kind(header, "Auto-Submitted: auto-generated") is MailKind.LOOP


def test_a_mail_that_goes_round_in_circles():
    assert kind(*["Received: from a by b"] * 31) is MailKind.LOOP
    assert kind(*["Received: from a by b"] * 30) is MailKind.PERSON


@pytest.mark.parametrize("method", ["REPLY", "REQUEST", "COUNTER"])
def test_calendars_are_machines(method):
    body = f"BEGIN:VCALENDAR\nMETHOD:{method}\nEND:VCALENDAR"
    assert (
        kind("Subject: Принято: Срок", "Content-Type: text/calendar; charset=utf-8", body=body) is MailKind.AUTO_REPLY
    )


@pytest.mark.parametrize(
    "subject",
    [
        "Undelivered Mail Returned to Sender",
        "Mail delivery failed: returning message to sender",
        "Delivery Status Notification (Failure)",
        "Недоставленное сообщение",
        "Не удается доставить: Срок",
        "Сообщение не доставлено",
        "Хат жеткізілмеді",
    ],
)
def test_bounces_of_servers_that_write_no_report(subject):
    assert kind(f"Subject: {subject}", sender="") is MailKind.BOUNCE
    assert kind(f"Subject: {subject}", to_bounce_address=True) is MailKind.BOUNCE
    assert kind(f"Subject: {subject}") is MailKind.PERSON  # somebody forwards one
    assert kind(f"Subject: Re: {subject}", sender="") is MailKind.AUTO_REPLY


REPORT = (
    "--b\nContent-Type: text/plain\n\nsorry\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n"
    "Final-Recipient: rfc822; gone@example.kz\nAction: {}\nStatus: {}\nDiagnostic-Code: smtp; {}\n--b--\n"
)


@pytest.mark.parametrize(
    ("action", "status", "permanent"), [("failed", "5.1.1", True), ("delayed", "4.4.1", False), ("failed", "", True)]
)
def test_a_report_says_whether_it_is_for_good(action, status, permanent):
    head = "Content-Type: multipart/report; report-type=delivery-status; boundary=b"
    found = mail("From: mailer-daemon@mx", head, body=REPORT.format(action, status, "550 no such user"))
    assert kind_of(found, envelope_sender="", to_bounce_address=True) is MailKind.BOUNCE
    assert is_permanent(found) is permanent
    assert server_text(found) == f"{status} smtp; 550 no such user".strip()


@pytest.mark.parametrize(("text", "permanent"), [("550 5.1.1 нет такого", True), ("452 4.2.2 ящик полон", False)])
def test_a_report_in_prose_says_it_by_its_number(text, permanent):
    assert is_permanent(mail("Subject: Не доставлено", body=text)) is permanent
