"""A reply to a letter about an internal note is an internal note, whatever stands in it."""

from __future__ import annotations

from sqlalchemy import select

from expertise.audit.model import Event, PrivateValue
from expertise.cases.events import NOTE


def events(env, act):
    with env.transactions.read() as session:
        return session.scalars(select(Event.act).where(Event.act.like(f"%:{act}:%"))).all()


def test_a_reply_becomes_a_note_and_takes_no_step(postbox, env, deliverable):
    letter = postbox.letter_like("coordinator", "mentioned_in_note", {}, env.case(deliverable).id)
    before = env.case(deliverable).state
    assert postbox.answer("coordinator", letter, "Комментарий: об этом никому не говорить").state == "commented"
    assert events(env, "note") == ["mail:note:add"] and events(env, "comment") == []
    with env.transactions.read() as session:
        (text,) = session.scalars(select(PrivateValue.value).where(PrivateValue.name == NOTE))
    assert "никому не говорить" in text
    assert env.case(deliverable).state == before
    assert "внутренняя заметка" in str(postbox.receipts()[-1].context)


def test_an_at_in_a_mail_is_no_mention(postbox, env, deliverable):
    letter = postbox.letter_like("coordinator", "comment_added", {}, env.case(deliverable).id)
    assert postbox.answer("coordinator", letter, "Спросите @nobody").state == "commented"


def test_who_left_the_team_adds_no_note(postbox, env, deliverable):
    letter = postbox.letter_like("requester", "mentioned_in_note", {}, env.case(deliverable).id)
    assert postbox.answer("requester", letter, "Я всё равно напишу").state == "quarantined"
    assert events(env, "note") == []
