"""What the desk does: values kept, loops walked, ends reached, people told."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from expertise.cases.model import Word
from expertise.mail.model import OutgoingLetter
from expertise.people.model import Person
from tests.expertise.cases.scenery import REQUEST, add_person, done, on_sqlite
from workflows.refusals import WrongRole


def test_the_whole_life_of_a_request(house):
    reference = house.walk()
    row = house.row(reference)
    assert (row.state, row.final, row.with_role, row.due_at) == ("closed", "succeeded", None, None)
    assert row.ended_at is not None and row.public
    assert " ".join(house.look("auditor", reference).path) == (
        "draft submitted completeness_check problem_analysis eligibility scoping terms_of_reference endorsement "
        "approval expert_search mobilised delivery comments final_report accepted follow_up closed"
    )


def test_an_unchanged_edit_writes_nothing(house):
    reference = house.begin()
    before = house.row(reference), house.counts()
    answer = done(house.try_edit("requester", reference, {"title": f" {REQUEST['title']} ", "consent": "yes"}))
    assert answer.version == 1 and (house.row(reference), house.counts()) == before


def test_a_field_is_changed_and_emptied(house):
    reference = house.begin()
    done(house.try_edit("requester", reference, {"title": "Жаңа атау", "topic": None, "region": "KZ-47"}))
    row = house.row(reference)
    assert (row.title, row.topic, row.region) == ("Жаңа атау", None, "KZ-47")
    assert row.fields["topic"] is None and row.fields["problem"] == REQUEST["problem"]
    event = house.look("requester", reference).events[0]
    assert event.act == "person:fields:edit" and event.values == {
        "title": "Жаңа атау",
        "topic": None,
        "region": "KZ-47",
    }
    assert house.letters(reference) == []


def test_a_coordinator_of_one_region_goes_on_with_the_own_draft(house):
    """The region is not known yet when somebody begins to write down a call."""
    reference = house.begin({"title": "A call from the oblast"}, by="coordinator")
    done(house.try_edit("coordinator", reference, REQUEST))
    house.take("coordinator", reference, "submit")


def test_a_comment_makes_no_page_stale_and_reaches_the_desk_it_lies_on(house):
    reference = house.walk("register")
    before = house.row(reference)
    written = len(house.letters(reference))
    answer = done(house.try_comment("requester", reference, "We can\nsend more."))
    after = house.row(reference)
    assert (after.version, after.state, after.changed_at) == (before.version, before.state, before.changed_at)
    assert answer.sequence == after.sequence == before.sequence + 1
    assert set(house.letters(reference)[written:]) == {("comment_added", "coordinator"), ("comment_added", "deputy")}
    assert house.look("coordinator", reference).events[0].comment == "We can\nsend more."
    written = len(house.letters(reference))
    done(house.try_comment("coordinator", reference, "A note"))  # on one's own desk: nobody to tell
    assert len(house.letters(reference)) == written


def test_everybody_who_sees_a_case_may_comment_but_the_auditor(house):
    reference = house.walk("offer.accept")
    for name in ("requester", "colleague", "coordinator", "approver", "manager", "administrator"):
        done(house.try_comment(name, reference, "Seen"))
    done(house.try_comment("expert", house.part(reference, "offer"), "A question"))
    assert isinstance(house.try_comment("auditor", reference, "Seen"), WrongRole)


def test_a_request_returned_comes_back_with_what_was_left_of_its_time(house, time):
    reference = house.walk("confirm_complete")
    due = house.row(reference).due_at
    time.move(timedelta(days=1))
    house.take("coordinator", reference, "return_for_completion", {"comment": "Say more."})
    assert house.row(reference).with_role == "requester"
    assert ("request_returned", "requester") in house.letters(reference)
    time.move(timedelta(days=3))
    done(house.try_edit("requester", reference, {"problem": "The landfill is full and burns."}))
    house.take("requester", reference, "resubmit", {"comment": "More is said."})
    row = house.row(reference)
    assert row.state == "completeness_check" and row.due_at > due
    assert row.deadline["used"] == 1 and row.deadline["paused"] == 3
    house.take("coordinator", reference, "return_for_completion", {"comment": "And more."})  # as often as needed
    house.take("requester", reference, "resubmit")
    house.take("coordinator", reference, "confirm_complete")


def test_terms_go_round_until_all_agree(house):
    reference = house.walk("endorse")
    house.take("requester", reference, "ask_changes", {"comment": "Shorter"})
    house.take("coordinator", reference, "send_for_endorsement")
    house.take("requester", reference, "endorse")
    house.take("approver", reference, "send_back_terms", {"comment": "Cheaper"})
    for who, step in (("coordinator", "send_for_endorsement"), ("colleague", "endorse"), ("approver", "approve_terms")):
        house.take(who, reference, step)
    assert house.row(reference).state == "expert_search"


def test_a_request_is_withdrawn_for_a_reason(house):
    reference = house.walk("endorse")
    house.take("requester", reference, "withdraw", {"comment": "We have help already."})
    row = house.row(reference)
    assert (row.state, row.final, row.due_at, row.with_role) == ("withdrawn", "withdrawn", None, None)
    assert house.look("coordinator", reference).events[0].comment == "We have help already."
    told = [name for letter, name in house.letters(reference) if letter == "case_ended_early"]
    assert set(told) == {"coordinator", "deputy", "approver", "twofold"}
    assert house.look("requester", reference).offered == ()


def test_a_request_is_cancelled_once_its_parts_are_closed(house):
    reference = house.walk("deliverable.submit")
    deliverable = house.part(reference, "deliverable")
    refused = house.attempt("approver", reference, "cancel", {"comment": "No money"})
    assert refused.missing[0].detail == (deliverable,)
    house.take("coordinator", reference, "deliverable.cancel", {"comment": "No money"})
    house.take("approver", reference, "cancel", {"comment": "No money"})
    assert house.row(reference).final == "withdrawn"
    assert ("case_ended_early", "expert") in house.letters(reference)


def test_an_expert_who_is_released_is_told_and_sees_the_case_no_longer(house):
    reference = house.walk("start_delivery")
    assert house.sees("expert", reference)
    house.take("coordinator", reference, "release_expert", {"comment": "Illness"})
    row = house.row(reference)
    assert (row.state, row.assignee_id, row.fields["expert"]) == ("expert_search", None, None)
    assert not house.sees("expert", reference)
    assert ("expert_released", "expert") in house.letters(reference)
    house.take("coordinator", reference, "offer_assignment", {"expert": "other_expert"})
    house.take("other_expert", reference, "offer.accept", {"no_conflict": True})
    assert house.row(reference).assignee_id == house.actor("other_expert").person_id
    assert house.sees("other_expert", reference) and not house.sees("expert", reference)


def test_a_person_with_two_roles_gets_one_letter(house):
    reference = house.walk("approve_terms")
    house.take("approver", reference, "approve_terms")
    assert [letter for letter, name in house.letters(reference)[-5:] if name == "twofold"] == ["terms_approved"]
    house.take("coordinator", reference, "cancel", {"comment": "x"})
    readers = [name for letter, name in house.letters(reference) if letter == "case_ended_early"]
    assert len(readers) == len(set(readers)) and "twofold" in readers


def test_letters_go_to_active_people_with_what_they_need_to_know(house):
    with house.transactions.write() as session:
        session.execute(update(Person).where(Person.name == "deputy").values(active=False))
    reference = house.walk("register")
    assert ("request_received", "deputy") not in house.letters(reference)
    with house.transactions.read() as session:
        letter = session.scalars(select(OutgoingLetter).where(OutgoingLetter.letter == "request_received")).one()
        context = letter.context
    assert context["case_reference"] == reference and context["case_title"] == REQUEST["title"]
    assert context["link"] == f"https://komek.example.kz/cases/{reference}"
    assert context["due"] == house.row(reference).due_at.isoformat()
    for words in ("state", "step", "organisation", "region", "actor_role"):
        assert set(context[words]) == {"kk", "ru", "en"} and all(context[words].values())


def test_a_file_is_the_cases_own_and_asked_for_anew(house):
    reference = house.walk("deliverable.accept")
    deliverable = house.part(reference, "deliverable")
    first = house.row(deliverable).fields["report"]
    house.take("requester", reference, "deliverable.return_for_revision", {"comment": "Page 3 is empty."})
    assert house.row(reference).state == "delivery"
    house.take("expert", reference, "deliverable.resubmit", {"days_claimed": 3})
    assert house.row(deliverable).fields["report"] != first
    assert set(house.look("requester", deliverable).files) == {first, house.row(deliverable).fields["report"]}
    smuggled = house.walk("deliverable.submit")
    refused = house.attempt("expert", house.part(smuggled, "deliverable"), "submit", {"report": first})
    assert refused.errors[0][1][0].code == "unknown_file"  # a file of another case


def test_the_number_of_statements_does_not_depend_on_the_readers(house, counted):
    reference = house.walk("finish_analysis")
    few = counted(lambda: house.take("coordinator", reference, "finish_analysis"))
    with house.transactions.write() as session:
        for number in range(30):
            add_person(session, f"reader{number}", like="requester")
    other = house.walk("finish_analysis")
    many = counted(lambda: house.take("coordinator", other, "finish_analysis"))
    assert many == few
    told = [name for letter, name in house.letters(other) if letter == "case_progress"]
    assert len(told) >= 30


@on_sqlite
def test_words_of_a_case_are_not_written_anew_by_every_step(house):
    reference = house.walk("register")
    with house.transactions.write() as session:
        session.execute(Word.__table__.delete())
    house.take("coordinator", reference, "register")
    with house.transactions.read() as session:
        assert session.scalars(select(Word)).all() == []
