"""The demonstration: everything through the desk, every role has something to do, and the trail proves it."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from expertise.audit import trail
from expertise.audit.model import Event
from expertise.base import clock
from expertise.cases.queries import CASES
from expertise.cases.views import case_view
from expertise.demo import accounts, build, play, scripts
from expertise.files import storage
from expertise.files.model import StoredFile
from expertise.mail.model import OutgoingLetter
from expertise.people.auth.sign_in import verify
from expertise.people.model import Person
from expertise.reminders.model import Timer
from expertise.reports import register_public, worklists

NOW = datetime(2026, 3, 30, 3, tzinfo=UTC)


def cases(shown):
    with shown.read() as session:
        return session.execute(select(CASES).order_by(CASES.c.id)).all()


def case(shown, record):
    with shown.read() as session:
        return session.execute(select(CASES).where(CASES.c.reference == shown.built.cases[record])).one()


def test_every_account_signs_in_with_the_one_password(shown):
    with shown.read() as session:
        people = session.execute(select(Person.email, Person.password, Person.language)).all()
    assert {person.email for person in people} == {email for email, _ in accounts.sign_in_list()}
    hashes = {person.password for person in people}
    assert len(hashes) == 1 and verify(hashes.pop(), accounts.PASSWORD)
    assert {person.language for person in people} == {"kk", "ru", "en"}
    assert all(set(names) == {"kk", "ru", "en"} for _, names in accounts.sign_in_list())


def test_the_golden_case_went_through_its_whole_life(shown):
    golden = case(shown, "EBRD-46247")
    assert (golden.state, golden.external_reference) == ("closed", "EBRD-46247")
    with shown.read() as session:
        wanted = select(Event.act, Event.to_state).where(Event.case_id == golden.id).order_by(Event.sequence)
        events = session.execute(wanted).all()
        parts = session.execute(select(CASES.c.part, CASES.c.state).where(CASES.c.parent_id == golden.id)).all()
    states = list(dict.fromkeys(event.to_state for event in events))
    assert " ".join(states) == (
        "draft submitted completeness_check returned problem_analysis eligibility scoping terms_of_reference "
        "endorsement approval expert_search mobilised delivery comments final_report accepted follow_up closed"
    )
    acts = {event.act for event in events}
    assert {"person:step:ask_changes", "person:comment:add", "part:step:mobilise", "part:step:request_revision"} <= acts
    assert sorted(map(tuple, parts)) == [
        ("deliverable", "accepted"),
        ("deliverable", "accepted"),
        ("deliverable", "accepted"),
        ("offer", "accepted"),
        ("offer", "declined"),
        ("recommendation", "implemented"),
        ("recommendation", "implemented"),
    ]


def test_the_golden_case_leads_to_the_loan_on_its_true_day(shown):
    proposal, loan = case(shown, "LN-KZO-WASTE-PROPOSAL"), case(shown, "LN-KZO-WASTE")
    assert proposal.external_reference == shown.built.cases["EBRD-46247"]
    assert loan.fields["proposal"] == proposal.reference and loan.fields["signed_on"] == "2016-10-31"
    assert (str(loan.amount), loan.currency, loan.state) == ("26600000.00", "EUR", "closed")
    assert loan.reference in proposal.fields["financing_source"]
    with shown.read() as session:
        signed = session.scalar(select(Event.at).where(Event.case_id == loan.id, Event.to_state == "signed"))
    assert signed.date().isoformat() == "2016-10-31"


def test_there_are_many_other_records_in_many_states(shown):
    assert len(shown.built.cases) >= 15
    open_states = {row.state for row in cases(shown) if row.final is None}
    assert len(open_states) >= 15
    finals = {row.state for row in cases(shown) if row.final is not None}
    assert {"closed", "merged", "accepted_tacitly", "declined"} <= finals


def test_every_record_says_where_it_comes_from(shown):
    told = {life.record: life for life in scripts.load()}
    assert told.keys() == shown.built.cases.keys()
    unlinked = []
    with shown.read() as session:
        for record, reference in shown.built.cases.items():
            row = session.execute(select(CASES).where(CASES.c.reference == reference)).one()
            comments = case_view.look(
                session, shown.env.services, shown.actor(session, "auditor"), reference, shown.now
            ).events
            if told[record].source_url not in f"{row.fields} {comments}":
                unlinked.append(record)
    assert unlinked == []


def test_every_chain_holds(shown):
    with shown.read() as session:
        verified = trail.verify(session)
    assert verified.broken == () and verified.cases == len(cases(shown)) and verified.events > 400


def test_nothing_happened_in_the_future_and_no_timer_was_forgotten(shown):
    with shown.read() as session:
        assert session.scalar(select(func.max(Event.at))) <= shown.now
        assert session.scalars(select(Timer.id).where(Timer.done_at.is_(None), Timer.due_at <= shown.now)).all() == []
        done = session.execute(select(Timer.due_at, Timer.done_at).where(Timer.done_at.is_not(None))).all()
    assert len(done) > 20 and all(timer.done_at == timer.due_at for timer in done)


def test_only_a_few_are_late_and_none_by_much(shown):
    late = [row for row in cases(shown) if row.final is None and row.due_at is not None and row.due_at < shown.now]
    assert 1 <= len(late) <= 4
    assert all(shown.now - row.due_at < timedelta(days=14) for row in late)


@pytest.mark.parametrize(
    "key",
    [
        "requester.kyzylorda",
        "requester.mangystau",
        "requester.east-kazakhstan",
        "requester.kostanay",
        "requester.atyrau",
        "coordinator",
        "approver",
        "expert.governance",
        "expert.environment",
    ],
)
def test_something_waits_for_everybody_who_has_a_desk(shown, key):
    with shown.read() as session:
        assert worklists.desk(session, shown.actor(session, key))


@pytest.mark.parametrize("key", ["manager", "auditor", "administrator"])
def test_those_who_watch_see_what_is_late(shown, key):
    with shown.read() as session:
        assert worklists.first(session, worklists.worklist(shown.actor(session, key), "late", shown.now))


def test_a_neighbour_sees_nothing_of_the_golden_case(shown):
    with shown.read() as session:
        actor = shown.actor(session, "requester.mangystau")
        assert case_view.look(session, shown.env.services, actor, shown.built.cases["EBRD-46247"], shown.now) is None


def test_the_public_register_shows_what_was_delivered(shown):
    with shown.read() as session:
        published = register_public.page(session, shown.env.services, {}, None).entries
        public = {found.case.reference for found in published}
    assert shown.built.cases["EBRD-46247"] in public


def test_deliverables_are_real_files(shown):
    with shown.read() as session:
        kept = session.execute(select(StoredFile.name, StoredFile.sha256, StoredFile.size)).all()
    assert {name.rpartition(".")[2] for name, _, _ in kept} == {"docx", "pdf"}
    for _, sha256, size in kept:
        with storage.open_file(shown.env.settings.data, sha256) as file:
            assert len(file.read()) == size


def test_letters_could_leave_at_their_own_moments(shown):
    assert shown.delivered == sorted(shown.delivered) and len(shown.delivered) > 300
    with shown.read() as session:
        queued = set(session.scalars(select(OutgoingLetter.not_before)))
    assert queued <= set(shown.delivered)


def test_a_second_build_changes_nothing(shown):
    before = cases(shown)
    assert build.build(shown.env) == build.BuildResult(fresh=False, cases={})
    assert cases(shown) == before


def test_a_build_that_is_refused_says_where_and_a_broken_off_one_is_recognised(prepare, tmp_path, monkeypatch):
    life = scripts.load()[0]
    bad = replace(life, life=(replace(life.life[0], step="register"),))
    monkeypatch.setattr(scripts, "load", lambda: (bad,))
    with clock.travelling(NOW):
        env = prepare(tmp_path)
        with pytest.raises(play.DemoRefused, match=r"EBRD-46247, 2014-12-10: requester cannot register: .*WrongState"):
            build.build(env)
        with pytest.raises(build.DemoIncomplete, match="begun here and broken off"):
            build.build(env)
    env.transactions.engine.dispose()


def test_a_timer_that_cannot_be_done_stops_the_build(prepare, tmp_path, monkeypatch, caplog):
    def broken(*_given):
        raise RuntimeError("no")

    monkeypatch.setattr("expertise.cases.fire_timer.remind", broken)
    with clock.travelling(NOW), caplog.at_level(logging.CRITICAL):
        env = prepare(tmp_path)
        with pytest.raises(build.DemoIncomplete, match="could not be done"):
            build.build(env)
    env.transactions.engine.dispose()


def test_a_clock_before_the_records_is_refused(prepare, tmp_path):
    with clock.travelling(datetime(2015, 1, 5, 6, tzinfo=UTC)):
        env = prepare(tmp_path)
        with pytest.raises(build.DemoIncomplete, match="clock"):
            build.build(env)
    env.transactions.engine.dispose()


def test_a_database_that_people_use_gets_no_public_password(prepare, tmp_path):
    with clock.travelling(NOW):
        env = prepare(tmp_path)
        with env.transactions.write() as session:
            session.add(Person(name="Somebody", email="somebody@example.kz", created_at=NOW))
        with pytest.raises(build.DemoIncomplete, match="needs one of its own"):
            build.build(env)
        with env.transactions.read() as session:
            assert session.scalars(select(Person.email)).all() == ["somebody@example.kz"]
    env.transactions.engine.dispose()


def test_each_event_is_said_with_how_far_it_is(shown):
    total = len(shown.progress)
    assert total > 100 and [said[:2] for said in shown.progress] == [(number + 1, total) for number in range(total)]
    assert all(re.fullmatch(r"\d\d\.\d\d\.20\d\d", day) for _, _, day in shown.progress)
