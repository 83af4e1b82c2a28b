"""The table of routes once more, on PostgreSQL: every page, and every form that must be refused.

What is written, and that nothing is, was compared row by row on SQLite, where that is cheap; a forged form is refused
before any database is asked. Here it is about statements that another database could answer in another way.
"""

from __future__ import annotations

import pytest
from sqlalchemy import MetaData, func, select

from expertise.audit.model import AccessLogEntry
from expertise.base.database import table_of
from expertise.cases.model import Case
from tests.laws.table import table, word
from tests.laws.test_permissions import ROWS, VARIABLE
from tests.support import databases
from tests.support.main_line import REQUEST
from tests.support.people import CAST

pytestmark = pytest.mark.postgres

NINE = table()["nine"]
READINGS = table_of(AccessLogEntry)
#: Tables that a look may change: who has read, what its reader has seen, and when a session was used last.
LOOKED = {"readings", "notifications", "sessions"}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A database of its own, for the environment of this module."""
    with databases.database("postgres", tmp_path_factory.mktemp("none"), CAST) as engine:
        yield {"KOMEK_DATABASE_URL": databases.address(engine)}


@pytest.fixture
def ask(app, env, family, browser, monkeypatch):
    """What happened, in the words of the table."""
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)

    def ask(row, name):
        chosen = {**family, **{key: family.get(value, value) for key, value in row.where.items()}}
        chosen["seen"] = str(env.version(chosen["reference"]))
        data = {key: VARIABLE.sub(lambda found: chosen[found[1]], str(value)) for key, value in row.send.items()}
        url = VARIABLE.sub(lambda found: chosen[found[1]], row.rule)
        before, safe = readings(env), row.method == "GET"
        answer = browser(name).open(url, method=row.method, buffered=True, **({} if safe else {"data": data}))
        read = safe and readings(env) > before
        return word(answer.status_code, answer.location, wrote=read, safe=safe, read=read)

    return ask


def readings(env):
    with env.transactions.read() as session:
        return session.scalar(select(func.count()).select_from(READINGS))


def everything(env):
    """Every row of every table that no look may change."""
    tables = MetaData()
    tables.reflect(env.transactions.engine)
    with env.transactions.read() as session:
        return {
            name: sorted(map(repr, session.execute(select(each))))
            for name, each in tables.tables.items()
            if name not in LOOKED
        }


def quiet(said):
    """An answer that leaves no trace."""
    return said != "done" and "noted" not in said


def test_every_page_and_every_refusal_is_that_of_the_table(env, ask, family, cookies):
    before, cells = everything(env), 0
    for row in ROWS:
        names = [name for name in NINE if quiet(row.expected[name])]
        answers = {name: ask(row, name) for name in names}
        assert answers == {name: row.expected[name] for name in names}, (str(row), dict(row.send))
        cells += len(names)
    assert everything(env) == before
    assert cells > 1_200


@pytest.mark.parametrize("seeker", ["neighbour", "other_expert", "distant"])
def test_searching_finds_nothing_of_others(env, family, browser, seeker):
    with env.transactions.read() as session:
        references = session.scalars(select(Case.reference)).all()
    shown = browser("auditor").get(f"/cases?query={REQUEST['title'].split()[0]}").text
    assert sum(reference in shown for reference in references) >= 4, "the auditor finds them"
    for query in [*REQUEST["title"].split(), *references, "Sort"]:
        page = browser(seeker).get(f"/cases?query={query}")
        assert page.status_code == 200
        assert not [each for each in references if f"/cases/{each}" in page.text], query


def test_a_nul_in_an_address_leads_nowhere(app, browser):
    """PostgreSQL refuses to look for one; who is signed in is looked for kept words, too."""
    for rule in app.url_map.iter_rules():
        texts = [name for name, kind in rule._converters.items() if type(kind).__name__ == "UnicodeConverter"]
        if "GET" not in (rule.methods or ()) or not texts:
            continue
        for sent in ("%00", "x%00"):
            url = VARIABLE.sub(lambda found, sent=sent, texts=texts: sent if found[1] in texts else "1", rule.rule)
            answer = browser("administrator").get(url, buffered=True)
            assert answer.status_code == 404, (url, answer.status_code)
