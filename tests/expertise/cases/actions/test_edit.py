"""Two people with the same form: of disjoint fields both edits survive, of the same field neither is lost in silence.

Each posts the whole form, as a browser does: with the values that it was shown in all fields that they did not touch.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from expertise.cases import desk
from expertise.web.kit.forms import stored_as_typed
from tests.support.environment import Environment, done
from tests.support.main_line import REQUEST
from workflows.fields import digests
from workflows.fields.row_merge import digests_of
from workflows.refusals import Stale

#: Field → what a person may type in it, and what is stored then.
TYPED = {
    "title": [("Бір", "Бір"), ("  Екі ", "Екі"), ("", None)],
    "problem": [("a\r\nb", "a\nb"), ("", None), ("Тағы", "Тағы")],
    "why_now": [("Қазір", "Қазір"), ("кейін", "кейін")],
    "help_wanted": [("advice", "advice"), ("", None), ("training", "training")],
    "desired_start": [("01.04.2027", "2027-04-01"), ("", None), ("1.5.2027", "2027-05-01")],
    "contact_phone": [("8 7242 11 22 33", "+7 7242 11 22 33"), ("", None)],
    "consent": [("yes", True), ("", None)],
    "topic": [("", None), ("economic", "economic")],
}
EDITS = st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in TYPED.items()})


class Tab:
    """A form of a draft in a window of one person: what it shows, and the note of that."""

    def __init__(self, env: Environment, name: str, reference: str) -> None:
        self.env, self.name, self.reference = env, name, reference
        view = env.look(name, reference)
        self.seen = view.case.version
        self.values = stored_as_typed(view.definition, view.editable, view.case.fields)
        fields = view.case.fields
        values = {key: digests.of_stored(fields.get(key)) for key in view.editable}
        tables = [each for each in view.definition.fields.values() if each.columns and each.key in values]
        self.shown = desk.ShownForm(
            view.case.visit, values, {each.key: digests_of(each, fields.get(each.key)) for each in tables}
        )

    def save(self, edits, key=None):
        raw = {**self.values, **edits}
        asked = desk.Request(self.env.actor(self.name), self.reference, self.seen, key)
        unit = self.env.services
        return self.env.transactions.run(lambda s: desk.edit(desk.Unit(s, unit), asked, raw, {}, self.shown))


def typed(edits):
    return {name: pair[0] for name, pair in edits.items()}


def stored(edits):
    return {name: pair[1] for name, pair in edits.items()}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mine=EDITS, theirs=EDITS)
def test_disjoint_edits_both_survive_and_no_word_is_lost(env, mine, theirs):
    reference = env.begin()
    before = dict(env.case(reference).fields)
    first, second = Tab(env, "requester", reference), Tab(env, "colleague", reference)
    assert not isinstance(first.save(typed(mine)), Stale)
    after = {**before, **stored(mine)}
    assert {name: value for name, value in env.case(reference).fields.items() if after.get(name) != value} == {}
    answer = second.save(typed(theirs))
    both = {
        name
        for name in mine.keys() & theirs.keys()
        if len({repr(value) for value in (before.get(name), mine[name][1], theirs[name][1])}) == 3
    }
    if both:
        assert isinstance(answer, Stale) and set(answer.fields) == both
    else:
        changed = {k: v for k, v in stored(theirs).items() if v != before.get(k)}
        after |= changed
    fields = env.case(reference).fields
    assert {name: fields.get(name) for name in TYPED} == {name: after.get(name) for name in TYPED}


def test_a_form_of_an_earlier_state_is_stale_however_little_it_says(env):
    reference = env.begin()
    tab = Tab(env, "requester", reference)
    env.fire("requester", reference, "submit")
    env.fire("requester", reference, "call_back")
    answer = tab.save({"why_now": "Later"})
    assert isinstance(answer, Stale) and answer.fields == ()
    assert env.case(reference).fields.get("why_now") == REQUEST.get("why_now")


def test_the_same_form_sent_twice_is_done_once(env):
    reference = env.begin()
    tab = Tab(env, "requester", reference)
    first, again = tab.save({"why_now": "Now"}, "k"), tab.save({"why_now": "Now"}, "k")
    assert again.repeated and (again.version, again.sequence) == (first.version, first.sequence)


@pytest.mark.parametrize("rows", [[{"cause": "b"}], [], [{"cause": "a", "evidence": "x"}, {"cause": "c"}]])
def test_a_table_is_one_field_and_nobody_writes_an_old_one_over_a_new_one(env, rows):
    reference = env.walk("finish_analysis")
    first, second = (Tab(env, "coordinator", reference) for _ in range(2))
    assert not isinstance(first.save({"causes": [{"cause": "new"}]}), Stale)
    assert not isinstance(second.save({"effects": "Others"}), Stale)
    stored_now = env.case(reference).fields
    assert [row["cause"] for row in stored_now["causes"]] == ["new"] and stored_now["effects"] == "Others"
    answer = second.save({"causes": rows})
    assert isinstance(answer, Stale) and answer.fields == ("causes",)


CAUSES = [{"cause": f"Себеп {number}", "evidence": f"Дерек {number}", "source": None} for number in range(4)]
#: Row of the table → a cell of it and its new text.
CELLS = st.dictionaries(
    st.integers(0, 3), st.tuples(st.sampled_from(["cause", "evidence"]), st.text("абв", min_size=1))
)


def with_cells(rows, cells):
    return [{**row, cells[at][0]: cells[at][1]} if at in cells else row for at, row in enumerate(rows)]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mine=CELLS, theirs=CELLS)
def test_rows_of_one_table_are_merged_and_one_cell_is_a_conflict(env, mine, theirs):
    reference = env.walk("confirm_complete")
    raw = {"causes": [{name: text or "" for name, text in row.items()} for row in CAUSES]}
    done(env.edit("coordinator", reference, raw))
    first, second = Tab(env, "coordinator", reference), Tab(env, "coordinator", reference)
    assert not isinstance(first.save({"causes": with_cells(first.values["causes"], mine)}), Stale)
    answer = second.save({"causes": with_cells(second.values["causes"], theirs)})
    same = [at for at in mine.keys() & theirs.keys() if mine[at][0] == theirs[at][0] and mine[at][1] != theirs[at][1]]
    after = with_cells(CAUSES, mine)
    if same:
        assert isinstance(answer, Stale) and answer.fields == ("causes",)
    else:
        assert not isinstance(answer, Stale)
        after = with_cells(after, theirs)
    assert env.case(reference).fields["causes"] == after
