"""What a mail holds, whatever its sender's program does to it."""

from __future__ import annotations

import pytest

from expertise.mail.inbound.charset import decode
from expertise.mail.inbound.html import as_text
from expertise.mail.inbound.parsed import packed, unpacked
from expertise.mail.inbound.read_mail import read

HEAD = "From: A <a@example.kz>\nSubject: x\nDate: Mon, 2 Mar 2026 11:00:00 +0500\nMessage-ID: <1@example.kz>\n"


def mail(head="", body="Done\n", charset="utf-8"):
    return read((HEAD + head + "\n" + body).encode(charset))


@pytest.mark.parametrize(
    ("value", "sender"),
    [
        ("a@example.kz", "a@example.kz"),
        (" <A@Example.KZ> ", "a@example.kz"),
        ('"Аскар, А." <a@example.kz>', "a@example.kz"),
        ("=?utf-8?B?0JA=?= <a@example.kz>", "a@example.kz"),
        ('"boss@example.kz" <evil@example.com>', "evil@example.com"),
        ("boss@example.kz <evil@example.com>", None),
        ("boss@example.kz, evil@example.com", None),
        ("<boss@example.kz> <evil@example.com>", None),
        ("evil@example.com (boss@example.kz)", None),
        ("Team: boss@example.kz, evil@example.com;", None),
        ("<@relay.kz:boss@example.kz>", None),
        ("boss@example.kz\0@example.com", None),
        ("boss@exаmple.kz", None),  # a Cyrillic letter
        ("bos\u212a@example.kz", None),  # in lower case it would be a k
        ("a@[", None),
        ("<[x@y]>", None),
        ("", None),
    ],
)
def test_the_sender_is_one_address_beyond_doubt_or_nobody(value, sender):
    raw = f"From: {value}\nSubject: x\n\nDone\n"
    assert read(raw.encode()).sender == sender


def test_two_senders_are_none():
    found = mail("From: b@example.kz\n")
    assert (found.sender, found.flags) == (None, ("two_senders",))


@pytest.mark.parametrize(
    ("head", "name", "expected"),
    [
        ("Message-ID: <[x@y]>\n", "message_id", "1@example.kz"),
        ("In-Reply-To: <[x@y]> <2@example.kz>\nReferences: <3@example.kz> a@[ <\n", "references", None),
        (
            "To: r.abc@komek.kz, <b@[\nDelivered-To: r.def@komek.kz\n",
            "recipients",
            ("r.abc@komek.kz", "r.def@komek.kz"),
        ),
    ],
)
def test_broken_identifiers_stop_nothing(head, name, expected):
    found = getattr(mail(head), name)
    assert found == (expected or ("[x@y]", "2@example.kz", "3@example.kz"))


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 2 Mar 2026 11:00:00", "Mon, 99 Mar 99999 11:00:00 +0500"])
def test_a_date_without_meaning_is_none(date):
    found = read(f"From: a@b.kz\nDate: {date}\n\n".encode())
    assert found.date is None and {"no_date", "no_message_id"} <= set(found.flags)


@pytest.mark.parametrize(
    ("text", "actual", "declared"),
    [
        ("Выполнено, отчёт отправлен.", "cp1251", "windows-1251"),
        ("Выполнено, отчёт отправлен.", "koi8-r", "koi8-r"),
        ("Выполнено, отчёт отправлен.", "cp1251", None),
        ("Выполнено, отчёт отправлен.", "koi8-r", None),
        ("Выполнено, отчёт отправлен.", "cp1251", "iso-8859-1"),
        ("Выполнено, отчёт отправлен.", "utf-8", "windows-1251"),
        ("Кейінге қалдыру", "kz1048", "windows-1251"),
        ("Кейінге қалдыру, өтінемін", "kz1048", None),
        ("Кейінге қалдыру", "utf-8", "us-ascii"),
        ("Café crème", "iso-8859-1", "iso-8859-1"),
        ("Done — at last", "utf-16", "utf-16"),
        ("Done", "ascii", "x-no-such-charset"),
        ("ПРИНЯТЬ", "cp1251", None),
    ],
)
def test_text_is_read_in_the_set_it_was_written_in(text, actual, declared):
    assert decode(text.encode(actual), declared) == (text, False)


def test_what_fits_no_set_is_marked():
    assert decode(b"\xff\xfe\x81\x98", "windows-1251")[1]
    assert "charset_guessed" in read(HEAD.encode() + b"\n\xff\xfe\x81\x98").flags


@pytest.mark.parametrize("charset", ["koi8-r", "cp1251", "utf-8"])
def test_raw_eight_bit_headers_are_read(charset):
    raw = b"From: a@b.kz\nSubject: " + "Согласование отчёта о выполнении".encode(charset) + b"\n\n"
    assert read(raw).subject == "Согласование отчёта о выполнении"


def test_html_alone_gives_text_with_its_quotations():
    html = "<style>p{}</style><p>Выполнено</p><p>С&nbsp;уважением<br>А.</p><blockquote>Срок: <b>5</b></blockquote>"
    found = mail("Content-Type: text/html; charset=utf-8\n", html)
    assert found.text == "Выполнено\n\nС уважением\nА.\n\n> Срок: 5"
    assert found.flags == ("html_only",)
    assert as_text("<script>x</script><hr>y") == "________________________________\ny"


def test_parts_become_text_and_files():
    body = (
        "--b\nContent-Type: text/plain\n\nDone\n"
        '--b\nContent-Type: application/pdf; name="=?utf-8?B?0JA=?=.pdf"\nContent-Transfer-Encoding: base64\n\nQUJD\n'
        "--b\nContent-Type: image/png\nContent-ID: <logo>\n\nx\n"
        "--b\nContent-Type: message/rfc822\n\nFrom: c@d.kz\n\nforwarded\n"
        "--b\nContent-Type: text/plain\n\nЕщё\n--b--\n"
    )
    found = mail("Content-Type: multipart/mixed; boundary=b\n", body)
    assert found.text == "Done\nЕщё"
    assert [(file.name, file.small_picture) for file in found.attachments] == [
        ("А.pdf", False),
        ("attachment.png", True),
        ("message.eml", False),
    ]
    assert found.attachments[0].content == b"ABC"


def test_a_delivery_report_names_who_failed_and_why():
    body = (
        "--b\nContent-Type: text/plain\n\nsorry\n--b\nContent-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; mx.example.kz\n\nFinal-Recipient: rfc822; gone@example.kz\nAction: failed\n"
        "Status: 5.1.1\nDiagnostic-Code: smtp; 550 no such user\n--b--\n"
    )
    found = mail("Content-Type: multipart/report; report-type=delivery-status; boundary=b\n", body)
    (failure,) = found.failures
    assert (failure.recipient, failure.action, failure.status) == ("gone@example.kz", "failed", "5.1.1")
    assert failure.words == "smtp; 550 no such user"
    assert found.undelivered == ("gone@example.kz",)


def test_calendars_and_outlook_files_are_seen():
    assert mail("Content-Type: text/calendar\n", "BEGIN:VCALENDAR\nMETHOD:REPLY\n").calendar == "reply"
    assert "winmail" in mail("Content-Type: application/ms-tnef; name=winmail.dat\n", "x").flags


def test_what_is_read_passes_through_the_pipe_unchanged():
    found = mail("Content-Type: application/pdf; name=a.pdf\n", "\x01\x02")
    assert unpacked(packed(found)) == found
