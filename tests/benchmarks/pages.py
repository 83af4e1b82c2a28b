"""Pages under gunicorn, against a constant string from the same server: two processes, a connection for each request.

`komek serve` gives each of its two processes threads as well, which help where a request waits; here none does. The
clients send prepared bytes, so that they cost little beside what they measure.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask

from expertise import config
from expertise.app import create_app
from expertise.base import clock
from expertise.people.auth.sessions import start_session
from tests.benchmarks import crowds, subjects
from tests.benchmarks.sizes import Size
from tests.benchmarks.table import Figure, at_least, explained, often, plain, profiled
from tests.support.databases import address
from tests.support.environment import Environment, together

CLIENTS = 2
#: Of the constant string.
GOALS = {"worklist": 0.12, "case page": 0.15, "POST of a step": 0.12}
CONSTANT = """
import os
from flask import Flask
from expertise import config
from expertise.web.kit import server
from expertise.web.kit.server import Server

app = Flask("constant")
app.add_url_rule("/", view_func=lambda: "komek")
server.THREADS = 1
Server(lambda: app, config.read(os.environ)).run()
"""
KOMEK = """
import sys
from expertise.cli import main
from expertise.web.kit import server

server.THREADS = 1
sys.argv[1:] = ["serve"]
main()
"""


def figures(env: Environment, name: str, folder: Path, size: Size) -> Iterator[Figure]:
    """Requests a second of each page, and its ratio to the constant string before and after it."""
    subject = [subjects.walking(env) for _ in range(CLIENTS)]
    crowds.grow(env, subject[0].reference, size.few)
    environment = _environment(env, folder)
    app = create_app(config.read(environment))  # to sign cookies as the server does, and for profiles
    with closed(app), _serving(environment, CONSTANT) as constant, _serving(environment, KOMEK) as komek:
        people = {who: Visitor(env, app, komek, who) for who in ("coordinator", "requester")}
        case = f"/cases/{subject[0].reference}"
        posters = [Poster(people, each) for each in subject]
        works: dict[str, list[Callable[[], None]]] = {
            "constant": [Reader(constant, "/", "").ask] * CLIENTS,
            "worklist": [people["coordinator"].reader("/").ask] * CLIENTS,
            "case page": [people["coordinator"].reader(case).ask] * CLIENTS,
            "POST of a step": [poster.ask for poster in posters],
        }
        for each in works.values():  # templates are compiled, statements prepared
            _rate(each, size.page_seconds / 2)
        alone: dict[str, Callable[[], None]] = {
            "worklist": partial(people["coordinator"].within, "/"),
            "case page": partial(people["coordinator"].within, case),
            "POST of a step": posters[0].within,
        }
        for what, figure in _interleaved(name, works, size):
            yield explained(figure, partial(_where, alone.get(what, lambda: None), size.times // 4))


def _where(page: Callable[[], None], times: int) -> list[str]:
    often(page, 2)  # templates are compiled once for each process
    return profiled(partial(often, page, times))


def _interleaved(name: str, works: Mapping[str, list[Callable[[], None]]], size: Size) -> Iterator[tuple[str, Figure]]:
    """The name of each page with each of its figures."""
    rates: dict[str, list[float]] = {what: [] for what in works}
    ratios: dict[str, list[float]] = {what: [] for what in GOALS}
    rates["constant"].append(_rate(works["constant"], size.page_seconds))
    for _ in range(size.pairs):
        for what in GOALS:
            rates[what].append(_rate(works[what], size.page_seconds))
            rates["constant"].append(_rate(works["constant"], size.page_seconds))
            ratios[what].append(rates[what][-1] / statistics.mean(rates["constant"][-2:]))
    constant = statistics.median(rates["constant"])
    yield "constant", plain(f"{name}, gunicorn: a constant string, requests a second", constant, digits=0)
    for what, goal in GOALS.items():
        rate, ratio = statistics.median(rates[what]), statistics.median(ratios[what])
        yield what, plain(f"{name}, gunicorn: {what}, requests a second", rate, digits=0)
        yield what, at_least(f"{name}, gunicorn: {what} against a constant string", ratio, goal)


def _rate(works: list[Callable[[], None]], seconds: float) -> float:
    """Requests a second of all clients together, each in a thread; at least one request of each."""
    begun = time.perf_counter()

    def work(place: int) -> int:
        number = 0
        while number == 0 or time.perf_counter() - begun < seconds:
            works[place]()
            number += 1
        return number

    numbers = together(len(works), work)
    for number in numbers:
        if isinstance(number, Exception):
            raise number
    return sum(numbers) / (time.perf_counter() - begun)


# --- servers ----------------------------------------------------------------------------------


@contextmanager
def closed(app: Flask) -> Iterator[None]:
    """Close the application's connections at the end of the block."""
    try:
        yield
    finally:
        app.extensions["komek"].transactions.engine.dispose()


