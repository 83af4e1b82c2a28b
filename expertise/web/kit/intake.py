"""A request while it arrives: what has come, whether it is complete, and until when the rest must be here."""

from __future__ import annotations

import re
from tempfile import SpooledTemporaryFile
from typing import IO

HEAD_SECONDS = 10.0  # from the first byte, or from the connection, to the end of the head
IDLE_SECONDS = 20.0  # between two pieces of a body
SLOWEST = 2_000  # bytes of a body per second, on the average
LONGEST_HEAD = 128 * 1024  # bytes; what is longer the parser refuses
IN_MEMORY = 64 * 1024  # bytes of one request; the rest lies in a temporary file

_END = re.compile(rb"\r?\n\r?\n")
_LENGTH = re.compile(rb"\ncontent-length[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\ntransfer-encoding[ \t]*:", re.IGNORECASE)
_EXPECT = re.compile(rb"\nexpect[ \t]*:[ \t]*100-continue", re.IGNORECASE)


class Intake:
    """Collects one request. `largest`: bytes of a body that are worth waiting for."""

    def __init__(self, now: float, largest: int) -> None:
        self.content: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 lives as long as the request
        self.size = 0
        self.deadline = now + HEAD_SECONDS
        self.complete = False
        self.refusal: bytes | None = None  # the status line for a request that is not read on
        self.expects = False  # the client waits for "100 Continue" before it sends the body
        self.unread = False  # the body is not read: it is too large, and its refusal is a page
        self._largest = largest
        self._head = b""
        self._wanted: int | None = None  # bytes of the request, once its head is here

    @property
    def surplus(self) -> bool:
        """Whether more has come than the request: the next one, which no browser sends before the answer."""
        return self._wanted is not None and self.size > self._wanted

    def feed(self, piece: bytes, now: float) -> None:
        """Take the next bytes."""
        self.content.write(piece)
        self.size += len(piece)
        if self._wanted is None:
            self._head += piece
            self._read_head(now)
        else:
            self._started_body(now)
        self.complete = self.complete or (self._wanted is not None and self.size >= self._wanted)

    def _read_head(self, now: float) -> None:
        end = _END.search(self._head)
        if end is None:
            self.complete = len(self._head) > LONGEST_HEAD
            return
        head, self._head = self._head[: end.end()], b""
        if _CHUNKED.search(head):
            self.refusal = b"HTTP/1.1 411 Length Required"
            return
        lengths = {length.strip() for length in _LENGTH.findall(head)}
        text = lengths.pop() if len(lengths) == 1 else b"0"  # the parser refuses two of them
        length = int(text) if text.isdigit() and len(text) < 16 else 0
        self.unread = length > self._largest
        self._wanted = end.end() if self.unread else end.end() + length
        self.expects = bool(length) and not self.unread and _EXPECT.search(head) is not None
        self._began, self._allowed = now, length / SLOWEST
        self._started_body(now)

    def _started_body(self, now: float) -> None:
        self.deadline = min(now + IDLE_SECONDS, self._began + IDLE_SECONDS + self._allowed)
