"""Tells whether a person is asked questions about a case now."""

from __future__ import annotations

from expertise.cases.views.case_view import CaseView
from expertise.questionnaires.catalogue import questionnaire_of
from expertise.questionnaires.record_answers import roles_for


def asked_now(view: CaseView) -> bool:
    """Whether this person is asked something about the case in its present state."""
    questions = questionnaire_of(view.case.workflow)
    if questions is None or questions.wave_of(view.case.state) is None:
        return False
    return not view.roles.isdisjoint(roles_for(questions, view.definition))
