"""The demonstration's mailbox: a letter is read there, answered there, and what follows comes back as a letter."""

from __future__ import annotations

import socket
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from expertise import worker
from expertise.app import create_app
from expertise.inbox import process
from expertise.mail import dev_catcher
from expertise.mail.inbound.model import InboundMail
from tests.expertise.web.cases.test_cases import REQUEST
from tests.expertise.web.conftest import Visitor


@pytest.fixture
def settings(app, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    given = app.extensions["komek"].settings
    return replace(given, demo=True, mail_authserv="demo", smtp_url=f"smtp://127.0.0.1:{port}", catcher_port=port)


@pytest.fixture
def town(settings):
    """The demonstration, and a worker to be asked."""
    server = dev_catcher.MailCatcher(settings.caught, settings.catcher_port)
    server.start()
    open_to_visitors = create_app(settings)
    env = open_to_visitors.extensions["komek"]

    def work():
        process.process_waiting(env.transactions, env.services, settings)
        worker.deliver(env.transactions, env.services, settings)

    open_to_visitors.work = work
    yield open_to_visitors
    server.stop()
    env.transactions.engine.dispose()


@pytest.fixture
def submitted(town):
    """The page of the coordinator's letter about a new request, and the request."""
    requester = Visitor(town, "requester")
    reference = requester.begin(REQUEST)
    assert requester.take(reference, "submit").status_code == 303
    town.work()
    return newest(town, "coordinator"), reference


def newest(town, name):
    letters = dev_catcher.caught(town.extensions["komek"].settings.caught)
    return next(letter for letter in letters if letter.to == f"{name}@example.kz")


def answer(visitor, letter, words):
    page = f"/demo/letters/{letter.name}"
    return visitor.send(f"{page}/answer", {"words": words}, page=page)


def test_an_answer_is_taken_as_its_readers_own_and_receipted(town, submitted):
    letter, reference = submitted
    expert = Visitor(town, "expert")  # whoever tries it out answers for the reader
    assert answer(expert, letter, "STATUS").status_code == 303
    town.work()
    receipt = newest(town, "coordinator")
    assert receipt.name != letter.name and reference in receipt.subject
    assert "Submitted" in receipt.text
    assert answer(expert, letter, "Table 3 is missing.").status_code == 303
    town.work()
    page = Visitor(town, "coordinator").see(f"/cases/{reference}").text
    assert "Table 3 is missing." in page


def test_the_same_answer_sent_twice_is_one_mail(town, submitted):
    letter, _ = submitted
    visitor = Visitor(town, "expert")
    for _ in range(2):
        assert answer(visitor, letter, "COMMENT\nOnce.").status_code == 303
    with town.extensions["komek"].transactions.read() as session:
        assert session.scalar(select(func.count(InboundMail.id))) == 1


def test_an_empty_or_endless_answer_stays_on_the_page(town, submitted):
    letter, _ = submitted
    visitor = Visitor(town, "expert")
    assert answer(visitor, letter, " \n").status_code == 422
    again = answer(visitor, letter, "word " * 1001)
    assert again.status_code == 422
    assert "at most 5000 characters" in again.text and again.text.count("word word word") > 0


def test_who_is_not_signed_in_reads_and_does_not_answer(town, submitted):
    letter, _ = submitted
    stranger = Visitor(town, None)
    page = stranger.see(f"/demo/letters/{letter.name}")
    assert page.status_code == 200 and "Send the answer" not in page.text
    sent = answer(stranger, letter, "DONE")
    assert sent.status_code == 303 and "/sign-in" in sent.location
