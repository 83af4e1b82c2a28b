"""Reads one PDF in a process of its own and prints the code of its problem, or nothing.

    python -I pdf_walk.py FILE SIGNATURE

SIGNATURE is in hexadecimal digits what no unpacked stream may hold.

The file is hostile until proved otherwise: the process limits its own memory and time, so that a bomb or a fault
of the library ends this process and not the web server (`pdf.check_pdf` starts it). It imports nothing of Komek.
"""

from __future__ import annotations

import mmap
import re
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pikepdf

MEGABYTE = 1024 * 1024
MEMORY = 1024 * MEGABYTE  # bytes, besides the file itself
SECONDS = 30  # of processor time
SEARCHED = 64 * MEGABYTE  # bytes of unpacked streams that are searched for a signature
#: Nesting of direct objects that is followed; qpdf itself refuses more than 499.
DEPTH = 100

#: Names that no honest report needs, looked for in the bytes as well: readers disagree about damaged files.
_LOUD = frozenset({b"JavaScript", b"Launch", b"RichMedia", b"SubmitForm", b"ImportData"})
#: Kinds of actions that run something, send something or open another file (ISO 32000-1, 12.6.4).
_ACTIONS = frozenset(
    """
    /JavaScript /Launch /SubmitForm /ImportData /Rendition /Movie /Sound /GoToE /RichMediaExecute
    """.split()  # noqa: SIM905
)
_ACTIVE_KEYS = frozenset({"/JS", "/JavaScript", "/XFA", "/RichMedia", "/RichMediaContent", "/OnInstantiate"})
_ACTIVE_TYPES = frozenset({"/RichMedia", "/Movie", "/Sound", "/PS"})
_FILE_KEYS = frozenset({"/EF", "/Collection"})
_FILE_TYPES = frozenset({"/FileAttachment", "/EmbeddedFile"})
#: What an object must mention before it is walked in Python.
_SUSPECT = re.compile(
    rb"/(?:JavaScript|JS|Launch|SubmitForm|ImportData|Rendition|Movie|Sound|GoToE|GoToR|Thread|RichMedia\w*|XFA|"
    rb"OnInstantiate|PS|EF|Collection|FileAttachment|EmbeddedFiles?|OpenAction|AA|URI|Ref|U?F|DOS|Unix|Mac|Win)(?![\w.-])"
)
_DELIMITER = rb"\x00\t\n\f\r ()<>\[\]{}/%"
_NOTABLE = rb"JavaScript|Launch|RichMedia|SubmitForm|ImportData|Encrypt|ObjStm|XRef|LZWDecode|EmbeddedFiles?|XFA|Thread"
_PLAIN_NAME = re.compile(rb"/(" + _NOTABLE + rb")(?=[" + _DELIMITER + rb"]|\Z)")
_ESCAPED_NAME = re.compile(rb"/([^#" + _DELIMITER + rb"]{0,127}#[^" + _DELIMITER + rb"]{1,127})")
#: A file or address as it is written, for PDFs that the library cannot open.
_RAW_FILE = re.compile(rb"/(?:U?F|DOS|Unix|Mac|URI)\s*\(([^()]{1,2000})\)")
_OCTAL = re.compile(r"\\([0-7]{1,3})")
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_RUNNING = re.compile(r"(?:javascript|vbscript|file|data|ms-\w+|search-ms|smb|cifs):|//")
#: Another computer, as a file specification names it with one kind of slash.
_ELSEWHERE = re.compile(r"//|[a-z][a-z0-9+.-]+:/?/|(?:smb|cifs|file|mhtml):")
#: Keys of a file specification, of every system (ISO 32000-1, table 44).
_FILES = ("/F", "/UF", "/DOS", "/Unix", "/Mac")
#: Actions that open another file by a click: honest within a folder, never of another computer.
_OPENING = frozenset({"/GoToR", "/Thread"})
_INVISIBLE = re.compile("[\x00-\x20\xa0\u200b-\u200f\u2028-\u202e\u2060\ufeff]+")


class Found(Exception):
    """A problem was found; the text is its code."""


