"""Cases that go to and fro: the steps that are measured, as data that a process can be given."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Engine, inspect, select

from expertise import registry, worker
from expertise.base import clock
from expertise.base.transaction import Transactions
from expertise.cases.model import PublishedDefinition
from tests.support.databases import connect
from tests.support.environment import Environment, done, environment
from tests.support.stages import in_approval
from workflows.definition import Definition

COMMENT = {"comment": "Суды үнемдеу."}
#: The loan of the comparison: the terms go to the oblast, which asks for changes.
TO_AND_FRO = (("coordinator", "send_for_endorsement", {}), ("requester", "ask_changes", COMMENT))
#: The same with a fact to be asked for, and with two pairs of eyes.
GUARDED = (("coordinator", "bench_send", {}), ("requester", "bench_return", COMMENT))
#: A part whose every step carries one of its parent.
CARRYING = (("requester", "return_for_revision", COMMENT), ("expert", "resubmit", {}))

_STEPS = """
  bench_send:
    label: {kk: Жіберу, ru: Отправить, en: Send}
    from: terms_of_reference
    to: endorsement
    by: coordinator
    needs: [parts.offer.none_open]
    not_by: [approver]
    requires: [terms_of_reference, required_outputs, expert_days]
    tells: {requester: terms_to_endorse}
  bench_return:
    label: {kk: Қайтару, ru: Вернуть, en: Return}
    from: endorsement
    to: terms_of_reference
    by: requester
    needs: [parts.offer.none_open]
    not_by: [coordinator]
    asks: {comment: required}
    tells: {coordinator: terms_sent_back}
"""


def workplace(engine: Engine) -> Environment:
    """An environment as a running process has it: no worker comes after each unit to write its letters."""
    return replace(environment(engine), transactions=Transactions(engine))


@dataclass(frozen=True)
class Subject:
    """A case, its version, and the steps that lead from its state back to it."""

    reference: str
    version: int
    steps: tuple[tuple[str, str, dict[str, Any]], ...]


def publish(env: Environment) -> None:
    """Publish two workflows with additions that only the bench needs, and let new cases begin under them."""
    definitions, folder = _definitions()
    with env.transactions.write() as session:
        registry.publish(session, definitions, clock.now(), Path(folder.name))
    env.services = replace(env.services, definitions=registry.Registry(definitions, env.transactions.read))


@cache
def _definitions() -> tuple[dict[str, Definition], TemporaryDirectory[str]]:
    """Written, read and judged once for each process: it takes most of a second. The folder goes with the process."""
    folder = TemporaryDirectory()
    for file in registry.DEFINITIONS.glob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        if file.stem == "expertise_request":
            text = _newer(text) + _STEPS
        if file.stem == "deliverable":  # without a file: uploads are not what is measured
            text = _newer(text).replace("asks: {report: required,", "asks: {report: optional,")
        (Path(folder.name) / file.name).write_text(text, encoding="utf-8")
    return registry.load(Path(folder.name)), folder


def _newer(text: str) -> str:
    return re.sub(r"^version: (\d+)", lambda found: f"version: {int(found[1]) + 1}", text, count=1, flags=re.MULTILINE)


def walking(env: Environment, steps: tuple[tuple[str, str, dict[str, Any]], ...] = TO_AND_FRO) -> Subject:
    """A request whose terms of reference can be sent for endorsement."""
    case = in_approval(env)
    version = done(env.fire("approver", case, "send_back_terms", {"comment": "Уточните объём."})).version
    return Subject(case, version, steps)


def carrying(env: Environment) -> Subject:
    """A deliverable under review, which can be returned and handed in again."""
    case = in_approval(env)
    done(env.fire("approver", case, "approve_terms"))
    expert = {"expert": env.actor("expert").key}
    offer = done(env.fire("coordinator", case, "offer_assignment", expert)).opened[0]
    done(env.fire("expert", offer, "accept", {"no_conflict": True}))
    part = done(env.fire("coordinator", case, "start_delivery", {"deliverable_kind": "final_report"})).opened[0]
    return Subject(part, done(env.fire("expert", part, "submit")).version, CARRYING)


class Walker:
    """Takes the steps of a subject through the desk, one after the other."""

    def __init__(self, env: Environment, subject: Subject) -> None:
        self.env, self.subject, self.version, self.taken = env, subject, subject.version, 0
        env.actor = cache(env.actor)  # who is asking is measured by itself

    def step(self) -> bool:
        name, step, raw = self.subject.steps[self.taken % len(self.subject.steps)]
        key = f"bench-{self.subject.reference}-{self.version}"
        self.version = done(self.env.fire(name, self.subject.reference, step, raw, self.version, key)).version
        self.taken += 1
        return True

    def settle(self) -> None:
        """Let the letters that the steps have asked for come into being."""
        expand(self.env)


def expand(env: Environment) -> int:
    """Turn what steps have asked for into letters, where a worker does it; returns how many intents there were."""
    work = getattr(worker, "notify", None)
    return work(env.transactions, env.services) if work is not None else 0


def forget_intents(env: Environment) -> None:
    """Delete what L and the desk have asked for, so that no worker meets thousands of intents that nobody reads."""
    with env.engine.begin() as connection:
        for name in inspect(connection).get_table_names():
            if "intent" in name:
                connection.exec_driver_sql(f"DELETE FROM {name}")


class Desk(Walker):
    """A walker with an engine of its own, as a process of the application has it."""

    def __init__(self, url: str, subject: Subject) -> None:
        super().__init__(workplace(connect(url, pool=1)), subject)
        with self.env.engine.connect() as connection:
            digests = list(connection.execute(select(PublishedDefinition.digest)).scalars())
        for digest in digests:  # a running process has read them; within a step it would take a second connection
            self.env.services.definitions.pinned(digest)
        self.pid = _backend(self.env)

    def backend(self) -> int | None:
        return self.pid

    def close(self) -> None:
        self.env.engine.dispose()


class Contender(Desk):
    """Steps on a case on which others step at the same time: looks, then tries; one who comes too late is refused."""

    def step(self) -> bool:
        case = self.env.case(self.subject.reference)
        name, step, raw = self.subject.steps[case.sequence % 2]
        key = f"bench-{self.pid}-{self.taken}"
        self.taken += 1
        answer = self.env.fire(name, self.subject.reference, step, raw, case.version, key)
        return not hasattr(answer, "code")


def contended(env: Environment) -> Subject:
    """A subject whose step is told by whether the number of its newest event is odd."""
    subject = walking(env)
    odd = env.case(subject.reference).sequence % 2
    return replace(subject, steps=subject.steps[odd:] + subject.steps[:odd])


def _backend(env: Environment) -> int | None:
    if env.engine.dialect.name != "postgresql":
        return None
    with env.engine.connect() as connection:
        return connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
