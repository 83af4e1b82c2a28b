"""Recommendations are followed up by letters: asked together, answered bit by bit, nudged, given up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from expertise import worker
from expertise.base import clock
from expertise.cases.queries import CASES
from expertise.mail import tokens
from expertise.mail.model import OutgoingLetter
from expertise.questionnaires.model import FollowUpAnswer, SentQuestionnaire
from expertise.questionnaires.parse_reply import handle_reply
from expertise.questionnaires.record_answers import Origin, known_answers, record_answers
from tests.support.environment import done
from tests.support.mailed import deliver
from tests.support.stages import delivering
from workflows.refusals import WrongRole

WORDING = ("Ввести раздельный сбор.", "Обновить тариф.")


@pytest.fixture
def recommended(env, upload):
    """Two recommendations, both accepted by the oblast; their references."""
    case, part = delivering(env)
    done(env.fire("expert", part, "submit", {}, uploads={"report": upload("Отчёт.pdf")}))
    done(env.fire("requester", part, "accept"))
    done(env.fire("coordinator", case, "complete_delivery"))
    done(env.fire("requester", case, "accept_final"))
    found = [recommend(env, case, text) for text in WORDING]
    deliver(env.transactions)
    return found


def recommend(env, case, text):
    """A recommendation that the oblast accepts."""
    raw = {"recommendation_text": text, "recommendation_addressee": "Акимат"}
    reference = done(env.fire("coordinator", case, "record_recommendation", raw)).opened[0]
    done(env.fire("requester", reference, "accept_recommendation"))
    return reference


def whole(env):
    """The request that all of them are parts of."""
    with env.transactions.read() as session:
        return session.scalar(select(CASES.c.reference).where(CASES.c.parent_id.is_(None)))


@pytest.fixture
def days(env, time):
    """Time goes by, day after day, with the worker's beats; gives the letters to the requester."""

    def later(number):
        letters = []
        for _ in range(number):
            time.move(timedelta(days=1))
            env.sweep()
            worker.question(env.transactions, env.services)
            letters += [each for each in deliver(env.transactions) if each.to == env.email("requester")]
        return letters

    return later


def reply(env, letter, text):
    """The requester answers the letter."""

    def unit(session):
        found = tokens.find(session, tokens.REPLY, letter.reply, clock.now())
        return handle_reply(session, env.services, env.actor("requester"), found, text)

    return env.transactions.run(unit)


def answers(env, reference, wave="first_check"):
    with env.transactions.read() as session:
        case = session.scalar(select(CASES.c.id).where(CASES.c.reference == reference))
        return known_answers(session, case, wave)


def test_two_recommendations_are_asked_about_in_one_letter_and_answered_bit_by_bit(env, recommended, days):
    one, two = recommended
    letters = days(31)
    assert [letter.letter for letter in letters] == ["questionnaire"]
    (letter,) = letters
    for words in (*WORDING, one, two, "1. Ұсыным орындалды ма?", "6. Ұсыным орындалды ма?"):
        assert words in letter.rendered.text
    result = reply(env, letter, "1 иә\n7 Бұйрық № 3\n4 көп")
    assert (result.understood, result.unclear, result.echo) == (2, ("4 көп",), True)
    assert [(kept.reference, kept.missing, kept.step) for kept in result.kept] == [
        (one, ("evidence",), None),
        (two, ("result",), None),
    ]
    assert env.case(one).state == env.case(two).state == "first_check"
    result = reply(env, letter, "2 Екі ауданда / 4 120 000 тг\n9 тағы да көп")
    assert result.echo is False  # once per letter
    assert [(kept.reference, kept.step) for kept in result.kept] == [(one, "report_implemented")]
    assert (env.case(one).state, env.case(two).state) == ("implemented", "first_check")
    assert env.case(one).fields["evidence"] == "Екі ауданда"
    assert answers(env, one) == {"result": "implemented", "evidence": "Екі ауданда", "amount": 120000}
    result = reply(env, letter, "6 ішінара")
    assert result.kept[0].step == "report_partly_first" and env.case(two).state == "waiting_second"
    assert [event.act for event in env.events(one)][-3:] == [
        "person:answer:add",
        "person:answer:add",
        "person:step:report_implemented",
    ]
    assert env.verify().broken == ()


def test_nobody_is_asked_twice_in_thirty_days_and_silence_is_a_result(env, recommended, days):
    letters = days(60)
    kinds = [letter.letter for letter in letters]
    assert kinds.count("questionnaire") == 1
    assert kinds.count("deadline_reminder") == 4  # two nudges for each of the two
    assert kinds.count("follow_up_unanswered") == 2
    assert {env.case(reference).state for reference in recommended} == {"waiting_second"}
    days(75)
    with env.transactions.read() as session:
        moments = session.scalars(select(SentQuestionnaire.at).order_by(SentQuestionnaire.at)).all()
    assert len(moments) == 2 and moments[1] - moments[0] >= timedelta(days=30)


def test_what_begins_soon_is_asked_about_in_the_same_letter_and_may_be_answered_early(env, recommended, days, time):
    days(10)
    later = recommend(env, whole(env), "Обучить операторов.")
    (letter,) = [each for each in days(21) if each.letter == "questionnaire"]
    assert later in letter.rendered.text  # begins within the thirty days in which nobody may be asked again
    assert env.case(later).state == "waiting_first"
    result = reply(env, letter, "11 иә\n12 Семинар")
    assert result.kept[0].step == "report_implemented" and env.case(later).state == "implemented"
    assert answers(env, later)["evidence"] == "Семинар"
    assert [each.letter for each in days(45) if each.letter == "questionnaire"] == []


def test_a_manager_enters_what_was_said_on_the_telephone_and_strangers_nothing(env, recommended, days):
    days(31)
    given = {"result": ("not_yet", "жоқ"), "obstacle": ("Нет земли", "Нет земли")}

    def enter(name):
        def unit(session):
            return record_answers(
                session, env.services, env.actor(name), recommended[0], "first_check", given, Origin("entered")
            )

        return env.transactions.run(unit)

    assert isinstance(enter("expert"), WrongRole)
    assert env.rows(FollowUpAnswer.__table__) == []
    assert enter("manager").step == "report_not_first"
    before = len(env.rows(FollowUpAnswer.__table__))
    assert enter("manager").step is None and len(env.rows(FollowUpAnswer.__table__)) == before
    assert {row.source for row in env.rows(FollowUpAnswer.__table__)} == {"entered"}


def test_answers_after_the_check_are_kept_and_move_nothing(env, recommended, days):
    (letter,) = [each for each in days(55) if each.letter == "questionnaire"]
    assert env.case(recommended[0]).state == "waiting_second"
    result = reply(env, letter, "1 иә\n2 Бұйрық")
    assert result.understood == 2 and result.kept[0].step is None
    assert env.case(recommended[0]).state == "waiting_second"


def test_two_workers_ask_once(env, recommended, time):
    time.move(timedelta(days=31))
    env.sweep()
    asked = [worker.question(env.transactions, env.services) for _ in range(3)]
    assert asked == [1, 0, 0]
    assert [row.letter for row in env.rows(OutgoingLetter.__table__)].count("questionnaire") == 1
