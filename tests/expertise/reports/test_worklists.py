"""Lists of cases: in order, complete page by page, and never more than a person may see."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from expertise.base import clock
from expertise.cases import desk
from expertise.cases.actions.correct import CorrectionRequest
from expertise.cases.desk import Request, Unit
from expertise.reports import desk_loads, worklists
from expertise.reports.worklists import Filters
from tests.support.environment import done, on_sqlite
from tests.support.main_line import REQUEST
from tests.support.people import PEOPLE

NUL = "KZ-43\0"


def names(rows):
    return [row.reference for row in rows]


@pytest.fixture
def show(env):
    """A list of a person, as references: one by a function of its own, or a worklist by its name."""

    def of(kind, by, *more):
        actor = env.actor(by)
        with env.transactions.read() as session:
            if kind in worklists.WORKLISTS:
                return names(worklists.first(session, worklists.worklist(actor, kind, *(more or [clock.now()]))))
            return names(getattr(worklists, kind)(session, actor, *more))

    return of


@pytest.fixture
def listed(env):
    """One page of the list."""

    def page(by, after=None, limit=50, **filters):
        actor = env.actor(by)
        with env.transactions.read() as session:
            return worklists.listing(session, actor, Filters(**filters), clock.now(), after, limit)

    return page


def test_the_desk_puts_the_earliest_deadline_first_and_none_last(env, time, show):
    slow = env.walk("finish_analysis")  # fifteen days from now
    time.move(timedelta(hours=1))
    quick = env.walk("register")  # two
    offer = env.part(env.walk("offer.accept"), "offer")
    draft = env.begin()
    assert show("desk", "coordinator")[:2] == [quick, slow]
    assert show("desk", "expert") == [offer]
    assert show("desk", "distant") == [] and show("desk", "neighbour") == []
    assert show("desk", "requester") == show("desk", "colleague") == [draft]


def test_what_i_wait_for_lies_with_others(env, show):
    sent, draft = env.walk("register"), env.begin()
    working = env.walk("deliverable.accept")
    deliverable = env.part(working, "deliverable")
    assert set(show("awaited", "requester")) == {sent, working}
    assert set(show("awaited", "expert")) == {working, deliverable}
    assert show("awaited", "coordinator") == [] and draft in show("drafts", "colleague")


def test_drafts_are_those_that_were_never_sent(env, show):
    draft = env.begin()
    env.walk("register")
    assert show("drafts", "requester") == show("drafts", "colleague") == [draft]
    for other in ("neighbour", "coordinator", "approver", "manager", "expert", "nobody"):
        assert show("drafts", other) == []


def test_late_is_what_is_open_past_its_deadline(env, time, show):
    late = env.walk("register")
    time.move(timedelta(days=10))
    env.walk("register")
    now = clock.now()
    for person in ("manager", "coordinator", "auditor", "requester"):
        assert show("late", person, now) == [late]
    assert show("late", "distant", now) == show("late", "neighbour", now) == []
    env.take("requester", late, "withdraw", {"comment": "No need any more"})
    assert show("late", "manager", now) == []


def test_pages_are_complete_and_stable(env, time, listed):
    opened = []
    for number in range(7):
        opened.append(env.walk("register"))
        if number % 3:  # some change at the very same moment
            time.move(timedelta(minutes=1))
    read, after = [], None
    for _ in range(4):
        page = listed("requester", after, 2)
        read += names(page.cases)
        after = page.after
        env.begin()  # a newer one comes in between; the pages behind it stand still
    assert sorted(read) == sorted(opened) and after is None
    newest_first = listed("requester", limit=50)
    assert [row.changed_at for row in newest_first.cases] == sorted(
        (row.changed_at for row in newest_first.cases), reverse=True
    )
    assert newest_first.total == 11


@on_sqlite
def test_a_mark_that_is_none_of_ours_begins_at_the_start(env, listed):
    moment = "2000-03-02T06:00:00+00:00"
    reference = env.begin()
    for mark in ("", "~", "x", NUL, "2000-03-02~1", f"{moment}~x", f"{moment}~{2**70}", "0001-01-01T00:00:00+14:00~1"):
        assert names(listed("requester", mark).cases) == [reference], mark
    assert names(listed("requester", f"{moment}~1").cases) == []  # one of ours: everything is newer


def test_filters_narrow_and_combine(env, time, listed):
    env.grant("requester", "requester", "KZ-47")
    waste = env.walk("register")
    water = env.begin({**REQUEST, "topic": "water_supply", "title": "Су құбыры"})
    closed = env.walk("register", {**REQUEST, "region": "KZ-47"})
    env.take("requester", closed, "withdraw", {"comment": "Done without help"})
    offered = env.walk("offer.accept")
    for filters, found in (
        ({}, {waste, water, closed, offered}),
        ({"topic": "water_supply"}, {water}),
        ({"state": "draft"}, {water}),
        ({"region": "KZ-47"}, {closed}),
        ({"region": "KZ-47", "open": True}, set()),
        ({"open": True}, {waste, water, offered}),
        ({"query": "құбыр"}, {water}),
        ({"query": "кубыр су"}, {water}),
        ({"query": "құбыр қалдықтар"}, set()),
        ({"query": waste}, {waste}),
        ({"workflow": "expertise_request", "topic": "waste"}, {waste, closed, offered}),
    ):
        page = listed("requester", **filters)
        assert set(names(page.cases)) == found and page.total == len(found), filters
    assert names(listed("coordinator", workflow="expert_offer", parts=True).cases) == [env.part(offered, "offer")]
    time.move(timedelta(days=60))
    assert set(names(listed("requester", late=True).cases)) == {waste, offered}


def test_a_filter_with_nul_breaks_nothing(env, listed):
    reference = env.begin()
    for field in ("workflow", "state", "region", "topic"):
        assert listed("requester", **{field: "\0"}).total == 0
    assert names(listed("requester", query="\0").cases) == [reference]


@on_sqlite
def test_nobody_is_shown_what_they_may_not_open(env, time, listed, show):
    """Every row of every list can be opened by the person it is shown to."""
    for until in ("submit", "register", "offer.accept", "deliverable.accept", "close"):
        env.walk(until)
    env.begin({**REQUEST, "title": "Own draft of the team"}, by="coordinator")
    for workflow in ("project_proposal", "loan_referral"):
        done(env.file({"title": "Begun by the team", "region": "KZ-43"}, "coordinator", workflow=workflow))
    time.move(timedelta(days=200))
    for person in PEOPLE:
        rows = set(names(listed(person, parts=True).cases))
        for kind in ("desk", "awaited", "drafts"):
            rows |= set(show(kind, person))
        rows |= set(show("late", person, clock.now()))
        assert {row for row in rows if not env.sees(person, row)} == set(), person


@on_sqlite
def test_counting_stops_where_nobody_reads_on(env, listed, monkeypatch):
    monkeypatch.setattr(worklists, "COUNTED", 3)
    for _ in range(4):
        env.begin()
    assert listed("requester", limit=1).total == 3


@pytest.mark.parametrize("name", sorted(worklists.WORKLISTS))
def test_every_worklist_pages_to_its_end_and_counts_all(env, time, name):
    """In the order of the whole list, each case once, with the true total on every page."""
    for number in range(5):
        env.begin()
        env.walk("register")
        env.walk("deliverable.accept")
        if number % 2:
            time.move(timedelta(hours=1))
    reference, unit = env.walk("register"), env.actor("coordinator")
    wish = CorrectionRequest(1, "A slip", {"title": "Other"})
    version = env.version(reference)
    done(env.transactions.run(lambda s: desk.propose(Unit(s, env.services), Request(unit, reference, version), wish)))
    time.move(timedelta(days=30))
    seen = 0
    for person in ("requester", "coordinator", "manager", "expert", "auditor"):
        actor, now = env.actor(person), clock.now()
        with env.transactions.read() as session:
            wanted = worklists.worklist(actor, name, now)
            whole = worklists.page(session, wanted, limit=1000)
            assert whole.total == len(whole.cases) == worklists.count(session, wanted) and whole.after is None
            read, after = [], None
            while True:
                page = worklists.page(session, wanted, after, 2)
                read += names(page.cases)
                assert page.total == whole.total and len(page.cases) <= 2
                after = page.after
                if after is None:
                    break
            assert read == names(whole.cases)
        seen = max(seen, len(read))
    assert seen >= (1 if name == "proposed" else 5)


@on_sqlite
def test_drafts_are_nobodys_who_only_reads(env):
    draft = env.begin()
    for person in ("auditor", "administrator"):
        with env.transactions.read() as session:
            found = worklists.page(session, worklists.worklist(env.actor(person), "drafts", clock.now()))
            assert found.cases == [] and found.total == 0
    with env.transactions.read() as session:
        wanted = worklists.worklist(env.actor("requester"), "drafts", clock.now())
        assert names(worklists.page(session, wanted).cases) == [draft]


@on_sqlite
def test_a_mark_of_a_worklist_that_is_none_of_ours_begins_at_the_start(env):
    reference = env.walk("register")
    for mark in ("x", "~", "~x", "2000-03-02~1", f"~{2**70}", "0001-01-01T00:00:00+14:00~1"):
        with env.transactions.read() as session:
            wanted = worklists.worklist(env.actor("coordinator"), "waiting", clock.now())
            assert names(worklists.page(session, wanted, mark).cases) == [reference], mark


def test_the_parts_by_deadline_are_the_whole_worklist_each_case_once(env, time):
    late = env.walk("register")  # two working days from Monday
    time.move(timedelta(days=7))
    soon, far, draft = env.walk("register"), env.walk("finish_analysis"), env.begin({"title": "x"}, by="coordinator")
    actor, now, calendar = env.actor("coordinator"), clock.now(), env.services.calendar
    with env.transactions.read() as session:
        wanted = worklists.worklist(actor, "waiting", now)
        parts = {
            period: names(worklists.page(session, worklists.in_period(wanted, period, now, calendar)).cases)
            for period in worklists.PERIODS
        }
        assert parts == {"late": [late], "week": [soon], "later": [far]}
        assert names(worklists.page(session, wanted).cases) == [late, soon, far] and draft not in parts["later"]
        assert worklists.in_period(wanted, "nonsense", now, calendar) is wanted


@on_sqlite
def test_a_week_ends_with_its_sunday_and_a_weekend_looks_at_the_next(env):
    calendar = env.services.calendar
    for today, monday in (("2026-03-02", 9), ("2026-03-06", 16), ("2026-03-07", 16), ("2026-03-10", 16)):
        # Sunday the 8th of March is a holiday, and so is the Monday that replaces it
        expected = date(2026, 3, monday if today != "2026-03-06" else 9)
        assert worklists.week_end(date.fromisoformat(today), calendar) == expected, today


def test_what_waits_on_whom_counts_what_the_reader_reaches(env, time):
    first_late, draft = env.walk("register"), env.begin()
    time.move(timedelta(days=10))
    env.walk("offer.accept")
    now = clock.now()

    def loads(name):
        with env.transactions.read() as session:
            return {each.role: each for each in desk_loads.waiting_on(session, env.actor(name), now)}

    found = loads("manager")
    assert (found["coordinator"].total, found["coordinator"].late) == (2, 1)
    assert found["coordinator"].oldest.reference == first_late
    assert "requester" not in found and draft not in [each.oldest.reference for each in found.values()]
    assert loads("distant") == loads("neighbour") == loads("requester") == {}  # a draft is its author's
    assert loads("auditor")["requester"].total == 1 and loads("auditor")["requester"].oldest is None  # no deadline
