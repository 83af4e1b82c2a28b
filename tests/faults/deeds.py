"""Deeds that a process is killed in: each prepares a house and says what is then to be done, by whom."""

from __future__ import annotations

import multiprocessing
import signal
from datetime import timedelta

from expertise.base import clock
from tests.faults import worker
from tests.support.databases import address
from tests.support.golden import STAGE_A
from tests.support.house import done
from tests.support.stages import delivering, draft, offered

FINAL_REPORT = {"deliverable_kind": "final_report"}


#: Forked from one that has imported everything: a process per deed, without a second of start for each.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.faults.worker"])


def kill(house, deed, point, folder, smtp_url=None) -> None:
    """Do the deed in another process that dies at the point, by SIGKILL and by nothing else."""
    around = worker.Surroundings(folder, smtp_url)
    told = (address(house.engine), house.shop.any_hour, point, clock.now(), deed, around)
    process = FORKS.Process(target=worker.live, args=told)
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL, f"{point} was not reached: {process.exitcode}"
    process.close()


def opening(house, time):
    return {"verb": "open", "with": ["requester", "expertise_request", STAGE_A, "key"]}


def submitting(house, time):
    return {"verb": "fire", "with": ["requester", draft(house), "submit", {}, 1, "key"]}


def editing(house, time):
    return {"verb": "edit", "with": ["requester", draft(house), {"title": "Басқа атау"}, 1, "key"]}


def commenting(house, time):
    case = draft(house)
    done(house.fire("requester", case, "submit"))
    return {"verb": "comment", "with": ["requester", case, "Сұрақ бар.", "key"]}


def accepting(house, time):
    """Carries a step of the whole along: two cases change, or none."""
    _, offer = offered(house)
    return {"verb": "fire", "with": ["expert", offer, "accept", {"no_conflict": True}, 1, "key"]}


def asking(house, time):
    """Opens a part: one case changes and another begins, or neither."""
    case, offer = offered(house)
    done(house.fire("expert", offer, "accept", {"no_conflict": True}))
    seen = house.case(case).version
    return {"verb": "fire", "with": ["coordinator", case, "start_delivery", FINAL_REPORT, seen, "key"]}


def reminding(house, time):
    """The time for registration is over: reminders and escalations of several cases at once."""
    for _ in range(3):
        done(house.fire("requester", draft(house), "submit"))
    time.move(timedelta(days=5))
    return {"verb": "sweep", "with": []}


def lapsing(house, time):
    """Nobody answered the offer: the clock takes its step, after its reminders."""
    offered(house)
    time.move(timedelta(days=14))
    return {"verb": "sweep", "with": []}


def filing(house, time):
    """A report comes with a step."""
    _, part = delivering(house)
    return {"verb": "submit_file", "with": ["expert", part, 1, "key"]}
