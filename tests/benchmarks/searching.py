"""Words for many cases, spread as words of texts are, and searches for rare and for frequent ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlalchemy import text

from expertise.base.search_terms import search_terms
from expertise.search.hits import TextSearch
from tests.benchmarks import crowds
from tests.benchmarks.sizes import Size
from tests.benchmarks.table import Figure, at_most, explained, median_ms, profiled
from tests.support.environment import Environment
from tests.support.stages import in_approval

#: Words of one case beside `most`, which every second case has. Word k of a case is one of k·k·20 + 2 different ones.
WORDS = 40
#: Statements that give words to the cases made last. `w3x7` is the seventh of those that stand third.
FILL = (
    """INSERT INTO case_words (word, kind, case_id, item)
    SELECT 'most', 'case', c.id, 0 FROM cases c WHERE c.id > :first AND c.id / 22 % 2 = 0""",
    f"""INSERT INTO case_words (word, kind, case_id, item)
    WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < {WORDS})
    SELECT 'w' || k.i || 'x' || ((c.id / 3 * (2 * k.i + 1) * 7919) % (k.i * k.i * 20 + 2)), 'case', c.id, 0
    FROM cases c, k WHERE c.id > :first""",
)
#: What is looked for: the query, and by whom.
SEARCHES = {
    "a word of every second case": ("most", "approver"),
    "a frequent word": ("w1x7", "approver"),
    "a frequent word, one region": ("w1x7", "coordinator"),
    "two frequent words": ("w1x7 most", "approver"),
    "two frequent words, one region": ("w1x7 most", "coordinator"),
    "a rare word": ("w40x77", "approver"),
    "a rare and a frequent word": ("w20x77 most", "approver"),
    "a beginning": ("w30x1", "approver"),
    "a beginning of many words": ("w40", "approver"),
    "a frequent word, for one with few cases": ("most", "expert"),
    "a frequent word, for an oblast": ("most", "requester"),
    "a word that nobody wrote": ("nowhere", "approver"),
}


def figures(env: Environment, name: str, size: Size) -> Iterator[Figure]:
    """The time of one page of hits with its count, at few and at many cases."""
    case = in_approval(env)
    grow(env, case, size.few)
    before = {what: median_ms(look, size.times) for what, look in searches(env).items()}
    grow(env, case, size.many - size.few)
    for what, look in searches(env).items():
        late = median_ms(look, size.times)
        line = f"{name}: search for {what}, {size.few:,} and {size.many:,} cases"
        yield Figure(line, f"{before[what]:.2f} and {late:.2f} ms", number=late)
        goal = at_most(f"{name}: search for {what}", late, 50, " ms")
        yield explained(goal, lambda look=look: profiled(look))


def grow(env: Environment, case: str, number: int) -> None:
    """Add copies of a case, each with its words."""
    with env.engine.connect() as connection:
        first = connection.execute(text("SELECT max(id) FROM cases")).scalar_one()
    crowds.grow(env, case, number)
    postgres = env.engine.dialect.name == "postgresql"
    with env.engine.begin() as connection:
        if postgres:
            connection.execute(text("SET LOCAL statement_timeout = 0"))
        for statement in FILL:
            connection.execute(text(statement), {"first": first})
    with env.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"{'VACUUM ' if postgres else ''}ANALYZE case_words"))


def searches(env: Environment) -> dict[str, Callable[[], object]]:
    """Return the name of each search → a function that reads its first page once."""

    def reading(query: str, person: str) -> Callable[[], object]:
        actor = env.actor(person)

        def read() -> object:
            with env.transactions.read() as session:
                return TextSearch(session, actor, search_terms(query)).page("cases", 20)

        return read

    return {what: reading(*asked) for what, asked in SEARCHES.items()}
