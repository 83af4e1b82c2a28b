"""Costs that no step shows: the look-up of the person, letters, timers, memory; and the engine without a database."""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, partial

from sqlalchemy import func, select

from expertise import worker
from expertise.base import clock
from expertise.base.database import table_of
from expertise.mail.model import OutgoingLetter
from expertise.people.access import load_actor
from tests.benchmarks import crowds, steps, subjects
from tests.benchmarks.machine import Team
from tests.benchmarks.sizes import Size
from tests.benchmarks.table import Figure, at_most, cpu_ms, explained, median_ms, often, plain, profiled
from tests.support.contents import definitions
from tests.support.databases import address, connect
from tests.support.environment import Environment, done
from tests.support.golden import ANALYSIS, STAGE_A
from tests.support.people import Member
from tests.support.stages import in_approval
from workflows import decision, machine

#: Readers of a letter, against one.
READERS = 10
#: Bytes by which the interpreter's own bookkeeping may grow for a case, without anything that is kept for it.
NOISE = 100


def figures(env: Environment, processes: Team, name: str, size: Size) -> Iterator[Figure]:
    """Everything of this page on one database; `name` is the database's, for the table."""
    yield from _asking(env, name, size)
    yield from _letters(env, name, size)
    yield from _timers(env, processes, name, size)
    yield from _memory(env, name, size)


def _asking(env: Environment, name: str, size: Size) -> Iterator[Figure]:
    """The person with the roles of today, as each request looks them up."""
    person, today = env.actor("coordinator").person_id, env.services.calendar.local_day(clock.now())
    with env.transactions.read() as session:

        def look() -> None:
            session.expunge_all()  # another request has another session
            load_actor(session, person, today)

        figure = at_most(f"{name}: who is asking, per request", median_ms(look, size.times), 0.1, " ms")
        yield explained(figure, partial(profiled, partial(often, look, size.times)))
    with steps.counting(address(env.engine)) as (counted, sent), counted.transactions.read() as session:
        load_actor(session, person, today)
        session.expunge_all()
        sent.clear()  # a new connection asks about itself
        load_actor(session, person, today)
        number = len(sent)
    yield Figure(f"{name}: who is asking, statements", str(number), "1", number <= 1, number)


def _letters(env: Environment, name: str, size: Size) -> Iterator[Figure]:
    """Processor time of a letter: of a worker that expands intents, or, while steps write letters themselves, of ten
    letters against one in the same step."""
    walker, times = subjects.Walker(env, subjects.walking(env)), max(4, size.times // 2)
    alone = _walk(walker, times)
    env.add({f"reader {n}": Member("requester", "kk", "akimat-kz-43") for n in range(1, READERS)})
    many = _walk(walker, times)
    where = cache(lambda: profiled(partial(_walk, walker, times)))
    if many.expanded:
        spent = alone.expanding / alone.letters
        yield explained(at_most(f"{name}: a letter to one reader, processor time", spent, 0.3, " ms"), where)
    spent = many.expanding if many.expanded else many.stepping - alone.stepping
    letters = many.letters if many.expanded else many.letters - alone.letters
    figure = at_most(f"{name}: a letter to one of {READERS}, processor time", spent / letters, 0.3, " ms")
    yield explained(figure, where)


@dataclass(frozen=True)
class Walk:
    """Processor milliseconds of steps and of the expansion after them, with the letters that came of both."""

    stepping: float
    expanding: float
    expanded: int  # intents
    letters: int


def _walk(walker: subjects.Walker, times: int) -> Walk:
    """Take so many steps, an even number, then expand what they have asked for."""
    for _ in range(4):
        walker.step()
    subjects.expand(walker.env)
    before, begun = _outbox(walker.env), time.process_time()
    often(walker.step, times // 2 * 2)
    stepped = time.process_time()
    expanded = subjects.expand(walker.env)
    ended = time.process_time()
    letters = _outbox(walker.env) - before
    return Walk((stepped - begun) * 1000, (ended - stepped) * 1000, expanded, letters)


def _outbox(env: Environment) -> int:
    with env.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table_of(OutgoingLetter))).scalar_one()


