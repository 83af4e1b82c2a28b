"""The worker: what the clock makes due. APScheduler only calls it again and again; what is due stands in tables."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from apscheduler.schedulers.blocking import BlockingScheduler
from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise import account_notices, asked_letters
from expertise.account_notices import NoticeContext
from expertise.base import clock
from expertise.base.errors import DatabaseAway
from expertise.base.transaction import Transactions
from expertise.calendars import change_progress
from expertise.cases import fire_timer, recompute_deadlines
from expertise.cases.notify import expand, intents, notifications, recheck
from expertise.cases.services import Services, Unit
from expertise.config import Settings
from expertise.files import quota, storage, uploads
from expertise.inbox import imap, process
from expertise.mail import tokens
from expertise.mail.outbound.delivery import BatchResult, send_batch
from expertise.mail.outbound.shorten import shorten
from expertise.people import unsent_forms
from expertise.people.auth import failed_sign_ins
from expertise.people.auth.password_links import forget_links
from expertise.people.auth.sessions import forget_sessions
from expertise.people.auth.sign_in import forget_attempts
from expertise.people.auth.webauthn_challenges import forget_challenges
from expertise.people.change_model import LetterRequest
from expertise.people.manage import pending_changes
from expertise.questionnaires import send_questions
from expertise.reminders import timers
from expertise.reminders.timers import TimerEnd
from expertise.reports import send_digests, weekly_letter

log = logging.getLogger("komek.worker")

#: Seconds between two looks at the timers, the outbox, the mails that came in, the mailbox, and at what is to be asked.
TIMERS_EVERY, LETTERS_EVERY, MAILS_EVERY, MAILBOX_EVERY, QUESTIONS_EVERY = 20, 5, 5, 30, 300
#: Between two looks at who guessed at passwords.
LISTENS_EVERY = 60
#: UTC; the middle of the night in Kazakhstan.
TIDY_AT = 21
#: An upload that no row names is kept this long: its transaction may still be under way.
GRACE = timedelta(days=1)


def build_scheduler(transactions: Transactions, services: Services, settings: Settings) -> BlockingScheduler:
    """A scheduler to be started in the worker's main thread; any number of workers may run at once."""
    scheduler = BlockingScheduler(
        timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    at_once = clock.now()
    tasks: list[tuple[Callable[[], object], int]] = [
        (lambda: (sweep(transactions, services), digests(transactions, services)), TIMERS_EVERY),
        (lambda: deliver(transactions, services, settings), LETTERS_EVERY),
        (lambda: process.process_waiting(transactions, services, settings), MAILS_EVERY),
        (lambda: question(transactions, services), QUESTIONS_EVERY),
        (lambda: listen(transactions), LISTENS_EVERY),
    ]
    if settings.imap_url is not None:
        tasks.append((lambda: fetch(transactions, settings), MAILBOX_EVERY))
    for task, seconds in tasks:
        scheduler.add_job(_patient(task), "interval", seconds=seconds, next_run_time=at_once)
    scheduler.add_job(_patient(lambda: tidy(transactions, settings)), "cron", hour=TIDY_AT)
    return scheduler


def sweep(transactions: Transactions, services: Services) -> Counter[str]:
    """Do every timer that is due, each in its own transaction; returns how many by outcome.

    A fault in one leaves it due and is logged; the others go on.
    """
    follow(transactions, services)
    outcomes: Counter[str] = Counter()
    left: set[int] = set()
    with transactions.read() as session:  # the common case costs no writing transaction
        if not timers.is_due(session, clock.now()):
            return outcomes
    while (done := _next(transactions, services, left)) is not None:
        timer_id, outcome = done
        if outcome in (TimerEnd.BUSY, TimerEnd.FAULT):
            left.add(timer_id)
        outcomes[outcome] += 1
    return outcomes


def follow(transactions: Transactions, services: Services) -> int:
    """Let the open deadlines follow the calendar, piece by piece; returns how many moved.

    A case that somebody else holds ends this round: the next one goes on there.
    """
    moved = 0
    with transactions.read() as session:  # the common case costs no writing transaction
        if not change_progress.waiting(session):
            return moved
    while (done := transactions.run(lambda session: recompute_deadlines.carry_on(session, services))) is not None:
        moved += done.moved
        if done.busy:
            break
    return moved


def digests(transactions: Transactions, services: Services) -> int:
    """Make the digests whose time has come, each in its own transaction; returns how many had something to say.

    After the timers, so that what an outage kept back stands in one digest.
    """
    notify(transactions, services)
    now, made = clock.now(), 0
    with transactions.read() as session:
        people = send_digests.due(session, services, now)
    for person in people:
        try:
            made += bool(transactions.run(partial(send_digests.make, services=services, person_id=person, now=now)))
        except DatabaseAway:
            raise
        except Exception:
            log.exception("digest of person %s", person)
    return made


def notify(transactions: Transactions, services: Services) -> int:
    """Put the letters that events asked for into the outbox, in batches; returns for how many events.

    When a batch fails, each of its events is tried alone: the one that is at fault waits and is logged.
    """
    done, limit = 0, expand.BATCH
    failed: set[int] = set()
    while True:
        with transactions.read() as session:  # the common case costs no writing transaction
            first = intents.oldest(session, failed)
        if first is None:
            return done
        try:
            ids = transactions.run(lambda session: expand.expand(Unit(session, services), limit, frozenset(failed)))  # noqa: B023 run at once
        except DatabaseAway:
            raise
        except Exception:
            log.exception("letters that event %s or a later one asked for", first)
            failed |= {first} if limit == 1 else set()
            limit = 1
            continue
        if not ids:  # other workers have the rest in hand
            return done
        done += len(ids)


def deliver(transactions: Transactions, services: Services, settings: Settings) -> BatchResult:
    """Carry letters until none is left that can be sent now; returns what became of the last batch."""
    notify(transactions, services)
    report(transactions, services, settings.url)
    answer(transactions, settings)
    while True:
        carried = send_batch(transactions, settings, clock.now(), recheck=partial(recheck.look, services))
        if carried.sent == 0:
            return carried


def report(transactions: Transactions, services: Services, url: str) -> int:
    """Put the letters about changes of accounts into the outbox; returns of how many changes."""
    reported = 0
    with transactions.read() as session:  # the common case costs no writing transaction
        if not account_notices.is_waiting(session):
            return reported
    now = clock.now()
    workflows = {each.key: each.title for each in services.definitions.all_current()}
    given = NoticeContext(url, workflows, now, services.calendar.local_day(now))
    while done := transactions.run(lambda session: account_notices.queue_letters(session, given)):
        reported += done
    return reported


def answer(transactions: Transactions, settings: Settings) -> int:
    """Write the letters that were asked for on the sign-in page; returns how many requests were answered."""
    answered, key = 0, settings.secret_key
    with transactions.read() as session:  # the common case costs no writing transaction
        if key is None or session.scalar(select(LetterRequest.id).limit(1)) is None:
            return answered
    while done := transactions.run(lambda session: asked_letters.answer(session, settings.url, key, clock.now())):
        answered += done
    return answered


def fetch(transactions: Transactions, settings: Settings) -> int:
    """Take in what lies in the mailbox, until it is empty; returns how many mails. One that is away is logged."""
    taken = 0
    if settings.imap_url is None:
        return taken
    try:
        while fetched := imap.poll(transactions, settings.imap_url):
            taken += fetched
    except imap.MailboxAway as fault:
        log.warning("%s", fault)
    return taken


def question(transactions: Transactions, services: Services) -> int:
    """Ask about recommendations whose check has begun, and once a week tell managers; returns how many were asked."""
    transactions.run(lambda session: weekly_letter.tell(session, services, clock.now()))
    return transactions.run(lambda session: send_questions.ask(session, services, clock.now()))


def listen(transactions: Transactions) -> int:
    """Note in people's histories who was guessed at; returns how many notes."""
    now = clock.now()
    with transactions.read() as session:
        heard = failed_sign_ins.due_notes(session, now)
    return sum(transactions.run(partial(failed_sign_ins.note, due=each, now=now)) for each in heard)


def tidy(transactions: Transactions, settings: Settings) -> int:
    """Forget what has run out: sessions, guesses, links that work once, unsent forms, files without a row.

    Returns how many files.
    """
    now = clock.now()
    listen(transactions)
    with transactions.write() as session:
        forget_sessions(session, now)
        forget_attempts(session, now)
        forget_challenges(session, now)
        forget_links(session, now)
        pending_changes.expire(session, now)
        tokens.forget(session, now)
        quota.forget(session, now.date())
        unsent_forms.forget(session, now)
        uploads.forget(session, now)
        notifications.forget(session, now)
    _shorten_letters(transactions, settings, now)
    removed = 0
    for sha256 in list(storage.leftovers(settings.data, now - GRACE)):
        with transactions.read() as session:
            named = uploads.is_named(session, sha256)
        if not named:
            storage.remove(settings.data, sha256)
            removed += 1
    return removed


def _shorten_letters(transactions: Transactions, settings: Settings, now: datetime) -> None:
    if settings.letters_kept_days == 0:
        return
    before, last = now - timedelta(days=settings.letters_kept_days), 0
    while (found := transactions.run(lambda session: shorten(session, before, last))) is not None:  # noqa: B023 run at once
        last = found


def _next(transactions: Transactions, services: Services, left: set[int]) -> tuple[int, str] | None:
    """Claim a timer and do it, in one transaction; returns its id and what became of it, None when none is left."""
    claimed: list[int] = []

    def unit(session: Session) -> str | None:
        timer = timers.claim(session, clock.now(), left)
        if timer is None:
            return None
        claimed.append(timer.id)
        return fire_timer.remind(Unit(session, services), timer.id, timer.case_id) or TimerEnd.BUSY

    try:
        outcome = transactions.run(unit)
    except DatabaseAway:
        raise
    except Exception:
        if not claimed:
            raise
        log.exception("timer %s", claimed[-1])
        return claimed[-1], TimerEnd.FAULT
    return None if outcome is None else (claimed[-1], outcome)


def _patient(task: Callable[[], object]) -> Callable[[], None]:
    """A database that is away ends this round, not the worker."""

    def run() -> None:
        try:
            task()
        except DatabaseAway as fault:
            log.warning("the database is away: %s", str(fault).splitlines()[0])

    return run
