"""Fills an empty, initialised database with the demonstration: every event through the desk, in order of time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from expertise import worker
from expertise.base import clock
from expertise.base.errors import KomekError
from expertise.cases.notify import notifications
from expertise.demo import accounts, scripts
from expertise.demo.play import DemoPlayer, DemoRuntime
from expertise.mail.model import OutgoingLetter
from expertise.people.access import load_actor
from expertise.people.auth.sign_in import hash_password
from expertise.people.model import Person
from expertise.reminders.model import Timer
from expertise.reports import saved_views

#: Notifications of the last days are unread when the demonstration begins.
NEWS = timedelta(days=7)

#: Account → a view of the list that it shares with the team: its name and its settings.
VIEWS: tuple[tuple[str, str, Mapping[str, list[str]]], ...] = (
    ("coordinator", "Подбор эксперта", {"state": ["expertise_request.expert_search"], "sort": ["due"]}),
    (
        "manager",
        "Кешіккендер · Просрочено",
        {"show": ["late"], "sort": ["due"], "column": ["region", "state", "owner", "due"]},
    ),
)


class DemoIncomplete(KomekError):
    """The demonstration cannot be built here. The text says what to do."""


@dataclass(frozen=True, slots=True)
class BuildResult:
    """`fresh`: built just now, else it existed already. `cases`: record → reference of its case."""

    fresh: bool
    cases: dict[str, str]


def build(
    runtime: DemoRuntime,
    deliver: Callable[[], object] | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> BuildResult:
    """Add the accounts and play every script. Does nothing if the accounts exist.

    `progress` is called after each event with the number of events played, the number of all, and the day.

    `deliver` is called after each event with the clock at its moment, so that letters are sent with their own dates.
    """
    with runtime.transactions.read() as session:
        present = accounts.present(session)
        in_use = session.execute(select(Person.id).limit(1)).first() is not None
    if present is False:
        raise DemoIncomplete("A demonstration was begun here and broken off; remove the data folder and start anew.")
    if present:
        return BuildResult(fresh=False, cases={})
    if in_use:
        raise DemoIncomplete(
            "People use this database; a demonstration, with its public password, needs one of its own."
        )
    now = clock.now()
    calendar = runtime.services.calendar
    moments = scripts.in_order(scripts.load(), calendar, calendar.local_day(now))
    if moments[-1].at > now:
        raise DemoIncomplete("The clock of this computer stands before the demonstration; set it right.")
    with clock.travelling(moments[0].at) as frozen:
        player = DemoPlayer(runtime, runtime.transactions.run(accounts.create))
        timeline = _TimeLine(runtime, deliver or (lambda: None), frozen)
        for number, moment in enumerate(moments, 1):
            timeline.catch_up(moment.at)
            player.act(moment)
            timeline.deliver()
            if progress is not None:
                progress(number, len(moments), f"{moment.at:%d.%m.%Y}")
        timeline.catch_up(now)
        timeline.deliver()
    password = hash_password(accounts.PASSWORD)
    runtime.transactions.run(lambda session: accounts.open_all(session, password))
    runtime.transactions.run(lambda session: notifications.mark_older(session, now - NEWS, now))
    runtime.transactions.run(lambda session: _save_views(session, calendar.local_day(now), now))
    return BuildResult(fresh=True, cases=dict(player.cases))


def _save_views(session: Session, today: date, now: datetime) -> None:
    """Keep the views of VIEWS, each shared with the team by its owner."""
    for owner, name, settings in VIEWS:
        number = session.scalar(select(Person.id).where(Person.email == accounts.accounts()[owner].email))
        actor = load_actor(session, number or 0, today)
        if actor is not None:
            saved_views.save(session, actor, name, settings, saved_views.TEAM, now)


@dataclass(frozen=True, slots=True)
class _TimeLine:
    """Moves the clock forward and runs the timers that are due on the way."""

    runtime: DemoRuntime
    deliver: Callable[[], object]
    frozen: clock.FrozenClock

    def catch_up(self, until: datetime) -> None:
        """Run each timer at its own moment, then set the clock to `until` and send questionnaires that are due."""
        while (due := self._next(until)) is not None:
            self.frozen.go(due)
            outcomes = worker.sweep(self.runtime.transactions, replace(self.runtime.services, any_hour=False))
            if outcomes["busy"] or outcomes["fault"]:
                raise DemoIncomplete(f"A timer that was due at {due.isoformat()} could not be done; the log says why.")
            self.deliver()
        self.frozen.go(until)
        worker.question(self.runtime.transactions, self.runtime.services)

    def _next(self, until: datetime) -> datetime | None:
        """Return when the next timer is due, or the next letter that waits for office hours; None before `until`."""
        now = clock.now()
        with self.runtime.transactions.read() as session:
            timer = session.execute(
                select(func.min(Timer.due_at)).where(Timer.done_at.is_(None), Timer.due_at <= until)
            ).scalar()
            waiting = (OutgoingLetter.state == "queued", OutgoingLetter.not_before > now)
            letter = session.execute(
                select(func.min(OutgoingLetter.not_before)).where(*waiting, OutgoingLetter.not_before <= until)
            ).scalar()
        return min((moment for moment in (timer, letter) if moment is not None), default=None)
