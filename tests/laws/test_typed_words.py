"""What a person typed survives, in every form of every page: an ended session, another one, a switch of the language.

Every page that links lead to is opened as its people, every form on it is filled in as a browser would, and sent when
it cannot be taken. Afterwards the words stand in the form of the same page again, for the same person only.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import delete, select
from werkzeug.datastructures import MultiDict

from expertise.base import clock
from expertise.people.auth.sessions import start_session
from expertise.people.model import Person, SignIn, UnsentForm
from tests.laws.crawling import crawl
from tests.laws.test_permissions import VARIABLE
from tests.support.html_forms import Form, forms

WALKERS = ("requester", "coordinator", "approver", "expert", "administrator", "lead")
WORDS = ("textarea", "text", "email", "tel")
#: Secrets, which are never kept, and what only looks like words.
NEVER = {"password", "again", "old", "code", "_proof"}
#: Rules with a form of words that the walk must come to; a new one is found by itself.
RULES = {
    "/absences",
    "/calendar",
    "/cases/<reference>",
    "/cases/<reference>/answers",
    "/cases/<reference>/corrections/<int:wrong>",
    "/cases/<reference>/edit",
    "/cases/<reference>/extension",
    "/cases/<reference>/holding",
    "/cases/<reference>/steps/<step>",
    "/cases/new/<workflow>",
    "/organisations/<organisation>",
    "/people/<person>",
    "/people/new",
    "/wordings/<letter>",
}


@dataclass(frozen=True)
class Place:
    """A form of a page: who sees it, at which address, and its number among the forms with words of the page."""

    who: str
    rule: str
    url: str
    number: int


def wordy(html: str) -> list[Form]:
    return [form for form in forms(html) if form.method == "post" and names_of(form)]


def names_of(form: Form) -> list[str]:
    return [each.name for each in form.controls if each.kind in WORDS and each.name and each.name not in NEVER]


@pytest.fixture(scope="module")
def places(app, family, browser):
    found, map_ = [], app.url_map.bind("localhost")
    for who in WALKERS:
        tried = {}
        for url, text in crawl(app, browser(who)).pages.items():
            if "<form" not in text:
                continue
            rule = map_.match(urlsplit(url).path, "GET", return_rule=True)[0].rule
            for number, form in enumerate(wordy(text)):
                like = (rule, number, tuple(sorted(form.names())))
                tried[like] = tried.get(like, 0) + 1
                if tried[like] == 1 and sum(each.rule == rule and each.who == who for each in found) < 12:
                    found.append(Place(who, rule, url, number))
    return found


class Typist:
    """One person at a browser, in whose forms every text is another one."""

    def __init__(self, app, env, who):
        self._app, self._env, self._who, self._numbers = app, env, who, count(1)
        self.client = app.test_client()
        self.sign_in()

    def sign_in(self, who=None):
        with self._env.transactions.write() as session:
            token = start_session(session, self._env.actor(who or self._who).person_id, clock.now())
        with self.client.session_transaction() as kept:
            kept.clear()
            kept["token"] = token

    def end_session(self):
        with self._env.transactions.write() as session:
            session.execute(delete(SignIn).where(SignIn.person_id == self._env.actor(self._who).person_id))

    def forget(self):
        with self._env.transactions.write() as session:
            session.execute(delete(UnsentForm))

    def fill(self, place):
        """The filled form, and what was typed by name."""
        form = self.form(place)
        typed = {}
        for name in names_of(form):
            long = form.of(name)[0].longest or 100
            typed[name] = f"{next(self._numbers)} <ә> & «сөз»"[:long]
            form.fill(name, typed[name])
        for each in form.controls:
            if each.kind == "select" and each.options[-1] and each.name not in NEVER:
                typed[each.name] = each.options[-1]
                each.value = each.options[-1]
        return form, typed

    def form(self, place):
        answer = self.client.get(place.url, follow_redirects=True)
        assert answer.status_code == 200, (place, answer.status_code)
        return wordy(answer.text)[place.number]

    def found(self, place, url):
        """What stands in the form of the page to which the answer leads."""
        assert urlsplit(url).path == urlsplit(place.url).path, (place, url)
        form = self.form(Place(place.who, place.rule, url, place.number))
        return {each.name: each.value for each in form.controls if each.visible and each.kind != "radio"}


@pytest.fixture
def typist(app, env, snapshots):
    yield lambda who: Typist(app, env, who)
    snapshots.back()


def send(typist, place, form):
    return typist.client.post(form.action or place.url, data=form.data())


def wanted(answer, place):
    assert answer.status_code == 303, (place, answer.status_code, answer.text)
    target = urlsplit(answer.location)
    assert target.path == "/sign-in", (place, answer.location)
    return parse_qs(target.query).get("next", ["/"])[0]


def test_the_walk_comes_to_every_form_with_words(app, places):
    found = {each.rule for each in places}
    assert found >= RULES, RULES - found
    assert len(places) >= 60
    assert not {VARIABLE.sub("", rule) for rule in found if "sign-in" in rule}


@pytest.mark.parametrize("who", WALKERS)
def test_words_survive_the_end_of_the_session(typist, places, who):
    """They are there after signing in again, for the same person and on the same page; a stranger never sees them."""
    for place in (each for each in places if each.who == who):
        own = typist(who)
        form, typed = own.fill(place)
        own.end_session()
        url = wanted(send(own, place, form), place)
        own.sign_in("other_expert")  # who typed nothing anywhere
        seen = own.client.get(url, follow_redirects=True).text
        assert "<ә>" not in seen and "&lt;ә&gt;" not in seen, place
        own.sign_in()
        found = own.found(place, url)
        assert {name: found.get(name) for name in typed} == typed, place
        own.forget()


@pytest.mark.parametrize("who", WALKERS)
def test_words_survive_a_new_session(typist, places, who):
    """Signed out and in again in another tab: the form is refused as too old, and its words are in the new one."""
    for place in (each for each in places if each.who == who):
        own = typist(who)
        form, typed = own.fill(place)
        own.sign_in()
        answer = send(own, place, form)
        assert answer.status_code == 303, place
        found = own.found(place, answer.location)
        assert {name: found.get(name) for name in typed} == typed, place
        own.forget()


@pytest.mark.parametrize("who", WALKERS)
def test_words_survive_a_switch_of_the_language(typist, places, env, who):
    """Without a script: the buttons of the header send the main form of the page along."""
    switched = 0
    for place in (each for each in places if each.who == who):
        own = typist(who)
        form, typed = own.fill(place)
        if form.id != "typed":
            continue
        assert own.client.get(place.url).text.count('form="typed" formaction="/language"') == 3, place
        form.multipart = False
        answer = own.client.post("/language", data=MultiDict([*form.data().items(multi=True), ("_language", "ru")]))
        assert answer.status_code == 303
        found = own.found(place, answer.location)
        assert {name: found.get(name) for name in typed} == typed, place
        with env.transactions.read() as session:
            assert session.scalar(select(Person.language).where(Person.id == env.actor(who).person_id)) == "ru"
        own.forget()
        switched += 1
    assert switched >= 2
