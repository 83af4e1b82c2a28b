"""What databases of tests hold: reference data, published workflows, people."""

from __future__ import annotations

from functools import cache

from sqlalchemy import Engine

from expertise import registry
from expertise.base import clock
from expertise.base.transaction import Transactions
from expertise.people.reference_seed import load_reference
from tests.support.databases import TABLES, Contents
from workflows.definition import Definition


@cache
def definitions() -> dict[str, Definition]:
    """The workflows, read and judged once per process: they are frozen."""
    return registry.load()


def _load_reference(engine: Engine) -> None:
    with Transactions(engine).write() as session:
        load_reference(session)


def _publish(engine: Engine) -> None:
    with Transactions(engine).write() as session:
        registry.publish(session, definitions(), clock.now())


#: Regions, topics, lenders and organisations.
REFERENCE = Contents("reference", _load_reference, TABLES)
#: The workflows as well.
PUBLISHED = Contents("published", _publish, REFERENCE)
