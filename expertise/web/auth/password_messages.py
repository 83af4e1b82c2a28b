"""Sentences for the problems of a chosen password."""

from __future__ import annotations

from flask_babel import gettext as _

from expertise.people.auth.sign_in import password_problem
from expertise.web.kit.forms import ErrorLink


def password_wrong(new_password: str, again: str, *known: str) -> ErrorLink | None:
    """The line of the error summary, or None. `known`: name and address, which are no passwords."""
    problem = password_problem(new_password, *known)
    if problem is None:
        return None if new_password == again else ErrorLink(_("The two passwords differ."), "#f-again")
    limits = dict(problem.parameters)
    if problem.code == "too_short":
        return ErrorLink(_("The password is too short: at least %(min)s characters.", min=limits["min"]), "#f-password")
    if problem.code == "too_long":
        return ErrorLink(_("The password is too long: at most %(max)s characters.", max=limits["max"]), "#f-password")
    return ErrorLink(_("This password is easy to guess. A sentence of several words is better."), "#f-password")
