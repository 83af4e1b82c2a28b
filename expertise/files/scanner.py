"""A client of ClamAV: sends a file to clamd through its socket and returns what clamd says.

The protocol is that of `man clamd`: INSTREAM, pieces each after its length, an empty piece, then one line back.
"""

from __future__ import annotations

import re
import socket
import struct
from pathlib import Path

from expertise.base.errors import KomekError
from expertise.files.storage import PIECE
from expertise.files.verdict import UnfitFile

#: A TCP port of a host, or the path of a Unix socket.
Address = tuple[str, int] | Path

SECONDS = 60.0  # for each answer of the socket; clamd itself gives up after two minutes
LONGEST_ANSWER = 4096  # bytes

_FOUND = re.compile(r"stream: .* FOUND")


class ScannerAway(KomekError):
    """The scanner does not answer, or does not say that the file is clean. The file must not be taken."""


def scan(path: Path, address: Address) -> None:
    """Return if the scanner finds the file clean. Raises UnfitFile for a virus, ScannerAway in every other case."""
    try:
        answer = _ask(path, address)
    except OSError as error:
        raise ScannerAway(f"The virus scanner does not answer: {error}.") from error
    if _FOUND.fullmatch(answer):
        raise UnfitFile("file_virus")
    if answer != "stream: OK":
        raise ScannerAway(f"The virus scanner did not finish: {answer[:200] or 'it said nothing'}.")


def _ask(path: Path, address: Address) -> str:
    with _connected(address) as line, path.open("rb") as file:
        line.sendall(b"zINSTREAM\0")
        while piece := file.read(PIECE):
            line.sendall(struct.pack(">L", len(piece)) + piece)
        line.sendall(struct.pack(">L", 0))
        answer = b""
        while b"\0" not in answer and len(answer) < LONGEST_ANSWER and (more := line.recv(LONGEST_ANSWER)):
            answer += more
    return answer.partition(b"\0")[0].decode("utf-8", "replace").strip()


def _connected(address: Address) -> socket.socket:
    if isinstance(address, tuple):
        return socket.create_connection(address, timeout=SECONDS)
    line = socket.socket(socket.AF_UNIX)
    line.settimeout(SECONDS)
    try:
        line.connect(str(address))
    except OSError:
        line.close()
        raise
    return line
