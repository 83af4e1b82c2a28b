"""One click in a mail program stops reminders or digests; looking stops nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from expertise.base import clock
from expertise.base.letter_kinds import LetterKind
from expertise.mail import tokens
from expertise.mail.outbound import claims
from expertise.mail.outbound.outbox import NewLetter, queue
from expertise.people.manage import notification_preferences
from expertise.people.manage.notification_preferences import Choice
from expertise.people.model import Person


@pytest.fixture
def link(app):
    """What stands in the header of a reminder to the requester."""
    now = clock.now()
    with app.extensions["komek"].transactions.write() as session:
        person = session.scalar(select(Person.id).where(Person.email == "requester@example.kz"))
        wanted = NewLetter("x", "deadline_reminder", person, None, None, {}, now, now + timedelta(days=1))
        queue(session, [wanted], now)
        (letter,) = claims.claim(session, now)
        carried = tokens.letter_tokens("k" * 40, letter.message_id)
        tokens.store(session, letter, carried, now, stoppable=True)
    return f"/letters/stop/{carried.stop}"


def choice(app):
    with app.extensions["komek"].transactions.read() as session:
        person = session.scalar(select(Person.id).where(Person.email == "requester@example.kz"))
        return notification_preferences.of(session, [person])[person].chosen[LetterKind.REMINDER]


def test_looking_stops_nothing(app, visit, link):
    page = visit(None).see(link)
    assert page.status_code == 200 and "Stop these letters" in page.text
    assert choice(app) is Choice.IMMEDIATE


def test_one_click_without_cookie_or_form_stops_them(app, link):
    answer = app.test_client().post(link, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert choice(app) is Choice.OFF
    assert app.test_client().post(link.upper().replace("/LETTERS/STOP/", "/letters/stop/")).status_code == 200


def test_form_of_the_page_does_the_same_and_says_so(app, visit, link):
    answer = visit(None).send(link, {})
    assert "These letters will not come any more." in answer.text
    assert choice(app) is Choice.OFF


def test_no_token_no_click(app, visit):
    for answer in (visit(None).see("/letters/stop/no-such"), app.test_client().post("/letters/stop/no-such")):
        assert answer.status_code == 404 and 'href="/account/letters"' in answer.text
