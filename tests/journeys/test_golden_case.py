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
from tests.support.environment import done
from tests.support.golden import ANALYSIS, PDF, STAGE_A
from tests.support.people import PEOPLE
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
        ("other_expert", "offer_sent"): 1,
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
def life(env, time, post):
    """One step after the other, an hour apart; the worker carries the letters of each."""

    def step(name, reference, key, raw=None, **more):
        time.move(timedelta(hours=1))
        answer = done(env.fire(name, reference, key, raw, **more))
        post()
        return answer

    return step


def request_until_approval(env, life):
    """From the form to the approver's desk, with both return loops."""
    case = done(env.open("requester", "expertise_request", STAGE_A | {"contact_phone": ""})).reference
    assert env.reach("coordinator") == set()  # a draft is its author's own
    life("requester", case, "submit")
    life("coordinator", case, "register")
    life("coordinator", case, "return_for_completion", {"comment": "Укажите телефон."})
    done(env.edit("requester", case, {"contact_phone": STAGE_A["contact_phone"]}))
    life("requester", case, "resubmit", {"comment": "Телефон қосылды."})
    life("coordinator", case, "confirm_complete")
    done(env.edit("coordinator", case, ANALYSIS))
    life("coordinator", case, "finish_analysis")
    life("coordinator", case, "find_eligible", {"eligible_reason": "Приоритет области, софинансирование есть."})
    life("coordinator", case, "start_terms")
    life("coordinator", case, "send_for_endorsement")
    life("requester", case, "ask_changes", {"comment": "Суды үнемдеуді қосыңыз."})
    done(env.edit("coordinator", case, {"terms_of_reference": ANALYSIS["terms_of_reference"] + " Экономия воды."}))
    life("coordinator", case, "send_for_endorsement")
    life("requester", case, "endorse")
    return case


def expert_is_found(env, life, case):
    """The first expert has no time; the second one's acceptance mobilises them in the request."""
    busy, expert = env.actor("other_expert").key, env.actor("expert").key
    first = life("coordinator", case, "offer_assignment", {"expert": busy}).opened[0]
    refused = env.fire("coordinator", case, "offer_assignment", {"expert": expert})
    assert isinstance(refused, NotReady)  # one offer at a time
    assert case not in env.reach("other_expert") and first in env.reach("other_expert")
    assert first not in env.reach("requester")  # sealed
    life("other_expert", first, "decline", {"comment": "Занят до осени.", "decline_reason": "not_available"})
    second = life("coordinator", case, "offer_assignment", {"expert": expert}).opened[0]
    assert env.reach("other_expert") == {first}
    life("expert", second, "accept", {"no_conflict": True})
    assert env.case(case).state == "mobilised"
    assert env.case(case).expert_id == env.actor("expert").person_id
    return first, second


def work_is_delivered(env, life, case, upload):
    """Uploaded, returned, uploaded again, accepted by the oblast."""
    part = life("coordinator", case, "start_delivery", {"deliverable_kind": "final_report"}).opened[0]
    assert isinstance(env.fire("expert", part, "submit", {}), NotReady)  # no report, no submission
    life("expert", part, "submit", {"days_claimed": 40}, uploads={"report": upload("Отчёт ТЭО.pdf")})
    assert env.case(case).state == "comments"
    life("requester", part, "return_for_revision", {"comment": "Тариф моделі жоқ."})
    assert env.case(case).state == "delivery"
    final = upload("Отчёт ТЭО 2.pdf", PDF + b"%2\n")
    life("expert", part, "resubmit", {"days_claimed": 60}, uploads={"report": final})
    life("requester", part, "accept")
    life("coordinator", case, "complete_delivery")
    return part


