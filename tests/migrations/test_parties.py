"""Parties, actors and votes: the demonstration's cases before, upgraded, taken back, and upgraded again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from flask_migrate import downgrade, upgrade
from sqlalchemy import MetaData, func, select, text
from sqlalchemy.exc import IntegrityError

from expertise import config, registry, worker
from expertise.app import create_app
from expertise.audit import trail
from expertise.base import clock
from expertise.cases import desk
from expertise.cases.model import CaseActor, CaseParty, CaseVote
from expertise.cases.queries import CASES
from expertise.commands.trail import audit
from expertise.demo import accounts, build
from expertise.people.access import load_actor
from expertise.people.model import Person
from expertise.people.reference_seed import load_reference
from tests.support.databases import EMPTY, KINDS, address, database

NOW = datetime(2026, 3, 30, 3, tzinfo=UTC)
BEFORE, AFTER = "0022_names", "0023_parties"


class Council:
    """The workflows as they are, but two must approve the terms."""

    def __init__(self, real):
        self.real = real

    def current(self, workflow):
        return self.real.current(workflow)

    def pinned(self, digest):
        definition = self.real.pinned(digest)
        step = definition.transitions.get("approve_terms")
        changed = {step.key: replace(step, quorum=2)} if step is not None else {}
        return replace(definition, transitions={**definition.transitions, **changed})


@pytest.fixture(params=KINDS)
def app(request, tmp_path):
    with database(request.param, tmp_path, EMPTY) as engine:
        url = {"KOMEK_DATABASE_URL": address(engine)} if request.param == "postgres" else {}
        settings = config.read({"KOMEK_DATA": str(tmp_path), "KOMEK_SECRET_KEY": "k" * 40, **url})
        app = create_app(replace(settings, demo=True))
        yield app
        app.extensions["komek"].transactions.engine.dispose()


def fill(env) -> None:
    """The demonstration, and a vote that waits for a second one."""
    with env.transactions.write() as session:
        load_reference(session)
        registry.publish(session, {each.key: each for each in env.services.definitions.all_current()}, clock.now())
    build.build(env)
    services = replace(env.services, definitions=Council(env.services.definitions))
    with env.transactions.write() as session:
        approver = session.scalars(select(Person.id).where(Person.email == accounts.accounts()["approver"].email)).one()
        actor = load_actor(session, approver, NOW.date())
        asked = (CASES.c.state == "approval", CASES.c.workflow == "expertise_request")
        case = session.execute(select(CASES).where(*asked)).first()
        raw = {"comment": "Agreed"}
        request = desk.Request(actor, case.reference, case.version)
        answer = desk.fire(desk.Unit(session, services), request, "approve_terms", raw)
        assert isinstance(answer, desk.Done) and answer.state == "approval"


def contents(engine) -> dict[str, list]:
    """Every row of every table, as the database has it: table → rows."""
    tables = MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        found = {}
        for table in tables.sorted_tables:
            columns = [column for column in table.c if (table.name, column.name) != ("case_parties", "id")]
            rows = [dict(row) for row in connection.execute(select(*columns)).mappings()]
            found[table.name] = sorted(map(plain, rows), key=repr)
        return found


def plain(row):
    """JSON as text or value, the order of those who acted left out: it says nothing."""
    if "acted" not in row:
        return row
    return {**row, "acted": {role: sorted(persons) for role, persons in row["acted"].items()}}


def test_all_is_the_same_up_and_down_and_up_again(app):
    env, engine = app.extensions["komek"], app.extensions["komek"].transactions.engine
    with app.app_context(), clock.travelling(NOW):
        upgrade()
        fill(env)
        worker.notify(env.transactions, env.services)
        downgrade(revision=AFTER, x_arg=["lose=yes"])  # what came later is another test's
        with env.transactions.write() as session:  # what has ended stands in the trail only
            session.execute(text("DELETE FROM case_parties WHERE until IS NOT NULL"))
            assert all(
                session.scalar(select(func.count()).select_from(kind)) for kind in (CaseParty, CaseActor, CaseVote)
            )
            assert {"expert", "lender"} <= set(session.scalars(select(CaseParty.role)))
            assert session.scalar(select(func.count()).where(CaseParty.waiting, CaseParty.due_at.is_not(None)))
        made = contents(engine)
        downgrade(revision=BEFORE)
        before = contents(engine)
        assert any(row["votes"] for row in before["cases"]) and all(row["acted"] for row in before["cases"])
        upgrade(revision=AFTER)
        assert contents(engine) == made
        upgrade()
        assert sound(app, engine)
        downgrade(revision=AFTER)
        downgrade(revision=BEFORE)
        assert contents(engine) == before
        upgrade(revision=AFTER)
        assert contents(engine) == made
        upgrade()
        assert sound(app, engine)
        downgrade(revision=AFTER)
        with env.transactions.read() as session:
            assert trail.verify(session).broken == ()


def sound(app, engine) -> bool:
    """The trail verifies by the command, and SQLite finds nothing amiss in what was rewritten."""
    settings = app.extensions["komek"].settings
    told = CliRunner().invoke(
        audit,
        ["verify"],
        env={"KOMEK_DATA": str(settings.data), "KOMEK_SECRET_KEY": "k" * 40, "KOMEK_DATABASE_URL": address(engine)},
    )
    assert told.exit_code == 0, told.output
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            assert connection.execute(text("PRAGMA integrity_check")).scalars().all() == ["ok"]
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
    return True


@pytest.mark.parametrize(
    "change",
    [
        "final = 'succeeded'",
        "ended_at = changed_at",
        "part = 'offer'",
        "delegate_id = 1, assignee_id = NULL",
        "amount = 1, currency = NULL",
        "parent_id = id, part = 'offer'",
        "final = 'succeeded', ended_at = changed_at, owner_role = 'coordinator'",
    ],
)
def test_what_belongs_together_stays_together(app, change):
    with app.app_context(), clock.travelling(NOW):
        upgrade()
        with app.extensions["komek"].transactions.write() as session:
            _a_case(session)
            with pytest.raises(IntegrityError):
                session.execute(text(f"UPDATE cases SET {change}"))
            session.rollback()


def _a_case(session) -> None:
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("PRAGMA defer_foreign_keys = ON"))
    else:
        session.execute(text("SET session_replication_role = replica"))
    session.execute(
        CASES.insert().values(
            id=5,
            reference="X-1",
            workflow="w",
            digest="d",
            state="s",
            entered_at=NOW,
            fields={},
            clocks={},
            head=b"",
            opened_at=NOW,
            changed_at=NOW,
        )
    )