# --- timers -----------------------------------------------------------------------------------


def _timers(env: Environment, processes: Team, name: str, size: Size) -> Iterator[Figure]:
    """Several workers at one table of timers, all of them due."""
    crowds.grow(env, in_approval(env), size.timers, alike=True)
    processes.ask(*[("call", warm, ())] * size.workers)
    begun = time.monotonic()
    found = sum(processes.ask(*[("call", sweep, (address(env.engine),))] * size.workers), Counter())
    taken = time.monotonic() - begun
    attempts = sum(found.values()) / max(1, found["done"])
    figure = at_most(f"{name}: attempts for each timer done, {size.workers} workers", attempts, 1.05)
    yield explained(figure, lambda: [f"  {outcome}: {number}" for outcome, number in found.most_common()])
    yield plain(f"{name}: timers done a second, {size.workers} workers together", found["done"] / taken, digits=0)


def warm() -> None:
    """Let a process import and read what it needs."""
    definitions()


def sweep(url: str) -> Counter[str]:
    """One round of a worker of its own: outcomes of the timers it took up."""
    env = subjects.workplace(connect(url, pool=2))
    try:
        return Counter(worker.sweep(env.transactions, env.services))
    finally:
        env.engine.dispose()


# --- memory -----------------------------------------------------------------------------------


def _memory(env: Environment, name: str, size: Size) -> Iterator[Figure]:
    """The memory that a process keeps after steps on that many different cases."""
    number = max(5, size.times)
    template = subjects.walking(env).reference
    crowds.grow(env, template, 3 * number, alike=True)
    clones = crowds.newest(env, 3 * number)
    version = env.case(template).version
    _step_on(env, clones[:number], version)
    tracemalloc.start()
    _step_on(env, clones[number : 2 * number], version)  # what replaces something older is seen from here on
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    _step_on(env, clones[2 * number :], version)
    gc.collect()
    kept = (tracemalloc.get_traced_memory()[0] - before) / number
    places = tracemalloc.take_snapshot().statistics("lineno")[:8]
    tracemalloc.stop()
    goal = f"0 (≤ {NOISE} B of noise)"
    figure = Figure(f"{name}: memory kept for each open case", f"{kept:.0f} B", goal, kept <= NOISE, kept)
    yield explained(figure, lambda: [f"  {place}" for place in places])


def _step_on(env: Environment, cases: list[str], version: int) -> None:
    for case in cases:
        done(env.fire("coordinator everywhere", case, "send_for_endorsement", {}, version, f"memory-{case}"))


# --- the engine alone -------------------------------------------------------------------------


def engine(size: Size) -> Iterator[Figure]:
    """The engine without a database: one step decided and fired, and what a person may do with fifty cases."""
    definition = definitions()["expertise_request"]
    standing = decision.Standing(
        state="terms_of_reference",
        roles=frozenset({"coordinator"}),
        person="somebody",
        fields=STAGE_A | ANALYSIS,
        facts=dict.fromkeys(_facts(definition), decision.Finding(holds=True)),
    )
    assert machine.fire(definition, "send_for_endorsement", standing, {}).allowed
    step = cpu_ms(lambda: machine.fire(definition, "send_for_endorsement", standing, {}), 10 * size.times)
    yield at_most("engine without database: one step", step * 1000, 200, " µs")
    fifty = [replace(standing, person=f"person {n}") for n in range(50)]
    offers = cpu_ms(lambda: [decision.offers(definition, each) for each in fifty], size.times)
    yield at_most('engine without database: "what may I do" for 50 cases', offers, 5, " ms")


def _facts(definition) -> set[str]:
    return {name for step in definition.transitions.values() for name in step.needs}
