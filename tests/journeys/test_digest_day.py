"""A deputy akim's morning, from the digest alone: its lines are answered in one reply, in each language."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from expertise import worker
from expertise.mail.model import OutgoingLetter
from expertise.people.model import Grant
from tests.journeys.test_follow_up_by_mail import recommend
from tests.support.environment import done
from tests.support.golden import ANALYSIS
from tests.support.invariants import assert_sound
from tests.support.mailed import deliver
from tests.support.people import Member
from tests.support.postbox import DOMAIN, Postbox, Sent, settings
from tests.support.stages import delivering, draft

MORNING = datetime(2026, 4, 2, 8, 31, tzinfo=ZoneInfo("Asia/Almaty"))
#: How each line is said: to accept, to postpone, to ask, to comment, to confirm; and what the receipt says to that.
REPLIES = {
    "kk": (
        (
            "{report} ҚАБЫЛДАЙМЫН\n{late} кейінге қалдыру 5 күн: Сауалнама кешікті\n{other} КҮЙІ?\n"
            "{other} пікір Қашан болады?\n{check} растаймын: Бұйрық № 5\n99 күйі\n\nҚұрметпен, әкімнің орынбасары"
        ),
        ("мерзім ұзартылды. Жаңа мерзім: 0", "кешігу, жұмыс күні: ", "түсініктеме ретінде қосылды", "99-жол"),
    ),
    "ru": (
        (
            "{report} принять\n\n{late}. ОТЛОЖИТЬ на 5 рабочих дней: Опрос\nзадержался\n{other}) Статус?\n"
            "{other} комментарий: Когда будет готово?\n{check} подтверждаю – Приказ № 5\n99 статус\n\nС уважением"
        ),
        ("срок продлён. Новый срок: 0", "просрочено, рабочих дней:", "добавлено к делу как комментарий", "Строка 99"),
    ),
    "en": (
        (
            "{report} accept\n{late} POSTPONE 5 days: The survey is late\n{other} STATUS?\n"
            "{other} comment When will it be ready?\n{check} confirm: Order No. 5\n99 status\n\nKind regards"
        ),
        ("the deadline was extended. It is now: 0", "late, working days:", "added to the case as a comment", "Line 99"),
    ),
}


@pytest.fixture
def postbox(env, tmp_path):
    return Postbox(env, settings(tmp_path))


@pytest.fixture
def morning(env, time, upload):
    """What the digest will find: the references of five cases by what they are."""
    env.services = replace(env.services, any_hour=False)
    case, report = delivering(env)
    done(env.fire("expert", report, "submit", {}, uploads={"report": upload("Отчёт.pdf")}))
    done(env.fire("requester", report, "accept"))
    done(env.fire("coordinator", case, "complete_delivery"))
    done(env.fire("requester", case, "accept_final"))
    found = {"check": recommend(env, case, "Сортировать."), "moved": recommend(env, case, "Обновить тариф.")}
    found |= {"late": analysed(env), "other": analysed(env)}
    done(env.edit("coordinator", found["other"], ANALYSIS))
    done(env.fire("coordinator", found["other"], "finish_analysis"))
    _, found["report"] = delivering(env)
    time.go(MORNING - timedelta(hours=20))
    done(env.fire("expert", found["report"], "submit", {}, uploads={"report": upload("Есеп.pdf")}))
    env.sweep()
    deliver(env.transactions)
    return found


def analysed(env):
    """A request whose problem is being analysed; only a manager may give that more time."""
    case = draft(env)
    for name, step in (("requester", "submit"), ("coordinator", "register"), ("coordinator", "confirm_complete")):
        done(env.fire(name, case, step))
    return case


def deputy_akim(env, language):
    """Somebody who accepts for the oblast, and manages for the team: one person, two roles."""
    env.add({"akim": Member("requester", language, "akimat-kz-43")})
    with env.transactions.write() as session:
        session.add(Grant(person_id=env.actor("akim").person_id, role="manager", region="KZ-43"))


def digest_of(env, name):
    """The morning's digest as it leaves: its text, and where answers go."""
    worker.sweep(env.transactions, env.services)
    worker.digests(env.transactions, env.services)
    sent = [each for each in deliver(env.transactions) if each.to == env.email(name) and each.letter == "digest"]
    assert len(sent) == 1
    return sent[0].rendered.text, Sent(0, f"r.{sent[0].reply}@{DOMAIN}", "")


