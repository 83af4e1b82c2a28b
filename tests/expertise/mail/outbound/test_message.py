"""The message on the wire."""

from __future__ import annotations

import email
from datetime import UTC, datetime
from email import policy
from html import unescape

import pytest
from icalendar import Calendar

from expertise.mail import tokens
from expertise.mail.claimed_letter import ClaimedLetter
from expertise.mail.letters import templates
from expertise.mail.letters.templates import RenderedLetter
from expertise.mail.outbound import headers as outside
from expertise.mail.outbound.ics import CalendarDeadline
from expertise.mail.outbound.message import message_bytes
from expertise.mail.outbound.thread import ThreadContext

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
LONG = "Қысқа мерзімді сараптамаға өтінім. " * 100


def claimed(**changes):
    given = {
        "id": 1,
        "message_id": "<0123456789abcdef0123456789abcdef@komek.example.kz>",
        "letter": "request_received",
        "context": {"case_reference": "ER-2026-0001"},
        "case_id": 7,
        "recipient_id": 1,
        "email": "reader@example.kz",
        "language": "kk",
        "lease_until": NOW,
    }
    return ClaimedLetter(**given | changes)


SENDER = outside.LetterSender("komek@komek.example.kz", "https://komek.example.kz")
GIVEN = tokens.letter_tokens("k" * 40, "<0123456789abcdef0123456789abcdef@komek.example.kz>")


CONTEXT = ThreadContext(head="h")


def raw(subject="Тақырып", text=f"Сәлем.\n{LONG}\n.\n", html=f"<p>{LONG}</p>", around=CONTEXT, **changes):
    letter, written = claimed(**changes), RenderedLetter(subject, text, html)
    headers = outside.headers(letter, GIVEN, around, SENDER)
    files = outside.files(letter, around, SENDER, NOW)
    return message_bytes(letter, written, SENDER.address, headers, files, NOW)


def parsed(*given, **changes):
    return email.message_from_bytes(raw(*given, **changes), policy=policy.default)


def test_headers_that_keep_robots_quiet_and_letters_together():
    message = parsed()
    assert message["From"] == "Komek <komek@komek.example.kz>"
    assert message["To"] == "reader@example.kz"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["References"] == "<case-7@komek.example.kz>"
    assert message["X-Komek-Case"] == "ER-2026-0001"
    assert message["Date"].datetime == NOW
    assert message["Reply-To"] == f"r.{GIVEN.reply}@komek.example.kz"
    assert message["X-Komek-Head"] == "h"


def test_message_id_stands_there_once():
    assert parsed().get_all("Message-ID") == ["<0123456789abcdef0123456789abcdef@komek.example.kz>"]


def test_text_comes_first_and_both_parts_are_quoted_printable():
    parts = [part for part in parsed().walk() if part.get_content_maintype() == "text"]
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    assert [part["Content-Transfer-Encoding"] for part in parts] == ["quoted-printable"] * 2
    assert parts[0].get_content().replace("\r\n", "\n").startswith("Сәлем.\nҚысқа мерзімді")
    assert LONG in parts[1].get_content()


def test_no_line_is_too_long_and_none_is_8_bit():
    content = raw()
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 78
    assert b"\n" not in content.replace(b"\r\n", b"")


@pytest.mark.parametrize("subject", ["Қысқа", LONG.strip(), "a" * 200, "ER-1: «Ә» 100 % = ok?", "№ 5, \U0001f600"])
def test_subject_survives_the_way(subject):
    assert parsed(subject)["Subject"] == subject


@pytest.mark.parametrize("reference", ["", "Ә-1", "a\nBcc: b@example.kz", None])
def test_reference_that_no_header_can_hold_is_left_out(reference):
    message = parsed(context={"case_reference": reference})
    assert "X-Komek-Case" not in message
    assert "Bcc" not in message


def test_letter_about_no_case_belongs_to_no_thread():
    assert "References" not in parsed(case_id=None)


def test_address_with_a_line_end_is_refused():
    with pytest.raises(ValueError, match="line end"):
        raw(email="a@example.kz\nBcc: b@example.kz")


