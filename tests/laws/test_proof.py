"""What changes people, roles, organisations, tokens, calendars or letters asks who it is, if that was long ago."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from expertise.people.model import SignIn
from tests.laws.table import FILE, OUTSIDE, table
from tests.laws.test_csrf import unsafe
from tests.laws.test_permissions import ROWS, VARIABLE
from tests.support.days import MONDAY

#: Reason → routes.
UNPROVED = table()["unproved"]
LISTED = [rule for rules in UNPROVED.values() for rule in rules]


@pytest.fixture
def send(app, env, family, browser, snapshots, monkeypatch):
    """Send a form of the table as somebody who signed in a while ago: the answer, and whether anything was written."""
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)

    def send(row, name):
        with env.transactions.write() as session:
            session.execute(update(SignIn).values(proved_at=MONDAY - timedelta(minutes=16)))
        chosen = {**family, **{key: family.get(value, value) for key, value in row.where.items()}}
        chosen["seen"] = str(env.version(chosen["reference"]))
        data = {key: VARIABLE.sub(lambda found: chosen[found[1]], str(value)) for key, value in row.send.items()}
        url = VARIABLE.sub(lambda found: chosen[found[1]], row.rule)
        snapshots.wrote()
        answer = browser(name).open(url, method=row.method, data=data)
        return answer, snapshots.wrote()

    yield send
    snapshots.back()


def best(rule, method):
    """Of the lines of a route one that goes through, and for whom; else the first, as the administrator."""
    rows = [row for row in ROWS if (row.rule, row.method) == (rule, method)]
    through = [
        (row, name)
        for word in ("done", "led on")
        for row in rows
        for name in reversed(row.expected)
        if row.expected[name] == word and name not in OUTSIDE
    ]
    return through[0] if through else (rows[0], "administrator")


def test_what_changes_rights_asks_for_a_fresh_proof(app, send):
    """Every route that takes a form and is not listed with a reason: it asks, and has written nothing."""
    others = [(rule, method) for rule, method in unsafe(app) if rule not in LISTED]
    asking = set()
    for rule, method in others:
        answer, wrote = send(*best(rule, method))
        if answer.status_code == 422 and 'name="_proof"' in answer.text and not wrote:
            asking.add(rule)
    missing = {rule for rule, _method in others} - asking
    assert not missing, (
        f"These take a form without a fresh proof: {sorted(missing)}. Let them go through acting.act, or, if nobody's "
        f"rights and nobody's address change by them, list them under `unproved` in {FILE.name} with a reason."
    )
    assert len(asking) >= 22


def test_the_list_of_what_does_not_ask_is_of_today(app):
    assert set(LISTED) <= {rule for rule, _method in unsafe(app)} and len(LISTED) == len(set(LISTED))
    assert all(len(reason) > 20 for reason in UNPROVED), f"{FILE.name}: a sentence, please"
