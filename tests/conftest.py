"""What all tests share: how Hypothesis searches, and a clock that stands still.

The same examples each time, so that a red run means a change broke something, on this machine and on the next.
KOMEK_TEST_EXPLORE=1 lets it search anew: for whoever has time to wait for what nobody has thought of.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from expertise.base import clock
from tests.support import application, databases, scheduling
from tests.support.days import MONDAY

settings.register_profile("steady", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None)
settings.load_profile("explore" if os.environ.get("KOMEK_TEST_EXPLORE") else "steady")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Only tests about faults and durability wait for the disk."""
    marked = (item.get_closest_marker(name) for name in ("fault", "durable"))
    databases.set_durable(any(mark is not None for mark in marked))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    scheduling.first_things_first(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> scheduling.Scheduler:
    config.option.loadscopereorder = False  # the number of its tests does not say how long a unit takes
    return scheduling.Scheduler(config, log)


@pytest.fixture(scope="session", autouse=True)
def shared_parts() -> Iterator[None]:
    """Every application of this process reads workflows and templates once."""
    with pytest.MonkeyPatch.context() as patch:
        application.share(patch)
        yield


@pytest.hookimpl
def pytest_unconfigure() -> None:
    databases.drop_templates()


@pytest.fixture
def time() -> Iterator[clock.FrozenClock]:
    """A clock that stands still until the test moves it."""
    with clock.travelling(MONDAY) as traveller:
        yield traveller