def judge(path: Path, signature: bytes) -> str:
    """Return the code of the first problem of the PDF, or an empty text."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            names = _names(content)
            asks = any(_asks(match[1]) for match in _RAW_FILE.finditer(content))
        if names & _LOUD:
            return "file_macros"
        _walk(path, names, signature, asks=asks)
    except Found as found:
        return str(found)
    return ""


def _names(content: mmap.mmap) -> frozenset[bytes]:
    """Return the notable names in the bytes, each with its escapes resolved (`#4a` is J)."""
    found = {match[1] for match in _PLAIN_NAME.finditer(content)}
    for match in _ESCAPED_NAME.finditer(content):
        name = _ESCAPE.sub(lambda escape: bytes([int(escape[1], 16)]), match[1])
        if re.fullmatch(_NOTABLE, name):
            found.add(name)
    return frozenset(found)


def _asks(text: bytes) -> bool:
    """Return whether a text of a PDF, with its escapes, names something of another computer's folders."""
    said = _plain(_OCTAL.sub(lambda escape: chr(int(escape[1], 8)), text.decode("latin-1")).replace("\\\\", "\\"))
    return said.startswith(("//", "smb:", "cifs:")) or bool(re.match(r"file:/{0,2}[^/c]|file:/{4}", said))


def _walk(path: Path, names: frozenset[bytes], signature: bytes, *, asks: bool) -> None:
    if b"LZWDecode" in names and (b"ObjStm" in names or b"XRef" in names):
        raise Found("file_damaged")  # the one filter whose result qpdf does not limit; no writer uses both
    try:
        pdf = pikepdf.open(path)
    except pikepdf.PasswordError:
        raise Found("file_locked") from None
    except pikepdf.PdfError:
        _judge_unreadable(names, asks=asks)
        return
    with pdf:
        objects = list(pdf.objects)
        _check_warnings(pdf.get_warnings())
        _check(pdf.trailer)
        searched = 0
        for found in objects:
            if isinstance(found, pikepdf.Stream):
                _check_stream(found)
                searched += _search(found, signature) if searched < SEARCHED else 0
            elif isinstance(found, pikepdf.Dictionary | pikepdf.Array):
                _check(found)


def _check_warnings(warnings: list[str]) -> None:
    """Check that every stream of objects was unpacked: qpdf leaves out what it cannot read, another reader may not."""
    text = "\n".join(warnings)
    if "memory limit" in text:
        raise Found("file_bomb")
    if "decoding stream data" in text or "unfilterable stream" in text:
        raise Found("file_damaged")


def _judge_unreadable(names: frozenset[bytes], *, asks: bool) -> None:
    """Judge by its names a PDF that qpdf cannot open: a sketch without pages is taken, a riddle is not.

    `asks`: a text in it names a folder of another computer.
    """
    if asks or names & {b"Thread"}:
        raise Found("file_macros")
    if b"Encrypt" in names:
        raise Found("file_locked")
    if names & {b"EmbeddedFile", b"EmbeddedFiles"}:
        raise Found("file_hidden")
    if b"XFA" in names:
        raise Found("file_macros")
    if names & {b"ObjStm", b"XRef"}:  # objects may lie in streams that cannot be searched
        raise Found("file_damaged")


def _check(thing: Any) -> None:
    if _SUSPECT.search(thing.unparse(resolved=True)):
        for dictionary in _dictionaries(thing):
            _check_dictionary(dictionary)


def _check_stream(stream: Any) -> None:
    entries = stream.stream_dict
    if _SUSPECT.search(entries.unparse(resolved=True)):
        if "/F" in entries or "/Ref" in entries:  # its content lies in another file
            raise Found("file_macros")
        for dictionary in _dictionaries(entries):
            _check_dictionary(dictionary)


def _dictionaries(thing: Any, depth: int = 0) -> Iterator[Any]:
    """Yield the dictionary and those that lie directly in it; references are visited as objects of their own."""
    if depth > DEPTH:
        raise Found("file_damaged")
    if isinstance(thing, pikepdf.Dictionary):
        yield thing
        inner = [thing.get(str(key)) for key in thing]
    elif isinstance(thing, pikepdf.Array):
        inner = list(thing)
    else:
        return
    for each in inner:
        if isinstance(each, pikepdf.Dictionary | pikepdf.Array) and not each.is_indirect:
            yield from _dictionaries(each, depth + 1)


