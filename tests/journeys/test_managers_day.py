"""The manager's day: what is late is seen, asked about, commented, postponed, confirmed by answering letters."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from expertise import worker
from expertise.base import clock
from expertise.base.database import table_of
from expertise.mail.letters import templates
from expertise.mail.model import OutgoingLetter
from tests.journeys.test_follow_up_by_mail import days, recommended  # noqa: F401 fixtures
from tests.support.postbox import Postbox, settings

OVERVIEW = "follow_up_overview"


@pytest.fixture
def postbox(env, tmp_path):
    return Postbox(env, settings(tmp_path))


def newest(env, name, letter):
    """The text of the newest letter of that kind to a person, and what it lists."""
    wanted = select(table_of(OutgoingLetter)).where(OutgoingLetter.letter == letter)
    with env.transactions.read() as session:
        rows = session.execute(wanted.order_by(OutgoingLetter.id.desc())).all()
    row = next(each for each in rows if each.recipient_id == env.actor(name).person_id)
    return templates.render(letter, env.actor(name).language, row.context).text, row.context.get("cases", [])


def said(postbox):
    return str(postbox.receipts()[-1].context["comment"]["kk"])


def test_from_letters_alone(env, recommended, days, time, postbox):  # noqa: F811
    one, two = recommended
    days(31)
    time.move(timedelta(days=4))  # the next Monday morning
    env.sweep()
    worker.question(env.transactions, env.services)
    text, listed = newest(env, "manager", OVERVIEW)
    letter = postbox.letter("manager")
    assert set(listed) >= {one, two} and "сұралды, жауап күтілуде" in text
    place = {reference: number for number, reference in enumerate(listed, 1)}

    assert postbox.answer("manager", letter, f"{place[one]} күйі").state in {"receipted", "applied"}
    assert one in said(postbox)  # the answer says where the case stands
    mail = postbox.answer("manager", letter, f"{place[one]} пікір\nӘкімдік, мерзімі жақын!")
    assert mail.state == "commented", (mail.reason, said(postbox))
    assert env.events(one)[-1].act == "mail:comment:add"
    mail = postbox.answer("manager", letter, f"{place[two]} кейінге қалдыру 5")
    assert mail.state == "receipted" and two in said(postbox)  # wants a reason, and leads to the page for it
    assert env.case(two).state == "first_check"
    mail = postbox.answer("manager", letter, f"{place[one]} орындалды\nАктімен расталды.")
    assert mail.state == "applied" and env.case(one).state == "implemented"
    assert env.case(one).fields["evidence"] == "Актімен расталды."
    assert env.verify().broken == ()


def test_the_requester_answers_by_mail(env, recommended, days, postbox):  # noqa: F811
    one, two = recommended
    days(31)
    asked = postbox.letter("requester", one)
    mail = postbox.answer("requester", asked, "1 иә\n2 Бұйрық № 3\n4 көп\n6 ішінара")
    assert mail.state == "applied"
    receipt = said(postbox)
    assert one in receipt and two in receipt and "4 көп" in receipt and "Орындалғанын не растайды" in receipt
    assert env.case(one).state == "implemented"
    assert env.events(one)[-1].act == "mail:step:report_implemented"
    assert postbox.answer("requester", asked, "7 Тариф\n8 x y", auth="none").state != "applied"  # not surely theirs
    assert env.case(two).state == "first_check"
    assert postbox.answer("requester", asked, "7 Жаңа тариф бекітілді").state == "applied"
    assert env.case(two).state == "waiting_second"
    worker.question(env.transactions, env.services)
    assert clock.now().weekday() < 5
    assert env.verify().broken == ()
