"""Sentences for the problems of a chosen password."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _

from expertise.people.auth.sign_in import password_problem
from expertise.text.passwords import password_sentence
from expertise.web.kit.forms import ErrorLink
from expertise.web.kit.i18n import translator


def password_wrong(new_password: str, again: str, known: Iterable[str]) -> ErrorLink | None:
    """The line of the error summary, or None. `known`: what others know of the person, see `sign_in.known_of`."""
    problem = password_problem(new_password, *known)
    if problem is not None:
        return ErrorLink(password_sentence(problem, translator()), "#f-password")
    return None if new_password == again else ErrorLink(_("The two passwords differ."), "#f-again")
