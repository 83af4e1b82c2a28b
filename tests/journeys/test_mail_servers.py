"""Letters through a real Postfix into real mailboxes, and back by IMAP and LMTP."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from expertise.base import clock
from expertise.cases.desk import Upload
from expertise.inbox import imap, process
from expertise.inbox.lmtp import LmtpListener
from expertise.mail.inbound.model import InboundMail
from expertise.mail.model import OutgoingLetter
from expertise.mail.outbound import delivery
from expertise.people.model import Person
from tests.support import golden, mailstack
from tests.support.environment import done
from tests.support.mailed import Post
from tests.support.postbox import settings
from tests.support.stages import delivering

REPORT = Upload("0" * 64, 1200, "есеп.pdf", "application/pdf")

pytestmark = pytest.mark.mailstack


@pytest.fixture
def servers():
    return mailstack.servers()


@pytest.fixture
def carry(env, servers):
    """Carry what waits to Postfix, as komek@komek.test."""
    post = Post(servers.smtp_url, servers.komek)
    return lambda: delivery.send_batch(env.transactions, post, clock.now())


@pytest.fixture
def submitted(env, servers):
    """A request that was just submitted; the coordinator's letter waits."""
    for name in ("coordinator", "requester"):
        move(env, name, servers.of_team(name))
    reference = done(env.open("requester", "expertise_request", golden.STAGE_A)).reference
    done(env.fire("requester", reference, "submit"))
    return reference


def move(env, name, address):
    """Give somebody an address; the environment goes on finding them by name."""
    actor = env.actor(name)
    with env.transactions.write() as session:
        session.execute(update(Person).where(Person.id == actor.person_id).values(email=address))


def outbox(env):
    with env.transactions.read() as session:
        wanted = select(Person.email, OutgoingLetter.state, OutgoingLetter.answer).order_by(OutgoingLetter.id)
        joined = wanted.join(Person, Person.id == OutgoingLetter.recipient_id)
        return {row.email: (row.state, row.answer or "") for row in session.execute(joined)}


@pytest.fixture
def work_off(env, servers, tmp_path):
    """The worker's part: fetch what lies in Komek's mailbox and do what follows from it."""
    ours = replace(settings(tmp_path), mail_from=servers.komek, mail_authserv="mx.komek.test")

    def beat():
        imap.poll(env.transactions, servers.imap_url())
        return process.process_waiting(env.transactions, env.services, ours)

    return beat


@pytest.fixture
def delivered(env, servers):
    """A report that waits for the requester's yes; returns the deliverable's reference."""
    for name in ("requester", "coordinator", "expert", "manager"):
        move(env, name, servers.of_team(name))
    for name in ("approver", "other_expert"):
        move(env, name, servers.of_team(f"coordinator.{name[:4]}"))
    _, deliverable = delivering(env)
    done(env.fire("expert", deliverable, "submit", uploads={"report": REPORT}))
    return deliverable


def asked(servers, carry, reference):
    """The newest letter to the requester about this case, out of the mailbox."""
    while carry().sent:
        pass

    def look():
        about = [each for each in servers.arrived_any(servers.of_team("requester")) if reference in each["Subject"]]
        return about[-1] if about else None

    return mailstack.arrived(look)


def find_receipt(letters, reference):
    """The answer of the machine among the letters of steps, in the reader's language."""
    words = f"{reference}: Есептік материал қабылдап алынды."
    return [each for each in letters if words in each.get_body(("plain",)).get_content()]


def inbox(env):
    with env.transactions.read() as session:
        found = session.scalars(select(InboundMail).order_by(InboundMail.id)).all()
        session.expunge_all()
        return found


def answer_to(letter, words):
    """What a mail program makes of "reply"."""
    return (
        f"From: {letter['To']}\r\nTo: {letter['Reply-To']}\r\nSubject: Re: {letter['Subject'][:20]}\r\n"
        f"In-Reply-To: {letter['Message-ID']}\r\nMessage-ID: <answer-{words.encode().hex()}@team.test>\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{words}\r\n"
    ).encode()


def test_a_letter_reaches_a_mailbox_and_its_answer_comes_back(env, servers, carry, submitted):
    assert carry().sent == 2
    [letter] = servers.arrived(servers.of_team("coordinator"))
    assert re.fullmatch(rf"<b\.[a-z2-7]{{26,}}@{servers.domain}>", letter["Return-Path"])
    assert re.fullmatch(rf"r\.[a-z2-7]{{26,}}@{servers.domain}", letter["Reply-To"])
    assert submitted in letter["Subject"] and submitted in letter.get_body(("plain",)).get_content()

    servers.hand_in(servers.of_team("coordinator"), letter["Reply-To"], answer_to(letter, "Хат алынды"))
    servers.arrived(servers.komek)
    assert imap.poll(env.transactions, servers.imap_url()) == 1
    assert imap.poll(env.transactions, servers.imap_url()) == 0
    [mail] = inbox(env)
    assert mail.source == "imap"
    assert servers.lying_in(servers.komek) == []
    assert len(servers.lying_in(servers.komek, imap.DONE)) == 1