def _environment(env: Environment, folder: Path) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("KOMEK_")}
    return {
        **clean,
        "KOMEK_DATABASE_URL": address(env.engine),
        "KOMEK_DATA": str(folder),
        "KOMEK_SECRET_KEY": "k" * 40,
        "KOMEK_SECOND_FACTOR": "offered",
    }


@contextmanager
def _serving(environment: Mapping[str, str], program: str) -> Iterator[int]:
    """A server of its own port for as long as the block lasts; gives the port once it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = Path(environment["KOMEK_DATA"]) / f"server-{port}.log"
    with log.open("wb") as output:
        given = {**environment, "KOMEK_PORT": str(port)}
        process = subprocess.Popen([sys.executable, "-c", program], env=given, stdout=output, stderr=output)
        try:
            _until_it_answers(process, port, log)
            yield port
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _until_it_answers(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(600):
        assert process.poll() is None, log.read_text()
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(log.read_text())


# --- clients ----------------------------------------------------------------------------------


class Reader:
    """Sends a request and reads the whole answer, on a connection of its own each time."""

    def __init__(self, port: int, path: str, cookie: str) -> None:
        self.port = port
        self.head = f"Host: 127.0.0.1:{port}\r\nConnection: close\r\nCookie: {cookie}\r\n"
        self.request = f"GET {path} HTTP/1.1\r\n{self.head}\r\n".encode()

    def ask(self) -> None:
        status, _, body = self.send(self.request)
        assert status == 200, (status, body[:500])

    def send(self, request: bytes) -> tuple[int, bytes, bytes]:
        """Status, head and body of the answer."""
        with socket.create_connection(("127.0.0.1", self.port), 60) as connection:
            connection.sendall(request)
            data = b"".join(iter(lambda: connection.recv(1 << 17), b""))
        head, _, body = data.partition(b"\r\n\r\n")
        return int(head[9:12]), head, body


class Visitor:
    """A person who is signed in: the cookie as the server would have set it, and the secret of the forms."""

    def __init__(self, env: Environment, app: Flask, port: int, name: str) -> None:
        self.port, self.app = port, app
        with env.transactions.write() as session:
            token = start_session(session, env.actor(name).person_id or 0, clock.now())
        signer = app.session_interface.get_signing_serializer(app)
        self.cookie = f"{app.config['SESSION_COOKIE_NAME']}={signer.dumps({'token': token})}"

    def reader(self, path: str) -> Reader:
        return Reader(self.port, path, self.cookie)

    def within(self, path: str, form: Mapping[str, str] | None = None) -> None:
        """The same request without a server, to see where its time goes."""
        client, headers = self.app.test_client(use_cookies=False), {"Cookie": self.cookie}
        answer = client.get(path, headers=headers) if form is None else client.post(path, data=form, headers=headers)
        assert answer.status_code in {200, 302, 303}, answer.status_code

    def secret(self, path: str) -> str:
        """The form's secret on a page; the cookie that belongs to it is kept."""
        reader = self.reader(path)
        status, head, body = reader.send(reader.request)
        assert status == 200, (status, body[:500])
        if found := re.search(rb"(?i)\r\nset-cookie: ([^;]+)", head):
            self.cookie = found[1].decode()
        return unescape(re.findall(r'name="csrf_token" value="([^"]+)"', body.decode())[-1])


class Poster:
    """Posts the steps of a case that goes to and fro, each in the name of whoever takes it."""

    def __init__(self, people: Mapping[str, Visitor], subject: subjects.Subject) -> None:
        self.subject, self.version, self.taken = subject, subject.version, 0
        # The page of the case serves both: a comment may be written there by each of them.
        self.secrets = {who: person.secret(f"/cases/{subject.reference}") for who, person in people.items()}
        self.readers = {who: person.reader("/") for who, person in people.items()}
        self.people = people

    def ask(self) -> None:
        who, path, form = self._next()
        body, reader = urlencode(form).encode(), self.readers[who]
        head = (
            f"POST {path} HTTP/1.1\r\n{reader.head}"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        status, _, answer = reader.send(head.encode() + body)
        assert status in {302, 303}, (status, answer[:2000])

    def within(self) -> None:
        """The same request without a server, to see where its time goes."""
        who, path, form = self._next()
        self.people[who].within(path, form)

    def _next(self) -> tuple[str, str, dict[str, str]]:
        who, step, raw = self.subject.steps[self.taken % len(self.subject.steps)]
        key = f"page-{self.subject.reference}-{self.version}"
        form = {"csrf_token": self.secrets[who], "_key": key, "_seen": str(self.version), **raw}
        self.version += 1
        self.taken += 1
        return who, f"/cases/{self.subject.reference}/steps/{step}", form