def _check_dictionary(entries: Any) -> None:
    keys = set(entries.keys())
    kinds = {_text(entries.get(key)) for key in ("/Type", "/Subtype")}
    action = _text(entries.get("/S"))
    if keys & _ACTIVE_KEYS or kinds & _ACTIVE_TYPES or (action in _ACTIONS and "/StructElem" not in kinds):
        raise Found("file_macros")
    if keys & _FILE_KEYS or kinds & _FILE_TYPES or _holds_names(entries.get("/EmbeddedFiles")):
        raise Found("file_hidden")
    files = [*_files_of(entries), *_files_of(entries.get("/F")), *_files_of(entries.get("/Win"))]
    if any(name.startswith(("//", "smb:", "cifs:")) for name in files):
        raise Found("file_macros")
    if action in _OPENING and any(_ELSEWHERE.match(name) for name in files):
        raise Found("file_macros")
    if "/URI" in keys and _RUNNING.match(_plain(_text(entries.get("/URI")))):
        raise Found("file_macros")
    starts = [entries.get("/OpenAction"), *_values(entries.get("/AA"))]
    if any(_calls(start) for start in starts):
        raise Found("file_macros")


def _holds_names(tree: Any) -> bool:
    """Return whether a tree of names has an entry; some writers leave an empty one."""
    return isinstance(tree, pikepdf.Dictionary) and any(len(tree.get(key, [])) for key in ("/Names", "/Kids"))


def _values(entries: Any) -> list[Any]:
    return [entries.get(str(key)) for key in entries] if isinstance(entries, pikepdf.Dictionary) else []


def _calls(action: Any) -> bool:
    """Return whether an action that needs no click, or one chained to it, opens an address."""
    for _ in range(DEPTH):
        if not isinstance(action, pikepdf.Dictionary):
            return False
        if _text(action.get("/S")) == "/URI":
            return True
        following = action.get("/Next")
        if isinstance(following, pikepdf.Array):
            return any(_calls(each) for each in following)
        action = following
    return True


def _files_of(specification: Any) -> list[str]:
    """Return the files that a file specification names, itself or in its dictionary, for any system."""
    if isinstance(specification, pikepdf.Dictionary):
        return [_plain(_text(specification.get(key))) for key in _FILES if key in specification]
    return [_plain(_text(specification))]


def _plain(address: str) -> str:
    """Return an address in small letters, with one kind of slash and without escapes and invisible blanks."""
    return _INVISIBLE.sub("", unquote(address, errors="replace")).replace("\\", "/").lower()


def _text(thing: Any) -> str:
    return str(thing) if isinstance(thing, pikepdf.Name | pikepdf.String) else ""


def _search(stream: Any, signature: bytes) -> int:
    """Search a stream that is no picture for the signature; return how many bytes were searched."""
    if _text(stream.get("/Subtype")) == "/Image":
        return 0
    try:
        content = bytes(stream.read_bytes())
    except pikepdf.PdfError:
        return 0
    if signature in content:
        raise Found("file_virus")
    return len(content)


def limit_library() -> None:
    """Bound what one stream may unpack to. The limits hold for the whole process."""
    pikepdf.settings.set_qpdf_limits(
        parser_max_container_size=1_000_000,
        max_stream_filters=4,
        flate_max_memory=128 * MEGABYTE,
        run_length_max_memory=128 * MEGABYTE,
        png_max_memory=128 * MEGABYTE,
        tiff_max_memory=128 * MEGABYTE,
        dct_max_memory=128 * MEGABYTE,
    )


def main() -> None:
    """Judge the file that the command line names."""
    path, signature = Path(sys.argv[1]), bytes.fromhex(sys.argv[2])
    memory = MEMORY + path.stat().st_size
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    limit_library()
    try:
        sys.stdout.write(judge(path, signature))
    except (MemoryError, RecursionError):
        sys.stdout.write("file_bomb")


if __name__ == "__main__":
    main()
