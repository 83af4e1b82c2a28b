"""What the desk does: values kept, loops walked, ends reached, people told."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from expertise.cases.model import Word
from expertise.mail.model import OutgoingLetter
from expertise.people.model import Person
from tests.support.environment import done, on_sqlite
from tests.support.main_line import REQUEST
from tests.support.people import add_person
from workflows.refusals import WrongRole


def test_the_whole_life_of_a_request(env):
    reference = env.walk()
    row = env.case(reference)
    assert (row.state, row.final, row.owner_role, row.due_at) == ("closed", "succeeded", None, None)
    assert row.ended_at is not None and row.public
    assert " ".join(env.look("auditor", reference).path) == (
        "draft submitted completeness_check problem_analysis eligibility scoping terms_of_reference endorsement "
        "approval expert_search mobilised delivery comments final_report accepted follow_up closed"
    )


def test_an_unchanged_edit_writes_nothing(env):
    reference = env.begin()
    before = env.case(reference), env.counts()
    answer = done(env.edit("requester", reference, {"title": f" {REQUEST['title']} ", "consent": "yes"}))
    assert answer.version == 1 and (env.case(reference), env.counts()) == before


def test_a_field_is_changed_and_emptied(env):
    env.grant("requester", "requester", "KZ-47")
    reference = env.begin()
    done(env.edit("requester", reference, {"title": "Жаңа атау", "topic": None, "region": "KZ-47"}))
    row = env.case(reference)
    assert (row.title, row.topic, row.region) == ("Жаңа атау", None, "KZ-47")
    assert row.fields["topic"] is None and row.fields["problem"] == REQUEST["problem"]
    event = env.look("requester", reference).events[0]
    assert event.act == "person:fields:edit" and event.values == {
        "title": "Жаңа атау",
        "topic": None,
        "region": "KZ-47",
    }
    assert env.letters(reference) == []


def test_a_coordinator_of_one_region_goes_on_with_the_own_draft(env):
    """The region is not known yet when somebody begins to write down a call."""
    reference = env.begin({"title": "A call from the oblast"}, by="coordinator")
    done(env.edit("coordinator", reference, REQUEST))
    env.take("coordinator", reference, "submit")


def test_a_comment_makes_no_page_stale_and_reaches_the_desk_it_lies_on(env):
    reference = env.walk("register")
    before = env.case(reference)
    written = len(env.letters(reference))
    answer = done(env.comment("requester", reference, "We can\nsend more."))
    after = env.case(reference)
    assert (after.version, after.state, after.changed_at) == (before.version, before.state, before.changed_at)
    assert answer.sequence == after.sequence == before.sequence + 1
    assert set(env.letters(reference)[written:]) == {("comment_added", "coordinator"), ("comment_added", "deputy")}
    assert env.look("coordinator", reference).events[0].comment == "We can\nsend more."
    written = len(env.letters(reference))
    done(env.comment("coordinator", reference, "A note"))  # on one's own desk: nobody to tell
    assert len(env.letters(reference)) == written


def test_everybody_who_sees_a_case_may_comment_but_the_auditor(env):
    reference = env.walk("offer.accept")
    for name in ("requester", "colleague", "coordinator", "approver", "manager", "administrator"):
        done(env.comment(name, reference, "Seen"))
    done(env.comment("expert", env.part(reference, "offer"), "A question"))
    assert isinstance(env.comment("auditor", reference, "Seen"), WrongRole)


def test_a_request_returned_comes_back_with_what_was_left_of_its_time(env, time):
    reference = env.walk("confirm_complete")
    due = env.case(reference).due_at
    time.move(timedelta(days=1))
    env.take("coordinator", reference, "return_for_completion", {"comment": "Say more."})
    assert env.case(reference).owner_role == "requester"
    assert ("request_returned", "requester") in env.letters(reference)
    time.move(timedelta(days=3))
    done(env.edit("requester", reference, {"problem": "The landfill is full and burns."}))
    env.take("requester", reference, "resubmit", {"comment": "More is said."})
    row = env.case(reference)
    assert row.state == "completeness_check" and row.due_at > due
    assert row.deadline["used"] == 1 and row.deadline["paused"] == 3
    env.take("coordinator", reference, "return_for_completion", {"comment": "And more."})  # as often as needed
    env.take("requester", reference, "resubmit")
    env.take("coordinator", reference, "confirm_complete")


def test_terms_go_round_until_all_agree(env):
    reference = env.walk("endorse")
    env.take("requester", reference, "ask_changes", {"comment": "Shorter"})
    env.take("coordinator", reference, "send_for_endorsement")
    env.take("requester", reference, "endorse")
    env.take("approver", reference, "send_back_terms", {"comment": "Cheaper"})
    for who, step in (("coordinator", "send_for_endorsement"), ("colleague", "endorse"), ("approver", "approve_terms")):
        env.take(who, reference, step)
    assert env.case(reference).state == "expert_search"


def test_a_request_is_withdrawn_for_a_reason(env):
    reference = env.walk("endorse")
    env.take("requester", reference, "withdraw", {"comment": "We have help already."})
    row = env.case(reference)
    assert (row.state, row.final, row.due_at, row.owner_role) == ("withdrawn", "withdrawn", None, None)
    assert env.look("coordinator", reference).events[0].comment == "We have help already."
    told = [name for letter, name in env.letters(reference) if letter == "case_ended_early"]
    assert set(told) == {"coordinator", "deputy", "approver", "twofold"}
    assert env.look("requester", reference).offered == ()


def test_a_request_is_cancelled_once_its_parts_are_closed(env):
    reference = env.walk("deliverable.submit")
    deliverable = env.part(reference, "deliverable")
    refused = env.fire("approver", reference, "cancel", {"comment": "No money"})
    assert refused.missing[0].detail == (deliverable,)
    env.take("coordinator", reference, "deliverable.cancel", {"comment": "No money"})
    env.take("approver", reference, "cancel", {"comment": "No money"})
    assert env.case(reference).final == "withdrawn"
    assert ("case_ended_early", "expert") in env.letters(reference)


def test_an_expert_who_is_released_is_told_and_sees_the_case_no_longer(env):
    reference = env.walk("start_delivery")
    assert env.sees("expert", reference)
    env.take("coordinator", reference, "release_expert", {"comment": "Illness"})
    row = env.case(reference)
    assert (row.state, row.expert_id, row.fields["expert"]) == ("expert_search", None, None)
    assert not env.sees("expert", reference)
    assert ("expert_released", "expert") in env.letters(reference)
    env.take("coordinator", reference, "offer_assignment", {"expert": "other_expert"})
    env.take("other_expert", reference, "offer.accept", {"no_conflict": True})
    assert env.case(reference).expert_id == env.actor("other_expert").person_id
    assert env.sees("other_expert", reference) and not env.sees("expert", reference)


def test_a_person_with_two_roles_gets_one_letter(env):
    reference = env.walk("approve_terms")
    env.take("approver", reference, "approve_terms")
    assert [letter for letter, name in env.letters(reference)[-5:] if name == "twofold"] == ["terms_approved"]
    env.take("coordinator", reference, "cancel", {"comment": "x"})
    readers = [name for letter, name in env.letters(reference) if letter == "case_ended_early"]
    assert len(readers) == len(set(readers)) and "twofold" in readers


def test_letters_go_to_active_people_with_what_they_need_to_know(env):
    with env.transactions.write() as session:
        session.execute(update(Person).where(Person.name == "deputy").values(active=False))
    reference = env.walk("register")
    assert ("request_received", "deputy") not in env.letters(reference)
    with env.transactions.read() as session:
        letter = session.scalars(select(OutgoingLetter).where(OutgoingLetter.letter == "request_received")).one()
        context = letter.context
    assert context["case_reference"] == reference and context["case_title"] == REQUEST["title"]
    assert context["link"] == f"https://komek.example.kz/cases/{reference}"
    assert context["due"] == env.case(reference).due_at.isoformat()
    for words in ("state", "step", "organisation", "region", "actor_role"):
        assert set(context[words]) == {"kk", "ru", "en"} and all(context[words].values())


def test_a_file_is_the_cases_own_and_asked_for_anew(env):
    reference = env.walk("deliverable.accept")
    deliverable = env.part(reference, "deliverable")
    first = env.case(deliverable).fields["report"]
    env.take("requester", reference, "deliverable.return_for_revision", {"comment": "Page 3 is empty."})
    assert env.case(reference).state == "delivery"
    env.take("expert", reference, "deliverable.resubmit", {"days_claimed": 3})
    assert env.case(deliverable).fields["report"] != first
    assert set(env.look("requester", deliverable).files) == {first, env.case(deliverable).fields["report"]}
    smuggled = env.walk("deliverable.submit")
    refused = env.fire("expert", env.part(smuggled, "deliverable"), "submit", {"report": first})
    assert refused.errors[0][1][0].code == "unknown_file"  # a file of another case


def test_the_number_of_statements_does_not_depend_on_the_readers(env, counted):
    reference = env.walk("finish_analysis")
    few = counted(lambda: env.take("coordinator", reference, "finish_analysis"))
    with env.transactions.write() as session:
        for number in range(30):
            add_person(session, f"reader{number}", like="requester")
    other = env.walk("finish_analysis")
    many = counted(lambda: env.take("coordinator", other, "finish_analysis"))
    assert many == few
    told = [name for letter, name in env.letters(other) if letter == "case_progress"]
    assert len(told) >= 30


@on_sqlite
def test_words_of_a_case_are_not_written_anew_by_every_step(env):
    reference = env.walk("register")
    with env.transactions.write() as session:
        session.execute(Word.__table__.delete())
    env.take("coordinator", reference, "register")
    with env.transactions.read() as session:
        assert session.scalars(select(Word)).all() == []
