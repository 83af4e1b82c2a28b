"""The daily digest: who gets one when, what stands in it, and that one is enough after any outage."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from expertise import worker
from expertise.base import clock
from expertise.base.database import table_of
from expertise.mail.letters import overrides, templates
from expertise.mail.model import OutgoingLetter
from expertise.people.absences import NewAbsence, record
from expertise.people.manage import notification_preferences
from expertise.people.model import Absence, Person
from expertise.registry import Registry
from expertise.reminders.model import Digest
from expertise.reports import send_digests
from tests.support.contents import definitions
from tests.support.environment import on_sqlite, together
from tests.support.main_line import REQUEST
from workflows.definition import LANGUAGES

HERE = ZoneInfo("Asia/Almaty")
OUTBOX = table_of(OutgoingLetter)


TWO = ("manager", "approver")


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=HERE)


@pytest.fixture
def rows(env):
    """The letters of one kind: [(reader, row)], the oldest first."""

    def of(*conditions):
        wanted = select(Person.name, OUTBOX).join(Person, Person.id == OUTBOX.c.recipient_id).where(*conditions)
        with env.transactions.read() as session:
            return session.execute(wanted.order_by(OUTBOX.c.id)).all()

    return of


@pytest.fixture
def digest(rows):
    """The newest digest of somebody, as its context."""

    def of(name):
        found = rows(OUTBOX.c.letter == "digest", Person.name == name)
        return found[-1].context if found else None

    return of


@pytest.fixture
def beat(env):
    """What a worker does, without carrying."""

    def do():
        worker.sweep(env.transactions, env.services)
        return worker.digests(env.transactions, env.services)

    return do


@pytest.fixture
def leave(env):
    """As a carrier would: what is queued has left."""

    def all_of_it():
        with env.transactions.write() as session:
            session.execute(update(OUTBOX).where(OUTBOX.c.state == "queued").values(state="accepted"))

    return all_of_it


def lists(context):
    return {each["title"]["en"]: [entry["reference"] for entry in each["entries"]] for each in context["lines"]}


def test_a_morning_of_the_team(env, time, beat, digest):
    late = env.walk("confirm_complete")
    time.go(at("2026-03-04 10:00"))
    today = env.walk("find_eligible")
    time.go(at("2026-03-11 10:00"))
    new = env.walk("register")
    time.go(at("2026-03-12 08:29"))
    assert beat() == 0
    time.go(at("2026-03-12 08:30"))
    assert beat() >= 3 and beat() == 0
    context = digest("coordinator")
    assert lists(context) == {"Late": [late], "Due today": [today], "Due soon": [new]}
    assert context["cases"] == [late, today, new]
    entries = [entry for each in context["lines"] for entry in each["entries"]]
    assert [entry["number"] for entry in entries] == [1, 2, 3]
    assert [entry["late"] for entry in entries] == [True, False, False]
    assert context["summary"]["ru"] == "просрочено (1), на сегодня (1), скоро срок (1)"
    assert lists(digest("manager")) == {"Late with others": [late]}
    assert digest("approver") is None, "not on their desk"
    assert digest("requester") is None and digest("nobody") is None
    assert digest("distant") is None, "nothing to say"


def test_digests_need_no_workflow_of_a_certain_name(env, time, digest, caplog):
    """Whoever follows nothing up, and files no requests, gets digests all the same."""
    late = env.walk("confirm_complete")
    few = {key: definitions()[key] for key in ("project_proposal", "loan_referral")}
    lone = replace(env.services, definitions=Registry(few, env.transactions.read))
    time.go(at("2026-03-12 08:30"))
    worker.sweep(env.transactions, lone)
    assert worker.digests(env.transactions, lone) >= 2
    assert worker.question(env.transactions, lone) == 0
    assert lists(digest("manager")) == {"Late with others": [late]}
    assert [each for each in caplog.records if each.levelname == "ERROR"] == []


def test_a_deputy_reads_whose_cases_they_are(env, time, beat, digest):
    time.go(at("2026-03-11 10:00"))
    env.walk("approve_terms")
    with env.transactions.write() as session:
        away = session.get_one(Person, env.actor("approver").person_id)
        wish = NewAbsence(date(2026, 3, 11), date(2026, 3, 20), deputy_id=env.actor("manager").person_id)
        assert isinstance(record(session, away, wish, recorded_by_id=away.id, now=clock.now()), Absence)
    time.go(at("2026-03-12 08:30"))
    beat()
    notes = {name: [entry["notes"] for each in digest(name)["lines"] for entry in each["entries"]] for name in TWO}
    assert {"kk": "Орнында жоқ: approver", "ru": "Отсутствует: approver", "en": "Away: approver"} in notes["manager"][0]
    assert all("Away" not in note["en"] for note in notes["approver"][0])


def test_the_state_counts_and_not_what_was_said_before(env, time, beat, digest):
    """What is done by then is not asked for, and what is still late is said again."""
    done, late = env.walk("confirm_complete"), env.walk("confirm_complete")
    time.go(at("2026-03-13 08:30"))
    beat()
    assert set(digest("coordinator")["cases"]) == {done, late}
    env.take("requester", done, "withdraw", {"comment": "No need"})
    time.go(at("2026-03-16 08:30"))
    beat()
    assert lists(digest("coordinator")) == {"Late": [late]}


def test_news_stand_with_their_case_and_are_told_once(env, time, beat, digest, rows, leave):
    time.go(at("2026-03-02 12:00"))
    reference = env.walk("approve_terms")
    env.comment("requester", reference, "Суды үнемдеу\nқосылды ма?")
    time.go(at("2026-03-03 08:31"))
    beat()
    context = digest("coordinator")
    assert lists(context) == {"News": [reference]}
    [notes] = [entry["notes"] for each in context["lines"] for entry in each["entries"]]
    assert notes[-1]["en"] == "terms of reference endorsed"
    approver = digest("approver")
    said = [note["ru"] for each in approver["lines"] for entry in each["entries"] for note in entry["notes"]]
    assert said[-1] == "новый комментарий: «Суды үнемдеу\nқосылды ма?»"
    told = rows(OUTBOX.c.state == "told", Person.name == "coordinator")
    assert told and {row.answer for row in told} == {f"digest:{told[0].recipient_id}:2026-03-03"}
    leave()
    time.go(at("2026-03-04 08:31"))
    beat()
    assert digest("coordinator") == context, "no other was made: there was nothing new"


@on_sqlite
def test_news_are_told_in_the_words_that_are_in_force(env, time, beat, digest):
    time.go(at("2026-03-02 12:00"))
    env.walk("approve_terms")
    original = templates.original("terms_endorsed")
    subject = dict.fromkeys(LANGUAGES, "${case_reference}: келісілді")
    with env.transactions.write() as session:
        wished = overrides.NewWording(subject, original.body, "shorter", 0)
        assert overrides.write(session, "terms_endorsed", wished, env.actor("manager").person_id, clock.now()) == 1
    time.go(at("2026-03-03 08:31"))
    beat()
    notes = [note for each in digest("coordinator")["lines"] for entry in each["entries"] for note in entry["notes"]]
    assert dict.fromkeys(LANGUAGES, "келісілді") in notes


def test_no_digest_on_free_days_at_night_or_for_who_wants_none(env, time, beat, digest):
    env.walk("confirm_complete")
    with env.transactions.write() as session:
        person = env.actor("deputy").person_id
        notification_preferences.stop(session, person, notification_preferences.LetterKind.DIGEST, clock.now())
    for moment in ("2026-03-07 09:00", "2026-03-08 09:00", "2026-03-09 09:00", "2026-03-12 20:00", "2026-03-12 03:00"):
        time.go(at(moment))
        assert beat() == 0, moment
    time.go(at("2026-03-12 19:59"))
    assert beat() > 0
    assert digest("coordinator") is not None and digest("deputy") is None


def test_a_party_that_wants_a_digest_sees_what_it_waits_for(env, time, beat, digest, leave):
    sent = env.walk("register")
    with env.transactions.write() as session:
        wanted = {"digest": "digest", "step": "digest"}
        assert notification_preferences.choose(session, env.actor("requester").person_id, wanted, clock.now()) is None
    env.take("coordinator", sent, "register")
    mine = env.walk("endorse")
    time.go(at("2026-03-03 08:30"))
    beat()
    assert lists(digest("requester")) == {"New": [mine], "News": [sent]}
    leave()
    env.take("requester", mine, "withdraw", {"comment": "No need"})
    time.go(at("2026-03-04 08:30"))
    beat()
    assert lists(digest("requester")) == {"Waiting for others": [sent]}


def test_the_manager_sees_recommendations_to_be_confirmed(env, time, beat, digest):
    reference = env.walk("recommendation.reject_recommendation")
    part = env.part(reference, "recommendation")
    env.take("requester", part, "accept_recommendation")
    time.move(timedelta(days=31))
    beat()
    assert env.case(part).state == "first_check"
    time.go(at("2026-04-03 08:30"))
    beat()
    assert part in lists(digest("manager"))["To be confirmed"]
    assert digest("coordinator") is None


def test_two_workers_make_one_digest(env, time, rows):
    env.walk("confirm_complete")
    time.go(at("2026-03-13 09:00"))
    person = env.actor("coordinator").person_id
    made = together(
        4, lambda _: env.transactions.run(lambda session: send_digests.make(session, env.services, person, clock.now()))
    )
    assert sorted(made, key=str) == [1, None, None, None], made
    assert len(rows(OUTBOX.c.letter == "digest")) == 1


def test_three_days_without_a_worker_end_in_one_digest(env, time, beat, digest, rows):
    """Each rung is done once, in order; of a case only the last one is said, and all of them in one letter."""
    cases = [env.walk("confirm_complete") for _ in range(4)]  # due on Tuesday the 10th; escalated on Thursday
    time.go(at("2026-03-05 09:00"))
    beat()
    before = len(rows())
    time.go(at("2026-03-13 14:00"))  # Friday: nobody has worked since, reminders and escalations lie behind
    beat()
    fresh = rows()[before:]
    assert {row.state for row in fresh if row.letter == "deadline_reminder"} == {"cancelled"}
    escalations = [row for row in fresh if row.letter == "deadline_escalation"]
    assert {row.name for row in escalations} == {"manager"}
    assert {row.state for row in escalations} == {"told"} and len(escalations) == 4
    assert [row.name for row in fresh if row.state == "queued"] == ["coordinator", "deputy", "manager", "twofold"]
    assert {row.letter for row in fresh if row.state == "queued"} == {"digest"}
    assert lists(digest("manager")) == {"Needs your attention": cases}
    for case in cases:
        acts = [event.act for event in env.look("auditor", case).events if event.act.startswith("clock:")]
        assert acts == [
            "clock:escalate:after-2-working-days",
            "clock:remind:on-the-day",
            "clock:remind:before-2-working-days",
        ], "the newest first"
    assert beat() == 0


def test_a_digest_that_could_not_leave_is_said_anew(env, time, beat, digest, rows):
    time.go(at("2026-03-02 12:00"))
    reference = env.walk("approve_terms")
    for day in ("2026-03-03", "2026-03-04"):
        time.go(at(f"{day} 08:30"))
        beat()
    found = rows(OUTBOX.c.letter == "digest", Person.name == "coordinator")
    assert [(row.state, row.answer) for row in found] == [("cancelled", "said anew"), ("queued", None)]
    assert lists(digest("coordinator")) == {"News": [reference]}
    assert {row.answer for row in rows(OUTBOX.c.state == "told", Person.name == "coordinator")} == {
        found[-1].dedupe_key
    }


def test_what_is_no_longer_visible_is_not_told(env, time, beat, digest, rows):
    time.go(at("2026-03-02 12:00"))
    env.walk("approve_terms")
    with env.transactions.write() as session:
        person = session.get_one(Person, env.actor("coordinator").person_id)
        session.execute(
            update(table_of(notification_preferences.Grant))
            .where(notification_preferences.Grant.person_id == person.id)
            .values(region="KZ-47")
        )
    time.go(at("2026-03-03 08:30"))
    beat()
    assert digest("coordinator") is None
    gathered = rows(Person.name == "coordinator", OUTBOX.c.letter == "terms_endorsed")
    assert {(row.state, row.answer) for row in gathered} == {("cancelled", "no longer theirs")}
    assert digest("deputy") is not None


@on_sqlite
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_letter_says_all_of_it_in_every_language(env, time, beat, digest, language):
    hostile = {**REQUEST, "title": "<b>Су</b> & «${link}»\n2. ER-1999-0001 · мерзімі өтті"[:150]}
    env.walk("confirm_complete", {**REQUEST, "title": hostile["title"].replace("\n", " ")})
    env.walk("confirm_complete")
    time.go(at("2026-03-13 08:30"))
    beat()
    context = digest("coordinator")
    written = templates.render("digest", language, context)
    assert written.subject.endswith(context["summary"][language]) and "13.03.2026" in written.subject
    for reference in context["cases"]:
        assert reference in written.text and reference in written.html
        assert f"https://komek.example.kz/cases/{reference}\n" in written.text
        assert f'href="https://komek.example.kz/cases/{reference}"' in written.html
    assert "<b>Су" not in written.html and "&lt;b&gt;Су" in written.html
    assert re.findall(r"^(\d+)\. ", written.text, re.MULTILINE) == ["1", "2"]
    for words in (written.text, written.html):
        assert "${lines}" not in words and "/account/letters" in words
    assert written.text.index("1. ") < written.text.index("2. ") < written.text.index("3 ")


@on_sqlite
def test_long_lists_are_cut_and_say_so(env, time, beat, digest):
    for _ in range(17):
        env.walk("confirm_complete")
    time.go(at("2026-03-13 08:30"))
    beat()
    [listed] = digest("coordinator")["lines"]
    assert (len(listed["entries"]), listed["more"]) == (15, 2)
    assert len(digest("coordinator")["cases"]) == 15
    assert "Ещё: 2" in templates.render("digest", "ru", digest("coordinator")).text
    with env.transactions.read() as session:
        assert session.scalar(select(Digest.lines).where(Digest.person_id == env.actor("coordinator").person_id)) == 15
