"""The page on which people say how they want to be written to."""

from __future__ import annotations

import re

from sqlalchemy import select

from expertise.base.letter_kinds import LetterKind
from expertise.people.manage import notification_preferences
from expertise.people.model import Person

PAGE = "/account/letters"
QUIET = {
    "task": "digest",
    "escalation": "digest",
    "mention": "digest",
    "reminder": "off",
    "step": "off",
    "digest": "digest",
}


def chosen(page):
    return dict(re.findall(r'name="(\w+)" value="(\w+)" checked', page))


def test_the_page_shows_what_is_in_force_and_keeps_what_is_chosen(app, visit):
    someone = visit("coordinator")
    assert "My letters" in someone.see("/account").text
    assert chosen(someone.see(PAGE).text) == {
        "task": "immediate",
        "escalation": "immediate",
        "mention": "immediate",
        "reminder": "digest",
        "step": "digest",
        "digest": "digest",
    }
    assert someone.send(PAGE, QUIET).location == PAGE
    page = someone.see(PAGE).text
    assert chosen(page) == QUIET and "Your choice is saved." in page
    assert chosen(visit("requester").see(PAGE).text)["step"] == "immediate"
    with app.extensions["komek"].transactions.read() as session:
        person = session.scalar(select(Person.id).where(Person.email == "coordinator@example.kz"))
        assert notification_preferences.of(session, [person])[person].of(LetterKind.STEP) == "off"


def test_what_cannot_be_is_refused_and_stays_on_the_page(visit):
    someone = visit("coordinator")
    for wrong, words in (
        ({"digest": "off"}, "so it cannot be switched off"),
        ({"step": "weekly"}, "Choose one of the answers"),
        ({"task": "off"}, "Choose one of the answers"),
        ({"reminder": ""}, "Choose one of the answers"),
    ):
        answer = someone.send(PAGE, {**QUIET, **wrong})
        assert answer.status_code == 422 and words in answer.text
        typed = {kind: choice for kind, choice in {**QUIET, **wrong}.items() if choice not in ("weekly", "")}
        assert {kind: chosen(answer.text).get(kind) for kind in typed if kind != "task"} == {
            kind: choice for kind, choice in typed.items() if kind != "task"
        }
    assert chosen(someone.see(PAGE).text)["step"] == "digest"


def test_obligatory_letters_are_no_choice(visit):
    page = visit("requester").see(PAGE).text
    assert not {"obligatory", "account", "receipt"} & set(re.findall(r'name="(\w+)"', page))
