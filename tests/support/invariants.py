"""What must hold at any quiet moment, whatever happened before: I1, I2, I3, I4 and I6 of the design's trust."""

from __future__ import annotations

import json
from collections import Counter, defaultdict

from sqlalchemy import select

from expertise.audit.model import Event, PrivateValue
from expertise.cases.actions import deadline
from expertise.cases.model import Answered, CaseActor, CaseParty
from expertise.mail.model import OutgoingLetter
from expertise.people.access import WAYS
from expertise.reminders.model import Timer
from tests.support.rows import ROW

#: Events that record something and change nothing.
RECORDS = ("comment:add", "note:add", "mail:keep", "remind", "escalate", "deadline:move", "desk")


def assert_sound(env) -> None:
    """I1 state = fold of events · I2 chains verify · I3 keys · I4 outbox · I6 timers."""
    assert env.verify().broken == ()
    with env.transactions.read() as session:
        cases = {row.id: row for row in session.execute(select(*ROW))}
    events = _events(env)
    assert events.keys() == cases.keys()
    for case_id, case in cases.items():
        definition = env.services.definitions.pinned(case.digest)
        assert folded(definition, events[case_id]) == _told(case), case.reference
    _parties_wait_where_the_case_lies(env, cases)
    _keys_have_effects(env, cases)
    _letters_have_a_future(env)
    _timers_are_whole(env, cases, events)


def folded(definition, events) -> dict:
    """The case as its events alone tell it."""
    fields, acted, votes, version, visit, state = {}, defaultdict(set), defaultdict(list), 0, 0, None
    for event, values in events:
        source, subject, action = event.act.split(":", 2)
        assert event.from_state == state
        visit += event.to_state != state
        if event.to_state != state:
            votes.clear()
        state = event.to_state
        if f"{subject}:{action}" in RECORDS or subject in RECORDS:
            continue
        version += 1
        persons = {event.actor, event.instead_of} - {None}
        if source in WAYS:
            acted[event.role] |= persons
        if subject == "vote":
            votes[action].append(sorted(persons))
        elif subject != "deadline":
            kept = _kept(definition, subject, action, values)
            fields.update(kept)
            if kept:
                votes.clear()
    return {
        "state": state,
        "version": version,
        "visit": visit,
        "sequence": len(events),
        "fields": fields,
        "acted": {role: sorted(persons) for role, persons in acted.items()},
        "votes": dict(votes),
        "entered_at": max(event.at for event, _ in events if event.from_state != event.to_state),
    }


def _kept(definition, subject, action, given):
    values = {name: value for name, value in given.items() if not name.startswith("_")}  # others are the event's own
    if subject in ("correction", "undo"):
        fields = definition.fields if action == "confirm" or subject == "undo" else ()
        return {name: value for name, value in values.items() if name in fields}
    if subject != "step":
        return values
    step = definition.transitions[action]
    passed_on = definition.handed_on(step) | {"comment"}
    return {name: value for name, value in values.items() if name not in passed_on} | dict.fromkeys(step.clears)


def _told(case) -> dict:
    names = ("state", "version", "visit", "sequence", "fields", "acted", "votes", "entered_at")
    return {name: getattr(case, name) for name in names}


def _events(env):
    values = defaultdict(dict)
    for row in env.rows(PrivateValue.__table__):
        values[row.case_id, row.sequence][row.name] = json.loads(row.value)
    found = defaultdict(list)
    for row in sorted(env.rows(Event.__table__), key=lambda row: row.sequence):
        found[row.case_id].append((row, values[row.case_id, row.sequence]))
    return found


def _parties_wait_where_the_case_lies(env, cases) -> None:
    """The copies that order a worklist are those of the case, and four eyes look at all parts of one work."""
    for party in env.rows(CaseParty.__table__):
        case = cases[party.case_id]
        waits = party.until is None and party.role == case.owner_role
        assert (party.waiting, party.due_at) == (waits, case.due_at if waits else None), case.reference
    for row in env.rows(CaseActor.__table__):
        assert row.root_id == (cases[row.case_id].parent_id or row.case_id)


def _keys_have_effects(env, cases) -> None:
    """Each answer that was kept tells of an event that is there, and no two of the same one."""
    sequence = {case.reference: case.sequence for case in cases.values()}
    effects = [(row.answer["reference"], row.answer["sequence"]) for row in env.rows(Answered.__table__)]
    assert len(effects) == len(set(effects))
    assert all(number <= sequence[reference] for reference, number in effects)


def _letters_have_a_future(env) -> None:
    """Every letter is over and done with, or somebody will come back to it."""
    for letter in env.rows(OutgoingLetter.__table__):
        over = letter.state in ("accepted", "failed", "cancelled", "uncertain", "told", "suppressed", "bounced", "held")
        assert over or letter.state in ("queued", "gathered") or letter.lease_until is not None, letter.state


def _timers_are_whole(env, cases, events) -> None:
    """Nothing fired without its event, no event without its timer, and the present ladder has all its rungs."""
    ladders, fired = defaultdict(dict), Counter()
    for timer in env.rows(Timer.__table__):
        ladders[timer.case_id, timer.visit][timer.rung] = timer
        fired[timer.case_id] += timer.outcome == "done"
        assert timer.done_at is not None or timer.visit == cases[timer.case_id].visit, (
            "a timer of an earlier stay waits"
        )
    for case_id, case in cases.items():
        assert fired[case_id] == sum(event.actor == "clock" for event, _ in events[case_id]), case.reference
        definition = env.services.definitions.pinned(case.digest)
        with env.transactions.read() as session:
            planned = deadline.staying(session, env.services, definition, case)
        wanted = {timer.rung: timer.due_at for timer in planned.timers}
        ladder = ladders[case_id, case.visit]
        over = {rung for rung, timer in ladder.items() if timer.done_at is not None}
        assert {rung: timer.due_at for rung, timer in ladder.items() if rung not in over} == {
            rung: at for rung, at in wanted.items() if rung not in over
        }, case.reference
        assert case.due_at == planned.due_at, case.reference
        if not any(event.act.endswith(("deadline:move", "deadline:extend")) for event, _ in events[case_id]):
            assert wanted == {rung: timer.due_at for rung, timer in ladder.items()}, case.reference
