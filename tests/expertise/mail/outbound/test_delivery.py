"""What the carrier makes of a mail server's moods. No letter is lost, and none is sent twice unawares."""

from __future__ import annotations

import email
import re
import socket
import threading
from collections import Counter
from datetime import timedelta
from email import policy

import pytest
from sqlalchemy import update

from expertise.base import clock, crash
from expertise.base.letter_kinds import LetterKind
from expertise.mail import tokens
from expertise.mail.letters import templates
from expertise.mail.model import OutgoingLetter
from expertise.mail.outbound import (
    circuit_breaker,
    claims,
    delivery,
    results,
    suppression,
)
from expertise.mail.outbound.delivery import BatchResult
from expertise.people.model import Person
from tests.expertise.mail.conftest import row, rows
from tests.support.mailed import Post

TIMEOUT = 0.3


@pytest.fixture
def carry(env, sink):
    return lambda url=None: delivery.send_batch(env, Post(url or sink.url), clock.now(), timeout=TIMEOUT)


@pytest.fixture
def reader(env):
    """Give the reader another address."""

    def move(address, person=1):
        with env.write() as session:
            session.execute(update(Person).where(Person.id == person).values(email=address))

    return move


def test_letter_arrives_and_is_marked(env, post, sink, carry):
    post()
    assert carry() == BatchResult(sent=1)
    assert (row(env).state, row(env).answer, row(env).attempts) == ("accepted", "250 taken", 1)
    assert sink.message_ids == [row(env).message_id]
    assert carry() == BatchResult()


def test_answers_and_bounces_come_back_with_a_token_of_the_letter(env, post, reader, sink, carry, time):
    reader("late@example.kz")
    post()
    carry()
    time.move(results.SECOND_TRY)
    carry()
    first, second = (email.message_from_bytes(content, policy=policy.default) for _, content in sink.letters)
    assert first["Reply-To"] == second["Reply-To"]
    local, _, domain = str(first["Reply-To"]).partition("@")
    assert domain == "komek.example.kz"
    assert sink.senders == sink.senders[:1] * 2
    with env.read() as session:
        for purpose, text in (("reply", local.removeprefix("r.")), ("bounce", sink.senders[0][2:].partition("@")[0])):
            assert tokens.find(session, purpose, text, clock.now()).letter_id == row(env).id


def test_signed_page_and_code_stand_in_the_letter(env, post, sink, carry, monkeypatch):
    body = "Code: ${code}\n\n${act}\n"
    text = dict.fromkeys(("kk", "ru", "en"), body)
    monkeypatch.setattr(
        templates,
        "_templates",
        lambda folder: {"request_received": templates.LetterTemplate(LetterKind.STEP, text, text)},
    )
    post(1)
    post(1, start=1, case_id=None)
    assert carry() == BatchResult(sent=2)
    (with_page, without) = (email.message_from_bytes(content, policy=policy.default) for _, content in sink.letters)
    said = with_page.get_body(("plain",)).get_content()
    page = re.search(r"https://komek.example.kz/act/([a-z2-7]{32})", said)
    with env.write() as session:
        found = tokens.find(session, tokens.ACT, page[1], clock.now())
        assert tokens.code_fits(session, found, page[1], re.search(r"Code: (\d{6})", said)[1])
    assert "/act/" not in without.get_body(("plain",)).get_content()


def test_each_reader_gets_a_message_of_their_own_in_their_language(env, post, sink, carry):
    for person in (1, 2, 3):
        post(start=person, recipient_id=person)
    assert carry() == BatchResult(sent=3)
    assert sink.sessions == 1
    found = {to: email.message_from_bytes(content, policy=policy.default) for to, content in sink.letters}
    assert {to: message["Subject"] for to, message in found.items()} == {
        "reader1@example.kz": "ER-2026-0001: жаңа өтінім түсті",
        "reader2@example.kz": "ER-2026-0001: поступила новая заявка",
        "reader3@example.kz": "ER-2026-0001: new request received",
    }
    assert all(message["To"] == to for to, message in found.items())


