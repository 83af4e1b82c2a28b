"""The matrix of rights says of each cell what the decision says."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from expertise import registry
from expertise.web.people.permission_matrix import may, roles_of, rows
from workflows import extension
from workflows.decision import Finding, Standing, decide
from workflows.definition import LANGUAGES, MACHINE_ROLES, ROLES

DEFINITIONS = registry.load()


def ready(definition, state, role):
    """A standing in which nothing is missing but, perhaps, the right."""
    needs = {name for step in definition.transitions.values() for name in step.needs}
    return Standing(
        state=state,
        roles=frozenset({role}),
        person=None if role in MACHINE_ROLES else "p1",
        fields=dict.fromkeys(definition.fields, "x"),
        facts=dict.fromkeys(needs, Finding(holds=True)),
    )


@pytest.mark.parametrize("key", DEFINITIONS)
def test_every_cell_agrees_with_the_decision(key):
    definition = DEFINITIONS[key]
    ticked = {
        (row.state.key, row.step.key, role)
        for row in rows(definition)
        for role, cell in zip(roles_of(definition), row.cells, strict=True)
        if cell
    }
    decided = {
        (state, step, role)
        for state in definition.states
        for step in definition.transitions
        for role in ROLES
        if decide(definition, step, ready(definition, state, role)).allowed
    }
    more_time = {
        (state.key, extension.STEP, role)
        for state in definition.states.values()
        if state.deadline is not None and state.deadline.extend is not None
        for role in state.deadline.extend.by
    }
    assert ticked == decided | more_time and ticked


def allowed(definition, at, step, role):
    if step.key == extension.STEP:
        return role in definition.states[at].deadline.extend.by
    return decide(definition, step.key, ready(definition, at, role)).allowed


def test_a_role_that_nobody_named_may_take_only_what_anyone_may():
    step = next(iter(DEFINITIONS["expertise_request"].transitions.values()))
    assert not may(step, "lender") or "lender" in step.by or "anyone" in step.by


class Grid(HTMLParser):
    """The table of the page: for every state its steps, for every step the places of its ticks."""

    def __init__(self, text):
        super().__init__()
        self.columns, self.states, self._into = 0, [], None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "th" and given.get("scope") == "col":
            self.columns += 1
        elif tag == "tbody":
            self.states.append(["", []])
        elif tag == "th" and self.states:
            self._into = given["scope"]
            if self._into == "row":
                self.states[-1][1].append(["", []])
        elif tag == "td":
            self.states[-1][1][-1][1].append(False)
        elif tag == "br":
            self._into = None  # what follows the name of a step are its conditions

    def handle_endtag(self, tag):
        self._into = None if tag == "th" else self._into

    def handle_data(self, data):
        if self._into == "rowgroup":
            self.states[-1][0] += data
        elif self._into == "row":
            self.states[-1][1][-1][0] += data
        elif data == "✓":
            self.states[-1][1][-1][1][-1] = True


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", DEFINITIONS)
def test_the_page_shows_every_cell_as_it_is_decided(visit, language, key):
    reader, definition = visit("requester"), DEFINITIONS[key]
    reader.send("/language", {"language": language}, page="/account")
    grid, roles = Grid(reader.see(f"/rights/{key}").text), roles_of(definition)
    assert grid.columns == len(roles) + 1
    assert grid.states == [
        [
            state.label[language],
            [
                [
                    step.label[language],
                    [
                        role in step.by if step.key == extension.STEP else allowed(definition, at, step, role)
                        for role in roles
                    ],
                ]
                for step in steps
            ],
        ]
        for at, state in definition.states.items()
        if (steps := extension.decisions(definition, at))
    ]


def test_a_stranger_is_sent_to_the_sign_in_page(visit):
    assert visit().see("/rights").status_code == 303
