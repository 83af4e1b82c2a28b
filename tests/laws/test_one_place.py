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


def test_the_types_of_fields_are_compared_in_one_room():
    """Code that depends on the type of a field asks the type: see `workflows.field.FieldType`."""
    home = {"workflows/field.py", *(path for path in sources() if path.startswith("workflows/fields/"))}
    assert where(_compares_types) - home == set()


def _compares_types(tree):
    """`field.type == …`, `… in field.type`, `field.type.key != …`, `match field.type`; a question is no field."""
    for node in ast.walk(tree):
        compared = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
        compared += [node.subject] if isinstance(node, ast.Match) else []
        for side in compared:
            name = dotted(side).removesuffix(".key") if isinstance(side, ast.expr) else ""
            if name.endswith(".type") and name != "question.type":
                return True
    return False


def test_the_law_sees_every_way_to_compare_types():
    for code in ("a.type == 'x'", "'x' != f(1).type", "fields[name].type in X", "a.b.type.key == 1", "a.type is b"):
        assert _compares_types(ast.parse(code)), code
    assert not _compares_types(ast.parse("a.type.is_file; type == 1; question.type == CHOICE; kind == a.type_"))


def test_the_condition_of_one_case_makes_no_list():
    """A list that is ordered and cut takes the branches of a reach; one OR over all of them reads and sorts all."""
    assert where(_lists_by_condition) == set()


def _lists_by_condition(tree):
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    return any(
        _called(each) & {"condition", "seen_by"} and {"order_by", "limit"} <= _called(each) for each in functions
    )


def _called(function):
    """The last names of all that a function calls."""
    return {dotted(node.func).rpartition(".")[2] or node.func.attr for node in ast.walk(function) if _has_name(node)}


def _has_name(node):
    return isinstance(node, ast.Call) and (bool(dotted(node.func)) or isinstance(node.func, ast.Attribute))


def test_the_law_sees_a_list_by_condition():
    one = "def f():\n    wanted = select(A).where(condition(actor))\n    return {}"
    assert _lists_by_condition(ast.parse(one.format("wanted.order_by(A.c.due_at).limit(5)")))
    assert not _lists_by_condition(ast.parse(one.format("wanted.order_by(A.c.id)")))


def test_parties_actors_and_votes_are_written_beside_the_case():
    tables = {"PARTIES", "ACTORS", "VOTES", "CaseParty", "CaseActor", "CaseVote"}

    def writes(tree):
        return any(
            isinstance(node, ast.Call)
            and dotted(node.func).rpartition(".")[2] in {"insert", "update", "delete", "insert_into"}
            and tables & {dotted(part) for each in node.args for part in ast.walk(each) if isinstance(part, ast.expr)}
            for node in ast.walk(tree)
        )

    assert where(writes) == {"expertise/cases/parties.py"}
