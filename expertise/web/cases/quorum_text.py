"""How far a step is from its quorum, in words: on the page of a case, and in one line of a list."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import ngettext

from expertise.cases.queries import CaseRow
from expertise.cases.views.quorum import Voices, counted
from expertise.web.kit.i18n import said
from expertise.web.kit.messages import role_name
from workflows.definition import Definition


def said_of(voices: Voices) -> str:
    """Who has spoken, and who may be the next one."""
    given = _count(said(voices.step.label), voices.given, voices.step.quorum)
    if voices.people:
        given += f" ({', '.join(voices.people)})"
    missing = ngettext(
        "Missing: %(num)d more person. Role: %(roles)s",
        "Missing: %(num)d more persons. Role: %(roles)s",
        voices.missing,
        roles=_names(voices.step.by),
    )
    barred = [_("nobody who has spoken already")] * bool(voices.people)
    barred += [_("nobody who has acted here as: %(roles)s", roles=_names(voices.step.not_by))] * bool(
        voices.step.not_by
    )
    return f"{given}. {', '.join([missing, *barred])}."


def in_short(definition: Definition, row: CaseRow) -> str:
    """Empty where no step needs several persons."""
    found = counted(definition, row.state, row.votes)
    return "; ".join(_count(said(step.label), len(votes), step.quorum) for step, votes in found)


def _count(step: str, given: int, quorum: int) -> str:
    return _("%(step)s: %(given)s of %(quorum)s voices", step=step, given=given, quorum=quorum)


def _names(roles: tuple[str, ...]) -> str:
    return ", ".join(map(role_name, roles))
