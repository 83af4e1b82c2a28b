"""PDFs as programs write them: nothing runs, nothing lies hidden, nothing opens by itself; honest ones are taken."""

from __future__ import annotations

import io
import zlib

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Encryption, Name, ObjectStreamMode, String

from expertise.files import pdf_walk
from expertise.files.inspection import inspect
from expertise.files.signature import EICAR
from expertise.files.verdict import AcceptedFile
from tests.support.golden import PDF
from workflows.refusals import Problem


def written(change=None, **options):
    """A PDF of one page after `change(pdf)`."""
    pdf = pikepdf.new()
    pdf.add_blank_page()
    if change is not None:
        change(pdf)
    made = io.BytesIO()
    pdf.save(made, **options)
    return made.getvalue()


def opening(**action):
    """A document that does this when it is opened."""
    return lambda pdf: pdf.Root.__setattr__("OpenAction", pdf.make_indirect(Dictionary(**action)))


def on_page(**entries):
    return lambda pdf: [pdf.pages[0].obj.__setitem__("/" + name, value) for name, value in entries.items()]


def annotated(**entries):
    def change(pdf):
        pdf.pages[0].obj.Annots = Array([Dictionary(Type=Name.Annot, Rect=Array([0, 0, 9, 9]), **entries)])

    return change


def attached(pdf):
    pdf.attachments["tool.txt"] = b"hello"


def with_names(**trees):
    return lambda pdf: pdf.Root.__setattr__("Names", Dictionary(**trees))


def with_form(pdf):
    pdf.Root.AcroForm = Dictionary(Fields=Array([]), XFA=pdf.make_stream(b"<xdp/>"))


def with_stream(content, **entries):
    return lambda pdf: pdf.Root.__setattr__("Extra", pdf.make_stream(content, **entries))


SCRIPT = {"S": Name.JavaScript, "JS": String("app.alert(1)")}
UNC = String("\\\\evil.example\\x\\y.pdf")
LINK = Dictionary(S=Name.URI, URI=String("https://example.kz/"))

HOSTILE = {
    "script on opening": (opening(**SCRIPT), "file_macros"),
    "script of a page": (on_page(AA=Dictionary(O=Dictionary(**SCRIPT))), "file_macros"),
    "script of a field": (
        annotated(Subtype=Name.Screen, A=Dictionary(Next=Dictionary(**SCRIPT))),
        "file_macros",
    ),
    "script by name": (
        with_names(JavaScript=Dictionary(Names=Array([String("a"), Dictionary(**SCRIPT)]))),
        "file_macros",
    ),
    "script in a chain": (
        opening(S=Name.GoTo, D=Array([0, Name.Fit]), Next=Array([Dictionary(**SCRIPT)])),
        "file_macros",
    ),
    "program started": (opening(S=Name.Launch, F=String("cmd.exe")), "file_macros"),
    "form sent": (annotated(Subtype=Name.Link, A=Dictionary(S=Name.SubmitForm, F=String("http://x"))), "file_macros"),
    "data fetched": (opening(S=Name.ImportData, F=String("x.fdf")), "file_macros"),
    "address opened by itself": (opening(S=Name.URI, URI=String("https://evil.example/")), "file_macros"),
    "address opened with a page": (on_page(AA=Dictionary(O=LINK)), "file_macros"),
    "address that runs": (
        annotated(Subtype=Name.Link, A=Dictionary(S=Name.URI, URI=String("javascript:alert(1)"))),
        "file_macros",
    ),
    "share of a stranger": (opening(S=Name.GoToR, F=UNC, D=Array([0, Name.Fit])), "file_macros"),
    "embedded file opened": (opening(S=Name.GoToE, T=Dictionary(R=Name.C)), "file_macros"),
    "film": (annotated(Subtype=Name.RichMedia), "file_macros"),
    "sound": (opening(S=Name.Sound), "file_macros"),
    "rendition": (annotated(Subtype=Name.Screen, A=Dictionary(S=Name.Rendition)), "file_macros"),
    "XFA": (with_form, "file_macros"),
    "content from elsewhere": (with_stream(b"", F=String("x.bin")), "file_macros"),
    "attached file": (attached, "file_hidden"),
    "attached to the page": (
        annotated(Subtype=Name.FileAttachment, FS=Dictionary(Type=Name.Filespec, F=String("a.exe"))),
        "file_hidden",
    ),
    "portfolio": (lambda pdf: pdf.Root.__setattr__("Collection", Dictionary(View=Name.D)), "file_hidden"),
    "virus in a packed stream": (with_stream(b"x" * 999 + EICAR), "file_virus"),
}

