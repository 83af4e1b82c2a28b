"""Letters about one case to one person: the first leaves at once, the next ones wait and become one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select, update

from expertise.base import clock
from expertise.cases.notify import recheck
from expertise.mail.letters import templates
from expertise.mail.model import OutgoingLetter
from expertise.mail.outbound import claims, results
from tests.support.databases import KINDS, database
from tests.support.environment import MAIN_CAST_AT_ONCE, done, environment
from tests.support.golden import ANALYSIS
from tests.support.stages import delivering, offered

WAIT = timedelta(minutes=5)


@pytest.fixture(params=KINDS)
def env(request, tmp_path, time):
    with database(request.param, tmp_path, MAIN_CAST_AT_ONCE) as engine:
        env = environment(engine, any_hour=True)
        env.services = replace(env.services, join_letters=WAIT)
        yield env


@pytest.fixture
def case(env):
    """A request in delivery; everything that was written before has left long ago."""
    reference, _ = delivering(env)
    with env.transactions.write() as session:
        session.execute(update(OutgoingLetter).values(state="accepted", sent_at=clock.now() - timedelta(days=1)))
    return reference


def leave(env):
    """The letters that leave now, as their readers get them: name and text."""
    with env.transactions.write() as session:
        claimed = claims.claim(session, clock.now(), recheck=partial(recheck.look, env.services))
        begun = [claims.begin(session, letter, clock.now()) for letter in claimed]
        for letter in begun:
            results.accepted(session, letter, "250", clock.now())
    return [(letter.email, letter.letter, templates.render(letter.letter, "ru", letter.context)) for letter in begun]


def to(env, name, left):
    return [(letter, text) for email, letter, text in left if email == env.email(name)]


def states(env, name):
    person = env.actor(name).person_id
    with env.transactions.read() as session:
        wanted = select(OutgoingLetter.state, OutgoingLetter.answer).where(
            OutgoingLetter.recipient_id == person, OutgoingLetter.letter == "comment_added"
        )
        return [tuple(row) for row in session.execute(wanted.order_by(OutgoingLetter.id))]


def say(env, case, *words):
    for text in words:
        done(env.comment("requester", case, text))


def test_five_letters_within_two_minutes_become_two(env, case, time):
    say(env, case, "Один")
    (first,) = to(env, "expert", leave(env))
    assert "Один" in first[1].text
    for text in ("Два", "Три", "Четыре", "Пять"):
        time.move(timedelta(seconds=30))
        say(env, case, text)
        assert to(env, "expert", leave(env)) == []
    time.move(WAIT)
    ((_, letter),) = to(env, "expert", leave(env))
    text = letter.text
    assert all(word in text for word in ("Два", "Три", "Четыре", "Пять", "Также по этому делу"))
    assert text.index("Два") < text.index("Три") < text.index("Четыре")
    assert all(word in letter.html for word in ("Два", "Три", "Четыре", "Пять"))
    assert [state for state, _ in states(env, "expert")] == ["accepted", "told", "told", "told", "accepted"]
    time.move(WAIT)
    assert leave(env) == []


def test_letters_that_wait_for_the_morning_are_one(env, case):
    say(env, case, "Один", "Два", "Три")
    ((_, letter),) = to(env, "expert", leave(env))
    assert all(word in letter.text for word in ("Один", "Два", "Три"))
    assert letter.subject == f"{case}: новый комментарий"


def test_a_joined_letter_is_read_in_every_language(env, case):
    say(env, case, "Один", "Два")
    leave(env)
    with env.transactions.read() as session:
        letter = session.scalars(select(OutgoingLetter).order_by(OutgoingLetter.id.desc()).limit(1)).one()
        texts = {
            language: templates.render(letter.letter, language, letter.context).text for language in ("kk", "ru", "en")
        }
    assert all("Один" in text and "${" not in text and "None" not in text for text in texts.values())
    assert "Осы іс бойынша тағы:" in texts["kk"] and "Also in this case:" in texts["en"]


def test_a_task_leads_and_the_case_stands_as_after_the_last_event(env, case):
    """The expert is asked to act, and hears besides that somebody commented."""
    say(env, case, "Один")
    with env.transactions.write() as session:
        row = session.scalars(select(OutgoingLetter).where(OutgoingLetter.state == "queued")).first()
        row.letter = "case_to_you"
    say(env, case, "Два")
    ((name, letter),) = to(env, "expert", leave(env))
    assert name == "case_to_you" and "Два" in letter.text


def test_other_cases_people_and_decisions_are_not_joined(env, case):
    other, _ = offered(env)  # its letters of decisions, tasks and steps
    with env.transactions.read() as session:
        queued = session.scalars(select(OutgoingLetter).where(OutgoingLetter.state == "queued")).all()
        decisions = {row.id for row in queued if templates.kind_of(row.letter) == "obligatory"}
        groups = {(row.recipient_id, row.case_id) for row in queued if row.id not in decisions}
    left = leave(env)
    assert len(left) == len(decisions) + len(groups)
    assert other != case


def test_without_a_time_to_wait_each_leaves_alone(env, case):
    env.services = replace(env.services, join_letters=timedelta())
    say(env, case, "Один", "Два", "Три")
    assert len(to(env, "expert", leave(env))) == 3


def test_a_letter_that_was_released_by_hand_or_tried_before_leaves_alone(env, case):
    say(env, case, "Один", "Два", "Три")
    with env.transactions.write() as session:
        first, second, _ = session.scalars(
            select(OutgoingLetter).where(OutgoingLetter.state == "queued").order_by(OutgoingLetter.id)
        ).all()[:3]
        first.released_at, second.attempts = clock.now(), 1
    assert len(leave(env)) >= 3


def test_an_offer_says_days_dates_and_fee(env):
    _, offer = offered(env)
    with env.transactions.read() as session:
        letter = session.scalars(select(OutgoingLetter).where(OutgoingLetter.letter == "offer_sent")).one()
        said = {language: templates.render("offer_sent", language, letter.context) for language in ("kk", "ru", "en")}
    fields = env.case(offer).fields
    start = datetime.fromisoformat(fields["desired_start"])
    for words in said.values():
        assert f"{start:%d.%m.%Y}" in words.text and f"{start:%d.%m.%Y}" in words.html
    assert f"Количество человеко-дней: {fields['expert_days']}" in said["ru"].text
    assert "Крайняя дата получения результата" in said["ru"].text
    assert f"Expert-days: {fields['expert_days']}" in said["en"].text
    assert "Бюджет: 180 000" in said["ru"].text.replace("\u00a0", " ").replace("\u202f", " ")


def test_the_fee_of_the_terms_stands_in_the_letter(env, monkeypatch):
    fee = {"amount": "1500000", "currency": "KZT"}
    monkeypatch.setitem(ANALYSIS, "fee", fee)
    _, offer = offered(env)
    with env.transactions.read() as session:
        letter = session.scalars(select(OutgoingLetter).where(OutgoingLetter.letter == "offer_sent")).one()
        text = templates.render("offer_sent", "ru", letter.context).text.replace("\u00a0", " ").replace("\u202f", " ")
    assert "Вознаграждение эксперта: 1 500 000" in text
    assert env.case(offer).fields["fee"]["amount"].startswith("1500000")
