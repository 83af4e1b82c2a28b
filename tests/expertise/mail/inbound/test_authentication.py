"""Authentication-Results is parsed by its grammar, so that nothing a sender wrote can change the verdict."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expertise.mail.inbound.authentication import Authentication, TrustedServers, authentication
from expertise.mail.inbound.authentication_results import MethodResult, parse_results, server_name
from expertise.mail.inbound.headers import LONGEST
from expertise.mail.inbound.parsed import ParsedMail
from expertise.mail.inbound.read_mail import read

PASS, NONE, FAIL = Authentication.PASS, Authentication.NONE, Authentication.FAIL
US, ME = "mx.komek.kz", "a@akimat.kz"
RESULT = "Authentication-Results"
RECEIVED = ("Received", "from mail.akimat.kz by mx.komek.kz")
DMARC = "dmarc=pass header.from=akimat.kz"
SMUGGLED = f'"x; {DMARC}; y"@evil.kz'


def verdict(*values, sender=ME):
    """As for a mail on top of which our server wrote these headers."""
    return authentication([*((RESULT, value) for value in values), RECEIVED], TrustedServers(US), sender)


FORGED = {
    "in the quoted local part of the sender": f"{US}; dmarc=fail smtp.mailfrom={SMUGGLED} header.from=akimat.kz",
    "in a quoted local part before the result": f"{US}; spf=fail smtp.mailfrom={SMUGGLED}; dmarc=fail",
    "in a quoted local part, and no result of DMARC": f"{US}; spf=none smtp.mailfrom={SMUGGLED}",
    "behind an escaped quotation mark": rf'{US}; spf=none smtp.mailfrom="x\"; {DMARC}; y=\""@evil.kz',
    "in the quoted value of header.from": f'{US}; dmarc=fail header.from="x; {DMARC}"',
    "in the quoted value of header.from, alone": f'{US}; dmarc=none header.from="x; {DMARC}"',
    "in a reason": f'{US}; dmarc=fail reason="{DMARC}; {DMARC}" header.from=akimat.kz',
    "in a comment": f"{US}; spf=none (; {DMARC}) smtp.mailfrom=evil.kz",
    "in a nested comment": f"{US}; spf=none (a (b) ; {DMARC} (c)) smtp.mailfrom=evil.kz",
    "in a comment with an escaped bracket": rf"{US}; spf=none (a \) ; {DMARC}) smtp.mailfrom=evil.kz",
    "in a comment that ends within a quoted address": (
        f'{US}; spf=softfail (domain of "a); {DMARC} (b"@evil.kz does not designate) smtp.mailfrom=evil.kz'
    ),
    "in a signature's quoted domain": f'{US}; dkim=fail header.d="x; {DMARC}"',
    "as the identity of a signature": f'{US}; dkim=fail header.d="x; dkim=pass header.d=akimat.kz; y"',
    "quoted twice by a careless server": f'{US}; spf=none smtp.mailfrom=""x; {DMARC}; spf=none smtp.helo="@evil.kz"',
    "unquoted by a careless server": f"{US}; spf=none smtp.mailfrom=x; {DMARC} @evil.kz",
    "before the real result": f"{US}; {DMARC}; dmarc=fail header.from=akimat.kz",
    "after the real result": f"{US}; dmarc=none header.from=akimat.kz; {DMARC}",
    "after a real result that is temporary": f"{US}; dmarc=temperror header.from=akimat.kz; {DMARC}",
    "another signature of the domain failed": f"{US}; dkim=fail header.d=akimat.kz; dkim=pass header.d=akimat.kz",
    "there was no signature": f"{US}; dkim=none; dkim=pass header.d=akimat.kz",
    "two domains in one result": f"{US}; dmarc=pass header.from=akimat.kz header.from=evil.kz",
    "upper case": f'{US.upper()}; DMARC=FAIL SMTP.MAILFROM="X; DMARC=PASS HEADER.FROM=AKIMAT.KZ; Y"@EVIL.KZ',
    "an encoded word": f"{US}; dmarc=none header.from==?utf-8?q?=3B_dmarc=3Dpass_header=2Efrom=3Dakimat=2Ekz?=",
    "folded": f'{US};\r\n\tdmarc=fail\r\n smtp.mailfrom="x;\r\n {DMARC}; y"@evil.kz\r\n\theader.from=akimat.kz',
    "a property without a type": f"{US}; spf=none smtp.mailfrom=evil.kz {DMARC}",
    "a letter whose lower case is k": f"{US}; dmarc=pass header.from=a\u212aimat.kz",
}


@pytest.mark.parametrize("value", FORGED.values(), ids=FORGED)
def test_no_text_of_the_sender_authenticates_anybody(value):
    assert verdict(value) is not PASS


@pytest.mark.parametrize("value", [value for value in FORGED.values() if "dmarc=fail" in value.lower()])
def test_a_failed_result_is_seen_beside_what_the_sender_wrote(value):
    assert verdict(value) is FAIL


MALFORMED = {
    "a quotation mark left open": f'{US}; dmarc=none smtp.mailfrom="x; {DMARC}',
    "a comment left open": f"{US}; {DMARC} (x",
    "an inner comment left open": f"{US}; {DMARC} (x (y)",
    "a bracket without a comment": f"{US}; {DMARC} )",
    "a backslash outside of quotation marks": rf"{US}; {DMARC} \x=y",
    "a backslash at the end": f'{US}; {DMARC} header.b="x\\',
    "text after a quoted value": f'{US}; {DMARC} header.b="x"y',
    "a quoted word in a value": f'{US}; {DMARC} header.b=x"y"',
    "two values": f"{US}; dmarc=pass header.from=akimat.kz,evil.kz",
    "a property without a value": f"{US}; {DMARC} header.b",
    "a result without a method": f"{US}; =pass; {DMARC}",
    "a method without a result": f"{US}; spf; {DMARC}",
    "nothing between two semicolons": f"{US};; {DMARC}",
    "no result at all": US,
    "a semicolon and no result": f"{US};",
    "none beside a result": f"{US}; none; {DMARC}",
    "text after the name of the server": f"{US} or so; {DMARC}",
    "another version of the grammar": f"{US} 2; {DMARC}",
    "another version of the method": f"{US}; dmarc/2=pass header.from=akimat.kz",
    "a line break that is no fold": f"{US}; spf=none\r\n; {DMARC}",
    "a header in the header": f"{US}; spf=none\n{RESULT}: {US}; {DMARC}",
    "a carriage return": f"{US}; spf=none\r {DMARC}",
    "a zero": f"{US}; {DMARC}\0",
    "a character that was replaced": f"{US}; {DMARC} (\ufffd)",
    "a blank outside of ASCII": f"{US};\u00a0{DMARC}",
}


@pytest.mark.parametrize("value", MALFORMED.values(), ids=MALFORMED)
def test_what_does_not_parse_counts_as_failed(value):
    assert parse_results(value) is None
    assert verdict(value) is FAIL
    assert verdict(value, f"{US}; {DMARC}") is FAIL


WELL_FORMED = {
    "a comment everywhere": (
        f"(a) {US} (b) 1 (c) ; (d) dmarc (e) / (f) 1 (g) = (h) pass (i) header (j) . (k) from (l) = (m) akimat.kz (n)"
    ),
    "quoted values": f'"{US}"; dmarc=pass reason="a; b" header.from="akimat.kz" header.b="a\\"b"',
    "a comment that touches": f"{US};dmarc=pass(p=NONE,sp=NONE)header.from=akimat.kz;",
    "folded": f"{US};\r\n\tspf=none smtp.mailfrom=x.kz;\n {DMARC}",
    "a quoted local part of the same domain": f'{US}; spf=pass smtp.mailfrom="a b"@akimat.kz',
    "values that MIME wants quoted": f"{US}; dkim=pass header.i=@akimat.kz header.b=a/b+c=; {DMARC} policy.ip=2a01::1",
    "properties without a type": f"{US}; dmarc=pass action=none header.from=akimat.kz;compauth=pass reason=100",
    "the domain of another signature failed": f"{US}; dkim=fail header.d=list.kz; dkim=pass header.d=akimat.kz",
    "the policy for the name of the server": f"{US}; spf=none smtp.helo=x.kz; spf=pass smtp.mailfrom=<a@akimat.kz>",
    "a quotation mark in a comment": f'{US}; dmarc=pass (a 19" wide) header.from=akimat.kz',
    "a quoted semicolon in a comment": f'{US}; dmarc=pass ("; dmarc=fail") header.from=akimat.kz',
    "twice the same": f"{US}; {DMARC}; {DMARC}",
}


@pytest.mark.parametrize("value", WELL_FORMED.values(), ids=WELL_FORMED)
def test_what_servers_write_is_understood(value):
    assert verdict(value) is PASS


def test_a_header_is_taken_apart():
    assert parse_results(f"{US}; none") == ()
    assert parse_results(f'{US}; SPF=Fail (a;b) smtp.mailfrom="x; y=z"@Evil.KZ; dmarc=none') == (
        MethodResult("spf", "fail", (("smtp.mailfrom", "x; y=z@evil.kz"),)),
        MethodResult("dmarc", "none"),
    )


def test_two_headers_of_our_server_are_read_together_and_the_worse_counts():
    good, bad = f"{US}; {DMARC}", f"{US}; dmarc=fail header.from=akimat.kz"
    assert [verdict(good, good), verdict(good, bad), verdict(bad, good)] == [PASS, FAIL, FAIL]
    assert verdict(f"{US}; spf=fail smtp.mailfrom=x.kz", good) is PASS


def test_a_header_of_another_server_changes_nothing():
    foreign = f"mx.google.com; {DMARC}"
    assert verdict(foreign) is NONE
    assert verdict(f"{US}; dmarc=none", foreign) is NONE
    assert verdict(foreign, f"{US}; dmarc=fail") is FAIL
    assert [server_name(f'"{foreign}"'), server_name("(a (b) MX.komek.kz"), server_name(DMARC)] == [foreign, None, None]


def test_a_header_that_the_sender_wrote_below_ours_only_makes_it_worse():
    real, forged = (RESULT, f"{US}; dmarc=none; dkim=none"), (RESULT, f"{US}; {DMARC}; dkim=pass header.d=akimat.kz")
    assert authentication([real, RECEIVED, forged], TrustedServers(US), ME) is NONE
    assert authentication([RECEIVED, real, forged], TrustedServers(US), ME) is NONE
    assert authentication([real, forged], TrustedServers(US), ME) is NONE


def test_results_without_a_name_of_a_server_are_nobodys():
    """As Exchange Online writes them."""
    value = f"spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=akimat.kz;{DMARC} action=none;compauth=pass reason=100"
    assert server_name(value) is None
    assert verdict(value) is NONE


TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40) | st.sampled_from(
    [f"; {DMARC}", f'"; {DMARC}; x="', f"); {DMARC} (", f'"); {DMARC} ("', f"\\); {DMARC}"]
)
RESULTS = st.sampled_from(["pass", "none", "fail", "temperror", "softfail"])


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def comment(text):
    escaped = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)").replace('"', '\\"')
    return f"({escaped})"


@given(st.data(), RESULTS, RESULTS)
def test_no_quoted_text_and_no_comment_can_change_a_verdict(data, dmarc, spf):
    plain = f"{US}; spf={spf} smtp.mailfrom=a@evil.kz; dmarc={dmarc} header.from=akimat.kz"
    texts = [data.draw(TEXT) for _ in range(6)]
    a, b, c = map(comment, texts[:3])
    local, reason, helo = map(quoted, texts[3:])
    decorated = (
        f"{a} {US} {b}; spf={spf} reason={reason} {c} smtp.mailfrom={local}@evil.kz smtp.helo={helo}; {a} "
        f"dmarc {b} = {dmarc} {c} header.from=akimat.kz {a}"
    )
    assert verdict(decorated) is verdict(plain)


@given(st.text(max_size=60) | TEXT)
def test_whatever_the_sender_wrote_unquoted_authenticates_nobody_where_dmarc_failed(text):
    assert verdict(f"{US}; spf=fail smtp.mailfrom={text}; dmarc=fail header.from=akimat.kz") is FAIL
    assert verdict(f"{US}; spf=fail ({text}) smtp.mailfrom=x; dmarc=fail header.from=akimat.kz") is FAIL


def authenticated(value):
    raw = f"{RESULT}: {value}\nReceived: from x by y\nFrom: {ME}\nSubject: x\n\nDone\n"
    found = read(raw.encode())
    assert isinstance(found, ParsedMail)
    return authentication(found.headers, TrustedServers(US), found.sender)


def test_a_header_reaches_the_parser_as_it_was_written():
    """Neither decoded nor cut: the end may hold the worse result, and a decoded word a quotation mark."""
    assert authenticated(f"{US}; {DMARC}") is PASS
    assert authenticated(f"{US};\n\t{DMARC}") is PASS
    assert authenticated(f"{US}; {DMARC} ({'x' * 3000}); dmarc=fail") is FAIL
    assert authenticated(f"{US}; {DMARC} ({'x ' * (LONGEST // 2)}); dmarc=fail") is FAIL
    word = "=?utf-8?q?=22=3B_dmarc=3Dpass_header=2Efrom=3Dakimat=2Ekz=3B_x=3D=22?="
    assert authenticated(f'{US}; spf=none smtp.mailfrom="{word}"@evil.kz') is NONE
    assert authenticated(f"{US}; spf=none\rX: ; {DMARC}") is NONE


def test_a_header_of_fifty_thousand_brackets_is_read_at_once():
    assert parse_results(f"{US}; {DMARC} {'(' * 50_000}{')' * 50_000}") == parse_results(f"{US}; {DMARC}")
    assert parse_results(f"{US}; {DMARC} {'(' * 50_000}", quotes_in_comments=True) is None
