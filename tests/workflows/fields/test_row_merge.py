"""Two people and one table: what only one of them did stands, what both did to one cell is a conflict, never a loss."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from workflows.field import Field
from workflows.fields.row_merge import digests_of, merge
from workflows.fields.types import TYPES

COLUMNS = ("cause", "evidence", "source")
LABEL = {"kk": "x", "ru": "x", "en": "x"}


def table(**bounds):
    text = lambda key: Field(key=key, type=TYPES["text"], label=LABEL)  # noqa: E731
    return Field(key="causes", type=TYPES["table"], label=LABEL, columns={key: text(key) for key in COLUMNS}, **bounds)


TABLE = table()


def row(number, **cells):
    return {name: f"{name} {number}" for name in COLUMNS} | cells


def merged(base, mine, theirs, declared=TABLE):
    return merge(declared, digests_of(declared, base), mine, theirs)


#: What one person does to row n of a table: nothing, a new text in one column, or leaving it out.
DEEDS = st.one_of(st.none(), st.sampled_from(COLUMNS), st.just("out"))


def apply(base, deeds, who, adds):
    rows = []
    for number, deed in enumerate(deeds):
        if deed != "out":
            rows.append(base[number] | ({deed: f"{who} {number}"} if deed else {}))
    return rows + [row(f"{who} adds {number}") for number in range(adds)]


@given(st.lists(st.tuples(DEEDS, st.booleans()), max_size=8), st.integers(0, 2), st.integers(0, 2))
def test_changes_of_different_rows_all_stand(deeds, mine_adds, theirs_adds):
    base = [row(number) for number in range(len(deeds))]
    mine = apply(base, [deed if own else None for deed, own in deeds], "mine", mine_adds)
    theirs = apply(base, [None if own else deed for deed, own in deeds], "theirs", theirs_adds)
    # Next to each other a row left out and a row rewritten cannot be told from rows rewritten as one.
    assume(not any("out" in (one[0], two[0]) for one, two in pairwise(deeds)))
    assume(not (deeds and deeds[-1][0] and (mine_adds or theirs_adds)))
    both = [
        base[number] | ({deed: f"{'mine' if own else 'theirs'} {number}"} if deed else {})
        for number, (deed, own) in enumerate(deeds)
        if deed != "out"
    ]
    added = [row(f"theirs adds {n}") for n in range(theirs_adds)] + [row(f"mine adds {n}") for n in range(mine_adds)]
    assert merged(base, mine, theirs) == both + added


ROWS = st.lists(st.fixed_dictionaries({name: st.sampled_from(["a", "b", None]) for name in COLUMNS}), max_size=5)


@given(ROWS, ROWS, ROWS)
def test_whatever_they_do_nothing_is_lost_in_silence(base, mine, theirs):
    """Each row that one of them made stands in the result, with the cells of that person, or there is a conflict."""
    assert merged(base, mine, base) == mine
    assert merged(base, base, theirs) == theirs
    assert merged(base, mine, mine) == mine
    found = merged(base, mine, theirs)
    if found is None:
        return
    cells = lambda rows: {(name, each[name]) for each in rows for name in COLUMNS}  # noqa: E731
    assert (cells(mine) | cells(theirs)) - cells(base) <= cells(found)
    other = merged(base, theirs, mine)
    assert (
        other is not None and all(found.count(each) == other.count(each) for each in found) and len(found) == len(other)
    )


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ([row(0, cause="mine"), row(1)], [row(0, cause="theirs"), row(1)]),
        ([row(1)], [row(0, cause="theirs"), row(1)]),
        ([row(0, cause="mine"), row(1)], [row(1)]),
        ([], [row(0), row(1, source=None)]),
    ],
    ids=["one cell twice", "left out and changed", "changed and left out", "emptied and changed"],
)
def test_the_same_cell_or_row_is_a_conflict(mine, theirs):
    assert merged([row(0), row(1)], mine, theirs) is None


def test_cells_of_one_row_and_the_same_change_go_together():
    mine, theirs = row(0, cause="mine", source="same"), row(0, evidence="theirs", source="same")
    assert merged([row(0)], [mine], [theirs]) == [row(0, cause="mine", evidence="theirs", source="same")]


def test_a_merge_keeps_the_bounds_of_the_table():
    base = [row(0), row(1)]
    assert merged(base, [row(1)], [row(0)], table(min=2)) is None
    added = [*base, row(2)], [*base, row(3)]
    assert merged(base, *added, table(max=3)) is None
    assert len(merged(base, *added, table(max=4))) == 4
