"""The page of a case whose step of the clock was refused."""

from datetime import timedelta

from sqlalchemy import update

from expertise.base import clock
from expertise.base.database import table_of
from expertise.cases.model import Case
from expertise.reminders.model import Timer

TIMERS, CASES = table_of(Timer), table_of(Case)
FILLED = {
    "title": "Water",
    "region": "KZ-43",
    "requesting_unit": "Department",
    "contact_person": "Head",
    "contact_email": "unit@example.kz",
    "topic": "waste",
    "problem": "None",
    "priority": "Plan",
    "help_wanted": "study",
    "expected_result": "Terms",
    "consent": "yes",
}


def test_the_page_says_that_the_system_tries_again(app, visit):
    requester, coordinator = visit("requester"), visit("coordinator")
    reference = requester.begin(FILLED)
    requester.take(reference, "submit")
    coordinator.take(reference, "register")
    coordinator.take(reference, "return_for_completion", {"comment": "More"})
    sentence = "the system cannot take the step “Let the request lapse” yet"
    assert sentence not in requester.see(f"/cases/{reference}").text
    with app.extensions["komek"].transactions.write() as session:
        session.execute(update(CASES).values(due_at=clock.now() - timedelta(hours=1)))
        session.execute(update(TIMERS).where(TIMERS.c.kind == "lapse").values(outcome="not_ready"))
    for each in (requester, coordinator):
        assert sentence in each.see(f"/cases/{reference}").text