WAYS = {
    "plain": {"object_stream_mode": ObjectStreamMode.disable},
    "object streams": {"object_stream_mode": ObjectStreamMode.generate},
    "locked for changes": {
        "object_stream_mode": ObjectStreamMode.generate,
        "encryption": Encryption(owner="owner", user=""),
    },
}

HONEST = {
    "nothing else": None,
    "page to begin with": opening(S=Name.GoTo, D=Array([0, Name.Fit])),
    "destination to begin with": lambda pdf: pdf.Root.__setattr__("OpenAction", Array([0, Name.Fit])),
    "link": annotated(Subtype=Name.Link, A=LINK),
    "link to a neighbour": annotated(
        Subtype=Name.Link, A=Dictionary(S=Name.GoToR, F=String("annex.pdf"), D=Array([0, Name.Fit]))
    ),
    "no attachments": with_names(EmbeddedFiles=Dictionary(Names=Array([]))),
    "note with flags": annotated(Subtype=Name.Text, F=4, Contents=String("/JS и /Launchpad")),
    "text about scripts": with_stream(b"BT (JavaScript, Launch, EmbeddedFile) Tj ET"),
}


@pytest.fixture
def judge(tmp_path):
    def judged(content, name="report.pdf"):
        path = tmp_path / "content"
        path.write_bytes(content)
        return inspect(path, name, len(content))

    return judged


@pytest.fixture
def walk(tmp_path):
    """Judges in this process, without the time that a new one takes."""

    def walked(content):
        path = tmp_path / "content"
        path.write_bytes(content)
        return pdf_walk.judge(path, EICAR)

    return walked


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", HOSTILE)
def test_what_runs_or_hides_is_found_however_it_is_written(walk, kind, way):
    change, code = HOSTILE[kind]
    assert walk(written(change, **WAYS[way])) == code


def test_what_its_own_process_finds_is_the_answer(judge):
    for change, code in (HOSTILE["script on opening"], HOSTILE["attached file"], HOSTILE["virus in a packed stream"]):
        assert judge(written(change, **WAYS["object streams"])) == Problem(code)


@pytest.mark.parametrize("way", WAYS | {"for the web": {"linearize": True}})
@pytest.mark.parametrize("kind", HONEST)
def test_honest_ones_are_taken_however_they_are_written(walk, kind, way):
    options = (WAYS | {"for the web": {"linearize": True}})[way]
    assert walk(written(HONEST[kind], **options)) == ""


@pytest.mark.parametrize(
    "name", [b"/#4aavaScript", b"/J#61vaScript", b"/JavaScrip#74", b"/#4C#61#75#6e#63#68", b"/Submit#46orm"]
)
@pytest.mark.parametrize("broken", [False, True])
def test_names_are_read_with_their_escapes(judge, name, broken):
    content = written(opening(**SCRIPT), object_stream_mode=ObjectStreamMode.disable).replace(b"/JavaScript", name)
    assert judge(content.replace(b"/Kids", b"/Kinds") if broken else content) == Problem("file_macros")


