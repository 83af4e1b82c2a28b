"""Komek as people meet it: a web server, letters that arrive, a worker when the test calls it, browsers."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response
from sqlalchemy import select
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from expertise import config, worker
from expertise.app import create_app
from expertise.mail.dev_catcher import CaughtLetter, MailCatcher, find
from expertise.people.model import Grant, Person
from tests.support.application import cheap_hash
from tests.support.databases import copy_file
from tests.support.environment import environment
from tests.support.people import MAIN_CAST, PEOPLE
from tests.support.processes import EXAMPLE

PASSWORD = "a long sentence nobody guesses"
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


class Quiet(WSGIRequestHandler):
    """Says nothing about requests."""

    def log(self, type, message, *args):  # noqa: A002 werkzeug's name
        pass


class Site:
    """One database, one web server in threads of this process, one mail server, people with passwords."""

    def __init__(self, folder: Path) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._mail = socket.create_server(("127.0.0.1", 0))
        port, mail_port = self._socket.getsockname()[1], self._mail.getsockname()[1]
        self._mail.close()
        settings = config.read(
            {
                "KOMEK_DATA": str(folder),
                "KOMEK_SECRET_KEY": "k" * 40,
                "KOMEK_SECOND_FACTOR": "offered",
                "KOMEK_PORT": str(port),
                "KOMEK_URL": f"http://localhost:{port}",  # by name: browsers make no passkeys for a number
                "KOMEK_SMTP_URL": f"smtp://127.0.0.1:{mail_port}",
                "KOMEK_UPLOAD_MEGABYTES": "1",
                "KOMEK_PROCESSES": str(EXAMPLE.parent),
            }
        )
        self.settings = replace(settings, demo=True)
        self.url = self.settings.url
        copy_file(MAIN_CAST, folder / "komek.sqlite")
        self.app = create_app(self.settings)
        built = self.app.extensions["komek"]
        self.env = environment(built.transactions.engine).add(
            {name: PEOPLE[name] for name in ("auditor", "administrator")}
        )
        self.env.services = built.services
        self.env.write_at_once()
        self._give_passwords()
        self._catcher = MailCatcher(self.settings.caught, mail_port)
        self._server: BaseWSGIServer = make_server(
            "127.0.0.1", port, self.app, threaded=True, request_handler=Quiet, fd=self._socket.fileno()
        )
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def open(self) -> None:
        self._catcher.start()
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._socket.close()
        self._catcher.stop()
        self.env.engine.dispose()

    def _give_passwords(self) -> None:
        password = cheap_hash(PASSWORD)
        with self.env.transactions.write() as session:
            for person in session.scalars(select(Person)):
                person.password = password

    def also(self, name: str, role: str) -> None:
        """Give somebody one more role, everywhere."""
        if self.env.actor(name).has(role):
            return
        with self.env.transactions.write() as session:
            session.add(Grant(person_id=self.env.actor(name).person_id, role=role, region=None))

    def speak(self, languages: dict[str, str]) -> None:
        """Set the language in which people read."""
        with self.env.transactions.write() as session:
            for person in session.scalars(select(Person)):
                person.language = languages.get(person.email.partition("@")[0].replace(".", " "), person.language)

    def carry(self) -> None:
        """What the worker does every few seconds."""
        worker.sweep(self.env.transactions, self.env.services)
        worker.deliver(self.env.transactions, self.env.services, self.settings)

    def letter(self, name: str, about: str = "") -> CaughtLetter:
        """The newest letter of one person whose subject names a case."""
        folder = self.settings.caught
        names = sorted((path.stem for path in folder.glob("*.eml")), reverse=True)
        letters = (find(folder, each) for each in names)  # read one after the other, until it is found
        return next(each for each in letters if each and each.to == self.env.email(name) and about in each.subject)


class Visitor:
    """One person at their own browser. `problems` holds what its console complained about."""

    def __init__(self, site: Site, browser: Browser, name: str | None, **options) -> None:
        self.site, self.name = site, name
        self.context: BrowserContext = browser.new_context(
            base_url=site.url, **{"viewport": DESK, "locale": "en-GB", "timezone_id": "Asia/Almaty", **options}
        )
        self.context.set_default_timeout(30_000)
        self.problems: list[str] = []
        self.page = self.tab()

    def tab(self) -> Page:
        page = self.context.new_page()
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        return page

    def _note(self, message: ConsoleMessage) -> None:
        # A page that is an answer of 4xx or 5xx is reported as an error of loading; that answer is meant.
        meant = message.text.startswith("Failed to load resource") and "/static/" not in message.location["url"]
        if message.type in ("error", "warning") and not meant:
            self.problems.append(f"{message.text} at {message.location['url']}")

    def see(self, path: str, status: int = 200) -> Response:
        answer = self.page.goto(path)
        assert answer is not None and answer.status == status, (path, answer and answer.status)
        return answer

    def sign_in(self) -> Visitor:
        self.see("/sign-in")
        self.page.fill("#f-email", self.site.env.email(self.name))
        self.page.fill("#f-password", PASSWORD)
        self.page.click("main form button[type=submit]")
        self.page.wait_for_url(f"{self.site.url}/")
        return self

    def fill(self, values: dict, within: str = "main") -> None:
        """Type a form as a person would; keys are names of fields, `table.0.column` included."""
        for name, value in values.items():
            box = self.page.locator(f"{within} [name='{name}']:not([type=hidden])").last
            box.evaluate("box => box.closest('details')?.setAttribute('open', '')")  # what is known stands folded
            kind = box.evaluate("box => box.type")
            if kind.startswith("select"):
                box.select_option(value)
            elif kind == "checkbox":
                box.set_checked(value)
            elif kind == "radio":
                self.page.check(f"{within} [name='{name}'][value='{value}']")
            elif kind == "file":
                box.set_input_files(value)
            else:
                box.fill(str(value))

    def send(self) -> None:
        """Press the form's main button."""
        self.page.locator("main form[method=post] button[type=submit]:not([name=_remove],[name=_add])").first.click()

    def take(self, case: str, step: str, **answers) -> None:
        """On the page of the case, or through the page of the step, and back with the news that it is done."""
        self.see(f"/cases/{case}")
        short = f"main form[action='/cases/{case}/steps/{step}']"
        if self.page.locator(short).count():
            if not self.page.locator(f"{short} button").is_visible():
                self.page.click(f"details:has(> form[action='/cases/{case}/steps/{step}']) > summary")
            self.fill(answers, short)
            self.page.click(f"{short} button")
        else:
            self._open(f"a.button[href='/cases/{case}/steps/{step}']")
            self.fill(answers)
            if self.page.locator("#f-_proof").count():
                self.page.fill("#f-_proof", PASSWORD)
            self.send()
        self.page.wait_for_url(f"{self.site.url}/cases/{case}")
        assert self.page.locator(".note.good").count() == 1

    def _open(self, link: str) -> None:
        """Follow a link that may stand under "More actions"."""
        if not self.page.locator(link).is_visible():
            self.page.click("details.more > summary")
        self.page.click(link)

    def read(self, case: str) -> None:
        """Open one's newest letter about the case in the mailbox, and follow its link."""
        letter = self.site.letter(self.name, case)
        assert f'<html lang="{self.language}">' in letter.html
        self.see("/demo/letters")
        self.page.click(f"a[href='/demo/letters/{letter.name}']")
        assert self.page.locator("h1").inner_text() == letter.subject
        # By keyboard: a mouse click right after scrolling may land in the letter's frame, a process of its own.
        self.page.press(f".letter a[href$='/cases/{case}']", "Enter")
        self.page.wait_for_url(f"{self.site.url}/cases/{case}")

    @property
    def language(self) -> str:
        """The language the page says it is in."""
        return self.page.locator("html").get_attribute("lang") or ""

    def part(self, prefix: str) -> str:
        """The reference of the newest part of that kind on the page of the case."""
        self.see(f"/cases/{reference_in(self.page.url)}/parts")
        return self.page.locator(".main .table tbody th a", has_text=prefix).last.inner_text()

    def text(self) -> str:
        return self.page.locator("main").inner_text()

    def close(self) -> None:
        self.context.close()


def speak(site: Site, visitor: Visitor, language: str) -> None:
    """Set the language of the pages that the visitor sees next."""
    if visitor.name is None:
        visitor.context.add_cookies([{"name": "komek-language", "value": language, "url": site.url}])
    else:
        site.speak({visitor.name: language})


@contextmanager
def running_site(folder: Path) -> Iterator[Site]:
    site = Site(folder)
    site.open()
    try:
        yield site
    finally:
        site.close()


def reference_in(url: str) -> str:
    found = re.search(r"/(?:cases|register)/([A-Z]+-\d{4}-\d+)", url)
    assert found is not None, url
    return found[1]
