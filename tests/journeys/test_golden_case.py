"""The whole life of the golden case, by the people it takes, on both databases, through the desk alone."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from expertise import worker
from expertise.files.model import StoredFile
from expertise.mail.letters import templates
from expertise.mail.model import OutgoingLetter
from expertise.people.model import Grant, Person
from tests.support.golden import ANALYSIS, PDF, STAGE_A
from tests.support.house import PEOPLE, done
from workflows.refusals import FourEyes, NotFound, NotReady, Stale, WrongRole, WrongState

STATES = [
    "draft",
    "submitted",
    "completeness_check",
    "returned",
    "completeness_check",
    "problem_analysis",
    "eligibility",
    "scoping",
    "terms_of_reference",
    "endorsement",
    "terms_of_reference",
    "endorsement",
    "approval",
    "expert_search",
    "mobilised",
    "delivery",
    "comments",
    "delivery",
    "comments",
    "final_report",
    "accepted",
    "follow_up",
    "closed",
]

#: Who gets which letter over the whole life; the desk tells nobody else.
LETTERS = Counter(
    {
        ("requester", "request_registered"): 1,
        ("coordinator", "request_received"): 1,
        ("requester", "case_progress"): 7,
        ("requester", "request_returned"): 1,
        ("coordinator", "request_resubmitted"): 1,
        ("requester", "terms_to_endorse"): 2,
        ("coordinator", "terms_sent_back"): 1,
        ("coordinator", "terms_endorsed"): 1,
        ("approver", "terms_to_approve"): 1,
        ("coordinator", "terms_approved"): 1,
        ("requester", "terms_approved"): 1,
        ("busy expert", "offer_sent"): 1,
        ("coordinator", "offer_declined"): 1,
        ("expert", "offer_sent"): 1,
        ("coordinator", "offer_accepted"): 1,
        ("expert", "offer_accepted"): 1,
        ("requester", "expert_mobilised"): 1,
        ("expert", "deliverable_asked"): 1,
        ("requester", "deliverable_submitted"): 2,
        ("coordinator", "deliverable_received"): 2,
        ("expert", "deliverable_returned"): 1,
        ("coordinator", "revision_requested"): 1,
        ("expert", "deliverable_accepted"): 1,
        ("coordinator", "deliverable_accepted"): 1,
        ("requester", "final_report_ready"): 1,
        ("expert", "case_progress"): 1,
        ("coordinator", "result_accepted"): 1,
        ("expert", "result_accepted"): 1,
        ("manager", "result_accepted"): 1,
        ("requester", "recommendation_issued"): 1,
        ("coordinator", "recommendation_answered"): 1,
        ("expert", "recommendation_answered"): 1,
        ("requester", "questionnaire"): 1,
        ("manager", "follow_up_asked"): 1,
        ("manager", "follow_up_overview"): 1,
        ("coordinator", "follow_up_answered"): 1,
        ("expert", "follow_up_answered"): 1,
        ("requester", "case_closed"): 1,
        ("expert", "case_closed"): 1,
        ("manager", "case_closed"): 1,
    }
)


@pytest.fixture
def life(house, time, post):
    """One step after the other, an hour apart; the worker carries the letters of each."""

    def step(name, reference, key, raw=None, **more):
        time.move(timedelta(hours=1))
        answer = done(house.fire(name, reference, key, raw, **more))
        post()
        return answer

    return step


def request_until_approval(house, life):
    """From the form to the approver's desk, with both return loops."""
    case = done(house.open("requester", "expertise_request", STAGE_A | {"contact_phone": ""})).reference
    assert house.sees("coordinator") == set()  # a draft is its author's own
    life("requester", case, "submit")
    life("coordinator", case, "register")
    life("coordinator", case, "return_for_completion", {"comment": "Укажите телефон."})
    done(house.edit("requester", case, {"contact_phone": STAGE_A["contact_phone"]}))
    life("requester", case, "resubmit", {"comment": "Телефон қосылды."})
    life("coordinator", case, "confirm_complete")
    done(house.edit("coordinator", case, ANALYSIS))
    life("coordinator", case, "finish_analysis")
    life("coordinator", case, "find_eligible", {"eligible_reason": "Приоритет области, софинансирование есть."})
    life("coordinator", case, "start_terms")
    life("coordinator", case, "send_for_endorsement")
    life("requester", case, "ask_changes", {"comment": "Суды үнемдеуді қосыңыз."})
    done(house.edit("coordinator", case, {"terms_of_reference": ANALYSIS["terms_of_reference"] + " Экономия воды."}))
    life("coordinator", case, "send_for_endorsement")
    life("requester", case, "endorse")
    return case


def expert_is_found(house, life, case):
    """The first expert has no time; the second one's acceptance mobilises them in the request."""
    busy, expert = house.actor("busy expert").key, house.actor("expert").key
    first = life("coordinator", case, "offer_assignment", {"expert": busy}).opened[0]
    refused = house.fire("coordinator", case, "offer_assignment", {"expert": expert})
    assert isinstance(refused, NotReady)  # one offer at a time
    assert case not in house.sees("busy expert") and first in house.sees("busy expert")
    assert first not in house.sees("requester")  # sealed
    life("busy expert", first, "decline", {"comment": "Занят до осени.", "decline_reason": "not_available"})
    second = life("coordinator", case, "offer_assignment", {"expert": expert}).opened[0]
    assert house.sees("busy expert") == {first}
    life("expert", second, "accept", {"no_conflict": True})
    assert house.case(case).state == "mobilised"
    assert house.case(case).assignee_id == house.actor("expert").person_id
    return first, second


