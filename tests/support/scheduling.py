"""Which tests the processes of pytest-xdist take together, and which first.

pytest-xdist 3.8 reads `xdist_group` into an attribute that pytest 9.2 no longer looks at, so that its own
`--dist=loadgroup` spreads every group over all processes (issue 1386 of pytest-xdist). Here a unit is found in the
path and name of a test alone, which the controlling process knows as well.
"""

from __future__ import annotations

import re

import pytest
from xdist.scheduler import LoadScopeScheduling

#: Units in the order in which they are begun, the longest first: a pattern of the node id, and the unit's name.
#: A name with a group in it makes a unit of everything that the group matches.
FIRST = [
    (r"tests/laws/test_sweep\.py", "sweep"),
    (r"tests/properties/test_case_against_model\.py::.*(\[.*\])", "model"),
    (r"tests/browser/test_journey\.py::.*(\[.*\])", "journey"),
    (r"tests/browser/test_every_workflow\.py", "every workflow"),
    (r"tests/properties/test_four_eyes\.py", "four eyes"),
    (r"tests/browser/(\w+)\.py", "browser"),
    (r"tests/laws/test_on_postgres\.py", "permissions on postgres"),
    (r"tests/laws/(\w+)\.py", "laws"),
    (r"tests/faults/test_year\.py", "year"),
    (r"(tests/journeys/test_mail_servers|tests/faults/test_mailbox)\.py", "mail servers"),
    (r"tests/faults/(\w+)\.py::(\w+)", "faults"),
    (r"tests/migrations/(\w+)\.py::.*(\[.*\])", "migrations"),
    (r"tests/expertise/demo/", "demo"),
    (r"tests/journeys/(\w+)\.py", "journeys"),
]
ONE_SERVER = "mail servers"


def unit(nodeid: str) -> tuple[int, str]:
    """The place of a test among the long ones, and the name of its unit. Everything else goes file by file."""
    for place, (pattern, name) in enumerate(FIRST):
        found = re.match(pattern, nodeid)
        if found:
            parts = () if name == ONE_SERVER else (part for part in found.groups() if part)
            return place, " ".join((name, *parts))
    return len(FIRST), nodeid.partition("::")[0]


def first_things_first(items: list[pytest.Item]) -> None:
    """Sort the tests in place: the long ones first, the others as they were collected."""
    items.sort(key=lambda item: unit(item.nodeid)[0])


class Scheduler(LoadScopeScheduling):
    """Gives a process one unit after the other, in the order in which the tests stand."""

    def _split_scope(self, nodeid: str) -> str:
        return unit(nodeid)[1]
