"""Refusals, problems and roles in the language of the page."""

from __future__ import annotations

from expertise.text import messages
from expertise.text.messages import RefusalText
from expertise.web.kit.i18n import translator
from workflows.definition import Definition, Field
from workflows.refusals import Problem, Refusal


def describe(refusal: Refusal, definition: Definition) -> RefusalText:
    """Status and checklist of a refusal."""
    return messages.describe(refusal, definition, translator())


def describe_problem(problem: Problem, declared: Field | None = None) -> str:
    """The sentence for a problem with a value; inside a table it begins with line and column."""
    return messages.describe_problem(problem, translator(), declared)


def role_name(role: str) -> str:
    """The name of a role."""
    return translator().role(role)
