"""Who forges, changes nothing: a token alone is worth nothing without its person, nor a name without a token."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from expertise.base import clock
from expertise.base.database import table_of
from expertise.cases.queries import CASES
from expertise.mail.inbound.model import InboundMail
from expertise.people.model import Person
from tests.support.postbox import AUTHSERV, DOMAIN

EVIL = "evil@evil.example.com"
ME = "requester@example.kz"
FORGED = {
    "another address under the name": f'"Requester" <{EVIL}>',
    "the address as a name": f'"{ME}" <{EVIL}>',
    "the address before another": f"{ME} <{EVIL}>",
    "two addresses": f"{ME}, {EVIL}",
    "the address in a comment": f"{EVIL} ({ME})",
    "a group": f"Team: {ME}, {EVIL};",
    "a route": f"<@evil.example.com:{ME}>",
    "a letter of another alphabet": ME.replace("a", "а"),
    "an encoded word": f"=?utf-8?q?requester=40example=2Ekz_?= <{EVIL}>",
    "nothing": "",
}


def changes(env):
    """Everything but the mails themselves, and the answers to them."""
    return [tuple(row) for row in env.rows(CASES)], env.verify().events


@pytest.fixture
def unchanged(env):
    before = changes(env)
    yield
    assert changes(env) == before
    assert env.verify().broken == ()


def forged(to, sender=EVIL, head="", result="dmarc=pass header.from=evil.example.com"):
    """As it reaches us from a server that signs well for its own domain."""
    lines = [f"Authentication-Results: {AUTHSERV}; {result}", f"From: {sender}", f"To: {to}", "Subject: Re: x"]
    return "\n".join([*lines, *([head] if head else []), "Message-ID: <f@evil.example.com>", "", "ПРИНЯТЬ"]).encode()


@pytest.mark.parametrize("way", FORGED)
@pytest.mark.usefixtures("unchanged")
def test_a_forged_sender_with_a_valid_token_changes_nothing(postbox, asked, way):
    mail = postbox.take(forged(asked.reply, FORGED[way]), asked.reply, EVIL)
    assert (mail.state, mail.reason) == ("quarantined", "other_sender")
    (challenge,) = postbox.receipts()
    assert challenge.letter == "mail_challenge"
    assert postbox.env.actor("requester").person_id == challenge.recipient_id


@pytest.mark.usefixtures("unchanged")
def test_the_very_address_that_our_server_did_not_believe_changes_nothing(postbox, asked):
    mail = postbox.answer("requester", asked, "ПРИНЯТЬ", auth="fail")
    assert (mail.state, mail.reason) == ("quarantined", "authentication_failed")
    assert postbox.receipts() == []


SMUGGLED = "dmarc=pass header.from=example.kz"


@pytest.mark.parametrize(
    "result",
    [
        f'dmarc=fail smtp.mailfrom="x; {SMUGGLED}; y"@evil.example.com header.from=example.kz',
        f'spf=fail smtp.mailfrom="x; {SMUGGLED}; y"@evil.example.com; dmarc=fail header.from=example.kz',
        f'spf=fail (domain of "a); {SMUGGLED} (b"@evil.example.com) smtp.mailfrom=evil.example.com',
        f"{SMUGGLED}; dmarc=fail header.from=example.kz",
        f'dmarc=none smtp.mailfrom="x; {SMUGGLED}',
    ],
)
@pytest.mark.usefixtures("unchanged")
def test_a_result_that_the_sender_smuggled_into_ours_takes_no_step(postbox, asked, result):
    mail = postbox.take(forged(asked.reply, ME, result=result), asked.reply, ME)
    assert (mail.state, mail.reason) == ("quarantined", "authentication_failed")
    assert mail.verdict["authentication"] == "fail"
    assert postbox.receipts() == []


@pytest.mark.parametrize(
    "head",
    [
        f"From: {ME}",
        f"Reply-To: {ME}",
        f"Sender: {ME}",
        f"Return-Path: <{ME}>",
        f"X-Original-From: {ME}",
        f"Resent-From: {ME}",
    ],
)
@pytest.mark.usefixtures("unchanged")
def test_a_second_from_and_tricks_with_other_headers_change_nothing(postbox, asked, head):
    mail = postbox.take(forged(asked.reply, head=head), asked.reply, EVIL)
    assert (mail.state, mail.reason) == ("quarantined", "other_sender")


@pytest.mark.parametrize("servant", ["mx.google.com", "", "evil.example.com", f"{AUTHSERV}.evil.example.com"])
def test_the_word_of_another_server_confirms_nobody(postbox, env, asked, deliverable, servant):
    result = f"Authentication-Results: {servant}; dmarc=pass header.from=example.kz\n"
    mail = postbox.take(result.encode() + postbox.write(ME, asked.reply, "ПРИНЯТЬ", auth=None), asked.reply, ME)
    assert (mail.state, env.case(deliverable).state) == ("receipted", "review")
    assert postbox.receipts()[-1].letter == "mail_confirm"


def test_a_result_that_the_sender_wrote_below_ours_confirms_nobody(postbox, env, asked, deliverable):
    raw = postbox.write(ME, asked.reply, "ПРИНЯТЬ", auth="none")
    own, _, rest = raw.partition(b"\n")
    received = b"Received: from evil by mx.komek.example.kz\n"
    below = f"Authentication-Results: {AUTHSERV}; dmarc=pass header.from=example.kz\n".encode()
    mail = postbox.take(own + b"\n" + received + below + rest, asked.reply, ME)
    assert (mail.state, env.case(deliverable).state) == ("receipted", "review")


@pytest.mark.usefixtures("unchanged")
def test_somebody_elses_account_is_not_enough(postbox, asked):
    mail = postbox.answer("neighbour", asked, "ПРИНЯТЬ")
    assert (mail.state, mail.reason) == ("quarantined", "other_sender")


@pytest.mark.usefixtures("unchanged")
def test_a_known_person_without_a_token_is_told_how_once_a_day(postbox, time):
    for _ in range(3):
        mail = postbox.take(postbox.write(ME, f"komek@{DOMAIN}", "ПРИНЯТЬ"), f"komek@{DOMAIN}", ME)
        assert (mail.state, mail.reason) == ("rejected", "no_token")
    assert [letter.letter for letter in postbox.receipts()] == ["mail_rejected"]
    time.move(timedelta(days=1))
    postbox.take(postbox.write(ME, f"r.{'a' * 32}@{DOMAIN}", "ПРИНЯТЬ"), f"r.{'a' * 32}@{DOMAIN}", ME)
    assert len(postbox.receipts()) == 2


@pytest.mark.usefixtures("unchanged")
def test_a_token_that_ran_out_is_explained(postbox, asked, time):
    time.move(timedelta(days=181))
    mail = postbox.answer("requester", asked, "ПРИНЯТЬ")
    assert (mail.state, mail.reason) == ("rejected", "expired_token")
    assert [letter.letter for letter in postbox.receipts()] == ["mail_rejected"]


@pytest.mark.usefixtures("unchanged")
def test_strangers_and_mail_older_than_the_installation_get_no_answer(postbox):
    stranger = postbox.take(postbox.write("a@stranger.kz", f"komek@{DOMAIN}", "Здравствуйте"), f"komek@{DOMAIN}")
    assert (stranger.state, stranger.reason) == ("quarantined", "stranger")
    old = postbox.write(ME, f"komek@{DOMAIN}", "x", Date="Mon, 2 Mar 2020 11:00:00 +0500")
    mail = postbox.take(old, f"komek@{DOMAIN}", ME, source="imap")
    assert (mail.state, mail.reason) == ("quarantined", "older")
    assert postbox.receipts() == []


def test_who_has_no_access_any_more_has_none_by_mail(postbox, env, asked, deliverable):
    with env.transactions.write() as session:
        session.scalars(select(Person).where(Person.email == ME)).one().active = False
    mail = postbox.answer("requester", asked, "ПРИНЯТЬ")
    assert (mail.state, env.case(deliverable).state) == ("quarantined", "review")
    assert postbox.receipts() == []


def test_the_address_is_read_whatever_its_capitals_and_wherever_it_stands(postbox, env, asked, deliverable):
    raw = postbox.write(ME.upper(), f"Komek <{asked.reply.upper()}>", "ПРИНЯТЬ")
    mail = postbox.take(raw.replace(b"header.from=EXAMPLE.KZ", b"header.from=example.kz"), "", source="imap")
    assert (mail.state, env.case(deliverable).state) == ("applied", "accepted")


def test_what_was_found_out_is_kept_for_the_page(postbox, asked, env):
    mail = postbox.take(forged(asked.reply), asked.reply, EVIL)
    assert mail.verdict == {
        "kind": "person",
        "token": "valid",
        "sender": "stranger",
        "authentication": "pass",
        "effect": "challenge",
        "flags": ["no_date"],
    }
    assert (mail.from_address, mail.subject, mail.letter_id) == (EVIL, "Re: x", asked.id)
    assert env.rows(table_of(InboundMail))[0].settled_at == clock.now()