SIMPLE = written()
FRAMES = {
    "mark before the header": b"\xef\xbb\xbf" + SIMPLE,
    "blank lines before the header": b"\r\n\r\n" + SIMPLE,
    "printer's words before the header": b"\x1b%-12345X@PJL JOB\r\n@PJL ENTER LANGUAGE=PDF\r\n" + SIMPLE,
    "1,000 bytes before the header": b" " * 1000 + SIMPLE,
    "4 kB of zeros behind": SIMPLE + b"\0" * 4096,
    "1 MB of zeros behind": SIMPLE + b"\0" * 1_000_000,
    "blank lines behind": SIMPLE + b"\r\n" * 3000,
    "a little behind": SIMPLE + b"\n% signed by the server\n",
    "sketch without pages": PDF,
    "sketch without pages, padded": PDF + b"\0" * 4096,
}
FOREIGN_FRAMES = {
    "header too far in": (b" " * 1100 + SIMPLE, "file_content"),
    "program before": (b"MZ\x90\x00" + b"\0" * 60 + SIMPLE, "file_hidden"),
    "picture before": (b"GIF89a" + b"\0" * 60 + SIMPLE, "file_hidden"),
    "page before": (b"<html><script>1</script>" + SIMPLE, "file_hidden"),
    "script before": (b"#!/bin/sh\nrm -rf /\nexit\n" + SIMPLE, "file_hidden"),
    "archive behind": (SIMPLE + b"PK\x03\x04" + b"\0" * 60, "file_hidden"),
    "rar behind, then padding": (SIMPLE + b"Rar!\x1a\x07\x00" + b"x" * 60 + b"\0" * 9000, "file_hidden"),
    "page behind": (SIMPLE + b"<script>alert(1)</script>", "file_hidden"),
    "virus behind": (SIMPLE + EICAR, "file_virus"),
    "cut off": (SIMPLE[:-8], "file_damaged"),
    "much behind": (SIMPLE + b"x" * 9000, "file_damaged"),
}


@pytest.mark.parametrize("kind", FRAMES)
def test_what_readers_allow_around_a_pdf_is_taken(judge, kind):
    assert isinstance(judge(FRAMES[kind]), AcceptedFile)


@pytest.mark.parametrize("kind", FOREIGN_FRAMES)
def test_what_hides_around_a_pdf_is_found(judge, kind):
    content, code = FOREIGN_FRAMES[kind]
    assert judge(content) == Problem(code)


@pytest.mark.parametrize(
    "content",
    [
        written(encryption=Encryption(owner="owner", user="user")),
        written(encryption=Encryption(owner="owner", user="user", R=4)),
        PDF.replace(b"%%EOF", b"trailer<</Encrypt 9 0 R/Root 1 0 R>>\n%%EOF"),
        PDF.replace(b"%%EOF", b"trailer<</#45ncrypt 9 0 R/Root 1 0 R>>\n%%EOF"),
    ],
)
def test_a_password_is_said(judge, content):
    assert judge(content) == Problem("file_locked")


def bomb(unpacked):
    """A PDF whose one object stream unpacks to an array of `unpacked` bytes."""
    packed = zlib.compress(b"3 0 [" + b"<<>> " * (unpacked // 5) + b"]", 9)
    head = b"%PDF-1.5\n1 0 obj<</Type/Catalog/Pages 2 0 R/X 3 0 R>>endobj\n"
    made = head + b"2 0 obj<</Type/Pages/Kids[5 0 R]/Count 1>>endobj\n"
    made += b"5 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\n"
    places = [made.index(mark) for mark in (b"1 0 obj", b"2 0 obj")]
    place = len(made)
    made += b"4 0 obj<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\n" % len(packed)
    made += packed + b"\nendstream endobj\n"
    rows = [(0, 0, 255), (1, places[0], 0), (1, places[1], 0), (2, 4, 0), (1, place, 0), (1, made.index(b"5 0 obj"), 0)]
    start = len(made)
    rows.append((1, start, 0))
    table = b"".join(bytes([kind]) + at.to_bytes(4, "big") + bytes([last]) for kind, at, last in rows)
    made += b"6 0 obj<</Type/XRef/Size 7/W[1 4 1]/Root 1 0 R/Length %d>>stream\n" % len(table)
    return made + table + b"\nendstream endobj\nstartxref\n%d\n%%%%EOF" % start


def test_a_bomb_in_an_object_stream_ends_its_own_process_at_most(judge):
    assert isinstance(judge(bomb(5_000)), AcceptedFile)
    assert judge(bomb(300_000_000)) in (Problem("file_bomb"), Problem("file_damaged"))
