"""Sentences for the problems of people, roles, absences, CSV files of people and texts of letters."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask_babel import gettext as _

from expertise.people.guarded_roles import GUARDED
from expertise.text.messages import PROBLEMS, sentence_of
from expertise.web.kit.i18n import translator
from workflows.definition import ROLES
from workflows.refusals import Invalid, KeyReused, Problem, Refusal

#: Code → its sentence, for what no field of a case can have; the others are said as on the pages of cases.
OF_PEOPLE: Mapping[str, Callable[..., str]] = {
    "bad_key": lambda **_p: _("Use small Latin letters, digits and hyphens, for example akimat-kz-43."),
    "before_since": lambda **_p: _("The last day is before the first one."),
    "contradicts": lambda **p: _("Line %(number)s says something else of the same person.", number=p["line"]),
    "stands_in": lambda **_p: _("On some of these days this person stands in for somebody who would then have nobody."),
    "deputy_away": lambda **_p: _("The deputy is away on some of these days, too."),
    "needs_administrator": lambda **_p: _("Such a role is asked for by an administrator, and there is none yet."),
    "differs": lambda **p: _differs(p.get("known")),
    "formula": lambda **_p: _("A cell must not begin with =, +, - or @."),
    "has_access": lambda **_p: _("This person has set a password already."),
    "missing_placeholder": lambda **p: _("This letter is of no use without %(names)s.", names=p["names"]),
    "missing_column": lambda **p: _("The column %(name)s is missing.", name=p["name"]),
    "not_active": lambda **_p: _("This person has no access any more."),
    "not_csv": lambda **_p: _("This is not a CSV file."),
    "whole_country": lambda **_p: _("This role is for the whole country. Leave the region empty."),
    "role_not_there": lambda **_p: _("This process has no such role. Choose another one, or leave it empty."),
    "same_year": lambda **_p: _("Both days must be different days of one year."),
    "so_already": lambda **_p: _("It is so already; nothing was changed."),
    "not_utf8": lambda **_p: _("The file is not in UTF-8. In Excel, save it as “CSV UTF-8”."),
    "other_deputy": lambda **_p: _("Somebody else stands in for some of this already."),
    "own_deputy": lambda **_p: _("Nobody can be their own deputy."),
    "change_over": lambda **_p: _("This has been decided already, or has waited too long. Ask for it anew."),
    "deputy_self": lambda **_p: _(
        "Whoever records another person's absence cannot be the deputy. Ask another administrator."
    ),
    "deputy_guarded": lambda **_p: _(
        "Name as deputy somebody who has one of these roles already: %(roles)s. "
        "Or let the absent person name the deputy.",
        roles=translator().roles(role for role in ROLES if role in GUARDED),
    ),
    "own_address": lambda **_p: _(
        "Letters to somebody who decides go to their own address only. Change the address on the person's page."
    ),
    "changed_meanwhile": lambda **_p: _(
        "The files have changed since they were asked for. Ask for the publication anew."
    ),
    "unsound": lambda **_p: _("The files have faults: nothing can be published."),
    "in_force": lambda **_p: _("This is in force already."),
    "own_change": lambda **_p: _("You asked for this change yourself: another administrator confirms it."),
    "own_access": lambda **_p: _("Nobody ends their own access. Ask another administrator."),
    "required": lambda **_p: _("Fill this in."),
    "stray_dollar": lambda **_p: _("A $ stands alone; a placeholder looks like ${due}."),
    "taken": lambda **_p: _("This is taken already."),
    "too_long_source": lambda **_p: _("At most 300 characters."),
    "too_many_cells": lambda **_p: _("The line has more cells than there are columns."),
    "twice": lambda **p: _twice(p.get("line"), p.get("name", "")),
    "unknown_placeholder": lambda **p: _("No letter knows: %(names)s.", names=p["names"]),
    "written_meanwhile": lambda **_p: _("Somebody else has changed this letter meanwhile. Compare, then save again."),
    "unknown_column": lambda **p: _("The column %(name)s is not known.", name=p["name"]),
}

#: Names of fields, as error summaries and reports say them.
FIELDS: Mapping[str, Callable[[], str]] = {
    "cause": lambda: _("Cause"),
    "deputy": lambda: _("Deputy"),
    "email": lambda: _("E-mail address"),
    "file": lambda: _("File"),
    "header": lambda: _("First line"),
    "key": lambda: _("Short name"),
    "language": lambda: _("Language"),
    "line": lambda: _("Line"),
    "name": lambda: _("Name"),
    "name_en": lambda: _("Name in English"),
    "name_kk": lambda: _("Name in Kazakh"),
    "name_ru": lambda: _("Name in Russian"),
    "note": lambda: _("Note"),
    "off": lambda: _("Becomes a day off"),
    "organisation": lambda: _("Organisation"),
    "person": lambda: _("Person"),
    "region": lambda: _("Region"),
    "role": lambda: _("Role"),
    "since": lambda: _("First day"),
    "source": lambda: _("Decree or order"),
    "until": lambda: _("Last day"),
    "worked": lambda: _("Becomes a working day"),
    "workflow": lambda: _("Workflow"),
}


def causes() -> list[tuple[str, str]]:
    """Why somebody can be away."""
    return [("leave", _("leave")), ("illness", _("illness")), ("trip", _("business trip")), ("other", _("other"))]


def sentence(problem: Problem) -> str:
    """Return the problem as a sentence in the language of the page."""
    parameters = dict(problem.parameters)
    write = OF_PEOPLE.get(problem.code)
    return write(**parameters) if write else sentence_of(PROBLEMS[problem.code], parameters, translator())


def sentences(refusal: Refusal | None) -> dict[str, tuple[str, ...]]:
    """Field → what is wrong with it; under "" what is wrong with the form as a whole."""
    if isinstance(refusal, Invalid):
        return {field: tuple(map(sentence, problems)) for field, problems in refusal.errors}
    if isinstance(refusal, KeyReused):
        return {"": (_("This form was sent before with other content. Check it and send it again."),)}
    return {}


def _differs(known: str | None) -> str:
    return _("Something else is known: %(known)s.", known=known) if known else _("Something else is known.")


def _twice(line: int | None = None, name: str = "") -> str:
    if line is not None:
        return _("Line %(number)s says the same.", number=line)
    return _("The column %(name)s stands there twice.", name=name)