def test_earlier_letters_stand_behind_the_name_of_the_case():
    earlier = tuple(f"<{number:032x}@komek.example.kz>" for number in range(10))
    assert parsed(around=ThreadContext(earlier, head="h"))["References"].split() == [
        "<case-7@komek.example.kz>",
        *earlier,
    ]
    assert max(map(len, raw(around=ThreadContext(earlier, head="h")).split(b"\r\n"))) <= 78


@pytest.mark.parametrize(
    ("letter", "stops"), [("deadline_reminder", True), ("deadline_escalation", False), ("request_received", False)]
)
def test_only_reminders_and_digests_can_be_stopped_by_a_click(letter, stops):
    message = parsed(letter=letter)
    url = f"<https://komek.example.kz/letters/stop/{GIVEN.stop}>"
    assert (message["List-Unsubscribe"] or "").strip() == (url if stops else "")
    assert message["List-Unsubscribe-Post"] == ("List-Unsubscribe=One-Click" if stops else None)


CASE = {
    "case_reference": "ER-2026-0001",
    "case_title": "Қатты тұрмыстық қалдықтар; жоба",
    "case_version": 12,
    "case_visit": 5,
    "due": "2026-03-05T18:00:00+05:00",
    "link": "https://komek.example.kz/cases/ER-2026-0001",
}


def calendars(message):
    return {
        part.get_filename(): (part.get_param("method"), Calendar.from_ical(part.get_content()))
        for part in message.iter_attachments()
    }


def test_deadline_comes_as_a_file_for_calendars():
    ((name, (method, calendar)),) = calendars(parsed(letter="deadline_reminder", context=CASE)).items()
    assert (name, method, calendar["METHOD"]) == ("deadline.ics", "PUBLISH", "PUBLISH")
    (event,) = calendar.walk("VEVENT")
    assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == ("case-7-5@komek.example.kz", 12, "CONFIRMED")
    assert b"DTSTART:20260305T130000Z" in calendar.to_ical()
    assert str(event["DESCRIPTION"]).startswith("Қатты тұрмыстық қалдықтар; жоба\n")
    assert event["SUMMARY"] == "ER-2026-0001: мерзімі"


def test_text_stays_first_beside_a_file():
    message = parsed(letter="deadline_reminder", context=CASE)
    types = [part.get_content_type() for part in message.walk() if not part.is_multipart()]
    assert types == ["text/plain", "text/html", "text/calendar"]


def test_deadline_of_a_stay_that_is_over_is_taken_back():
    left = ThreadContext(head="h", ended=CalendarDeadline(4, "2026-03-01T13:00:00+00:00"))
    found = calendars(parsed(letter="case_closed", context=CASE, around=left))
    ((name, (method, calendar)),) = found.items()
    (event,) = calendar.walk("VEVENT")
    assert (name, method, calendar["METHOD"]) == ("cancelled.ics", "CANCEL", "CANCEL")
    assert (event["UID"], event["STATUS"]) == ("case-7-4@komek.example.kz", "CANCELLED")
    both = calendars(parsed(letter="case_to_you", context=CASE, around=left))
    assert list(both) == ["cancelled.ics", "deadline.ics"]


@pytest.mark.parametrize("context", [CASE | {"due": ""}, CASE | {"case_visit": None}])
def test_no_deadline_no_file(context):
    assert calendars(parsed(letter="deadline_reminder", context=context)) == {}


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
@pytest.mark.parametrize("name", sorted(templates.available()))
def test_every_letter_goes_over_the_line_whole(name, language):
    """Text first and complete, the same values in both parts, no placeholder left, whatever the case is like."""
    values = {"act": "https://komek.example.kz/act/abc", "code": "123456", "comment": "Ескерту: 12 % – дұрыс па?"}
    for context in (CASE | values, CASE, {}):
        written = templates.render(name, language, context)
        message = parsed(written.subject, written.text, written.html, letter=name, language=language, context=context)
        text = message.get_body(("plain",)).get_content().replace("\r\n", "\n")
        assert text == written.text and message["Subject"] == written.subject
        assert [part.get_content_type() for part in message.walk()][2:4] == ["text/plain", "text/html"]
        assert not any(sign in text + written.html for sign in ("${", "None", "{{"))
        for value in context.values():
            assert str(value) not in text or str(value) in unescape(written.html)
