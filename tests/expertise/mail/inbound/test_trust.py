"""Every cell of the table of trust, and what our own server's word is."""

from __future__ import annotations

import itertools

import pytest

from expertise.mail.inbound.authentication import Authentication, TrustedServers, authentication
from expertise.mail.inbound.trust import Effect, SenderStatus, TokenStatus, effect

VALID, EXPIRED, NO_TOKEN = TokenStatus.VALID, TokenStatus.EXPIRED, TokenStatus.NONE
OWNER, KNOWN, STRANGER = SenderStatus.OWNER, SenderStatus.KNOWN, SenderStatus.STRANGER
PASS, NONE, FAIL = Authentication.PASS, Authentication.NONE, Authentication.FAIL
HELD = Effect.QUARANTINE

TABLE = {
    (VALID, OWNER, PASS): Effect.APPLY,
    (VALID, OWNER, NONE): Effect.CONFIRM,
    (VALID, OWNER, FAIL): HELD,
    (VALID, KNOWN, PASS): Effect.CHALLENGE,
    (VALID, KNOWN, NONE): Effect.CHALLENGE,
    (VALID, KNOWN, FAIL): HELD,
    (VALID, STRANGER, PASS): Effect.CHALLENGE,
    (VALID, STRANGER, NONE): Effect.CHALLENGE,
    (VALID, STRANGER, FAIL): HELD,
    (EXPIRED, OWNER, PASS): Effect.EXPLAIN,
    (EXPIRED, OWNER, NONE): HELD,
    (EXPIRED, OWNER, FAIL): HELD,
    (EXPIRED, KNOWN, PASS): Effect.EXPLAIN,
    (EXPIRED, KNOWN, NONE): HELD,
    (EXPIRED, KNOWN, FAIL): HELD,
    (EXPIRED, STRANGER, PASS): HELD,
    (EXPIRED, STRANGER, NONE): HELD,
    (EXPIRED, STRANGER, FAIL): HELD,
    (NO_TOKEN, OWNER, PASS): Effect.EXPLAIN,
    (NO_TOKEN, OWNER, NONE): HELD,
    (NO_TOKEN, OWNER, FAIL): HELD,
    (NO_TOKEN, KNOWN, PASS): Effect.EXPLAIN,
    (NO_TOKEN, KNOWN, NONE): HELD,
    (NO_TOKEN, KNOWN, FAIL): HELD,
    (NO_TOKEN, STRANGER, PASS): HELD,
    (NO_TOKEN, STRANGER, NONE): HELD,
    (NO_TOKEN, STRANGER, FAIL): HELD,
}


def test_the_table_is_whole():
    assert set(TABLE) == set(itertools.product(TokenStatus, SenderStatus, Authentication))


@pytest.mark.parametrize(("cell", "expected"), TABLE.items(), ids=lambda value: "-".join(map(str, value))[:60])
def test_every_cell(cell, expected):
    assert effect(*cell) is expected


US = "mx.komek.kz"
RESULT = "Authentication-Results"
RECEIVED = ("Received", "from mail.akimat.kz by mx.komek.kz")
GOOD = (RESULT, "mx.komek.kz; dmarc=pass (p=reject) header.from=akimat.kz")
BAD = (RESULT, "mx.komek.kz; dmarc=fail header.from=akimat.kz")
OURS_SPF = (RESULT, "mx.komek.kz 1; spf=softfail smtp.mailfrom=other.kz")
WORDS = {
    "our server made sure": ([GOOD, RECEIVED], PASS),
    "our server found a forgery": ([BAD, RECEIVED], FAIL),
    "nobody said anything": ([RECEIVED], NONE),
    "another server's word": ([(RESULT, "mx.google.com; dmarc=pass header.from=akimat.kz"), RECEIVED], NONE),
    "ours fails, and the sender wrote another below": ([BAD, RECEIVED, GOOD], FAIL),
    "ours says nothing, and the sender wrote another below": ([OURS_SPF, RECEIVED, GOOD], NONE),
    "a forged one right below ours, which stands below Received": ([RECEIVED, OURS_SPF, GOOD], NONE),
    "two of ours on top": ([(RESULT, "mx.komek.kz; spf=pass smtp.mailfrom=x.kz"), GOOD, RECEIVED], PASS),
    "another name that begins like ours": ([(RESULT, "mx.komek.kz.evil.com; dmarc=pass header.from=akimat.kz")], NONE),
    "our name in a comment": ([(RESULT, "(mx.komek.kz) evil.com; dmarc=pass header.from=akimat.kz")], NONE),
    "pass in a comment": ([(RESULT, "mx.komek.kz; dmarc=none (dmarc=pass) header.from=akimat.kz")], NONE),
    "of another domain": ([(RESULT, "mx.komek.kz; dmarc=pass header.from=evil.kz")], NONE),
    "a signature of the same domain": ([(RESULT, "mx.komek.kz; dkim=pass header.d=akimat.kz")], PASS),
    "a signature of the domain above": ([(RESULT, "MX.komek.kz; dkim=pass header.d=AKIMAT.kz header.s=a")], PASS),
    "a signature of another domain": ([(RESULT, "mx.komek.kz; dkim=pass header.d=sendgrid.net")], NONE),
    "a signature of a top domain": ([(RESULT, "mx.komek.kz; dkim=pass header.d=kz")], NONE),
    "the policy of the same domain": ([(RESULT, "mx.komek.kz; spf=pass smtp.mailfrom=a@akimat.kz")], PASS),
    "one failed, one passed": ([(RESULT, "mx.komek.kz; spf=fail; dkim=pass header.d=akimat.kz")], PASS),
    "all failed": ([(RESULT, "mx.komek.kz; spf=fail smtp.mailfrom=akimat.kz; dkim=none")], FAIL),
    "somebody who signed in at our server": ([(RESULT, "mx.komek.kz; auth=pass smtp.auth=a@akimat.kz")], PASS),
    "somebody else who signed in at our server": ([(RESULT, "mx.komek.kz; auth=pass smtp.auth=b@akimat.kz")], NONE),
    "nonsense": ([(RESULT, ";;;=;"), (RESULT, "")], NONE),
}


@pytest.mark.parametrize("said", WORDS)
def test_only_our_own_servers_word_counts(said):
    headers, expected = WORDS[said]
    assert authentication(headers, TrustedServers(US), "a@akimat.kz") is expected


def test_without_a_name_of_our_server_nobody_is_believed():
    assert authentication([GOOD], TrustedServers(""), "a@akimat.kz") is NONE
    assert authentication([(RESULT, "; dmarc=pass header.from=akimat.kz")], TrustedServers(""), "a@akimat.kz") is NONE


def test_a_pass_binds_nobody_when_from_can_be_read_twice():
    assert authentication([GOOD], TrustedServers(US), None) is NONE
