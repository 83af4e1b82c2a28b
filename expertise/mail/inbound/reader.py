"""Parses mails in a child process. One child serves all mails and is replaced if it is lost."""

from __future__ import annotations

import atexit
import logging
import os
import select
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from expertise.mail.inbound.parsed import ParsedMail, UnreadableMail, unpacked

log = logging.getLogger("komek.mail")

PATIENCE = 30.0  # seconds for one mail, a machine under load included; its processor time has a limit of its own
#: The child gets no settings of ours: no key, no password of a database.
_ENVIRONMENT = {"PYTHONPATH": str(Path(__file__).parents[3]), "PYTHONUTF8": "1"}
_PIECE = 1024 * 1024


class MailReader:
    """Owner of one child process. Threads take turns."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def read(self, raw: bytes) -> ParsedMail | UnreadableMail:
        """Return the content of the mail, or why it cannot be parsed. Raises nothing for the content of a mail."""
        with self._lock:
            try:
                return unpacked(self._asked(raw))
            except (OSError, ValueError, KeyError, TypeError, EOFError) as fault:
                log.warning("a mail cannot be read: %s", type(fault).__name__)
                self._end()
                return UnreadableMail("too_costly" if isinstance(fault, TimeoutError) else "broken")

    def close(self) -> None:
        """End the child; the next mail starts another."""
        with self._lock:
            self._end()

    def _asked(self, raw: bytes) -> bytes:
        child = self._running()
        if child.stdin is None or child.stdout is None:
            raise EOFError
        child.stdin.write(len(raw).to_bytes(8))
        child.stdin.write(raw)
        child.stdin.flush()
        answer = child.stdout.fileno()
        return self._exactly(answer, int.from_bytes(self._exactly(answer, 8)))

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is not None and (self._child.poll() is not None or self._owner != os.getpid()):
            self._end()
        if self._child is None:
            self._owner = os.getpid()
            self._child = subprocess.Popen(
                [sys.executable, "-m", "expertise.mail.inbound.child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=_ENVIRONMENT,
                start_new_session=True,
            )
        return self._child

    def _exactly(self, pipe: int, size: int) -> bytes:
        found = bytearray()
        while len(found) < size:
            if not select.select([pipe], [], [], self._patience)[0]:
                raise TimeoutError
            piece = os.read(pipe, min(_PIECE, size - len(found)))
            if not piece:
                raise EOFError
            found += piece
        return bytes(found)

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None or self._owner != os.getpid():
            return
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)  # with the one that reads just now
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


_READER = MailReader()
atexit.register(_READER.close)


def parse(raw: bytes) -> ParsedMail | UnreadableMail:
    """Return the content of a mail, parsed outside of this process."""
    return _READER.read(raw)
