"""Malformed requests get an answer of HTTP: never a 500, never a traceback in the log."""

from __future__ import annotations

import logging

import pytest

WRONG_HOSTS = [
    "evil.example",
    "a b[]@/",
    "[::1",
    "\xff\xfe",
    "localhost:abc",
    "localhost:99999999",
    "",
    "localhost, evil",
]


@pytest.fixture
def faults(caplog):
    """The log lines with a traceback."""
    caplog.set_level(logging.INFO)
    return lambda: [record.getMessage() for record in caplog.records if record.exc_info]


def test_a_wrong_host_is_a_plain_400_without_the_database(app, monkeypatch, faults):
    monkeypatch.setattr(app.extensions["komek"].transactions, "read", lambda: pytest.fail("the database was asked"))
    monkeypatch.setattr(app.extensions["komek"].transactions, "write", lambda: pytest.fail("the database was asked"))
    for host in WRONG_HOSTS:
        for method, path in (("GET", "/"), ("POST", "/sign-in"), ("GET", "/static/komek.css")):
            answer = app.test_client().open(path, method=method, environ_overrides={"HTTP_HOST": host})
            assert (answer.status_code, answer.mimetype) == (400, "text/plain"), (host, path)
            assert "Set-Cookie" not in answer.headers
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert faults() == []


def test_a_wrong_host_is_answered_in_the_language_of_the_browser(app):
    for language, word in (("ru", "адресу"), ("kk", "мекенжай"), ("en", "address"), ("fr", "мекенжай")):
        headers = {"Host": "evil.example", "Accept-Language": language}
        answer = app.test_client().get("/cases", headers=headers)
        assert word in answer.text and "evil" not in answer.text


ADDRESSES = (
    "/cases/%00",
    "/cases/%ff%fe",
    "/cases/%ed%a0%80",
    "/cases/x%0d%0aSet-Cookie:%20a=b",
    "/cases?q=%00&show=%ff&page=%ed%a0%80",
    "/passes/%00",
    "/act/%00/%ff",
    "/letters/stop/%00",
    "/static/%00",
    "/static/" + "a" * 3000,
    "/files/99999999999999999999",
    "/register?q=%00",
    "/sign-in?next=/%00%0d%0a",
)
BODIES = (
    ("multipart/form-data", b"abc"),
    ("multipart/form-data; boundary=\xff\xfe", b"abc"),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n"),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: " + b"a" * 5000),
    (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="a"; filename="\xff\x00"\r\n\r\n',
    ),
    ("application/x-www-form-urlencoded; charset=nonsense", b"csrf_token=%ff%fe&%z"),
    ("application/x-www-form-urlencoded", b"email=%00&password=%ed%a0%80"),
    ("nonsense", b"\x00"),
)
HEADERS = (
    {"HTTP_COOKIE": "komek=\xff\xfe; komek-language=\xff; =;;;"},
    {"HTTP_COOKIE": "komek=." + "A" * 4000},
    {"HTTP_ACCEPT_LANGUAGE": "\xff;q=x,,;;q=1e999"},
    {"HTTP_ACCEPT": "a/b/c;q=zz,,;"},
    {"HTTP_RANGE": "bytes=9999999-,x"},
    {"HTTP_IF_MODIFIED_SINCE": "x", "HTTP_IF_NONE_MATCH": '"\xff'},
    {"HTTP_X_FORWARDED_FOR": "\xff,,;;", "HTTP_X_FORWARDED_PROTO": "ftp", "HTTP_X_FORWARDED_HOST": "evil"},
    {"CONTENT_LENGTH": "-1"},
    {"CONTENT_LENGTH": "abc"},
    {"HTTP_REFERER": "\xff\x01", "HTTP_ORIGIN": "null"},
)


@pytest.mark.parametrize("role", [None, "requester"])
def test_odd_addresses_are_answered(visit, faults, role):
    visitor = visit(role)
    answers = {path: visitor.see(path).status_code for path in ADDRESSES}
    assert set(answers.values()) <= {200, 303, 308, 404}, answers
    assert faults() == []


def test_odd_bodies_are_answered(visit, faults):
    client = visit("requester").client
    for path in ("/sign-in", "/sign-in/forgotten", "/cases/new/expertise_request"):
        for kind, body in BODIES:
            answer = client.post(path, data=body, content_type=kind)
            assert 400 <= answer.status_code < 500, (path, kind, body)
    assert faults() == []


def test_odd_headers_are_answered(app, faults):
    for path in ("/sign-in", "/static/komek.css"):
        for headers in HEADERS:
            answer = app.test_client().get(path, environ_overrides=headers, buffered=True)
            assert answer.status_code < 500, (path, headers)
    assert faults() == []