def read(env, name):
    """Every answer that this person reads now, in one text."""
    sent = [each for each in deliver(env.transactions) if each.to == env.email(name)]
    return "\n".join(each.rendered.text for each in sent if each.letter.startswith("mail_"))


@pytest.mark.parametrize("language", REPLIES)
def test_a_morning_without_the_web(env, time, morning, postbox, language):
    deputy_akim(env, language)
    time.go(MORNING)
    text, letter = digest_of(env, "akim")
    numbers = {reference: int(line) for line, reference in re.findall(r"^(\d+)\. (\S+) ·", text, re.MULTILINE)}
    lines = {what: numbers[reference] for what, reference in morning.items()}
    said, expected = REPLIES[language]
    assert re.search("қос нүктеден кейін|после двоеточия|after a colon", text)
    due = env.case(morning["late"]).due_at
    done(env.fire("requester", morning["moved"], "report_partly_first", {"evidence": "Тариф № 2"}))

    mail = postbox.answer("akim", letter, said.format(**lines))
    assert mail.state == "applied"
    akim = env.actor("akim").key
    newest = {what: env.events(reference)[-1] for what, reference in morning.items()}
    assert {what: newest[what].act for what in ("report", "late", "other", "check")} == {
        "report": "mail:step:accept",
        "late": "mail:deadline:extend",
        "other": "mail:comment:add",
        "check": "mail:step:report_implemented",
    }
    assert {newest[what].actor for what in ("report", "late", "other", "check")} == {akim}
    assert newest["late"].role == "manager"
    assert env.case(morning["report"]).state == "accepted" and env.case(morning["check"]).state == "implemented"
    assert env.case(morning["check"]).fields["evidence"].endswith("5")
    assert env.case(morning["late"]).due_at > due
    assert env.case(morning["other"]).state == "eligibility"
    receipt = read(env, "akim")
    for words in (*expected, *(morning[what] for what in ("report", "late", "other", "check"))):
        assert words in receipt, (words, receipt)
    assert told(env, morning["other"]) == {"comment_added"}, "the coordinator is asked"

    again = postbox.answer(
        "akim", letter, f"{lines['moved']} done: x\n{lines['late']} postpone 3: y\n{lines['report']} принять"
    )
    assert again.state == "receipted"
    assert env.case(morning["moved"]).state == "waiting_second"
    receipt = read(env, "akim")
    assert {"kk": "іс өзгерді", "ru": "дело изменилось", "en": "case has changed"}[language] in receipt
    assert all(reference in receipt for reference in (morning["late"], morning["report"]))

    word = {"kk": "күшін жою", "ru": "отменить", "en": "undo"}[language]
    mistaken = postbox.answer("akim", letter, f"{lines['report']} {word}\n{lines['check']} {word}")
    assert mistaken.state == "applied"
    assert (env.case(morning["report"]).state, env.case(morning["check"]).state) == ("review", "first_check")
    assert env.events(morning["report"])[-1].act == "mail:undo:accept"
    assert_sound(env)


def told(env, reference):
    """Letters that the coordinator got about it this morning."""
    coordinator, case = env.actor("coordinator").person_id, env.case(reference).id
    wanted = select(OutgoingLetter.letter).where(
        OutgoingLetter.recipient_id == coordinator,
        OutgoingLetter.case_id == case,
        OutgoingLetter.created_at >= MORNING,
    )
    with env.transactions.read() as session:
        return set(session.scalars(wanted))
