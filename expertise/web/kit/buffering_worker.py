"""A worker of gunicorn that gives a request a thread only when all of it has come.

gunicorn's own reads head and body in the thread that answers, without a time-out for the rest: forty half-sent requests
hold all threads for ever. Here the one loop that waits for connections collects requests of any number, each with a
deadline; see docs/decisions/0031-requests-are-collected-first.md.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import struct
import time
from functools import partial
from typing import Any

from gunicorn.http.unreader import Unreader
from gunicorn.workers.gthread import TConn, ThreadWorker

from expertise.web.kit.intake import Intake

#: Bytes of a body that are collected, unless the server says; a greater one the application refuses unread.
LARGEST = 100 * 1024 * 1024
#: Bytes of all requests that one process collects at a time.
MOST = 512 * 1024 * 1024
PIECE = 64 * 1024
SEND_SECONDS = 30  # without progress, for a client that does not read its answer
LINGER_SECONDS = 2.0  # for the client to close after the last answer

_TIMED_OUT = b"HTTP/1.1 408 Request Timeout"
_NO_ROOM = b"HTTP/1.1 507 Insufficient Storage"
_BUSY = b"HTTP/1.1 503 Service Unavailable"


class CollectedRequest(Unreader):
    """Gives the parser the bytes that were collected, and then the end."""

    def __init__(self, intake: Intake) -> None:
        super().__init__()
        self._content = intake.content
        self._content.seek(0)

    def chunk(self) -> bytes:
        """Return the next bytes."""
        return self._content.read(8192)


class BufferingWorker(ThreadWorker):
    """A worker with threads before which slow clients wait."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._arriving: dict[TConn, Intake] = {}
        self._lingering: dict[TConn, float] = {}  # connections that were answered, and their deadlines
        self._largest: int = getattr(self.app, "largest_body", LARGEST)

    # --- from the socket to a thread; all of it runs in the loop ------------------------------------

    def accept(self, listener: socket.socket) -> None:
        """Take a connection and wait for its request."""
        try:
            client, address = listener.accept()
        except OSError:  # gone again, or another process was faster
            return
        wait = struct.pack("ll", SEND_SECONDS, 0)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, wait)
        self.nr_conns += 1
        self._await(TConn(self.cfg, client, address, listener.getsockname()))

    def on_client_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """Begin the next request of a connection that was kept."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._await(conn)

    def _await(self, conn: TConn) -> None:
        conn.sock.setblocking(False)
        self._arriving[conn] = Intake(time.monotonic(), self._largest)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._on_piece, conn))

    def _on_piece(self, conn: TConn, client: socket.socket) -> None:
        intake = self._arriving[conn]
        try:
            piece = client.recv(PIECE)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        if not piece:
            self._drop(conn)
            return
        try:
            intake.feed(piece, time.monotonic())
        except OSError:  # no room for a temporary file
            self.log.exception("a request could not be collected")
            self._drop(conn, _NO_ROOM)
            return
        if intake.expects:
            intake.expects = False
            with contextlib.suppress(OSError):
                client.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        refusal = intake.refusal or (_BUSY if self._held > MOST and not intake.complete else None)
        if refusal is not None:
            self._drop(conn, refusal)
        elif intake.complete:
            self.poller.unregister(client)
            conn.intake = self._arriving.pop(conn)
            self.enqueue_req(conn)

    @property
    def _held(self) -> int:
        return sum(intake.size for intake in self._arriving.values())

    def _drop(self, conn: TConn, status: bytes | None = None) -> None:
        """Close a connection whose request is given up; `status` is a word to the client before."""
        intake = self._arriving.pop(conn)
        with contextlib.suppress(OSError):
            intake.content.close()
        self.poller.unregister(conn.sock)
        if status is not None:
            with contextlib.suppress(OSError):
                conn.sock.send(status + b"\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        self.nr_conns -= 1
        conn.close()

    # --- deadlines, looked at once a second -----------------------------------------------------------

    def murder_pending(self) -> None:
        """Give up requests that are too slow, and clients that do not close."""
        now = time.monotonic()
        for conn, intake in list(self._arriving.items()):
            if intake.deadline < now or not self.alive:
                self._drop(conn, _TIMED_OUT if intake.size else None)
        for conn, deadline in list(self._lingering.items()):
            if deadline < now:
                self._let_go(conn)

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Begin to end: what is still arriving is given up."""
        super().handle_exit(sig, frame)
        self.method_queue.defer(self.murder_pending)

    # --- in a thread ----------------------------------------------------------------------------------

    def handle(self, conn: TConn) -> Any:
        """Answer the request that was collected; returns whether the connection is kept."""
        intake: Intake = conn.intake
        try:
            conn.data_ready = True
            conn.init()
            conn.parser.unreader = CollectedRequest(intake)
            kept = super().handle(conn)
        finally:
            intake.content.close()
        return kept and not intake.surplus

    def _keepalive_after(self, conn: TConn, keepalive: bool) -> bool:
        """Return whether the connection can be kept: not when a body was left unread."""
        return not conn.intake.unread and super()._keepalive_after(conn, keepalive)

    # --- after the answer, in the loop ----------------------------------------------------------------

    def finish_request(self, conn: TConn, fs: Any) -> None:
        """Keep the connection, or close it without making the loop wait for the client."""
        if not fs.cancelled() and fs.exception() is None and fs.result() and self.alive:
            super().finish_request(conn, fs)
            return
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._on_rest, conn))
            self._lingering[conn] = time.monotonic() + LINGER_SECONDS
        except (OSError, ValueError):
            self.nr_conns -= 1
            conn.close()

    def _on_rest(self, conn: TConn, client: socket.socket) -> None:
        """Read away what a client still sends after its answer, so that the answer is not lost with a reset."""
        try:
            more = client.recv(PIECE)
        except BlockingIOError:
            return
        except OSError:
            more = b""
        if not more:
            self._let_go(conn)

    def _let_go(self, conn: TConn) -> None:
        del self._lingering[conn]
        self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()
