"""The name of a file is read in the set it was written in, however its mail program encodes it."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from expertise.mail.inbound.read_mail import read

RUSSIAN, KAZAKH = "Приложение.pdf", "Қорытынды есеп.pdf"


def name_in(head):
    body = b"From: a@example.kz\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: application/pdf"
    (found,) = read(body + head + b"\nContent-Transfer-Encoding: base64\n\nQUJD\n--b--\n").attachments
    return found.name


def star(name, actual, declared):
    return f"*={declared}''{quote(name.encode(actual))}".encode()


@pytest.mark.parametrize("text", [RUSSIAN, "отчёт за март.pdf", "АКТ № 5.pdf", "Смета на 7 листах.xlsx"])
@pytest.mark.parametrize("charset", ["utf-8", "cp1251", "koi8-r"])
def test_raw_eight_bit_names(text, charset):
    if charset == "koi8-r" and "№" in text:
        return
    name = text.encode(charset)
    assert name_in(b'\nContent-Disposition: attachment; filename="' + name + b'"') == text
    assert name_in(b'; name="' + name + b'"') == text
    assert name_in(b'; name="x.pdf"\nContent-Disposition: attachment;\n filename="' + name + b'"') == text


@pytest.mark.parametrize("text", [KAZAKH, "Бұйрық.pdf", "Келісім хаттамасы – 2026.pdf", "Өтінім №12.pdf"])
@pytest.mark.parametrize("charset", ["utf-8", "kz1048"])
def test_kazakh_names_raw_or_declared_as_cp1251(text, charset):
    raw = text.encode(charset)
    assert name_in(b'\nContent-Disposition: attachment; filename="' + raw + b'"') == text
    assert name_in(b"\nContent-Disposition: attachment; filename" + star(text, charset, "windows-1251")) == text
    word = b"=?windows-1251?Q?" + quote(raw, safe="").replace("%", "=").encode() + b"?="
    assert name_in(b'\nContent-Disposition: attachment; filename="' + word + b'"') == text


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\nContent-Disposition: attachment; filename" + star(RUSSIAN, "utf-8", "UTF-8"), RUSSIAN),
        (b"\nContent-Disposition: attachment; filename" + star(RUSSIAN, "cp1251", "cp1251"), RUSSIAN),
        (b"\nContent-Disposition: attachment; filename" + star(RUSSIAN, "utf-8", "iso-8859-1"), RUSSIAN),
        (b"\nContent-Disposition: attachment; filename" + star("№ 12-3/45 от 05.03.pdf", "utf-8", "UTF-8"),
         "№ 12-3/45 от 05.03.pdf"),
        (b"\nContent-Disposition: attachment; filename*0*=utf-8''%D0%90%D0%BA; filename*1*=%D1%82; filename*2=.pdf",
         "Акт.pdf"),
        (b"\nContent-Disposition: attachment; filename*=UTF-8''" + RUSSIAN.encode(), RUSSIAN),
        (b'\nContent-Disposition: attachment; filename="=?utf-8?B?0J/RgNC40LvQvtC2?=\n =?utf-8?B?0LXQvdC40LUucGRm?="',
         RUSSIAN),
        (b'\nContent-Disposition: attachment; filename="%D0%90%D0%BA%D1%82.pdf"', "Акт.pdf"),
        (b'\nContent-Disposition: attachment; filename="50%25 done.pdf"', "50%25 done.pdf"),
        (b'\nContent-Disposition: attachment; filename="a\\"b;c.pdf"', 'a"b;c.pdf'),
        (b"\nContent-Disposition: attachment; filename=a b.pdf", "a b.pdf"),
        (b'\nContent-Disposition: attachment; filename=""; name="x.pdf"', "attachment.pdf"),
        (b'; name="a.pdf"\nContent-Disposition: attachment; filename="\xd0', "\ufffd"),
    ],
)  # fmt: skip
def test_other_ways_to_write_a_name(head, name):
    if name == "\ufffd":
        assert name_in(head)  # whatever it is, it stops nothing
    else:
        assert name_in(head) == name
