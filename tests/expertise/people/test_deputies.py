"""The team of today."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from expertise.base import clock
from expertise.people import deputies
from expertise.people.model import Grant, Person


def test_the_team_is_everybody_active_with_a_role_of_it_today(env):
    today = env.services.calendar.local_day(clock.now())
    with env.transactions.write() as session:
        keys = {key for key, _name in deputies.team(session, today)}
        assert {env.actor(name).key for name in ("coordinator", "approver", "manager", "deputy")} <= keys
        assert keys.isdisjoint({env.actor(name).key for name in ("requester", "expert", "auditor")})
        over = session.get_one(Person, env.actor("manager").person_id)
        over.active = False
        for grant in session.scalars(select(Grant).where(Grant.person_id == env.actor("approver").person_id)):
            grant.until = today - timedelta(days=1)
        session.flush()
        left = [key for key, _name in deputies.team(session, today)]
    assert len(left) == len(keys) - 2 and over.key not in left