@pytest.mark.parametrize("settings", [Post(None), Post("smtp://127.0.0.1:1", secret_key=None)])
def test_without_a_mail_server_or_a_secret_letters_wait(env, post, settings):
    post()
    assert delivery.send_batch(env, settings, clock.now()) == BatchResult()
    assert row(env).state == "queued"


def test_server_that_is_not_there(env, post, carry, time):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"smtp://127.0.0.1:{free.getsockname()[1]}"
        post(3)
        assert carry(url) == BatchResult(postponed=3)
        time.move(timedelta(minutes=1))
        assert carry(url) == BatchResult(postponed=3)
    assert [found.not_before - clock.now() for found in rows(env)] == [timedelta(minutes=5)] * 3
    assert "refused" in row(env).answer


@pytest.mark.parametrize("whim", ["greeting", "silent"])
def test_server_that_will_not_talk_to_us_costs_one_session(env, post, sink, carry, whim):
    post(3)
    sink.whim = whim
    assert carry() == BatchResult(postponed=3)
    assert sink.sessions == 1
    assert {found.state for found in rows(env)} == {"queued"}


def test_name_and_password_of_the_address_are_used(env, post, sink, carry):
    post()
    assert carry(sink.url.replace("//", "//komek:p%40ss%2Fword@")) == BatchResult(sent=1)
    assert sink.passwords == [[b"komek", b"p@ss/word"]]


def test_wrong_password_pauses_the_queue_and_costs_no_letter_a_try(env, post, sink, carry):
    post(2)
    sink.whim = "password"
    assert carry(sink.url.replace("//", "//komek:secret@")) == BatchResult(paused=True)
    assert [(found.state, found.attempts) for found in rows(env)] == [("queued", 0)] * 2
    with env.read() as session:
        assert circuit_breaker.status(session).reason == "535 wrong"


def test_refused_sender_pauses_the_queue_and_costs_one_letter_a_try(env, post, sink, carry):
    post(3)
    sink.whim = "sender"
    assert carry() == BatchResult(postponed=1, paused=True)
    assert carry() == BatchResult(paused=True)
    assert [(found.state, found.attempts) for found in rows(env)] == [("queued", 1), ("queued", 0), ("queued", 0)]
    assert sink.sessions == 1


def test_one_letter_tries_after_a_pause_and_the_others_follow(env, post, sink, carry, time):
    post(3)
    sink.whim = "sender"
    carry()
    time.move(circuit_breaker.PAUSE)
    assert carry() == BatchResult(postponed=1, paused=True)
    time.move(circuit_breaker.PAUSE)
    sink.whim = ""
    assert carry() == BatchResult(sent=1)
    assert carry() == BatchResult(sent=2)


def test_too_many_failures_pause_the_queue(env, post, reader, sink, carry):
    reader("spam@example.kz")
    post(16, recipient_id=2)
    post(10, start=16)
    ended = carry()
    assert ended == BatchResult(sent=16, failed=5, paused=True)
    assert Counter(found.state for found in rows(env)) == {"accepted": 16, "failed": 5, "queued": 5}


def test_server_that_is_long_away_costs_few_letters_a_try(env, post, carry):
    post(40)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        assert carry(f"smtp://127.0.0.1:{free.getsockname()[1]}") == BatchResult(
            postponed=circuit_breaker.LEAST, paused=True
        )
    assert Counter(found.attempts for found in rows(env)) == {1: circuit_breaker.LEAST, 0: 40 - circuit_breaker.LEAST}


def test_address_that_is_refused_twice_takes_no_more_letters(env, post, reader, sink, carry):
    reader("NoUser@example.kz")
    post(3)
    assert carry() == BatchResult(failed=3)
    post(1, start=3)
    post(1, start=4, recipient_id=2)
    assert carry() == BatchResult(sent=1)
    assert [(found.state, found.answer) for found in rows(env)][3] == ("suppressed", "550 no such user")


