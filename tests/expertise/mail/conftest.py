"""People and cases that letters are about."""

from __future__ import annotations

import base64
import contextlib
import email
import re
import socketserver
import threading
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from expertise.base import clock
from expertise.cases.model import Case, PublishedDefinition
from expertise.mail.model import OutgoingLetter
from expertise.mail.outbound.outbox import NewLetter, queue
from expertise.people.model import Person

CONTEXT = {
    "case_reference": "ER-2026-0001",
    "case_title": "Қатты тұрмыстық қалдықтарды басқару",
    "state": {"kk": "Құжаттарды тексеру", "ru": "Проверка комплектности", "en": "Completeness check"},
    "organisation": {"kk": "Әкімдік", "ru": "Акимат", "en": "Akimat"},
    "region": {"kk": "Қызылорда облысы", "ru": "Кызылординская область", "en": "Kyzylorda Region"},
    "due": "2026-03-05T13:00:00+00:00",
    "link": "https://komek.example.kz/cases/ER-2026-0001",
}


@pytest.fixture
def env(transactions, time):
    """Transactions on a database with three readers (kk, ru, en) and one case in its first state."""
    with transactions.write() as session:
        for number, language in enumerate(("kk", "ru", "en"), 1):
            session.add(
                Person(
                    id=number,
                    name=f"Reader {number}",
                    email=f"reader{number}@example.kz",
                    language=language,
                    created_at=clock.now(),
                )
            )
        session.add(PublishedDefinition(digest="d", workflow="w", version=1, text="", published_at=clock.now()))
        session.flush()
        session.add(case())
    return transactions


def case():
    now = clock.now()
    return Case(
        id=1,
        reference="ER-2026-0001",
        workflow="w",
        digest="d",
        state="check",
        entered_at=now,
        fields={},
        clocks={},
        head=b"",
        opened_at=now,
        changed_at=now,
    )


def rows(env):
    """The outbox, in order."""
    with env.read() as session:
        found = session.scalars(select(OutgoingLetter).order_by(OutgoingLetter.id)).all()
        session.expunge_all()
        return found


def row(env):
    """The first letter."""
    return rows(env)[0]


@pytest.fixture
def letter():
    """Makes a `NewLetter`; importlib mode leaves tests no module to import it from."""
    return wanted


@pytest.fixture
def post(env):
    """Queue letters: `post(3)` queues three; keywords change what is wanted."""

    def queue_letters(number=1, start=0, **changes):
        with env.write() as session:
            queue(session, [wanted(start + place, **changes) for place in range(number)], clock.now())

    return queue_letters


def wanted(place=0, **changes):
    given = {
        "dedupe_key": f"case:1:{place}",
        "letter": "request_received",
        "recipient_id": 1,
        "case_id": 1,
        "visit": None,
        "context": CONTEXT,
        "not_before": clock.now(),
        "expires_at": clock.now() + timedelta(days=14),
    }
    return NewLetter(**given | changes)


# --- a mail server with whims -----------------------------------------------------------------


class Sink(socketserver.ThreadingTCPServer):
    """Accepts letters, and does to some of them what their recipient's local part says.

    nouser 550 · grey 451 three times · drop closes after 250 · late closes before 250 · slow never answers the data ·
    spam 554 after the data · full 452 after the data · cut closes at RCPT · shut 421 at RCPT · bye stays
    silent at QUIT. `whim` does it to every session: greeting, silent, password, sender, data.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Conversation)
        self.letters: list[tuple[str, bytes]] = []
        self.passwords: list[list[bytes]] = []
        self.senders: list[str] = []
        self.sessions = 0
        self.greeted: Counter[str] = Counter()  # how often each address was named
        self.whim = ""
        self.closing = threading.Event()
        self.url = f"smtp://127.0.0.1:{self.server_address[1]}"

    @property
    def message_ids(self):
        return [email.message_from_bytes(content)["Message-ID"] for _, content in self.letters]


class HangUp(Exception):
    pass


class Conversation(socketserver.StreamRequestHandler):
    def handle(self):
        self.server.sessions += 1
        with contextlib.suppress(HangUp, ConnectionError):
            if self.server.whim == "silent":
                self.stay_silent()
            if self.server.whim == "greeting":
                self.say("554 go away")
                return
            self.say("220 sink")
            while line := self.rfile.readline():
                self.answer(line.decode().strip())

    def answer(self, command):
        verb = command.partition(" ")[0].upper()
        getattr(self, f"on_{verb.lower()}", self.on_other)(command)

    def on_ehlo(self, command):
        self.say("250-sink\r\n250 AUTH PLAIN")

    def on_auth(self, command):
        self.server.passwords.append(base64.b64decode(command.split()[2]).split(b"\0")[1:])
        self.say("535 wrong" if self.server.whim == "password" else "235 welcome")

    def on_mail(self, command):
        self.server.senders.append(re.search("<(.*)>", command)[1])
        self.say("550 who are you" if self.server.whim == "sender" else "250 ok")

    def on_rcpt(self, command):
        self.recipient = re.search("<(.*)>", command)[1]
        self.local = self.recipient.partition("@")[0].lower()
        if self.local == "cut":
            raise HangUp
        self.server.greeted[self.recipient] += 1
        grey = "451 later" if self.server.greeted[self.recipient] <= 3 else "250 ok"
        self.say({"nouser": "550 no such user", "grey": grey, "shut": "421 closing"}.get(self.local, "250 ok"))
        if self.local == "shut":
            raise HangUp

    def on_data(self, command):
        if self.server.whim == "data":
            self.say("451 no data now")
            return
        self.say("354 go on")
        content = b""
        while not content.endswith(b"\r\n.\r\n"):
            content += self.rfile.readline()
        self.take(content.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n."))

    def take(self, content):
        if self.local == "late":
            self.server.letters.append((self.recipient, content))
            raise HangUp
        if self.local == "slow":
            self.stay_silent()
        refusals = {"spam": "554 looks like spam", "full": "452 disk is full"}
        if self.local not in refusals:
            self.server.letters.append((self.recipient, content))
        self.say(refusals.get(self.local, "250 taken"))
        if self.local == "drop":
            raise HangUp

    def on_quit(self, command):
        if getattr(self, "local", "") == "bye":
            self.stay_silent()
        self.say("221 bye")
        raise HangUp

    def on_other(self, command):
        self.say("250 ok")

    def say(self, words):
        self.wfile.write(words.encode() + b"\r\n")

    def stay_silent(self):
        self.server.closing.wait(30)
        raise HangUp


@pytest.fixture
def sink():
    with Sink() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.closing.set()
        server.shutdown()
        thread.join()
