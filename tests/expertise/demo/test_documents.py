"""Documents that a reader opens and the inspection lets through."""

from __future__ import annotations

import io
import re
import zipfile
from xml.etree import ElementTree as ET

import pytest

from expertise.demo.documents import paper
from expertise.files import inspection
from expertise.files.verdict import AcceptedFile


@pytest.mark.parametrize("name", ["Есеп.docx", "Report.pdf"])
def test_both_kinds_pass_the_inspection(tmp_path, name):
    path = tmp_path / "paper"
    path.write_bytes(paper(name, "Title (one)", ["A paragraph."]))
    assert isinstance(inspection.inspect(path, name, path.stat().st_size), AcceptedFile)


def test_a_word_file_holds_the_text_in_any_language():
    with zipfile.ZipFile(io.BytesIO(paper("x.docx", "Қызылорда & <Арал>", ["Бірінші", "Второй"]))) as archive:
        read = "".join(ET.fromstring(archive.read("word/document.xml")).itertext())
    assert read == "Қызылорда & <Арал>БіріншіВторой"


def test_a_pdf_says_truly_where_its_objects_are():
    content = paper("x.pdf", "Title", ["A long paragraph. " * 40])
    start = int(re.search(rb"startxref\n(\d+)\n", content)[1])
    assert content[start:].startswith(b"xref\n")
    places = [int(place) for place in re.findall(rb"(\d{10}) 00000 n", content)]
    assert [content[place:].split(b" ", 1)[0] for place in places] == [b"%d" % n for n in range(1, len(places) + 1)]
    length, stream = re.search(rb"/Length (\d+) >>\nstream\n(.*?)\nendstream", content, re.DOTALL).groups()
    assert len(stream) == int(length) and stream.count(b"Tj") > 5


def test_the_same_words_make_the_same_bytes():
    assert paper("x.docx", "T", ["p"]) == paper("x.docx", "T", ["p"])
