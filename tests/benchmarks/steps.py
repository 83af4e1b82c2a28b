"""Durable steps: through the desk, by the driver alone, and with two other libraries; how many statements they send."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec

from tests.benchmarks import driver, subjects
from tests.benchmarks.driver import Driver
from tests.benchmarks.machine import Compared, Making, Team, interleave
from tests.benchmarks.sizes import Size
from tests.benchmarks.subjects import Contender, Desk, Subject, Walker, workplace
from tests.benchmarks.table import Figure, at_least, at_most, explained, plain
from tests.benchmarks.written import Script, scripts
from tests.support.databases import address, connect
from tests.support.environment import Environment
from tests.support.people import Member
from tests.support.statements import listening

#: Against L, at the number of processes at which it is judged: steps a second, and processor time of a step.
GOALS = {"postgres": (2, 0.8, 1.3), "sqlite": (1, 0.5, 2.6)}
#: Steps that lie behind a process of SpiffWorkflow; a request of Komek has about twenty before it ends.
BEHIND = (2, 20, 60)
JUDGED = 20
#: Steps between the numbers of loops that write about the same case by turns.
APART = 20_000_000
SPIFF_GOAL = 4

Begin = Callable[[Environment], Subject]


def figures(env: Environment, processes: Team, kind: str, name: str, size: Size) -> Iterator[Figure]:
    """Everything about steps on one database; `name` is the database's, for the table."""
    driver.prepare(env.engine)
    numbers = size.processes if kind == "postgres" else (1,)
    given = stage(env, processes, max(numbers), "", subjects.walking)
    for number in numbers:
        yield from _one(processes, kind, name, number, size)
    if kind == "postgres":
        yield from _contended(env, processes, name, size)
    yield from _shapes(env, processes, name, size)
    yield from others(env, processes, given, kind, name, size)
    subjects.forget_intents(env)
    yield from _statements(env, name, size)


def stage(env: Environment, processes: Team, number: int, name: str, begin: Begin) -> list[list[Script]]:
    """Give each process a case for the desk ("desk" and the name) and another for L; return the scripts of L."""
    url, given = address(env.engine), [_scripts(env, begin(env)) for _ in range(number)]
    processes.make(f"desk{name}", [Making(Desk, (url, begin(env))) for _ in range(number)])
    processes.make(f"L{name}", [Making(Driver, (url, each)) for each in given])
    return given


def _scripts(env: Environment, subject: Subject) -> list[Script]:
    walker = Walker(env, subject)
    return [driver.limit(each) for each in scripts(env.engine, walker.step, len(subject.steps))]


def _one(processes: Team, kind: str, name: str, number: int, size: Size) -> Iterator[Figure]:
    found = interleave(processes, number, "L", ["desk"], size.pairs, size.seconds, size.steps)
    desk, limit = found["desk"], found["L"]
    line = f"{name}, {number} process{'es' * (number > 1)}"
    judged, ratio, cpu = GOALS[kind]
    yield plain(f"{line}: durable steps a second through the desk", desk.rate, digits=0)
    yield plain(f"{line}: the same rows by the driver alone", limit.rate, digits=0)
    yield from _costs(line, desk, limit)
    if number != judged:
        yield plain(f"{line}: desk against driver", desk.ratio)
        yield plain(f"{line}: processor time, desk against driver", desk.cpu, " ×")
        return

    where = cache(lambda: processes.profile("desk", 10 * size.steps))
    yield explained(at_least(f"{line}: desk against driver", desk.ratio, ratio), where)
    yield explained(at_most(f"{line}: processor time, desk against driver", desk.cpu, cpu, " ×"), where)


def _costs(line: str, desk: Compared, limit: Compared) -> Iterator[Figure]:
    for what, each in (("desk", desk), ("driver", limit)):
        value = f"{each.client:.2f} + {each.server:.2f} ms"
        yield Figure(
            f"{line}: processor time of a step, {what}, client + server", value, number=each.client + each.server
        )


def _contended(env: Environment, processes: Team, name: str, size: Size) -> Iterator[Figure]:
    """Two processes on one case: the desk refuses who comes too late, the driver alone waits for its turn."""
    url, subject = address(env.engine), subjects.contended(env)
    processes.make("desk, one case", [Making(Contender, (url, subject))] * 2)
    given = _scripts(env, subjects.walking(env))
    processes.make("L, one case", [Making(Contested, (url, given))] * 2)
    found = interleave(processes, 2, "L, one case", ["desk, one case"], size.pairs, size.seconds, size.steps)
    desk, line = found["desk, one case"], f"{name}, 2 processes on one case"
    yield plain(f"{line}: steps a second through the desk", desk.rate, digits=0)
    yield plain(f"{line}: refused for each step that was taken", desk.refused)
    yield plain(f"{line}: desk against driver", desk.ratio)


