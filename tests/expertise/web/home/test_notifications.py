"""Notifications in the page: the same events as the letters, the same preferences, for nobody who lost the case."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from expertise import worker
from expertise.base import clock
from expertise.base.letter_kinds import LetterKind
from expertise.cases.notify import notifications
from expertise.cases.notify.model import Notification
from expertise.people.manage import notification_preferences
from expertise.people.model import Grant, Person
from tests.expertise.web.cases.test_attachments import comment
from tests.expertise.web.cases.test_cases import deliverable
from tests.expertise.web.cases.test_mentions import word
from tests.support.statements import listening
from workflows.definition import LANGUAGES


@pytest.fixture
def reference(visit):
    return deliverable(visit)


@pytest.fixture
def carry(app):
    """Let the worker find the recipients of what happened."""
    env = app.extensions["komek"]
    return lambda: worker.notify(env.transactions, env.services)


def shown(visitor):
    """The number in the header; "" for none."""
    return re.search(r'href="/notifications"[^>]*>[^<:]+(?:: <b>([^<]*)</b>)?', visitor.see("/account").text)[1] or ""


def read_all(visitor):
    page = visitor.see("/notifications").text
    last = re.search(r'name="last" value="(\d+)"', page)
    return visitor.send("/notifications", {"last": last[1], "one": ""}) if last else None


def test_a_mention_is_counted_and_stands_in_the_list(visit, reference, keys, carry, look):
    coordinator = visit("coordinator")
    carry()
    read_all(coordinator)
    assert shown(coordinator) == ""
    assert (
        comment(
            visit("expert"), reference, "Please look at page 4", mention=word(visit("expert"), reference, "Coordinator")
        ).status_code
        == 303
    )
    carry()
    assert shown(coordinator) == "1"
    for language in LANGUAGES:
        coordinator.send("/language", {"language": language}, page="/account")
        page = coordinator.see("/notifications").text
        assert "Please look at page 4" in page and f"/cases/{reference}/comments/" in page
        assert re.search("You are mentioned|ас упомянули|ізді түсініктемеде атады", page, re.IGNORECASE)


def test_to_look_at_the_case_is_to_read(visit, reference, keys, carry):
    coordinator = visit("coordinator")
    comment(visit("expert"), reference, "Look", mention=word(visit("expert"), reference, "Coordinator"))
    carry()
    before = shown(coordinator)
    page = coordinator.see(f"/cases/{reference}").text
    assert "Look" in page
    assert shown(coordinator) != before


def test_read_unread_and_all(visit, reference, keys, carry, look):
    coordinator = visit("coordinator")
    carry()
    read_all(coordinator)
    for text in ("One", "Two"):
        comment(visit("expert"), reference, text, mention=word(visit("expert"), reference, "Coordinator"))
    carry()
    assert shown(coordinator) == "2"
    newest = max(row.id for row in look(Notification, Notification.letter == "mentioned"))
    for do, number in (("read", "1"), ("unread", "2")):
        answer = coordinator.send("/notifications", {"one": str(newest), "do": do})
        assert answer.status_code == 303
        assert shown(coordinator) == number
    assert read_all(coordinator).status_code == 303
    assert shown(coordinator) == ""


def test_nobody_marks_what_is_of_somebody_else(visit, reference, keys, carry, look):
    comment(visit("expert"), reference, "Look", mention=word(visit("expert"), reference, "Approver"))
    carry()
    (row,) = look(Notification, Notification.letter == "mentioned")
    visit("coordinator").send("/notifications", {"one": str(row.id), "do": "read"})
    (row,) = look(Notification, Notification.id == row.id)
    assert row.read_at is None


def test_the_worker_that_is_started_again_doubles_nothing(visit, reference, keys, carry, look, app):
    comment(visit("expert"), reference, "Look", mention=word(visit("expert"), reference, "Approver"))
    carry()
    carry()
    assert len(look(Notification, Notification.letter == "mentioned")) == 1


def test_who_does_not_want_the_letter_gets_no_notification(app, visit, reference, keys, carry, look):
    (person,) = look(Person, Person.key == keys["approver"])
    with app.extensions["komek"].transactions.write() as db:
        notification_preferences.choose(db, person.id, {LetterKind.MENTION: "off"}, clock.now())
    comment(visit("expert"), reference, "Look", mention=word(visit("expert"), reference, "Approver"))
    carry()
    assert look(Notification, Notification.letter == "mentioned") == []


def test_who_no_longer_sees_the_case_has_no_trace_of_it(app, visit, reference, keys, carry, look):
    comment(visit("expert"), reference, "Look at zebrafish", mention=word(visit("expert"), reference, "Approver"))
    carry()
    (person,) = look(Person, Person.key == keys["approver"])
    with app.extensions["komek"].transactions.write() as db:
        db.execute(update(Grant).where(Grant.person_id == person.id).values(region="KZ-47", role="coordinator"))
    approver = visit("approver")
    assert shown(approver) == ""
    page = approver.see("/notifications").text
    assert "zebrafish" not in page and reference not in page


def test_the_count_is_one_statement(app, visit, reference, keys, carry, look):
    comment(visit("expert"), reference, "Look", mention=word(visit("expert"), reference, "Approver"))
    carry()
    env = app.extensions["komek"]
    person = visit("approver")
    with listening(env.transactions.engine) as sent:
        person.see("/account")
    asked = [statement for statement in sent if "notifications" in str(statement)]
    assert len(asked) == 1, asked


def test_old_ones_shrink_and_go(app, visit, reference, keys, carry, look, time):
    env = app.extensions["komek"]
    comment(visit("expert"), reference, "Look", mention=word(visit("expert"), reference, "Approver"))
    carry()
    time.move(notifications.QUOTES + timedelta(days=1))
    worker.tidy(env.transactions, env.settings)
    (row,) = look(Notification, Notification.letter == "mentioned")
    assert row.comment is None
    assert "Look" not in visit("approver").see("/notifications").text
    time.move(notifications.LIVES)
    worker.tidy(env.transactions, env.settings)
    with env.transactions.read() as db:
        assert db.scalar(select(func.count()).select_from(Notification)) == 0


def test_more_than_a_page(app, visit, reference, look, keys):
    env = app.extensions["komek"]
    (person,) = look(Person, Person.key == keys["approver"])
    with env.transactions.write() as db:
        case = db.execute(select(Notification.case_id)).scalar() or 1
        for number in range(notifications.MOST + 20):
            row = {"dedupe_key": f"x:{number}", "person_id": person.id, "case_id": case, "letter": "comment_added"}
            context = {"case_reference": reference}
            db.add(
                Notification(**row, path=f"/cases/{reference}", context=context, comment=f"n{number}", at=clock.now())
            )
    approver = visit("approver")
    assert shown(approver) == "99+"
    page = approver.see("/notifications").text
    assert len(re.findall(r'name="one"', page)) == notifications.SHOWN
    follow = re.search(r'href="([^"]+)" rel="next"', page)[1]
    assert ">n89<" in approver.see(follow).text