def recommendation_is_followed(env, life, time, case):
    """Asked by the clock thirty days after the answer, and answered."""
    wording = {"recommendation_text": "Ввести раздельный сбор.", "recommendation_addressee": "Акимат области"}
    part = life("coordinator", case, "record_recommendation", wording).opened[0]
    life("requester", part, "accept_recommendation", {"action_plan": "2027 жылдан бастап."})
    life("coordinator", case, "start_follow_up")
    time.move(timedelta(days=29))
    assert env.sweep() == {}
    time.move(timedelta(days=2))
    assert env.sweep() == {"done": 1}
    assert env.sweep() == {}
    assert env.case(part).state == "first_check"
    assert worker.question(env.transactions, env.services) == 1
    assert isinstance(env.fire("coordinator", case, "close", {"outcome": "Сделано."}), NotReady)
    life("requester", part, "report_implemented", {"evidence": "Екі ауданда енгізілді."})
    return part


def test_whole_life(env, time, life, upload, post):
    case = request_until_approval(env, life)
    life("approver", case, "approve_terms", {"comment": "Согласен."})
    offers = expert_is_found(env, life, case)
    deliverable = work_is_delivered(env, life, case, upload)
    life("requester", case, "accept_final")
    recommendation = recommendation_is_followed(env, life, time, case)
    life("coordinator", case, "close", {"outcome": "Пакет финансирования подписан."})

    assert env.states(case) == STATES
    assert env.case(case).final == "succeeded"
    assert env.states(offers[0]) == ["sent", "declined"]
    assert env.states(offers[1]) == ["sent", "accepted"]
    assert env.states(deliverable) == ["due", "review", "revision", "review", "accepted"]
    assert env.states(recommendation) == ["issued", "waiting_first", "first_check", "implemented"]
    assert [row.name for row in env.rows(StoredFile.__table__)] == ["Отчёт ТЭО.pdf", "Отчёт ТЭО 2.pdf"]
    checked = env.verify()
    assert checked.broken == () and checked.cases == 5
    assert checked.events == sum(env.case(each).sequence for each in (case, *offers, deliverable, recommendation))
    assert env.reach("neighbour") == env.reach("distant") == set()
    everybody_reads_their_own_language(env, post.caught())


def everybody_reads_their_own_language(env, arrived):
    """Exactly the letters of LETTERS, each accepted by the server and set in its reader's language."""
    with env.transactions.read() as session:
        rows = session.execute(
            select(OutgoingLetter.__table__, Person.email, Person.language)
            .join(Person, Person.id == OutgoingLetter.recipient_id)
            .order_by(OutgoingLetter.id)
        ).all()
    name_of = {env.email(name): name for name in PEOPLE}
    assert Counter((name_of[row.email], row.letter) for row in rows) == LETTERS
    assert {row.state for row in rows} == {"accepted"}
    expected = Counter((row.email, templates.render(row.letter, row.language, row.context).subject) for row in rows)
    assert Counter((letter.to, letter.subject) for letter in arrived) == expected
    assert all(PEOPLE[name_of[row.email]].language == row.language for row in rows)


def test_nobody_steps_out_of_turn(env, life):
    """On the way to the approval: other people, other states, old pages and one's own terms are refused."""
    case = request_until_approval(env, life)
    before = env.case(case)
    assert isinstance(env.fire("neighbour", case, "approve_terms", seen=before.version), NotFound)
    assert isinstance(env.fire("requester", case, "approve_terms"), WrongRole)
    assert isinstance(env.fire("approver", case, "endorse"), WrongState)
    assert isinstance(env.fire("approver", case, "approve_terms", seen=before.version - 1), Stale)
    assert isinstance(env.fire("approver", case, "refuse_terms"), NotReady)
    assert env.case(case) == before


def test_who_wrote_the_terms_does_not_approve_them(env, life):
    """Four eyes hold for the natural person, whatever roles they hold."""
    case = request_until_approval(env, life)
    with env.transactions.write() as session:
        session.add(Grant(person_id=env.actor("coordinator").person_id, role="approver", region=None))
    before = env.case(case)
    assert env.fire("coordinator", case, "approve_terms") == FourEyes("coordinator")
    assert env.case(case) == before
    life("approver", case, "approve_terms")
