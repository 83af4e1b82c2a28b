"""Servers scan letters and follow every link in them: whatever they ask for, nothing changes."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from expertise import config
from expertise.app import create_app
from expertise.base.database import Base
from tests.journeys.test_golden_case import (
    expert_is_found,
    recommendation_is_followed,
    request_until_approval,
    work_is_delivered,
)
from tests.support.databases import address
from tests.support.environment import URL, done
from tests.support.mailed import SECRET, deliver

LINK = re.compile(r'href="(/[^"#]*)')


@pytest.fixture
def browser(env, tmp_path):
    settings = {"KOMEK_DATA": str(tmp_path), "KOMEK_SECRET_KEY": SECRET, "KOMEK_URL": URL}
    app = create_app(config.read({**settings, "KOMEK_DATABASE_URL": address(env.engine)}))
    yield app.test_client()
    app.extensions["komek"].transactions.engine.dispose()


@pytest.fixture
def life(env, time):
    """Steps, an hour apart; `life.letters` are the letters of all of them."""

    def step(name, reference, key, raw=None, **more):
        time.move(timedelta(hours=1))
        answer = done(env.fire(name, reference, key, raw, **more))
        step.letters += deliver(env.transactions)
        return answer

    step.letters = []
    return step


def dump(env):
    """Every row of every table, as it is."""
    with env.transactions.read() as session:
        return {
            name: sorted(map(repr, session.execute(select(table)).all()))
            for name, table in Base.metadata.tables.items()
        }


def follow(browser, start):
    """Ask for an address and for what its page links to; returns how many answered."""
    seen, waiting = set(), [start]
    while waiting:
        path = waiting.pop()
        if path in seen or path.startswith("/static"):
            continue
        seen.add(path)
        for ask in (browser.head, browser.get, browser.head):
            answer = ask(path, base_url=URL, buffered=True)
            assert answer.status_code < 500, path
        if path.startswith("/act/") and answer.mimetype == "text/html":
            waiting += [link for link in LINK.findall(browser.get(path, base_url=URL).text) if link.startswith("/act/")]
    return len(seen)


def test_looking_at_every_address_of_every_letter_changes_nothing(env, time, life, upload, browser):
    case = request_until_approval(env, life)
    life("approver", case, "approve_terms")
    asked = swept(env, browser, life)
    expert_is_found(env, life, case)
    asked += swept(env, browser, life)
    work_is_delivered(env, life, case, upload)
    asked += swept(env, browser, life)
    life("requester", case, "accept_final")
    recommendation_is_followed(env, life, time, case)
    asked += swept(env, browser, life)
    assert asked > 40


def swept(env, browser, life):
    """Every address in the letters since the last sweep."""
    found = {urlsplit(link).path for letter in life.letters for link in letter.addresses}
    assert any(path.startswith("/act/") for path in found)
    life.letters.clear()
    before = dump(env)
    asked = sum(follow(browser, path) for path in sorted(found))
    assert dump(env) == before
    return asked
