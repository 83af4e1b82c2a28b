"""The administrator's page of letters: what left, what servers said, and what may be done about it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from expertise.audit.model import HistoryEvent
from expertise.base import clock
from expertise.cases.model import Case
from expertise.mail.model import ENDS, NOTES, STATES, LetterLog, MailAddress, OutgoingLetter
from expertise.mail.outbound import (
    circuit_breaker,
    claims,
    results,
    suppression,
)
from expertise.mail.outbound.outbox import NewLetter, queue
from expertise.people.model import Person
from expertise.web.admin import outbox_text


@pytest.fixture
def admin(settle, visit):
    settle("admin", "administrator")
    return visit("admin")


@pytest.fixture
def write(app):
    return app.extensions["komek"].transactions.write


@pytest.fixture
def letter(write):
    """A letter to the requester; `letter(verb, answer)` has tried to send it."""

    def queued(verb=None, answer="250 ok", name="comment_added", **context):
        now = clock.now()
        said = {
            "case_reference": "ER-2026-0001",
            "comment": "Здравствуйте",
            "link": "https://k.example.kz/x",
            **context,
        }
        with write() as session:
            person = session.scalar(select(Person.id).where(Person.email == "requester@example.kz"))
            key = str(session.scalar(select(func.count(OutgoingLetter.id))))
            queue(session, [NewLetter(key, name, person, None, None, said, now, now + timedelta(days=3))], now)
            number = session.scalar(select(OutgoingLetter.id).order_by(OutgoingLetter.id.desc()))
            if verb is not None:
                claimed = next(one for one in claims.claim(session, now) if one.id == number)
                verb(session, claims.begin(session, claimed, now), answer, now)
        return number

    return queued


def row(write, number, *names):
    with write() as session:
        wanted = [OutgoingLetter.__table__.c[name] for name in names]
        return tuple(session.execute(select(*wanted).where(OutgoingLetter.id == number)).one())


def log(write, number):
    with write() as session:
        return session.scalars(select(LetterLog.what).where(LetterLog.letter_id == number).order_by(LetterLog.id)).all()


def test_letters_are_listed_and_filtered(admin, letter):
    letter(results.accepted, "250 queued as 7")
    letter(results.failed, "554 spam")
    page = admin.see("/outbox").text
    assert "250 queued as 7" in page and "554 spam" in page and "requester@example.kz" in page
    failed = admin.see("/outbox?state=failed").text
    assert "554 spam" in failed and "250 queued as 7" not in failed
    assert "No letter was found." in admin.see("/outbox?query=nobody").text
    assert "554 spam" in admin.see("/outbox?query=REQUESTER@").text


def test_letter_is_shown_with_its_way_and_without_what_is_its_readers(admin, letter):
    number = letter(results.postponed, "451 later")
    page = admin.see(f"/outbox/{number}").text
    assert "Здравствуйте" in page and "The mail server put it off" in page and "451 later" in page
    secret = letter(name="invitation", link="https://k.example.kz/passes/secret")
    page = admin.see(f"/outbox/{secret}").text
    assert "passes/secret" not in page and "••••••" in page and "Send it anew" not in page


def test_secret_letter_that_is_gone_says_that_it_is_not_kept(admin, letter):
    assert "The text is not kept" in admin.see(f"/outbox/{letter(results.accepted, name='invitation')}").text


def test_a_letter_to_who_decides_goes_to_no_other_address(admin, write, letter):
    """Its page takes decisions without signing in: an administrator alone would decide as the approver."""
    number = letter(results.no_such_address, "550 no such user")
    with write() as session:
        approver = session.scalar(select(Person.id).where(Person.email == "approver@example.kz"))
        session.execute(update(OutgoingLetter).where(OutgoingLetter.id == number).values(recipient_id=approver))
    answer = admin.send(f"/outbox/{number}", {"do": "resend", "address": "mine@example.kz", "reason": "x"})
    assert answer.status_code == 422 and "go to their own address only" in answer.text
    assert admin.send(f"/outbox/{number}", {"do": "resend", "address": "", "reason": "x"}).status_code == 303


def test_sent_anew_to_another_address(admin, write, letter):
    number = letter(results.no_such_address, "550 no such user")
    page = f"/outbox/{number}"
    answer = admin.send(page, {"do": "resend", "address": "New@example.kz", "reason": "Жаңа мекенжай"})
    assert answer.status_code == 303
    new = int(answer.location.rpartition("/")[2])
    assert row(write, new, "state", "address", "context") == (
        "queued",
        "new@example.kz",
        row(write, number, "context")[0],
    )
    assert row(write, new, "message_id") != row(write, number, "message_id")
    assert log(write, number) == ["failed", "resent"] and log(write, new) == ["resend_of"]
    assert "Жаңа мекенжай" in admin.see(page).text and f"/outbox/{new}" in admin.see(page).text
    with write() as session:
        acts = session.scalars(select(HistoryEvent.act)).all()
        assert "letter:resend" in acts
        (claimed,) = claims.claim(session, clock.now())
    assert claimed.email == "new@example.kz"


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"address": "nonsense", "reason": "x"}, "This is not an e-mail address."),
        ({"address": "a@b.kz\r\nBcc: c@d.kz", "reason": "x"}, "This is not an e-mail address."),
        ({"address": "a@b.kz", "reason": ""}, "Fill this in."),
        ({"address": "a@b.kz", "reason": "x" * 301}, "The text is too long"),
    ],
)
def test_what_was_typed_wrong_stays_on_the_page(admin, write, letter, typed, says):
    number = letter(results.failed, "554")
    answer = admin.send(f"/outbox/{number}", {"do": "resend", **typed})
    assert answer.status_code == 422 and says in answer.text and f'value="{typed["reason"]}"' in answer.text
    assert log(write, number) == ["failed"]


@pytest.mark.parametrize("state", ["queued", "sending", "held"])
def test_letter_on_its_way_is_not_sent_anew(admin, write, letter, state):
    number = letter()
    with write() as session:
        session.execute(update(OutgoingLetter).values(state=state))
    answer = admin.send(f"/outbox/{number}", {"do": "resend", "address": "", "reason": "x"})
    assert answer.status_code == 422 and log(write, number) == []


def test_form_that_is_sent_twice_sends_one_letter(admin, write, letter):
    number = letter(results.failed, "554")
    hidden = admin.hidden(f"/outbox/{number}") | {"do": "resend", "reason": "x", "address": ""}
    first, second = (admin.client.post(f"/outbox/{number}", data=hidden) for _ in range(2))
    assert first.location == second.location
    assert log(write, number) == ["failed", "resent"]


def test_held_letter_is_released(admin, write, letter):
    number = letter()
    with write() as session:
        assert claims.claim(session, clock.now(), only_released=True) == []
    assert row(write, number, "state") == ("held",)
    assert admin.send(f"/outbox/{number}", {"do": "release"}).status_code == 303
    with write() as session:
        assert [one.id for one in claims.claim(session, clock.now(), only_released=True)] == [number]
    assert log(write, number) == ["released"]


def test_letter_that_waits_is_stopped(admin, write, letter):
    number = letter()
    admin.send(f"/outbox/{number}", {"do": "cancel"})
    assert row(write, number, "state") == ("cancelled",) and log(write, number) == ["cancelled"]
    gone = letter(results.accepted)
    admin.send(f"/outbox/{gone}", {"do": "cancel"})
    assert row(write, gone, "state") == ("accepted",) and log(write, gone) == ["accepted"]


def test_uncertain_letter_has_arrived_or_is_sent_once_more_under_its_name(admin, write, letter):
    arrived, again = letter(results.uncertain, "lost"), letter(results.uncertain, "lost too")
    assert admin.send(f"/outbox/{arrived}", {"do": "arrived"}).status_code == 303
    assert row(write, arrived, "state") == ("accepted",)
    name = row(write, again, "message_id")
    admin.send(f"/outbox/{again}", {"do": "again"})
    with write() as session:
        assert [(one.id, one.message_id) for one in claims.claim(session, clock.now())] == [(again, *name)]


def test_paused_queue_is_seen_on_the_desk_and_closed_by_hand(admin, write, visit):
    with write() as session:
        circuit_breaker.trip(session, "535 wrong password", clock.now())
    assert "535 wrong password" in admin.see("/").text
    assert "535 wrong password" not in visit("coordinator").see("/").text
    assert "The queue is paused" in admin.see("/outbox").text
    assert admin.send("/outbox/breaker", {}, page="/people/new").status_code == 303
    with write() as session:
        assert not circuit_breaker.status(session).open
    assert "535 wrong password" not in admin.see("/").text


def test_address_is_let_go(admin, write):
    with write() as session:
        for _ in range(2):
            suppression.score(session, "gone@example.kz", "550 <b>gone</b>", clock.now())
    page = admin.see("/outbox").text
    assert "gone@example.kz" in page and "550 &lt;b&gt;gone" in page
    admin.send("/outbox/addresses", {"address": "gone@example.kz"}, page="/people/new")
    with write() as session:
        assert suppression.suppressed(session) == []
        assert session.get_one(MailAddress, "gone@example.kz").lifted_by_id is not None


def test_case_page_tells_the_team_who_was_written_to(visit, admin, write):
    requester = visit("requester")
    reference = requester.begin({"title": "Су құбыры"})
    now = clock.now()
    with write() as session:
        case, person = session.scalar(select(Case.id)), session.scalar(select(Person.id))
        queue(session, [NewLetter("k", "comment_added", person, case, None, {}, now, now + timedelta(days=1))], now)
    page = admin.see(f"/cases/{reference}/messages").text
    assert "Letters sent" in page and "waiting to be sent" in page
    assert "Letters sent" not in requester.see(f"/cases/{reference}/messages").text


def test_no_letter_no_page(admin):
    assert admin.see("/outbox/4711").status_code == 404


def test_there_are_words_for_every_state_and_for_all_that_happens():
    assert outbox_text.STATES.keys() == set(STATES)
    assert outbox_text.WHAT.keys() == {*ENDS, *NOTES}


@pytest.mark.parametrize("place", ["outbox/", "inbox/", "outbox?after="])
def test_a_number_that_no_database_can_hold_is_no_fault(admin, place):
    assert admin.see(f"/{place}{10**30}").status_code == (200 if "?" in place else 404)


def test_a_form_sent_again_with_other_content_shows_the_list(admin):
    first, second = (
        admin.send("/outbox/addresses", {"address": address, "_key": "k1"}, page="/people/new") for address in "ab"
    )
    assert (second.status_code, second.location) == (303, first.location)


def test_the_page_of_a_shortened_letter_shows_its_hash(admin, write, letter):
    number = letter(results.accepted)
    with write() as session:
        context = {"shortened": {"sha256": "ab" * 32, "words": "cd" * 8}}
        session.execute(update(OutgoingLetter).where(OutgoingLetter.id == number).values(context=context))
    page = admin.see(f"/outbox/{number}").text
    assert "ab" * 32 in page and "cd" * 8 in page
    assert admin.send(f"/outbox/{number}", {"do": "resend", "address": "", "reason": "x"}).status_code == 422
