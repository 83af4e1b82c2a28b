"""The mail of the right person is never lost without a word: it is processed, or answered and kept where it is seen."""

from __future__ import annotations

import json

import pytest

from expertise.audit.model import PrivateValue
from expertise.base.database import table_of
from expertise.files.model import StoredFile
from expertise.mail.inbound.quarantine import ATTACH, RELEASE, allowed
from tests.support.postbox import AUTHSERV

ME = "requester@example.kz"
INVITATION = "BEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:{}\nEND:VCALENDAR\n"


def sent(postbox, asked, head, body="Принять", sender=ME, result="dmarc=pass header.from=example.kz"):
    lines = [f"Authentication-Results: {AUTHSERV}; {result}", f"From: {sender}", f"To: {asked.reply}"]
    lines += [
        *([] if head.startswith("Subject:") else ["Subject: Re: Komek"]),
        "Date: Mon, 2 Mar 2026 11:00:00 +0500",
        "Message-ID: <right@example.kz>",
    ]
    lines += ["MIME-Version: 1.0", *([head] if head else []), "", body]
    return postbox.take("\n".join(lines).encode(), asked.reply, sender)


def files(env):
    return [(row.name, row.media_type) for row in env.rows(table_of(StoredFile))]


def comments(env):
    return [json.loads(row.value) for row in env.rows(table_of(PrivateValue)) if row.name == "comment"]


@pytest.mark.parametrize(
    "head",
    [
        "List-Id: <all.example.kz>",
        "List-Id: <all.example.kz>\nList-Post: <mailto:all@example.kz>\nPrecedence: list",
        "List-Post: <mailto:all@example.kz>\nPrecedence: bulk",
        "Precedence: list",
        "Feedback-ID: 1:2:3:mail",
        "List-Unsubscribe: <mailto:off@example.kz>",
    ],
)
def test_what_a_mailing_list_or_a_provider_adds_hinders_nothing(postbox, env, asked, deliverable, head):
    mail = sent(postbox, asked, head)
    assert (mail.state, env.case(deliverable).state) == ("applied", "accepted")
    assert [letter.letter for letter in postbox.receipts()] == ["mail_receipt"]


RULES = [
    "Auto-Submitted: auto-generated\nX-MS-Exchange-Inbox-Rules-Loop: komek@example.kz",
    "X-MS-Exchange-Inbox-Rules-Loop: requester@example.kz",
    "Auto-Submitted: auto-forwarded",
    "Auto-Submitted: yes",
]


@pytest.mark.parametrize("head", RULES)
def test_a_step_by_a_rule_is_asked_back(postbox, env, asked, deliverable, head):
    """A rule forwards what others wrote as well, so its mail takes no step by itself."""
    mail = sent(postbox, asked, head)
    assert (mail.state, env.case(deliverable).state) == ("receipted", "review")
    assert [letter.letter for letter in postbox.receipts()] == ["mail_confirm"]
    assert (mail.verdict["kind"], mail.verdict["marks"]) == ("person", "automatic")
    assert "похоже, письмо отправило правило" in postbox.receipts()[-1].context["comment"]["ru"]


@pytest.mark.parametrize("head", RULES)
def test_words_sent_on_by_a_rule_are_kept(postbox, env, asked, head):
    assert sent(postbox, asked, head, "Таблица 3 неверна.").state == "commented"
    assert [letter.letter for letter in postbox.receipts()] == ["mail_receipt"]
    assert "Таблица 3 неверна." in comments(env)


@pytest.mark.parametrize("head", ["List-Id: <all.example.kz>", RULES[0]])
def test_a_forgery_with_such_a_header_waits_in_quarantine(postbox, env, asked, head):
    mail = sent(postbox, asked, head, result="dmarc=fail header.from=example.kz")
    assert (mail.state, mail.reason, postbox.receipts()) == ("quarantined", "authentication_failed", [])


@pytest.mark.parametrize("head", ["List-Id: <all.example.kz>", RULES[0]])
def test_anybody_else_with_such_a_header_is_a_machine_still(postbox, env, asked, deliverable, head):
    mail = sent(postbox, asked, head, sender="news@example.kz")
    assert (mail.state, postbox.receipts(), env.case(deliverable).state) == ("auto_reply", [], "review")


def with_part(kind, content, text="Принять", disposition="Content-Disposition: attachment\n"):
    head = "Content-Type: multipart/mixed; boundary=b"
    words = f"--b\nContent-Type: text/plain; charset=utf-8\n\n{text}\n"
    body = f"{words}--b\nContent-Type: {kind}\n{disposition}\n{content}\n--b--"
    return head, body


