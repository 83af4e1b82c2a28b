"""A year of an office in a moment: requests are filed and worked on by the desk, the worker beats, letters leave.

Everything is drawn from one seed, and time jumps from event to event. Nothing is left out but the socket: a letter
that a carrier claims is written down here, with the moment, in place of being sent.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import count

from sqlalchemy import event, select, update

from expertise import worker
from expertise.base import clock
from expertise.cases.notify import recheck
from expertise.cases.queries import CASES
from expertise.mail.model import OutgoingLetter
from expertise.mail.outbound import claims
from expertise.people.manage import notification_preferences
from expertise.people.model import Grant
from tests.support.environment import Environment, done
from tests.support.golden import STAGE_A
from tests.support.people import Member
from workflows.calendar import Calendar

FIRST, LAST = date(2026, 1, 5), date(2026, 12, 31)
#: The worker is away: Tuesday to Thursday, begun again on Friday afternoon.
AWAY, BACK = datetime(2026, 6, 15, 19, 50), datetime(2026, 6, 19, 14, 3)
#: Cases filed in the days before.
SURELY = 10
#: When the worker looks on a working day, and on a free one: rungs fall at 09:00 and 18:00, digests at 08:30.
BEATS, FREE = (time(8), time(8, 30), time(9), time(18), time(21)), (time(12),)
CALENDAR = Calendar.kazakhstan()
OFFICE = {
    "requester": Member("requester", "kk", "akimat-kz-43"),
    "neighbour": Member("requester", "ru", "akimat-kz-47"),
    "coordinator": Member("coordinator", "ru"),
    "colleague": Member("coordinator", "kk"),
    "manager": Member("manager", "kk"),
}
REGIONS = {"requester": "KZ-43", "neighbour": "KZ-47"}
#: Who wants letters otherwise than most do.
WISHES = {
    "coordinator": {"reminder": "immediate"},
    "neighbour": {"digest": "digest", "reminder": "digest", "step": "digest"},
}


@dataclass(frozen=True)
class Sent:
    """A letter that a carrier took, and how the case and its reader stood at that moment."""

    at: datetime
    letter: str
    reader: int
    case: int | None
    visit: int | None  # the stay that it speaks of; None where it outlives one
    present: int | None  # the stay in which the case is when it leaves
    key: str


@dataclass
class Year:
    """Plays `cases` lives."""

    env: Environment
    cases: int
    sent: list[Sent] = field(default_factory=list)
    chance: random.Random = field(default_factory=lambda: random.Random(2026))
    _queue: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)
    _order: count[int] = field(default_factory=count)

    def play(self) -> None:
        self.env.add(OFFICE)
        _hurry(self.env.engine)
        self._wish()
        with clock.travelling(CALENDAR.at(FIRST, time(7))) as traveller:
            self._prepare()
            while self._queue:
                moment, _, act = heapq.heappop(self._queue)
                traveller.go(moment)
                act()

    # --- what happens when ------------------------------------------------------------------------

    def _prepare(self) -> None:
        days = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
        for day in days:
            for hour in BEATS if CALENDAR.is_working(day) else FREE:
                self._at(CALENDAR.at(day, hour), self.beat)
        opened = days[:-60]
        for _ in range(self.cases):
            self._at(self._sometime(self.chance.choice(opened)), self._file)
        for _ in range(SURELY):  # so that rungs fall due while nobody is there, however few the cases are
            self._at(self._sometime(AWAY.date() - timedelta(days=self.chance.randrange(5))), self._file)
        self._at(CALENDAR.at(date(2026, 4, 14), time(12)), partial(self._replace, "colleague", "newcomer"))
        self._at(CALENDAR.at(BACK.date(), BACK.time()), self.beat)

    def _at(self, moment: datetime, act: Callable[[], None]) -> None:
        heapq.heappush(self._queue, (moment, next(self._order), act))

    def _sometime(self, day: date) -> datetime:
        """In office hours for the most part; a fifth of all work is done at night or on free days."""
        minute = self.chance.randrange(60)
        if self.chance.random() < 0.2:
            return CALENDAR.at(day, time(self.chance.choice((6, 7, 20, 21, 23)), minute, 7))
        return CALENDAR.at(CALENDAR.on_or_after(day), time(self.chance.randrange(9, 18), minute, 7))

    def _later(self, working_days: int, act: Callable[[], None]) -> None:
        today = CALENDAR.local_day(clock.now())
        moment = self._sometime(CALENDAR.add_working_days(today, working_days))
        if CALENDAR.local_day(moment) <= LAST:
            self._at(max(moment, clock.now() + timedelta(minutes=1)), act)

    def beat(self) -> None:
        """Timers, then digests, then letters; nothing while the worker is away."""
        now = clock.now()
        if CALENDAR.at(AWAY.date(), AWAY.time()) < now < CALENDAR.at(BACK.date(), BACK.time()):
            return
        outcomes = worker.sweep(self.env.transactions, self.env.services)
        assert not outcomes["busy"] and not outcomes["fault"], outcomes
        worker.digests(self.env.transactions, self.env.services)
        while self._carry():
            pass

    # --- lives of cases ---------------------------------------------------------------------------

    def _file(self) -> None:
        who = self.chance.choice(tuple(REGIONS))
        raw = STAGE_A | {"region": REGIONS[who], "contact_phone": ""}
        case = done(self.env.open(who, "expertise_request", raw)).reference
        done(self.env.fire(who, case, "submit", seen=1))
        self._later(self.chance.choice((0, 1, 1, 2, 3, 5)), partial(self._check, case, who))

    def _check(self, case: str, who: str) -> None:
        """Taken up in time, or late, after an escalation."""
        done(self.env.fire("coordinator", case, "register", seen=2))
        fate = self.chance.random()
        if fate < 0.3:
            self._later(self.chance.randrange(1, 9), partial(self._return, case, who))
        elif fate < 0.6:
            self._later(self.chance.randrange(2, 12), partial(self._withdraw, case, who, 3))
        elif fate < 0.8:
            self._later(self.chance.randrange(1, 9), partial(self._analyse, case, who))

    def _return(self, case: str, who: str) -> None:
        """The oblast answers, or the clock ends it."""
        done(self.env.fire("coordinator", case, "return_for_completion", {"comment": "?"}, seen=3))
        if self.chance.random() < 0.5:
            self._later(self.chance.randrange(1, 9), partial(self._resubmit, case, who))

    def _resubmit(self, case: str, who: str) -> None:
        done(self.env.fire(who, case, "resubmit", seen=4))

    def _analyse(self, case: str, who: str) -> None:
        done(self.env.fire("coordinator", case, "confirm_complete", seen=3))
        if self.chance.random() < 0.5:
            self._later(self.chance.randrange(3, 25), partial(self._withdraw, case, who, 4))

    def _withdraw(self, case: str, who: str, seen: int) -> None:
        done(self.env.fire(who, case, "withdraw", {"comment": "-"}, seen=seen))

    def _replace(self, old: str, new: str) -> None:
        """Somebody leaves the role, and somebody else gets it: letters that wait must follow."""
        self.env.add({new: OFFICE[old]})
        with self.env.transactions.write() as session:
            session.execute(
                update(Grant).where(Grant.person_id == self.env.actor(old).person_id).values(until=date(2026, 4, 13))
            )

    def _wish(self) -> None:
        with self.env.transactions.write() as session:
            for name, wanted in WISHES.items():
                assert (
                    notification_preferences.choose(session, self.env.actor(name).person_id, wanted, clock.now())
                    is None
                )

    # --- the post ---------------------------------------------------------------------------------

    def _carry(self) -> int:
        """What a carrier claims is sent, as far as this year is concerned."""
        now = clock.now()
        with self.env.transactions.write() as session:
            taken = claims.claim(session, now, 500, recheck=partial(recheck.look, self.env.services))
            ids = [letter.id for letter in taken]
            rows = session.execute(
                select(
                    OutgoingLetter.letter,
                    OutgoingLetter.recipient_id,
                    OutgoingLetter.case_id,
                    OutgoingLetter.visit,
                    CASES.c.visit.label("present"),
                    OutgoingLetter.dedupe_key,
                )
                .outerjoin(CASES, CASES.c.id == OutgoingLetter.case_id)
                .where(OutgoingLetter.id.in_(ids))
            ).all()
            session.execute(
                update(OutgoingLetter)
                .where(OutgoingLetter.id.in_(ids))
                .values(state="accepted", sent_at=now)
                .execution_options(synchronize_session=False)
            )
        self.sent += [Sent(now, *row) for row in rows]
        return len(taken)


def _hurry(engine) -> None:
    """A year is not worth waiting for the disk after each of its commits."""
    engine.dispose()
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
