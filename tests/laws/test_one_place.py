"""What may be done in one place only is done there only. Each exception has its name and must be used."""

from __future__ import annotations

import ast

from tests.laws.product import calls, dotted, sources

CLOCKS = {"now", "utcnow", "today"}
WALL = {"time.time", "time.time_ns", "time.localtime", "time.gmtime"}
READS_THE_TIME = {"expertise/base/clock.py"}
COMMITS = {"expertise/base/transaction.py"}
#: The rooms that write rows of cases: a case begins, changes, its head is set.
WRITES_CASES = {"expertise/cases/actions/open.py", "expertise/cases/actions/change.py"}
CASE_TABLES = {"CASES", "Case", "Case.__table__"}


def where(guilty):
    return {path for path, tree in sources().items() if guilty(tree)}


def test_one_file_commits():
    assert where(lambda tree: any(call.endswith(".commit") for call in calls(tree))) == COMMITS


def test_one_file_reads_the_time():
    assert where(lambda tree: any(_asks_the_time(call) for call in calls(tree))) == READS_THE_TIME


def _asks_the_time(call):
    thing, _, verb = call.rpartition(".")
    return call in WALL or (verb in CLOCKS and thing.rpartition(".")[2] in {"datetime", "date"})


def test_nothing_sleeps():
    assert where(lambda tree: any(call in {"time.sleep", "sleep"} for call in calls(tree))) == set()


def test_two_files_write_cases():
    assert where(_writes_cases) == WRITES_CASES


def _writes_cases(tree):
    """insert(CASES), update(Case), delete(…), CASES.update(), Case(…): every way there is to write a row."""
    for node in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        verb = dotted(node.func)
        thing, _, method = verb.rpartition(".")
        if verb in {"Case", "model.Case"} or (thing in CASE_TABLES and method in {"insert", "update", "delete"}):
            return True
        # table_of(Case) and the like: look inside the first argument
        about = {dotted(part) for part in ast.walk(node.args[0]) if isinstance(part, ast.expr)} if node.args else set()
        if method in {"insert", "update", "delete"} and about & CASE_TABLES:
            return True
    return False


def test_the_law_sees_every_way_to_write_a_case():
    for statement in ("insert(CASES)", "sql.update(Case)", "delete(table_of(Case))", "CASES.update()", "Case(id=1)"):
        assert _writes_cases(ast.parse(statement)), statement
    assert not _writes_cases(ast.parse("select(CASES); update(Counter); insert(table_of(Event))"))


def test_events_are_written_by_the_trail_alone():
    tables = {"Event", "PrivateValue", "EVENTS", "VALUES", "HISTORIES"}

    def writes(tree):
        return any(
            isinstance(node, ast.Call)
            and dotted(node.func).rpartition(".")[2] in {"insert", "update", "delete", "add"}
            and tables & {dotted(part) for each in node.args for part in ast.walk(each) if isinstance(part, ast.expr)}
            for node in ast.walk(tree)
        )

    assert where(writes) == {"expertise/audit/trail.py", "expertise/audit/history.py"}
