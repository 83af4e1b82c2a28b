"""Actions that a process is killed in: each prepares the environment and returns what is done next, and by whom."""

from __future__ import annotations

import multiprocessing
import signal
from datetime import timedelta

from expertise.base import clock
from tests.faults import worker
from tests.support.databases import address
from tests.support.environment import done
from tests.support.golden import STAGE_A
from tests.support.stages import delivering, draft, offered

FINAL_REPORT = {"deliverable_kind": "final_report"}


#: Forked from one that has imported everything: a process per action, without a second of start for each.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.faults.worker"])


def kill(env, action, point, folder, smtp_url=None) -> None:
    """Do the action in another process that dies at the point, by SIGKILL and by nothing else."""
    settings = worker.WorkerSettings(folder, smtp_url)
    told = (address(env.engine), env.services.any_hour, point, clock.now(), action, settings)
    process = FORKS.Process(target=worker.live, args=told)
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL, f"{point} was not reached: {process.exitcode}"
    process.close()


def opening(env, time):
    return {"verb": "open", "with": ["requester", "expertise_request", STAGE_A, "key"]}


def submitting(env, time):
    return {"verb": "fire", "with": ["requester", draft(env), "submit", {}, 1, "key"]}


def editing(env, time):
    return {"verb": "edit", "with": ["requester", draft(env), {"title": "Басқа атау"}, 1, "key"]}


def commenting(env, time):
    case = draft(env)
    done(env.fire("requester", case, "submit"))
    return {"verb": "comment", "with": ["requester", case, "Сұрақ бар.", "key"]}


def accepting(env, time):
    """Carries a step of the whole along: two cases change, or none."""
    _, offer = offered(env)
    return {"verb": "fire", "with": ["expert", offer, "accept", {"no_conflict": True}, 1, "key"]}


def asking(env, time):
    """Opens a part: one case changes and another begins, or neither."""
    case, offer = offered(env)
    done(env.fire("expert", offer, "accept", {"no_conflict": True}))
    seen = env.case(case).version
    return {"verb": "fire", "with": ["coordinator", case, "start_delivery", FINAL_REPORT, seen, "key"]}


def reminding(env, time):
    """The time for registration is over: reminders and escalations of several cases at once."""
    for _ in range(3):
        done(env.fire("requester", draft(env), "submit"))
    time.move(timedelta(days=5))
    return {"verb": "sweep", "with": []}


def lapsing(env, time):
    """Nobody answered the offer: the clock takes its step, after its reminders."""
    offered(env)
    time.move(timedelta(days=14))
    return {"verb": "sweep", "with": []}


def filing(env, time):
    """A report comes with a step."""
    _, part = delivering(env)
    return {"verb": "submit_file", "with": ["expert", part, 1, "key"]}