def work_is_delivered(house, life, case, upload):
    """Uploaded, returned, uploaded again, accepted by the oblast."""
    part = life("coordinator", case, "start_delivery", {"deliverable_kind": "final_report"}).opened[0]
    assert isinstance(house.fire("expert", part, "submit", {}), NotReady)  # no report, no submission
    life("expert", part, "submit", {"days_claimed": 40}, uploads={"report": upload("Отчёт ТЭО.pdf")})
    assert house.case(case).state == "comments"
    life("requester", part, "return_for_revision", {"comment": "Тариф моделі жоқ."})
    assert house.case(case).state == "delivery"
    final = upload("Отчёт ТЭО 2.pdf", PDF + b"%2\n")
    life("expert", part, "resubmit", {"days_claimed": 60}, uploads={"report": final})
    life("requester", part, "accept")
    life("coordinator", case, "complete_delivery")
    return part


def recommendation_is_followed(house, life, time, case):
    """Asked by the clock thirty days after the answer, and answered."""
    wording = {"recommendation_text": "Ввести раздельный сбор.", "recommendation_addressee": "Акимат области"}
    part = life("coordinator", case, "record_recommendation", wording).opened[0]
    life("requester", part, "accept_recommendation", {"action_plan": "2027 жылдан бастап."})
    life("coordinator", case, "start_follow_up")
    time.move(timedelta(days=29))
    assert house.sweep() == {}
    time.move(timedelta(days=2))
    assert house.sweep() == {"done": 1}
    assert house.sweep() == {}
    assert house.case(part).state == "first_check"
    assert worker.question(house.transactions, house.shop) == 1
    assert isinstance(house.fire("coordinator", case, "close", {"outcome": "Сделано."}), NotReady)
    life("requester", part, "report_implemented", {"evidence": "Екі ауданда енгізілді."})
    return part


def test_whole_life(house, time, life, upload, post):
    case = request_until_approval(house, life)
    life("approver", case, "approve_terms", {"comment": "Согласен."})
    offers = expert_is_found(house, life, case)
    deliverable = work_is_delivered(house, life, case, upload)
    life("requester", case, "accept_final")
    recommendation = recommendation_is_followed(house, life, time, case)
    life("coordinator", case, "close", {"outcome": "Пакет финансирования подписан."})

    assert house.states(case) == STATES
    assert house.case(case).final == "succeeded"
    assert house.states(offers[0]) == ["sent", "declined"]
    assert house.states(offers[1]) == ["sent", "accepted"]
    assert house.states(deliverable) == ["due", "review", "revision", "review", "accepted"]
    assert house.states(recommendation) == ["issued", "waiting_first", "first_check", "implemented"]
    assert [row.name for row in house.rows(StoredFile.__table__)] == ["Отчёт ТЭО.pdf", "Отчёт ТЭО 2.pdf"]
    checked = house.verify()
    assert checked.broken == () and checked.cases == 5
    assert checked.events == sum(house.case(each).sequence for each in (case, *offers, deliverable, recommendation))
    assert house.sees("neighbour") == house.sees("coordinator elsewhere") == set()
    everybody_reads_their_own_language(house, post.caught())


def everybody_reads_their_own_language(house, arrived):
    """Exactly the letters of LETTERS, each accepted by the server and set in its reader's language."""
    with house.transactions.read() as session:
        rows = session.execute(
            select(OutgoingLetter.__table__, Person.email, Person.language)
            .join(Person, Person.id == OutgoingLetter.recipient_id)
            .order_by(OutgoingLetter.id)
        ).all()
    name_of = {house.email(name): name for name in PEOPLE}
    assert Counter((name_of[row.email], row.letter) for row in rows) == LETTERS
    assert {row.state for row in rows} == {"accepted"}
    expected = Counter((row.email, templates.render(row.letter, row.language, row.context).subject) for row in rows)
    assert Counter((letter.to, letter.subject) for letter in arrived) == expected
    assert all(PEOPLE[name_of[row.email]].language == row.language for row in rows)


def test_nobody_steps_out_of_turn(house, life):
    """On the way to the approval: other people, other states, old pages and one's own terms are refused."""
    case = request_until_approval(house, life)
    before = house.case(case)
    assert isinstance(house.fire("neighbour", case, "approve_terms", seen=before.version), NotFound)
    assert isinstance(house.fire("requester", case, "approve_terms"), WrongRole)
    assert isinstance(house.fire("approver", case, "endorse"), WrongState)
    assert isinstance(house.fire("approver", case, "approve_terms", seen=before.version - 1), Stale)
    assert isinstance(house.fire("approver", case, "refuse_terms"), NotReady)
    assert house.case(case) == before


def test_who_wrote_the_terms_does_not_approve_them(house, life):
    """Four eyes hold for the natural person, whatever roles they hold."""
    case = request_until_approval(house, life)
    with house.transactions.write() as session:
        session.add(Grant(person_id=house.actor("coordinator").person_id, role="approver", region=None))
    house._actors.clear()
    before = house.case(case)
    assert house.fire("coordinator", case, "approve_terms") == FourEyes("coordinator")
    assert house.case(case) == before
    life("approver", case, "approve_terms")