def test_what_a_server_finds_in_a_letter_is_no_fault_of_the_address(env, post, reader, sink, carry):
    reader("spam@example.kz")
    post(3)
    assert carry() == BatchResult(failed=3)
    with env.read() as session:
        assert suppression.suppressed(session) == []


def test_nothing_leaves_where_letters_are_held(env, post, sink):
    held = Post(sink.url, mail_held=True)
    post(2)
    assert delivery.send_batch(env, held, clock.now(), timeout=TIMEOUT) == BatchResult()
    assert [found.state for found in rows(env)] == ["held"] * 2
    with env.write() as session:
        session.execute(
            update(OutgoingLetter).where(OutgoingLetter.id == 1).values(state="queued", released_at=clock.now())
        )
    assert delivery.send_batch(env, held, clock.now(), timeout=TIMEOUT) == BatchResult(sent=1)
    assert [found.state for found in rows(env)] == ["accepted", "held"]


@pytest.mark.parametrize("safety", ["smtp+starttls", "smtps"])
def test_letters_never_go_in_clear_where_a_safe_line_was_asked_for(env, post, sink, carry, safety):
    post()
    assert carry(sink.url.replace("smtp", safety, 1).replace("//", "//komek:secret@")) == BatchResult(postponed=1)
    assert sink.letters == []
    assert sink.passwords == []


def test_all_is_well_once_the_server_is_back(env, post, sink, carry, time):
    post(3)
    sink.whim = "greeting"
    carry()
    sink.whim = ""
    time.move(timedelta(minutes=1))
    assert carry() == BatchResult(sent=3)


@pytest.mark.parametrize(
    ("local", "ended", "state", "answer"),
    [
        ("nouser", BatchResult(failed=1), "failed", "550 no such user"),
        ("spam", BatchResult(failed=1), "failed", "554 looks like spam"),
        ("grey", BatchResult(postponed=1), "queued", "451 later"),
        ("full", BatchResult(postponed=1), "queued", "452 disk is full"),
        ("shut", BatchResult(postponed=1), "queued", "421 closing"),
        ("cut", BatchResult(postponed=1), "queued", "Connection unexpectedly closed"),
        ("drop", BatchResult(sent=1), "accepted", "250 taken"),
        ("bye", BatchResult(sent=1), "accepted", "250 taken"),
        ("late", BatchResult(uncertain=1), "uncertain", "Connection unexpectedly closed"),
        ("slow", BatchResult(uncertain=1), "uncertain", "Connection unexpectedly closed: timed out"),
    ],
)
def test_mood_of_the_server(env, post, reader, carry, local, ended, state, answer):
    reader(f"{local}@example.kz")
    post()
    assert carry() == ended
    assert (row(env).state, row(env).answer) == (state, answer)


@pytest.mark.parametrize("local", ["nouser", "spam", "grey", "full", "shut", "cut", "drop", "late", "slow"])
def test_mood_for_one_letter_does_not_touch_the_next(env, post, reader, sink, carry, local):
    reader(f"{local}@example.kz", 1)
    post(1, recipient_id=1)
    post(1, start=1, recipient_id=2)
    assert carry().sent >= 1
    assert rows(env)[1].state == "accepted"


def test_data_refused_for_now(env, post, sink, carry):
    post()
    sink.whim = "data"
    assert carry() == BatchResult(postponed=1)


def test_lost_after_the_data_is_tried_once_more_under_the_same_name(env, post, reader, sink, carry, time):
    reader("late@example.kz")
    post()
    assert carry() == BatchResult(uncertain=1)
    time.move(timedelta(minutes=29))
    assert carry() == BatchResult()
    time.move(timedelta(minutes=1))
    assert carry() == BatchResult(uncertain=1)
    time.move(timedelta(days=2))
    assert carry() == BatchResult()
    assert row(env).state == "uncertain"
    assert sink.message_ids == [row(env).message_id] * 2


