"""Whatever people and the clock do in whatever order, a case does what the model says, and its trail proves it."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from tests.properties import requests
from tests.properties.machine import Pair, template
from tests.support.golden import ANALYSIS, STAGE_A
from tests.support.people import PLAYERS
from tests.support.stages import TO_APPROVAL

#: The five whose case it is come more often than the others.
NAMES = (*PLAYERS[:4] * 3, *PLAYERS)
EDITS = {
    "title": ("Бірінші атау", "Екінші атау", ""),
    "problem": ("Мәселе", ""),
    "objectives": ("Мақсат", ""),
    "terms_of_reference": ("Тапсырма", ""),
    "nobody_declared_it": ("x",),
}
OFFER = (("approver", "approve_terms"), ("coordinator", "offer_assignment"))
DELIVERY = (*OFFER, ("expert", "accept"), ("coordinator", "start_delivery"))

places = st.integers(0, 10_000)


class Lives(RuleBasedStateMachine):
    """Random actors, steps, old pages, repeated keys and passing days."""

    file = None  # the template, and where cases begin; set by the test
    further = None

    def __init__(self):
        super().__init__()
        self.pair = Pair(self.file)
        self.world = self.pair.world

    @initialize(whole=st.booleans())
    def begin(self, whole):
        further = self.further
        fields = STAGE_A if whole or further != "draft" else {**STAGE_A, "title": ""}
        given = {name: value for name, value in fields.items() if value}
        self.case = self.pair.open("requester", given, self.pair.new_key()).reference
        if further != "draft":
            self._walk(further)

    def _walk(self, further):
        for name, step, raw in TO_APPROVAL:
            if step is None:
                self.pair.edit(name, self.case, raw, self._version(self.case))
            else:
                self.pair.fire(name, self.case, step, raw, self._version(self.case))
        for name, step in {"approval": (), "offer": OFFER, "delivery": DELIVERY}[further]:
            reference = self._last("offer") if step == "accept" else self.case
            self._take(name, reference, step, 0)

    def _take(self, name, reference, step, place, key=None):
        plan = self.world.cases[reference].plan
        raw = requests.full(plan, plan["transitions"][step], place)
        return self.pair.fire(name, reference, step, raw, self._version(reference), key)

    def _last(self, kind):
        return [reference for reference, case in self.world.cases.items() if case.part == kind][-1]

    def _version(self, reference):
        return self.world.cases[reference].version

    def _case(self, place):
        return list(self.world.cases)[place % len(self.world.cases)]

    def _possible(self):
        """Every step that somebody could take now, with all answers given, and that leads on."""
        for reference, case in self.world.cases.items():
            for step in requests.steps_from(case.plan, case.state):
                rule = case.plan["transitions"][step]
                raw = requests.full(case.plan, rule, 0)
                for name, person in self.world.people.items():
                    hindered = self.world.hindered(case, rule, case.roles(person), name, raw)
                    if hindered is None and requests.leads_on(case.plan, rule):
                        yield name, reference, step

    @rule(place=places, keyed=st.booleans())
    def somebody_goes_on(self, place, keyed):
        possible = list(self._possible())
        if possible:
            self._take(*possible[place % len(possible)], place, self.pair.new_key() if keyed else None)

    @rule(place=places)
    def an_answer_to_a_part(self, place):
        """Parts end, and their wholes go on."""
        open_parts = [ref for ref, case in self.world.cases.items() if case.whole and case.end is None]
        if open_parts:
            reference = open_parts[place % len(open_parts)]
            case = self.world.cases[reference]
            steps = requests.steps_from(case.plan, case.state)
            name = ("expert", "other_expert", "requester", "coordinator")[place % 4]
            self._take(name, reference, steps[place % len(steps)], place, self.pair.new_key())

    @rule(name=st.sampled_from(NAMES), place=places, late=st.sampled_from([0, 0, 0, -1, 1]), keyed=st.booleans())
    def anybody_tries_anything(self, name, place, late, keyed):
        reference = self._case(place)
        case = self.world.cases[reference]
        plan = case.plan
        steps = requests.steps_from(plan, case.state)
        if not steps or place % 4 == 0:
            steps = [*plan["transitions"], "no_such_step"]
        step = steps[place // 4 % len(steps)]
        raw = requests.variants(plan, plan["transitions"].get(step, {}), place)
        self.pair.fire(
            name, reference, step, raw, self._version(reference) + late, self.pair.new_key() if keyed else None
        )

    @rule(name=st.sampled_from(("requester", "coordinator")), place=places)
    def everything_is_filled_in(self, name, place):
        reference = self._case(place)
        case = self.world.cases[reference]
        may = case.plan["states"][case.state].get("edit", {}).get(name, ())
        golden = {field: value for field, value in {**STAGE_A, **ANALYSIS}.items() if field in may}
        self.pair.edit(name, reference, golden, self._version(reference), self.pair.new_key())

    @rule(
        name=st.sampled_from(NAMES),
        place=places,
        fields=st.lists(st.sampled_from(list(EDITS)), min_size=1, max_size=2, unique=True),
        late=st.sampled_from([0, 0, -1]),
    )
    def anybody_edits(self, name, place, fields, late):
        raw = {field: EDITS[field][place % len(EDITS[field])] for field in fields}
        reference = self._case(place)
        self.pair.edit(name, reference, raw, self._version(reference) + late, self.pair.new_key())

    @rule(name=st.sampled_from(NAMES), place=places, text=st.sampled_from(["Сұрақ бар.", "  "]))
    def anybody_comments(self, name, place, text):
        self.pair.comment(name, self._case(place), text, self.pair.new_key())

    @precondition(lambda self: self.pair.asked)
    @rule(place=places)
    def the_same_again(self, place):
        """A double click, or a browser that never got its answer."""
        verb, *request = self.pair.asked[place % len(self.pair.asked)]
        getattr(self.pair, verb)(*request)

    @precondition(lambda self: self.pair.asked)
    @rule(place=places)
    def a_key_for_something_else(self, place):
        _, name, *_, key = self.pair.asked[place % len(self.pair.asked)]
        self.pair.comment(name, self._case(place), "Басқа сөз", key)

    @precondition(lambda self: len(self.world.cases) < 8)
    @rule(name=st.sampled_from(("requester", "coordinator", "expert")))
    def another_case_begins(self, name):
        self.pair.open(name, STAGE_A, self.pair.new_key())

    @rule(days=st.sampled_from([0, 1, 3, 10, 45]))
    def time_passes(self, days):
        self.pair.sweep(days)

    def teardown(self):
        self.pair.close()


@pytest.fixture(scope="module")
def settled(tmp_path_factory):
    return template(tmp_path_factory.mktemp("template"))


@pytest.mark.parametrize("further", ["draft", "approval", "offer", "delivery"])
def test_case_against_model(settled, further):
    machine = type("SettledLives", (Lives,), {"file": settled, "further": further})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=50, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
