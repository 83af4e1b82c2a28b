"""The permission matrix: role by state by step, as the definitions say it, one page per workflow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Blueprint, Flask, abort, render_template
from flask_babel import gettext as _

from expertise import identity
from expertise.identity import runtime
from expertise.web.kit.messages import role_name
from workflows.definition import MACHINE_ROLES, PERSON_ROLES, Definition, State, Transition
from workflows.extension import decisions

blueprint = Blueprint("matrix", __name__)


def attach(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


@dataclass(frozen=True, slots=True)
class PermissionRow:
    """One step, or more time, in one state: for each column of the table, whether that role may take it."""

    state: State
    step: Transition
    cells: tuple[bool, ...]


@blueprint.get("/rights")
@blueprint.get("/rights/<workflow>")
def show(workflow: str = "") -> str:
    """One workflow; the first of them, unless one is named."""
    with runtime().transactions.read() as db:
        identity.actor(db)
    definitions = sorted(
        runtime().services.definitions.all_current(), key=lambda each: not each.opened_by
    )  # parts come last
    definition = next((each for each in definitions if workflow in ("", each.key)), None)
    if definition is None:
        abort(404)
    return render_template(
        "people/permission_matrix.html",
        definitions=definitions,
        definition=definition,
        columns=[(role, role_name(role)) for role in roles_of(definition)],
        states=_by_state(definition),
        conditions=_conditions,
    )


def roles_of(definition: Definition) -> tuple[str, ...]:
    """Return the columns: every role that may decide something, people first. Where anyone may, all roles are shown."""
    named = {role for state in definition.states for step in decisions(definition, state) for role in step.by}
    people = (*PERSON_ROLES, *definition.roles)
    if "anyone" in named:
        named |= set(people)
    return tuple(role for role in (*people, *MACHINE_ROLES) if role in named)


def rows(definition: Definition) -> list[PermissionRow]:
    """Every decision of every state, in the order of the definition."""
    columns = roles_of(definition)
    return [
        PermissionRow(state, step, tuple(may(step, role) for role in columns))
        for state in definition.states.values()
        for step in decisions(definition, state.key)
    ]


def may(step: Transition, role: str) -> bool:
    """Return whether the role may take the step when all conditions are met, as `decision.decide` answers."""
    return role in step.by or ("anyone" in step.by and role not in MACHINE_ROLES)


def _by_state(definition: Definition) -> list[tuple[State, list[PermissionRow]]]:
    found = rows(definition)
    return [
        (state, [row for row in found if row.state is state])
        for state in definition.states.values()
        if any(row.state is state for row in found)
    ]


def _conditions(step: Transition) -> Iterator[str]:
    """Return the conditions that limit a right besides the role."""
    if step.not_by:
        yield _("Four eyes: not who acted as: %(roles)s", roles=", ".join(map(role_name, step.not_by)))
    if step.quorum > 1:
        yield _("Votes needed: %(number)s", number=step.quorum)