class Contested(Driver):
    """The driver alone on a case on which others step as well."""

    def __init__(self, url: str, given: list[Script]) -> None:
        super().__init__(url, given, contended=True)


def _shapes(env: Environment, processes: Team, name: str, size: Size) -> Iterator[Figure]:
    shapes: dict[str, Begin] = {
        "steps with needs and not_by": lambda env: subjects.walking(env, subjects.GUARDED),
        "steps of a part that carry the parent's": subjects.carrying,
    }
    for what, begin in shapes.items():
        stage(env, processes, 1, f", {what}", begin)
        mine, base = f"desk, {what}", f"L, {what}"
        found = interleave(processes, 1, base, [mine], size.pairs, size.seconds, size.steps)[mine]
        yield plain(f"{name}, {what}: desk against driver", found.ratio)
        yield plain(f"{name}, {what}: processor time, desk against driver", found.cpu, " ×")


# --- other libraries --------------------------------------------------------------------------


def installed() -> bool:
    """Whether the libraries to compare with are there; ./dev bench installs them, the tests do without."""
    return all(find_spec(each) is not None for each in ("SpiffWorkflow", "django", "django_fsm_log"))


def others(
    env: Environment, processes: Team, given: list[list[Script]], kind: str, name: str, size: Size
) -> Iterator[Figure]:
    """The desk against other libraries; `given` are the scripts of L by process."""
    if not installed():
        yield Figure(f"{name}: SpiffWorkflow and django-fsm", "not installed; ./dev bench does it")
        return
    from tests.benchmarks import with_django_fsm, with_spiffworkflow  # noqa: PLC0415 tests do without these libraries

    url, number = address(env.engine), 2 if kind == "postgres" else 1
    made = [f"SpiffWorkflow, {behind} steps behind" for behind in BEHIND]
    for place, (what, behind) in enumerate(zip(made, BEHIND, strict=True), 1):
        makings = [Making(with_spiffworkflow.Spiff, (url, each, place * APART, behind)) for each in given[:number]]
        processes.make(what, makings)
    processes.ask(("call", with_django_fsm.prepare, (url,)))
    django = "django-fsm with its log"  # it reads the state of the case, and so needs one of its own
    own = [_scripts(env, subjects.walking(env)) for _ in range(number)]
    processes.make(django, [Making(with_django_fsm.DjangoFsm, (url, each)) for each in own])
    names = ["desk", *made, django]
    found = interleave(processes, number, "L", names, size.pairs, size.seconds, size.steps)
    desk = found["desk"]
    for what in names[1:]:
        line, times = (
            f"{name}, {number} process{'es' * (number > 1)}: desk against {what}",
            desk.ratio / found[what].ratio,
        )
        cpu = (found[what].client + found[what].server) / (desk.client + desk.server)
        if kind == "postgres" and what == f"SpiffWorkflow, {JUDGED} steps behind":
            yield explained(at_least(line, times, SPIFF_GOAL, " ×"), lambda: processes.profile("desk", 10 * size.steps))
        else:
            yield plain(line, times, " ×")
        yield plain(f"{name}: processor time of {what} against the desk's", cpu, " ×")


# --- statements -------------------------------------------------------------------------------


def _statements(env: Environment, name: str, size: Size) -> Iterator[Figure]:
    counted = statements(env, list(size.recipients))
    for recipients, number in counted.items():
        line = f"{name}: statements of one step, {recipients} recipient{'s' * (recipients > 1)}"
        yield Figure(line, str(number), "≤ 12", number <= 12, number)
    same = len(set(counted.values())) == 1
    yield Figure(f"{name}: the same for any number of recipients", "yes" if same else "no", "yes", same)


def statements(env: Environment, recipients: list[int]) -> dict[int, int]:
    """Number of recipients → statements of one step that is of interest to so many."""
    found, there = {}, 1
    with counting(address(env.engine)) as (counted, sent):
        walker = Walker(counted, subjects.walking(env))
        counted.services = env.services
        for wanted in recipients:
            env.add({f"clerk {n}": Member("requester", "kk", "akimat-kz-43") for n in range(there, wanted)})
            there = wanted
            for _ in range(2):
                walker.step()
            sent.clear()
            walker.step()
            found[wanted] = len(sent)
            walker.step()
    return found


@contextmanager
def counting(url: str) -> Iterator[tuple[Environment, list[str]]]:
    """An environment on the database, and the statements that it sends; BEGIN and COMMIT do not count."""
    engine = connect(url)
    try:
        with listening(engine) as sent:
            yield workplace(engine), sent
    finally:
        engine.dispose()
