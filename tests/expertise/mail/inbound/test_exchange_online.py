"""Results without the name of a server count by their place alone, and only where that was asked for."""

from __future__ import annotations

import pytest

from expertise import config
from expertise.mail.inbound.authentication import Authentication, TrustedServers, authentication
from expertise.mail.inbound.authentication_results import parse_results

RECEIVERS = "mail.protection.outlook.com"
SERVERS = TrustedServers("", RECEIVERS)
ME = "requester@example.kz"
#: As it stands in the mailbox of a tenant; addresses and names are invented.
GOOD = (
    "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=example.kz; dkim=pass (signature was verified)\n"
    " header.d=example.kz;dmarc=pass action=none header.from=example.kz;compauth=pass reason=100"
)
BAD = "spf=fail (sender IP is 192.0.2.9) smtp.mailfrom=evil.example;dmarc=fail action=oreject header.from=example.kz"
NONE = "spf=none (sender IP is 192.0.2.9) smtp.mailfrom=evil.example; dkim=none (message not signed) header.d=none"
WITHIN = ("Received", "from AM7PR01.eurprd01.prod.outlook.com by DB9PR01.eurprd01.prod.outlook.com with HTTPS; x")
HUB = ("Received", "from DB5EUR03FT008.eop-EUR03.prod.protection.outlook.com by AM0PR04.outlook.office365.com; x")
EDGE = (
    "Received",
    "from mail.example.kz (192.0.2.1) by DB5EUR03FT008.mail.protection.outlook.com (10.0.0.1) with SMTP; x",
)
SPF = ("Received-SPF", "Pass (protection.outlook.com: domain of example.kz designates 192.0.2.1 as permitted sender)")
OWN = ("Received", "from evil.example by mail.example.kz; x")
FROM = ("From", ME)


def results(value):
    return "Authentication-Results", value


def test_the_header_as_it_is_counts():
    assert [result.method for result in parse_results(GOOD, named=False)] == ["spf", "dkim", "dmarc", "compauth"]
    assert authentication([WITHIN, HUB, results(GOOD), SPF, EDGE, OWN, FROM], SERVERS, ME) is Authentication.PASS
    arc = [("ARC-Seal", "i=1"), ("X-MS-Exchange-Authentication-Results", GOOD), ("Return-Path", ME)]
    assert authentication([WITHIN, *arc, HUB, results(GOOD), SPF, EDGE, FROM], SERVERS, ME) is Authentication.PASS


@pytest.mark.parametrize(
    ("value", "verdict"), [(BAD, Authentication.FAIL), (NONE, Authentication.NONE), ("spf=; ;", Authentication.FAIL)]
)
def test_its_other_words_count_as_well(value, verdict):
    headers = [WITHIN, HUB, results(value), SPF, EDGE, results(GOOD), OWN, FROM]
    assert authentication(headers, SERVERS, ME) is verdict


BLOCK = [results(GOOD), SPF, EDGE]
#: Whatever a sender, a gateway or a colleague's tenant may have put there.
UNTRUSTED = {
    "nothing else": [results(GOOD), FROM],
    "no server above": [*BLOCK, FROM],
    "written by the sender": [WITHIN, HUB, EDGE, *BLOCK, FROM],
    "written by the sender with a hub": [WITHIN, HUB, EDGE, HUB, *BLOCK, FROM],
    "a second one": [WITHIN, HUB, results(GOOD), results(GOOD), SPF, EDGE, FROM],
    "none by the receiver": [WITHIN, HUB, results(GOOD), SPF, OWN, FROM],
    "a hub between": [WITHIN, results(GOOD), HUB, EDGE, FROM],
    "another server above": [OWN, WITHIN, HUB, *BLOCK, FROM],
    "another server within": [WITHIN, OWN, HUB, *BLOCK, FROM],
    "below the mail's own header": [WITHIN, HUB, FROM, *BLOCK],
    "a header of the sender's between": [WITHIN, HUB, results(GOOD), FROM, EDGE],
    "a like name": [
        ("Received", "from x by outlook.com.evil.example; x"),
        results(GOOD),
        ("Received", "from x by mail.protection.outlook.com.evil.example; x"),
    ],
    "a like name that ends so": [("Received", "from x by evil-outlook.com; x"), *BLOCK],
    "a name in the greeting": [("Received", "from by.a.outlook.com (evil) by evil.example; x"), *BLOCK],
    "a receiver in a greeting above": [("Received", f"from by x by a.{RECEIVERS} by b.outlook.com; x"), *BLOCK],
    "no way at all": [("Received", "nonsense"), *BLOCK],
}


@pytest.mark.parametrize("kind", UNTRUSTED)
def test_nothing_else_counts(kind):
    assert authentication(UNTRUSTED[kind], SERVERS, ME) is Authentication.NONE


@pytest.mark.parametrize("servers", [TrustedServers(""), TrustedServers("mx.komek.kz"), TrustedServers("", "")])
def test_nothing_without_a_name_counts_by_default(servers):
    assert authentication([WITHIN, HUB, *BLOCK, FROM], servers, ME) is Authentication.NONE


@pytest.mark.parametrize("name", ["spf=pass", "", "dmarc"])
def test_a_header_without_a_name_is_no_servers_whatever_its_name(name):
    assert authentication([WITHIN, HUB, *BLOCK, FROM], TrustedServers(name), ME) is Authentication.NONE


def test_quotes_and_comments_of_the_sender_name_no_result():
    smuggled = (
        f'spf=fail (sender IP is 192.0.2.9) smtp.mailfrom="x; {GOOD}; y"@evil.example;dmarc=fail header.from=example.kz'
    )
    assert authentication([WITHIN, HUB, results(smuggled), SPF, EDGE], SERVERS, ME) is Authentication.FAIL


@pytest.mark.parametrize("text", ["outlook.com", "1", "yes", "mail.protection.outlook.com.", "a b.c.d"])
def test_a_setting_that_would_trust_too_much_is_refused(text):
    with pytest.raises(config.WrongSetting):
        config.read({"KOMEK_MAIL_EXCHANGE": text})
    assert config.read({}).mail_exchange == ""
    assert config.read({"KOMEK_MAIL_EXCHANGE": "Mail.Protection.Outlook.com"}).mail_exchange == RECEIVERS
