"""Whose address counts: that of the peer, unless a configured proxy names another one."""

from __future__ import annotations

import logging
from ipaddress import ip_network

import pytest

from expertise.config import WrongSetting, read
from expertise.web.kit.proxies import ForwardedAddress, client_address

NEAR = tuple(map(ip_network, ("127.0.0.1/32", "10.0.0.0/8", "2001:db8::/32")))


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "client"),
    [
        (0, "198.51.100.1", "203.0.113.7", "198.51.100.1"),
        (1, "127.0.0.1", "203.0.113.7", "203.0.113.7"),
        (1, "127.0.0.1", "1.1.1.1, 203.0.113.7", "203.0.113.7"),
        (2, "127.0.0.1", "1.1.1.1, 203.0.113.7, 10.0.0.1", "203.0.113.7"),
        (2, "127.0.0.1", "203.0.113.7", "127.0.0.1"),
        (1, "127.0.0.1", "", "127.0.0.1"),
        (1, "127.0.0.1", "203.0.113.7, nonsense", "127.0.0.1"),
        (2, "127.0.0.1", "203.0.113.7, nonsense", "127.0.0.1"),
        (1, "", "203.0.113.7:4711", "203.0.113.7"),
        (1, "127.0.0.1", "[2001:db8::7]:80", "2001:db8::7"),
        (1, "127.0.0.1", "::ffff:203.0.113.7", "203.0.113.7"),
        (NEAR, "127.0.0.1", "1.1.1.1, 203.0.113.7, 10.0.0.1", "203.0.113.7"),
        (NEAR, "::ffff:127.0.0.1", "203.0.113.7", "203.0.113.7"),
        (NEAR, "198.51.100.1", "203.0.113.7", "198.51.100.1"),
        (NEAR, "127.0.0.1", "203.0.113.7, nonsense, 10.0.0.1", "10.0.0.1"),
        (NEAR, "127.0.0.1", "10.0.0.2, 10.0.0.1", "10.0.0.2"),
        (NEAR, "2001:db8::1", " 203.0.113.7 ", "203.0.113.7"),
    ],
)
def test_the_header_is_read_from_right_to_left_as_far_as_our_proxies_wrote_it(proxies, peer, forwarded, client):
    assert client_address(peer, forwarded, proxies) == client


@pytest.mark.parametrize(
    ("proxies", "peer", "scheme"),
    [(0, "127.0.0.1", "http"), (1, "127.0.0.1", "https"), (NEAR, "127.0.0.1", "https"), (NEAR, "9.9.9.9", "http")],
)
def test_only_a_trusted_proxy_names_the_scheme(proxies, peer, scheme):
    environ = {"REMOTE_ADDR": peer, "wsgi.url_scheme": "http", "HTTP_X_FORWARDED_PROTO": "https"}
    seen = {}
    ForwardedAddress(lambda environ, _start: seen.update(environ) or [], proxies)(environ, None)
    assert seen["wsgi.url_scheme"] == scheme


def test_a_proxy_that_is_not_configured_is_said_once(caplog):
    served = ForwardedAddress(lambda _environ, _start: [], 0)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            served({"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "203.0.113.7"}, None)
    assert len(caplog.records) == 1 and "KOMEK_PROXIES" in caplog.text


@pytest.mark.parametrize(
    ("text", "proxies"),
    [("", 0), ("2", 2), ("127.0.0.1, 10.0.0.0/8,2001:db8::/32", NEAR), ("::1", (ip_network("::1/128"),))],
)
def test_the_setting(text, proxies):
    assert read({"KOMEK_PROXIES": text}).proxies == proxies


@pytest.mark.parametrize("text", ["-1", "11", "all", "*", "10.0.0.1/8", "10.0.0.0/8,", "proxy.example"])
def test_a_wrong_setting_is_named(text):
    with pytest.raises(WrongSetting, match="KOMEK_PROXIES"):
        read({"KOMEK_PROXIES": text})
