"""The message on the wire."""

from __future__ import annotations

import email
from datetime import UTC, datetime
from email import policy

import pytest

from expertise.mail.claiming import Claimed
from expertise.mail.envelope import message_bytes
from expertise.mail.letters import Rendered

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
    return Claimed(**given | changes)


def raw(subject="Тақырып", text=f"Сәлем.\n{LONG}\n.\n", html=f"<p>{LONG}</p>", **changes):
    return message_bytes(
        claimed(**changes), Rendered(subject, text, html), "komek@komek.example.kz", "r.t@komek.example.kz", NOW
    )


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
    assert message["Reply-To"] == "r.t@komek.example.kz"


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