def test_greylisted_letter_arrives_on_its_fourth_try(env, post, reader, sink, carry, time):
    reader("grey@example.kz")
    post()
    for pause in (1, 5, 15):
        assert carry() == BatchResult(postponed=1)
        time.move(timedelta(minutes=pause))
    assert carry() == BatchResult(sent=1)
    assert row(env).attempts == 4
    assert sink.message_ids == [row(env).message_id]


@pytest.mark.parametrize(
    ("changes", "address"),
    [
        ({"letter": "letter_nobody_wrote"}, "reader1@example.kz"),
        ({"context": {"due": "no moment"}}, "reader1@example.kz"),
        ({}, "қазақ@example.kz"),
        ({}, "a\r\nRCPT TO:<b@example.kz>@example.kz"),
    ],
)
def test_letter_that_cannot_be_written_stops_nobody(env, post, reader, carry, changes, address):
    reader(address)
    post(**changes)
    post(start=1, recipient_id=2)
    assert carry() == BatchResult(sent=1, failed=1)
    assert row(env).answer.startswith("cannot be written")


@pytest.mark.parametrize(
    ("point", "arrived"), [("outbox_after_claim", 0), ("outbox_after_mail_from", 0), ("outbox_before_mark", 1)]
)
@pytest.mark.fault
def test_carrier_that_dies_loses_nothing(env, post, sink, carry, time, monkeypatch, point, arrived):
    post()
    monkeypatch.setattr(crash, "_POINT", point)
    monkeypatch.setattr(crash, "_HOW", "error_after")
    with pytest.raises(crash.CrashpointReached):
        carry()
    assert row(env).state == "sending"
    assert len(sink.letters) == arrived
    monkeypatch.setattr(crash, "_POINT", "")
    assert carry() == BatchResult()
    time.move(claims.LEASE)
    assert carry() == BatchResult(sent=1)
    assert len(sink.letters) == arrived + 1
    assert set(sink.message_ids) == {row(env).message_id}


def test_four_carriers_send_each_letter_exactly_once(env, post, sink):
    post(60)
    ended: Counter[str] = Counter()

    def work():
        while (done := delivery.send_batch(env, Post(sink.url), clock.now(), limit=5)).sent:
            ended["sent"] += done.sent

    carriers = [threading.Thread(target=work) for _ in range(4)]
    for one in carriers:
        one.start()
    for one in carriers:
        one.join()
    work()  # a carrier that met only locked rows went home early
    assert ended["sent"] == 60
    assert len(sink.message_ids) == len(set(sink.message_ids)) == 60
    assert {found.state for found in rows(env)} == {"accepted"}


def test_letter_of_an_overslept_lease_is_left_to_who_has_it(env, post, sink, time, monkeypatch):
    post(2)
    begin = claims.begin

    def oversleep(session, letter, now):
        time.move(claims.LEASE)
        claims.claim(session, clock.now())
        monkeypatch.setattr(claims, "begin", begin)
        return begin(session, letter, now)

    monkeypatch.setattr(claims, "begin", oversleep)
    assert delivery.send_batch(env, Post(sink.url), clock.now()) == BatchResult()
    assert sink.letters == []
    assert {found.state for found in rows(env)} == {"sending"}


def test_no_transaction_is_open_while_the_server_talks(env, post, sink, carry, monkeypatch):
    post(2)
    send = delivery.smtp.SmtpConnection.send
    seen = []

    def watch(*given):
        seen.append(env.engine.pool.checkedout())
        return send(*given)

    monkeypatch.setattr(delivery.smtp.SmtpConnection, "send", watch)
    carry()
    assert seen == [0, 0]