@pytest.mark.parametrize("method", ["REQUEST", "REPLY", "CANCEL", "PUBLISH"])
def test_an_attached_invitation_is_kept_and_hinders_nothing(postbox, env, asked, deliverable, method):
    kind = f"text/calendar; charset=utf-8; method={method}; name=invite.ics"
    mail = sent(postbox, asked, *with_part(kind, INVITATION.format(method)))
    assert (mail.state, env.case(deliverable).state) == ("applied", "accepted")
    assert files(env)[-1] == ("invite.ics", "text/calendar")


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("text/calendar; name=Встреча", "Встреча.ics"),
        ("text/calendar", "invite.ics"),
        ("application/ics; name=invite.ics", "invite.ics"),
        ("application/octet-stream; name=план.ics", "план.ics"),
    ],
)
def test_calendar_files_of_other_programs_are_kept(postbox, env, asked, kind, name):
    mail = sent(postbox, asked, *with_part(kind, INVITATION.format("REQUEST"), "Приглашаю на обсуждение."))
    assert (mail.state, files(env)[-1]) == ("commented", (name, "text/calendar"))
    assert "Приглашаю на обсуждение." in comments(env)


def test_a_calendar_file_beside_the_text_is_no_meeting(postbox, env, asked, deliverable):
    part = with_part("text/calendar; name=invite.ics", INVITATION.format("REQUEST"), disposition="")
    mail = sent(postbox, asked, *part)
    assert (mail.state, env.case(deliverable).state) == ("applied", "accepted")


@pytest.mark.parametrize("method", ["REQUEST", "REPLY", "COUNTER"])
def test_an_invitation_with_words_is_a_comment_and_no_step(postbox, env, asked, deliverable, method):
    head = "Content-Type: multipart/alternative; boundary=b"
    kind = f"Content-Type: text/calendar; charset=utf-8; method={method}"
    calendar = INVITATION.format(method)
    body = f"--b\nContent-Type: text/plain; charset=utf-8\n\nПринять\n--b\n{kind}\n\n{calendar}--b--"
    mail = sent(postbox, asked, head, body)
    assert (mail.state, env.case(deliverable).state) == ("commented", "review")  # the file is the comment
    assert postbox.receipts()[-1].letter == "mail_confirm"
    assert files(env)[-1] == ("invite.ics", "text/calendar")


def test_a_meeting_answer_without_words_is_a_machines(postbox, env, asked):
    mail = sent(postbox, asked, "Content-Type: text/calendar; method=REPLY", INVITATION.format("REPLY"))
    assert (mail.state, postbox.receipts()) == ("auto_reply", [])


FORWARDED = "From: chief@example.kz\nSubject: Смета\n\nСмета утверждена.\n"


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("message/rfc822", "Смета.eml"),
        ("message/rfc822; name=письмо.eml", "письмо.eml"),
        ('message/rfc822; name="Re: Смета от 05.03"', "Re: Смета от 05.03.eml"),
        ("application/octet-stream; name=mail.eml", "mail.eml"),
    ],
)
def test_a_forwarded_mail_is_kept(postbox, env, asked, deliverable, kind, name):
    mail = sent(postbox, asked, *with_part(kind, FORWARDED))
    assert (mail.state, env.case(deliverable).state) == ("applied", "accepted")
    assert files(env)[-1] == (name, "message/rfc822")


def test_a_program_in_a_forwarded_mail_is_refused_and_named(postbox, env, asked):
    inner = 'From: a@example.kz\nContent-Type: application/octet-stream; name="setup.exe"\n\nMZ\n'
    before = files(env)
    assert sent(postbox, asked, *with_part("message/rfc822; name=a.eml", inner, "Смотрите")).state == "commented"
    assert files(env) == before
    assert "a.eml" in postbox.receipts()[-1].context["comment"]["ru"]


def test_an_account_named_like_a_machine_is_a_person_with_a_token(postbox, env, asked, deliverable):
    mail = sent(postbox, asked, "", sender=f'"Акимат (no-reply)" <{ME}>')
    assert (mail.state, env.case(deliverable).state) == ("receipted", "review")
    assert postbox.receipts()[-1].letter == "mail_confirm"


PERSONAL = [
    "Subject: В отпуске с понедельника — замечания к смете",
    "Subject: Вне офиса: посмотрел отчёт в дороге",
    "Subject: Out of office on Monday, my remarks",
    "Subject: Демалыстамын, ескертулерім төменде",
    "Subject: Автоответ не настроен, пишу сам",
    "Precedence: bulk",
    "Precedence: junk",
    "Precedence: bulk\nX-Mailer: 1C",
]


@pytest.mark.parametrize("head", PERSONAL)
def test_a_subject_or_a_precedence_alone_loses_no_mail_of_a_person(postbox, env, asked, deliverable, head):
    mail = sent(postbox, asked, head, "Смета завышена.")
    assert (mail.state, mail.reason, mail.person_id is not None) == ("quarantined", "doubtful", True)
    assert (postbox.receipts(), env.case(deliverable).state) == ([], "review")
    assert allowed(mail) == {RELEASE, ATTACH}


@pytest.mark.parametrize(
    "mark", ["Auto-Submitted: auto-replied", "X-Auto-Response-Suppress: All", "Precedence: bulk", "X-Autoreply: yes"]
)
@pytest.mark.parametrize("subject", ["В отпуске до 15 марта", "Automatic reply: Due", "Автожауап: мерзім"])
def test_a_subject_with_a_header_of_machines_is_an_automatic_answer(postbox, env, asked, subject, mark):
    mail = sent(postbox, asked, f"Subject: {subject}\n{mark}", "Меня нет.")
    assert (mail.state, postbox.receipts()) == ("auto_reply", [])