def test_postfix_hands_mail_over_by_lmtp(env, servers, carry, submitted):
    carry()
    [letter] = servers.arrived(servers.of_team("coordinator"))
    address = letter["Reply-To"].replace("@", "@lmtp.")
    ear = LmtpListener(env.transactions, f"lmtp.{servers.domain}", "127.0.0.1", servers.ports["komek"])
    ear.start()
    try:
        servers.hand_in(servers.of_team("coordinator"), address, answer_to(letter, "DONE"))
        [mail] = mailstack.arrived(lambda: inbox(env))
    finally:
        ear.stop()
    assert (mail.source, mail.sender, mail.recipient) == ("lmtp", servers.of_team("coordinator"), address)


def test_one_mail_by_three_routes_is_one(env, servers, carry, submitted):
    carry()
    [letter] = servers.arrived(servers.of_team("coordinator"))
    raw = answer_to(letter, "DONE")
    for _ in range(3):
        servers.hand_in(servers.of_team("coordinator"), letter["Reply-To"], raw)
    servers.arrived(servers.komek, 3)
    assert imap.poll(env.transactions, servers.imap_url()) == 3
    assert len(inbox(env)) == 1


def test_a_mailbox_that_does_not_exist_sends_the_letter_back(env, servers, carry, submitted, work_off):
    move(env, "coordinator", servers.of_team("nobody"))
    assert carry().sent == 2
    [bounce] = servers.arrived(servers.komek)
    assert bounce.get_content_type() == "multipart/report"
    assert re.fullmatch(rf"b\.[a-z2-7]{{26,}}@{servers.domain}", bounce["To"])
    assert work_off() == {"bounce": 1}
    assert outbox(env)[servers.of_team("nobody")][0] == "bounced"
    assert len(env.events(submitted)) == 2
    assert carry().sent == 0


def test_a_full_mailbox_is_noted_and_moves_nothing(env, servers, carry, submitted, work_off):
    move(env, "coordinator", servers.of_team("full"))
    assert carry().sent == 2
    servers.arrived(servers.komek)
    assert work_off() == {"bounce": 1}
    assert len(env.events(submitted)) == 2
    assert carry().sent == 0


def test_one_word_through_real_servers_accepts_a_report_and_is_receipted(env, servers, carry, delivered, work_off):
    letter = asked(servers, carry, delivered)
    servers.hand_in(servers.of_team("requester"), letter["Reply-To"], answer_to(letter, "ҚАБЫЛДАЙМЫН"))
    servers.arrived(servers.komek)
    assert work_off() == {"applied": 1}
    assert env.case(delivered).state == "accepted"
    assert env.verify().broken == ()
    while carry().sent:
        pass
    assert mailstack.arrived(lambda: find_receipt(servers.arrived_any(servers.of_team("requester")), delivered))


def test_a_forger_with_a_stolen_address_changes_nothing(env, servers, carry, delivered, work_off):
    letter = asked(servers, carry, delivered)
    before = env.events(delivered)
    forged = answer_to(letter, "ҚАБЫЛДАЙМЫН")
    servers.hand_in("liar@forged.test", letter["Reply-To"], forged)
    servers.arrived(servers.komek)
    assert work_off() == {"quarantined": 1}
    assert env.events(delivered) == before
    assert carry().sent == 0


def test_what_postfix_puts_off_waits_here_and_what_it_takes_waits_there(env, servers, carry, submitted):
    move(env, "coordinator", servers.of_team("grey"))
    move(env, "requester", "somebody@away.test")
    carried = carry()
    assert (carried.sent, carried.postponed) == (1, 1)
    state, answer = outbox(env)[servers.of_team("grey")]
    assert state == "queued" and "450 4.7.1" in answer
    assert outbox(env)["somebody@away.test"][0] == "accepted"
    assert servers.lying_in(servers.komek) == []


def test_a_mailbox_that_is_away_is_said_to_be_so(env, servers):
    for url in ("imap://komek:test@127.0.0.1:1/INBOX", servers.imap_url().replace(":test@", ":wrong@")):
        with pytest.raises(imap.MailboxAway, match=r"the mailbox at 127\.0\.0\.1"):
            imap.poll(env.transactions, url)
