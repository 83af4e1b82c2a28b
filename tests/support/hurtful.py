"""Mails that are too large, too deep or too many-sided to be said in YAML. Each takes the address it goes to."""

from __future__ import annotations

import io
import zipfile
from email.message import EmailMessage

from tests.support.golden import PDF
from tests.support.postbox import AUTHSERV

ME = "requester@example.kz"
WORD = f"Authentication-Results: {AUTHSERV}; dmarc=pass header.from=example.kz\n".encode()
HEAD = (
    f"From: {ME}\nSubject: Re: Komek\nDate: Mon, 2 Mar 2026 11:00:00 +0500\nMessage-ID: <sample@example.kz>\n".encode()
)
LONG = "Отчёт посмотрели, замечания ниже.\n" + "Строка с замечанием.\n" * 20_000
HEADS = {"circles": "\n".join(["Received: from a.example.kz by b.example.kz; today"] * 40)}


def report(action: str, status: str) -> tuple[str, str]:
    """Header and body of a delivery report."""
    body = (
        "--b\nContent-Type: text/plain\n\nsorry\n--b\nContent-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; mx\n\n"
        f"Final-Recipient: rfc822; {ME}\nAction: {action}\nStatus: {status}\n"
        "Diagnostic-Code: smtp; 550 no\n\n--b--\n"
    )
    return "Content-Type: multipart/report; report-type=delivery-status; boundary=b", body


def words_without_end(to: str) -> bytes:
    return WORD + HEAD + b"X-Words: " + b"=?utf-8?q?=41?= " * 28_000 + b"\n\n" + "ПРИНЯТЬ".encode()


def _nested(depth: int) -> bytes:
    part = b"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n"
    inside = b"".join(part % (place, place + 1) for place in range(depth))
    return WORD + HEAD + b"Content-Type: multipart/mixed; boundary=b0\n\n" + inside


def too_many_parts(to: str) -> bytes:
    return _nested(300)


def deep_but_allowed(to: str) -> bytes:
    return _nested(100)


def mails_in_mails(to: str) -> bytes:
    return WORD + HEAD + b"Content-Type: message/rfc822\n\n" * 5000


def no_mail_at_all(to: str) -> bytes:
    return bytes(range(256)) * 100


def nothing_at_all(to: str) -> bytes:
    return b""


def _with(text: str, *files: tuple[str, str, bytes], **headers: str) -> bytes:
    message = EmailMessage()
    message.set_content(text)
    for name, kind, content in files:
        main, _, sub = kind.partition("/")
        message.add_attachment(content, maintype=main, subtype=sub, filename=name)
        for header, value in headers.items():
            message.get_payload()[-1][header.replace("_", "-")] = value
    return WORD + HEAD + message.as_bytes()


def thirty_files(to: str) -> bytes:
    files = [(f"приложение {number}.pdf", "application/pdf", PDF + b"%%%d" % number) for number in range(30)]
    return _with("Во вложении тридцать файлов.", *files)


def outlook_file(to: str) -> bytes:
    return _with("Замечания во вложении.", ("winmail.dat", "application/ms-tnef", b"\x78\x9f\x3e\x22" * 20))


def hostile_file(to: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"0" * 50_000_000)
    return _with("Отчёт", ("отчёт.docx", "application/octet-stream", packed.getvalue()), ("x.pdf.exe", "a/b", b"MZ"))


def word_with_a_file(to: str) -> bytes:
    return _with("ПРИНЯТЬ", ("акт.pdf", "application/pdf", PDF))


def logo_below_the_name(to: str) -> bytes:
    return _with("Позже", ("logo.png", "image/png", b"\x89PNG" * 100), Content_ID="<logo@example.kz>")


def forwarded_mail(to: str) -> bytes:
    inner = b"From: a@b.kz\nSubject: x\n\nACCEPT\n"
    body = b"--b\nContent-Type: text/plain; charset=utf-8\n\n%s\n--b\nContent-Type: message/rfc822\n\n%s\n--b--\n"
    text = "Пересылаю переписку".encode()
    return WORD + HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n" + body % (text, inner)


def too_large(to: str) -> bytes:
    return WORD + HEAD + b"\nACCEPT\n" + b"x" * (26 * 1024 * 1024)
