"""Forty clients that send half a request, and the forty-first is served; whatever half it is."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from tests.faults.conftest import free_port
from tests.faults.processes import serving

pytestmark = pytest.mark.fault

HEAD = b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
GET = b"GET /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
HALVES = {
    "nothing": b"",
    "one letter": b"G",
    "half a head": b"GET /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\n",
    "half a body": HEAD + b"Content-Length: 5000\r\n\r\nemail=",
    "no body": HEAD + b"Content-Length: 5000\r\n\r\n",
    "half a file": HEAD + b"Content-Length: 9000000\r\n\r\n" + b"x" * 300_000,
    "a body that waits for leave": HEAD + b"Content-Length: 5000\r\nExpect: 100-continue\r\n\r\n",
    "half a second request": GET + b"GET /sign",
    "an answer that nobody reads": GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"),
    "a body too large": HEAD + b"Content-Length: 99000000\r\n\r\n" + b"x" * 9000,
}


@pytest.fixture
def address(env, tmp_path):
    with serving(env, tmp_path, free_port()) as base:
        parts = urlsplit(base)
        yield parts.hostname, parts.port


def answered(address, request, seconds=60):
    """The first line of the answer; `seconds` only ends a run that fails."""
    with socket.create_connection(address, timeout=seconds) as line:
        line.sendall(request)
        return line.makefile("rb").readline()


@pytest.mark.parametrize("env", ["sqlite"], indirect=True)
def test_the_forty_first_is_served_whatever_the_forty_have_sent(address):
    for half in HALVES.values():
        with ExitStack() as stack:
            for _ in range(40):
                stack.enter_context(socket.create_connection(address, timeout=60)).sendall(half)
            assert answered(address, GET).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("env", ["sqlite"], indirect=True)
def test_requests_that_come_in_pieces_are_answered(address):
    body = b"email=nobody%40example.kz&password=x"
    head = HEAD + b"Content-Length: %d\r\n" % len(body)
    with socket.create_connection(address, timeout=60) as line:
        for place in range(len(head)):
            line.sendall(head[place : place + 1])
        line.sendall(b"\r\n" + body[:9])
        line.sendall(body[9:])
        assert (
            line.makefile("rb").readline().startswith(b"HTTP/1.1 403")
        )  # no token of the form: it was read to its end
    with socket.create_connection(address, timeout=60) as line:
        line.sendall(head + b"Expect: 100-continue\r\n\r\n")
        answers = line.makefile("rb")
        assert answers.readline().startswith(b"HTTP/1.1 100")
        line.sendall(body)
        assert any(row.startswith(b"HTTP/1.1 403") for row in iter(answers.readline, b""))
    with socket.create_connection(address, timeout=60) as line:
        answers = line.makefile("rb")
        for _ in range(3):  # one connection, one request after the other
            line.sendall(GET)
            assert answers.readline().startswith(b"HTTP/1.1 200")
            length = 0
            for row in iter(answers.readline, b"\r\n"):
                name, _, value = row.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            answers.read(length)


@pytest.mark.parametrize("env", ["sqlite"], indirect=True)
def test_requests_that_are_none_are_refused_at_once(address):
    for request, status in (
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"411"),
        (HEAD + b"Content-Length: 99000000\r\n\r\n", b"413"),
        (HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n", b"400"),
        (HEAD + b"Content-Length: five\r\n\r\n", b"400"),
        (b"GET /" + b"x" * 200_000 + b" HTTP/1.1\r\n\r\n", b"4"),
        (b"\r\n\r\n", b"400"),
    ):
        assert answered(address, request).split()[1].startswith(status), request[:99]
