"""What the real server answers to bytes that no browser sends: an error of HTTP, and no traceback in its log."""

from __future__ import annotations

import re
import socket

import pytest

from tests.faults.conftest import free_port
from tests.faults.processes import serving

pytestmark = pytest.mark.fault

#: Name → the bytes, in which HOST stands for the right header; and the status that is right.
REQUESTS = {
    "wrong host": (b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 400),
    "wrong host of a form": (b"POST /sign-in HTTP/1.1\r\nHost: evil\r\nContent-Length: 3\r\n\r\na=b", 400),
    "wrong host of a file": (b"GET /static/komek.css HTTP/1.1\r\nHost: evil.example\r\n\r\n", 400),
    "malformed host": (b"GET / HTTP/1.1\r\nHost: a b[]@/\r\n\r\n", 400),
    "open bracket": (b"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400),
    "host of other bytes": (b"GET / HTTP/1.1\r\nHost: \xff\xfe\r\n\r\n", 400),
    "port of letters": (b"GET / HTTP/1.1\r\nHost: 127.0.0.1:abc\r\n\r\n", 400),
    "port too large": (b"GET / HTTP/1.1\r\nHost: 127.0.0.1:99999999\r\n\r\n", 400),
    "empty host": (b"GET / HTTP/1.1\r\nHost: \r\n\r\n", 400),
    "two hosts": (b"GET / HTTP/1.1\r\nHOSTHost: evil.example\r\n\r\n", 400),
    "no host": (b"GET /sign-in HTTP/1.1\r\n\r\n", 200),
    "HTTP/1.0": (b"GET /sign-in HTTP/1.0\r\n\r\n", 200),
    "HTTP/1.0 and a wrong host": (b"GET /sign-in HTTP/1.0\r\nHost: evil.example\r\n\r\n", 400),
    "NUL in the path": (b"GET /passes/%00 HTTP/1.1\r\nHOST\r\n", 404),
    "bytes in the path": (b"GET /static/%ff%fe%ed%a0%80 HTTP/1.1\r\nHOST\r\n", 404),
    "bytes in the query": (b"GET /sign-in?next=%ff%00&%zz HTTP/1.1\r\nHOST\r\n", 200),
    "bytes in cookies": (b"GET /sign-in HTTP/1.1\r\nHOSTCookie: komek=.eJx\xc3\x28; =;;;\r\n\r\n", 200),
    "a control character in a cookie": (b"GET /sign-in HTTP/1.1\r\nHOSTCookie: a=\x01\r\n\r\n", 400),
    "a large header": (b"GET /sign-in HTTP/1.1\r\nHOSTX: " + b"a" * 20000 + b"\r\n\r\n", 431),
    "many headers": (b"GET /sign-in HTTP/1.1\r\nHOST" + b"A: b\r\n" * 300 + b"\r\n", 431),
    "a long address": (b"GET /sign-in?a=" + b"a" * 9000 + b" HTTP/1.1\r\nHOST\r\n", 400),
    "a negative length": (b"POST /sign-in HTTP/1.1\r\nHOSTContent-Length: -1\r\n\r\n", 400),
    "a length of letters": (b"POST /sign-in HTTP/1.1\r\nHOSTContent-Length: abc\r\n\r\n", 400),
    "a length beyond the limit": (
        (
            b"POST /sign-in HTTP/1.1\r\nHOSTContent-Type: application/x-www-form-urlencoded\r\n"
            b"Content-Length: 999999999999\r\n\r\n"
        ),
        413,
    ),
    "a broken multipart": (
        (
            b"POST /sign-in HTTP/1.1\r\nHOSTContent-Type: multipart/form-data; boundary=x\r\n"
            b"Content-Length: 41\r\n\r\n--x\r\nContent-Disposition: form-data\r\n\r\na\r\n"
        ),
        403,
    ),
    "a broken chunk": (
        (
            b"POST /sign-in HTTP/1.1\r\nHOSTTransfer-Encoding: chunked\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n\r\nzz\r\nabc\r\n0\r\n\r\n"
        ),
        411,  # a length is asked for: see docs/decisions/0031
    ),
    "an unknown method": (b"FOO /sign-in HTTP/1.1\r\nHOST\r\n", 405),
    "the beginning of TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
}


def test_malformed_requests_get_an_error_of_http_and_no_traceback(env, tmp_path):
    port = free_port()
    with serving(env, tmp_path, port):
        right = f"Host: 127.0.0.1:{port}\r\n".encode()
        answers = {name: _status(port, raw.replace(b"HOST", right, 1)) for name, (raw, _) in REQUESTS.items()}
        still = _status(port, b"GET /sign-in HTTP/1.1\r\n" + right + b"\r\n")
    assert answers == {name: status for name, (_, status) in REQUESTS.items()}
    assert still == 200
    log = (tmp_path / f"serve-{port}.log").read_text(encoding="utf-8", errors="replace")
    assert "Traceback" not in log and "SecurityError" not in log, log


def _status(port: int, raw: bytes) -> int | None:
    """Send the bytes, and return the status of the first answer; None when the server closed without one."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(raw)
        found = re.match(rb"HTTP/1\.\d (\d{3}) ", line.recv(65536))
    return int(found[1]) if found else None
