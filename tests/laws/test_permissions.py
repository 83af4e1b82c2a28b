"""Every route × method × person of tests/laws/routes.yaml is asked, and answers what the table says."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import groupby

import pytest

from tests.laws.table import FILE, Row, people, rows, table, word, written

SAFE = {"GET", "HEAD", "OPTIONS"}
METHODS = {"POST", "PUT", "PATCH", "DELETE"}
VARIABLE = re.compile(r"<(?:\w+:)?(\w+)>")
#: What is the same for everybody is asked as these.
ANYBODY = ("anonymous", "requester", "administrator")
ROWS = rows()
RULES = sorted(table()["routes"])


@pytest.fixture
def ask(app, env, family, browser, snapshots, monkeypatch):
    """Ask as somebody, from the same state each time: what happened, in the table's words."""
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)  # a forged form is another law: see test_csrf.py

    def ask(row: Row, name: str) -> str:
        chosen = {**family, **{key: family.get(value, value) for key, value in row.where.items()}}
        if "<seen>" in row.send.values():
            chosen["seen"] = str(env.version(chosen["reference"]))
        data = {key: VARIABLE.sub(lambda found: chosen[found[1]], str(value)) for key, value in row.send.items()}
        snapshots.wrote()
        url = VARIABLE.sub(lambda found: chosen[found[1]], row.rule)
        options = {} if row.method in SAFE else {"data": data}
        response = browser(name).open(url, method=row.method, buffered=True, **options)
        assert row.method != "HEAD" or not response.data
        wrote = snapshots.wrote(looked=row.method in SAFE)
        read = wrote and snapshots.tables() - {"notifications"} == {"readings"}
        if wrote:
            snapshots.back()
        return word(response.status_code, response.location, wrote=wrote, safe=row.method in SAFE, read=read)

    return ask


def asked(row):
    return ["GET", "HEAD"] if row.method == "GET" else [row.method]


def registered(app):
    """{rule: methods}; HEAD and OPTIONS come by themselves."""
    found = {}
    for rule in app.url_map.iter_rules():
        found.setdefault(rule.rule, set()).update(rule.methods - {"HEAD", "OPTIONS"})
    return found


def test_the_table_names_the_routes_that_there_are(app, family, ask):
    """What is missing is asked as everybody: the lines to add are in the message."""
    real = {(rule, method) for rule, methods in registered(app).items() for method in methods}
    named = {(row.rule, row.method) for row in ROWS}
    missing = [
        f"  {rule}:\n" + "\n".join(_lines(rule, method, family, ask) for _, method in found)
        for rule, found in groupby(sorted(real - named), lambda pair: pair[0])
    ]
    assert not missing, (
        f"\n\nThese routes are not in {FILE.name}. What they answer TODAY to an empty form stands below. Judge whether "
        "that is right; give POST its `send:`, other cases their `where:`; then add the lines under `routes`:\n\n"
        + "\n".join(missing)
    )
    gone = [f"{method} {rule}" for rule, method in sorted(named - real)]
    assert not gone, f"{FILE.name} has lines for what is no route any more; delete them: {gone}"


def _lines(rule, method, family, ask):
    unknown = set(VARIABLE.findall(rule)) - family.keys()
    if unknown:
        return (
            f"    {method}: # first give a value for {', '.join(unknown)}: in `values` of {FILE.name} or, where it "
            "stands for something real, in `family` of tests/laws/conftest.py"
        )
    row = Row(method, rule, {}, {}, {})
    return f"    {method}:\n" + written({name: ask(row, name) for name in people()})


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_everybody_gets_what_the_table_says(ask, row):
    for method in asked(row):
        answers = {name: ask(replace(row, method=method), name) for name in people()}
        assert answers == row.expected, (
            f"{method}: not what {FILE.name} says. If the answers are right, it should say:\n\n"
            + written(answers, row.where, row.send)
        )


@pytest.mark.parametrize("rule", RULES)
def test_methods_that_are_not_named_are_refused(app, ask, rule):
    has = registered(app)[rule]
    for method in sorted(METHODS - has | ({"GET", "HEAD"} if "GET" not in has else set())):
        row = Row(method, rule, {}, {}, {})
        assert {ask(row, name) for name in ANYBODY} == {"no such method"}, method
    assert {ask(Row("OPTIONS", rule, {}, {}, {}), name) for name in ANYBODY} == {"shown"}


def test_the_table_is_wide_enough():
    """A thousand cells of the nine actors of the design, what is refused by its method not counted."""
    nine = table()["nine"]
    cells = [
        (str(row), str(row.send), method)
        for row in ROWS
        for method in (["GET", "HEAD"] if row.method == "GET" else ["POST"])
    ]
    assert len(nine) == 9 and set(nine) <= set(people())
    assert len(cells) == len(set(cells)), "a request stands in the table twice"
    assert len(cells) * len(nine) >= 1_000


def test_what_may_not_be_seen_looks_like_what_is_not_there(family, browser):
    hidden = browser("neighbour").get(f"/cases/{family['reference']}")
    absent = browser("neighbour").get("/cases/ER-1999-0001")
    assert hidden.status_code == absent.status_code == 404
    pages = hidden.text.replace(family["reference"], ""), absent.text.replace("ER-1999-0001", "")
    one, other = (re.sub(r'(name="csrf_token" value=)"[^"]*"', r"\1", page) for page in pages)  # new every second
    assert one == other
