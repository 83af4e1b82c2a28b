"""Names of uploads are text, and clean."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expertise.files import file_names
from expertise.files.verdict import UnfitFile


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("отчёт.docx", "отчёт.docx"),
        ("../../отчёт.docx", "отчёт.docx"),
        ("C:\\Users\\x\\Есеп 2026.pdf", "Есеп 2026.pdf"),
        ("/etc/passwd.txt", "passwd.txt"),
        ("өтінім \x00\x1b[31m.pdf", "өтінім [31m.pdf"),
        ("a\u202efdp.docx", "afdp.docx"),
        ("a\r\nContent-Type: x.pdf", "a Content-Type: x.pdf"),
        ("  a   b  .pdf ", "a b.pdf"),
        ("..hidden.pdf", "hidden.pdf"),
        ("zero\u200bwidth\ufeff.pdf", "zerowidth.pdf"),
        ("сай\u0306.pdf", unicodedata.normalize("NFC", "сай\u0306.pdf")),
        ("a\u2028b\u00a0c.pdf", "a b c.pdf"),
        ("half\udc80.pdf", "half.pdf"),
        ("№ 12-3/45 от 05.03.pdf", "№ 12-3_45 от 05.03.pdf"),
        ("№ 5\\12 хаттама.docx", "№ 5_12 хаттама.docx"),
        ("\\\\server\\docs\\12.pdf", "12.pdf"),
        ("~/docs/12.pdf", "12.pdf"),
    ],
)
def test_name_is_cleaned(name, clean):
    assert file_names.clean(name) == clean


def test_long_name_keeps_its_ending():
    name = file_names.clean("../../" + "отчёт" * 60 + ".docx")
    assert len(name) == 255 and name.endswith("отчёт.docx")
    assert file_names.clean("x" * 300 + ".pdf").endswith("x.pdf")


@pytest.mark.parametrize(
    "name", ["", ".", "..", ".pdf", "pdf", "a.", "a. ", "\u202e.pdf", "a/.pdf", "a.abcdefghijk", "/", "\x00"]
)
def test_name_without_a_stem_or_an_ending_is_none(name):
    with pytest.raises(UnfitFile):
        file_names.clean(name)


@pytest.mark.parametrize("name", ["a.exe.pdf", "a.JS.txt", "a.html.docx", "a.svg.x.png"])
def test_program_before_the_ending_is_seen(name):
    with pytest.raises(UnfitFile):
        file_names.ending(name)


@given(st.text(max_size=400))
def test_whatever_comes_is_shown_safely_or_refused(name):
    try:
        clean = file_names.clean(name + ".pdf")
    except UnfitFile:
        return
    assert 5 <= len(clean) <= file_names.LONGEST
    assert clean.endswith(".pdf")
    assert not set(clean) & set("/\\\x00\r\n\u202e\u2066")
    assert all(unicodedata.category(character) not in ("Cc", "Cf", "Cs") for character in clean)
    clean.encode("utf-8")
