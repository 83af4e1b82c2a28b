"""The matrix of rights says of each cell what the decision says."""

from __future__ import annotations

import re

import pytest

from expertise import register
from expertise.doors.web.matrix import may, roles_of, rows
from workflows.decision import Finding, Standing, decide
from workflows.definition import LANGUAGES, MACHINE_ROLES, ROLES

DEFINITIONS = register.load()


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
    assert ticked == decided and ticked


def test_a_role_that_nobody_named_may_take_only_what_anyone_may():
    step = next(iter(DEFINITIONS["expertise_request"].transitions.values()))
    assert not may(step, "lender") or "lender" in step.by or "anyone" in step.by


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", DEFINITIONS)
def test_the_page_shows_every_state_and_step(visit, language, key):
    reader = visit("requester")
    reader.send("/language", {"language": language}, page="/account")
    text = reader.see(f"/rights/{key}").text
    definition = DEFINITIONS[key]
    assert text.count("✓") == sum(cell for row in rows(definition) for cell in row.cells)
    plain = re.sub(r"&#39;|&#34;|&quot;", "'", text)
    for row in rows(definition):
        assert row.step.label[language].replace('"', "'").replace("&", "&amp;") in plain
        assert row.state.label[language].replace('"', "'").replace("&", "&amp;") in plain


def test_a_stranger_is_sent_to_the_sign_in_page(visit):
    assert visit().see("/rights").status_code == 303
