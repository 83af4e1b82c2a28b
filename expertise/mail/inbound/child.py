"""Child process that parses mails. It forks for each mail, sets limits, and survives the death of the fork.

Frames on both pipes: eight bytes of length, then the content. In: a raw mail. Out: `parsed.packed`.
"""

from __future__ import annotations

import gc
import os
import resource
import sys
from typing import BinaryIO

from expertise.mail.inbound.parsed import UnreadableMail, packed
from expertise.mail.inbound.read_mail import read

CPU_SECONDS = 10
MEMORY = 512 * 1024 * 1024  # bytes of address space


def main() -> None:
    """Answer frames until the other side closes its pipe."""
    gc.freeze()  # what is here stays, and a fork need not copy it to look at it
    while (raw := receive(sys.stdin.buffer)) is not None:
        send(sys.stdout.buffer, _read_in_child(raw))


def receive(pipe: BinaryIO) -> bytes | None:
    """Return the next frame; None at the end."""
    size = pipe.read(8)
    return pipe.read(int.from_bytes(size)) if len(size) == 8 else None


def send(pipe: BinaryIO, content: bytes) -> None:
    """Write one frame."""
    pipe.write(len(content).to_bytes(8))
    pipe.write(content)
    pipe.flush()


def _read_in_child(raw: bytes) -> bytes:
    """Parse a mail in a fork of its own; the way the fork ends gives the reason if it fails."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _read_under_limits(raw, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        found = pipe.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return found if code == 0 and found else packed(UnreadableMail("too_costly" if code < 0 else "broken"))


def _read_under_limits(raw: bytes, writing: int) -> None:
    """Parse under limits, write the result and exit. Never returns."""
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(_packed_result(raw))
    finally:
        os._exit(0)  # at an exception too: what was not written whole is no JSON


def _packed_result(raw: bytes) -> bytes:
    try:
        return packed(read(raw))
    except RecursionError:
        return packed(UnreadableMail("too_deep"))
    except MemoryError:
        return packed(UnreadableMail("too_costly"))
    except Exception:  # noqa: BLE001 whatever a mail can make the library raise
        return packed(UnreadableMail("broken"))


if __name__ == "__main__":
    main()
