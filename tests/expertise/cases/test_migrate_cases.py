"""Migration of running cases: the plan is what happens, kills leave nothing half-done, and the way back is exact."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from expertise import registry
from expertise.base import clock
from expertise.cases import migrate_cases
from expertise.cases.migrate_cases import DecideReason, MigrationPlan, MigrationVerdict
from expertise.cases.model import Case
from expertise.mail.letters import templates
from expertise.reminders.model import Timer
from tests.support.contents import definitions
from tests.support.environment import Environment, done
from tests.support.processes import EXAMPLE, VISIT
from workflows.loading.folders import read_process
from workflows.loading.reader import read

KEY = "study_visit"
FOLDER = read_process(EXAMPLE)
#: States that cases are brought to, with the steps of their way.
WAYS = {
    "draft": (),
    "review": (("requester", "submit", {}),),
    "returned": (("requester", "submit", {}), ("coordinator", "send_back", {"comment": "Why?"})),
    "travelling": (("requester", "submit", {}), ("coordinator", "approve", {})),
    "reported": (
        ("requester", "submit", {}),
        ("coordinator", "approve", {}),
        ("requester", "report", {"lessons": "Sort it."}),
    ),
}


@pytest.fixture
def visits(env):
    """The environment with the example in force, and its second version by `version(*exchanges)`."""
    templates.use(registry.letters_of(EXAMPLE)[0])
    with env.transactions.write() as session:
        registry.put_into_force(session, FOLDER.definition, FOLDER.text, clock.now())
    made = _with(env, FOLDER.definition)
    yield made
    templates.use({})


def _with(env, definition):
    known = registry.Registry({**definitions(), KEY: definition}, env.transactions.read)
    made = Environment(env.transactions, replace(env.services, definitions=known))
    env.transactions.services = lambda: made.services
    return made


def _version(env, *exchanges, number=2):
    """The environment with another version in force."""
    text = FOLDER.text.replace('"version": 1', f'"version": {number}')
    for old, new in exchanges:
        assert old in text, old
        text = text.replace(old, new)
    definition = read(text, "study_visit.yaml").definition
    with env.transactions.write() as session:
        registry.put_into_force(session, definition, text, clock.now())
    return _with(env, definition), definition


def _walk(env, state):
    reference = done(env.open("requester", KEY, VISIT)).reference
    for who, step, answers in WAYS[state]:
        env.take(who, reference, step, answers)
    return reference


def _renamed(text_of="review", to="checking"):
    return ((f'"{text_of}"', f'"{to}"'),)


def _plan(env, wanted):
    with env.transactions.read() as session:
        return list(migrate_cases.plan(session, env.services, wanted))


def _move(env, wanted):
    last, found = 0, []
    while moved := env.transactions.run(
        lambda session, last=last: migrate_cases.move(session, env.services, wanted, last, clock.now())
    ):
        found += moved
        last = moved[-1].case_id
    return found


def _back(env):
    last, found = 0, []
    while back := env.transactions.run(
        lambda session, last=last: migrate_cases.bring_back(session, env.services, KEY, last, clock.now())
    ):
        found += back
        last = back[-1][0]
    return found


def _rows(env):
    """Everything of the cases but what counts their changes, and their pending timers."""
    counted = {"version", "sequence", "head", "changed_at"}
    with env.transactions.read() as session:
        cases = [
            {name: value for name, value in row._mapping.items() if name not in counted}
            for row in session.execute(select(Case.__table__).order_by(Case.id))
        ]
        pending = select(
            Timer.case_id, Timer.clock, Timer.visit, Timer.kind, Timer.rung, Timer.to_role, Timer.step, Timer.due_at
        )
        ladder = session.execute(pending.where(Timer.done_at.is_(None))).all()
    return cases, Counter(map(tuple, ladder))


LONGER = ('"within": "5 working days"', '"within": "9 working days"')


def test_a_case_goes_on_under_the_new_version_with_its_new_due_date(visits, time):
    reference = _walk(visits, "review")
    before = visits.case(reference)
    time.move(timedelta(days=3))
    later, definition = _version(visits, LONGER)
    wanted = MigrationPlan(definition)
    (planned,) = _plan(later, wanted)
    assert (planned.verdict, planned.state, planned.target) == (MigrationVerdict.GOES_ON, "review", "review")
    assert planned.due_at == before.due_at < planned.due_after
    assert later.case(reference) == before  # a plan writes nothing
    assert _move(later, wanted) == [planned]
    after = later.case(reference)
    assert (after.digest, after.due_at, after.state) == (definition.digest, planned.due_after, "review")
    assert after.entered_at == before.entered_at and after.deadline["amount"] == 9
    event = later.events(reference)[-1]
    assert event.act == "migration:migration:apply" and event.actor == "migration"
    later.take("coordinator", reference, "approve")
    assert later.verify().broken == ()
    assert _plan(later, wanted) == []


def test_a_state_that_is_called_otherwise_is_mapped(visits):
    reference = _walk(visits, "review")
    before = visits.case(reference)
    later, definition = _version(visits, *_renamed())
    (planned,) = _plan(later, MigrationPlan(definition))
    assert (planned.verdict, planned.reason) == (MigrationVerdict.DECIDE, DecideReason.NO_STATE)
    assert _move(later, MigrationPlan(definition)) == [planned] and later.case(reference) == before
    wanted = MigrationPlan(definition, {"review": "checking"})
    (planned,) = _plan(later, wanted)
    assert (planned.verdict, planned.target, planned.due_after) == (MigrationVerdict.MAPPED, "checking", before.due_at)
    assert _move(later, wanted) == [planned]
    after = later.case(reference)
    assert (after.state, after.visit, after.due_at) == ("checking", before.visit, before.due_at)
    later.take("coordinator", reference, "send_back", {"comment": "More"})
    later.take("requester", reference, "resubmit")
    assert later.case(reference).state == "checking" and later.verify().broken == ()


def test_a_waiting_budget_waits_under_the_new_name(visits, time):
    reference = _walk(visits, "review")
    time.move(timedelta(days=2))
    visits.take("coordinator", reference, "send_back", {"comment": "Why?"})
    later, definition = _version(visits, *_renamed())
    _move(later, MigrationPlan(definition, {"review": "checking"}))
    assert later.case(reference).clocks["checking"]["used"] == 2
    later.take("requester", reference, "resubmit")
    assert later.case(reference).deadline["used"] == 2


@pytest.mark.parametrize(
    ("exchange", "reason", "detail"),
    [
        (('"technology": {', '"machines": {'), DecideReason.FIELD, "purpose"),
        (('"type": "number"', '"type": "money"'), DecideReason.FIELD, "travellers"),
    ],
)
def test_a_value_that_no_longer_fits_needs_a_decision(visits, exchange, reason, detail):
    reference = _walk(visits, "review")
    later, definition = _version(visits, exchange)
    (planned,) = _plan(later, MigrationPlan(definition))
    assert (planned.verdict, planned.reason, planned.detail) == (MigrationVerdict.DECIDE, reason, detail)
    before = later.case(reference)
    _move(later, MigrationPlan(definition))
    assert later.case(reference) == before


def test_ended_cases_are_left_alone_and_a_case_is_not_mapped_to_an_end(visits):
    ended, running = _walk(visits, "reported"), _walk(visits, "travelling")
    later, definition = _version(visits, LONGER)
    (planned,) = _plan(later, MigrationPlan(definition, {"travelling": "reported"}))
    assert (planned.reference, planned.reason) == (running, DecideReason.ENDED)
    assert later.case(ended).digest != definition.digest


@pytest.mark.parametrize("seed", range(6))
def test_the_plan_is_what_happens_and_the_way_back_is_exact(visits, time, seed):
    """Random cases at random ages, a random new version: plan, result and way back agree in every case."""
    luck = random.Random(seed)
    for _ in range(14):
        _walk(visits, luck.choice(tuple(WAYS)))
        time.move(timedelta(hours=luck.randrange(40)))
    visits.sweep()
    exchanges = [
        ('"within": "5 working days"', f'"within": "{luck.choice((3, 8, 20))} working days"'),
        ('"within": "60 calendar days"', f'"within": "{luck.choice((30, 61, 90))} calendar days"'),
    ]
    if luck.random() < 0.5:
        exchanges.append(('"1 working day before"', '"2 working days before", "on the day"'))
    mapped = {}
    if luck.random() < 0.6:
        exchanges += _renamed()
        mapped = {"review": "checking"} if luck.random() < 0.7 else {}
    if luck.random() < 0.3:
        exchanges.append(('"technology": {', '"machines": {'))
    before = _rows(visits)
    later, definition = _version(visits, *exchanges)
    wanted = MigrationPlan(definition, mapped)
    planned = _plan(later, wanted)
    assert {each.reference for each in planned} == {row["reference"] for row in before[0] if row["final"] is None}
    assert _move(later, wanted) == planned
    for each in planned:
        row = later.case(each.reference)
        decided = each.verdict is MigrationVerdict.DECIDE
        assert row.state == (each.state if decided else each.target)
        assert row.due_at == (each.due_at if decided else each.due_after)
        assert row.digest == (each.digest if decided else definition.digest)
    assert later.verify().broken == ()
    moved = {each.reference for each in planned if each.verdict is not MigrationVerdict.DECIDE}
    assert {reference for _, reference in _back(later)} == moved
    assert _rows(later) == before
    assert later.verify().broken == () and _back(later) == []


def test_a_case_that_went_on_is_not_brought_back(visits):
    touched, untouched = _walk(visits, "review"), _walk(visits, "review")
    later, definition = _version(visits, LONGER)
    _move(later, MigrationPlan(definition))
    later.take("coordinator", touched, "approve")
    with later.transactions.read() as session:
        assert migrate_cases.moved_on(session, definition) == [touched]
    assert [reference for _, reference in _back(later)] == [untouched]
    assert later.case(touched).digest == definition.digest and later.case(untouched).digest == FOLDER.definition.digest
    with later.transactions.read() as session:
        assert migrate_cases.moved_on(session, definition) == [touched]


def test_reminders_that_were_sent_are_not_sent_again(visits, time):
    reference = _walk(visits, "review")
    time.go(visits.case(reference).due_at - timedelta(hours=3))
    visits.sweep()
    count = len([each for each in visits.events(reference) if ":remind:" in each.act])
    later, definition = _version(visits, ('"after": "2 working days"', '"after": "3 working days"'))
    _move(later, MigrationPlan(definition))
    later.sweep()
    assert count == len([each for each in later.events(reference) if ":remind:" in each.act]) == 1


def test_a_kill_leaves_whole_cases_and_the_next_run_goes_on(visits, monkeypatch):
    """A transaction that dies after some cases undoes these; those of the transactions before stay migrated."""
    monkeypatch.setattr(migrate_cases, "BATCH", 3)
    references = [_walk(visits, "review") for _ in range(8)]
    later, definition = _version(visits, LONGER)
    wanted = MigrationPlan(definition)
    planned = _plan(later, wanted)
    passed = []

    def die(name):
        passed.append(name)
        if len(passed) == 5:
            raise KeyboardInterrupt

    monkeypatch.setattr(migrate_cases, "crashpoint", die)
    with pytest.raises(KeyboardInterrupt):
        _move(later, wanted)
    moved = [reference for reference in references if later.case(reference).digest == definition.digest]
    assert len(moved) == 3 and later.verify().broken == ()
    assert _move(later, wanted) == planned[3:]
    assert all(later.case(each.reference).due_at == each.due_after for each in planned)
    assert later.verify().broken == ()


def test_the_page_of_a_migrated_case_tells_its_whole_way(visits):
    reference = _walk(visits, "review")
    later, definition = _version(visits, *_renamed(), ('"submit": {', '"hand_in": {'))
    _move(later, MigrationPlan(definition, {"review": "checking"}))
    view = later.look("coordinator", reference)
    assert view.case.state == "checking" and view.path[-1] in definition.states
    assert {each.step.key for each in view.offered} >= {"approve", "send_back", "decline"}
