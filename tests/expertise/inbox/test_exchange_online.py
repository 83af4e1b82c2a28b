"""A reply in a mailbox of Exchange Online takes a step where the site trusts it, and nowhere else."""

from __future__ import annotations

import pytest

from tests.expertise.mail.inbound.test_exchange_online import BAD, EDGE, GOOD, HUB, RECEIVERS, SPF, WITHIN
from tests.support.postbox import Postbox, settings

ME = "requester@example.kz"


def reply(postbox, asked, value=GOOD):
    lines = [WITHIN, HUB, ("Authentication-Results", value), SPF, EDGE]
    head = "".join(f"{name}: {text}\n" for name, text in lines).encode()
    return head + postbox.write(ME, asked.reply, "Принять", auth=None)


@pytest.fixture
def trusting(env, tmp_path):
    return Postbox(env, settings(tmp_path, mail_authserv="", mail_exchange=RECEIVERS))


def test_a_reply_takes_a_step(trusting, env, asked, deliverable):
    assert trusting.take(reply(trusting, asked), "", ME, source="imap").state == "applied"
    assert env.case(deliverable).state == "accepted"


def test_a_forgery_does_not(trusting, env, asked, deliverable):
    mail = trusting.take(reply(trusting, asked, BAD), "", ME, source="imap")
    assert (mail.reason, env.case(deliverable).state) == ("authentication_failed", "review")


@pytest.mark.parametrize("source", ["lmtp", "pipe"])
def test_another_way_does_not(trusting, env, asked, deliverable, source):
    assert trusting.take(reply(trusting, asked), asked.reply, ME, source=source).state == "receipted"
    assert env.case(deliverable).state == "review"


def test_the_default_does_not(postbox, env, asked, deliverable):
    assert postbox.take(reply(postbox, asked), "", ME, source="imap").state == "receipted"
    assert env.case(deliverable).state == "review"
