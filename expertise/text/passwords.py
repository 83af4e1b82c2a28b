"""Sentences for the problems of a chosen password."""

from __future__ import annotations

from collections.abc import Mapping

from expertise.text.catalogues import N_
from expertise.text.translator import Translator
from workflows.refusals import Problem

#: Code of the problem → its sentence.
_PROBLEMS: Mapping[str, str] = {
    "too_short": N_("The password is too short: at least %(min)s characters."),
    "too_long": N_("The password is too long: at most %(max)s characters."),
    "easy_to_guess": N_("This password is easy to guess: %(because)s. A sentence of several words is better."),
}
#: Reason of `password_strength.weakness` → its words.
WEAKNESSES: Mapping[str, str] = {
    "common": N_("words like these are the first that anybody tries"),
    "date": N_("a date or a year is soon found"),
    "digits": N_("it has no letters, like a telephone number or a date"),
    "keys": N_("its keys lie side by side"),
    "own": N_("it is made of your name, your address or your organisation"),
    "place": N_("it is made of the name of a place in Kazakhstan"),
    "programme": N_("it is made of words of this programme"),
    "repeat": N_("the same is repeated"),
    "sequence": N_("letters or digits follow each other, like abcd or 4321"),
    "short": N_("what it is made of is too short"),
}


def password_sentence(problem: Problem, translator: Translator) -> str:
    """Return the problem that `sign_in.password_problem` has found, in the language of `translator`."""
    given = dict(problem.parameters)
    if "because" in given:
        given["because"] = translator.gettext(WEAKNESSES[str(given["because"])])
    return translator.gettext(_PROBLEMS[problem.code], **given)
