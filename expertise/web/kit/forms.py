"""Forms: the declared fields of a definition as form fields of a page, and the posted names as values for the desk.

Nothing is checked here: the desk checks, and its refusal comes back with everything that was typed.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import has_request_context, request
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from expertise.text.messages import ChecklistItem
from expertise.web.kit import unsent
from expertise.web.kit.form_fields import FormField, Section
from expertise.web.kit.i18n import said
from expertise.web.kit.messages import describe_problem
from workflows.definition import Definition, Field
from workflows.field import Widget
from workflows.fields.measures import DecimalType
from workflows.fields.types import COMMENT
from workflows.refusals import Invalid, NotReady, Problem, Refusal

#: Names of hidden controls; no field can have them, because the name of a field begins with a letter.
KEY, SEEN, SURE = "_key", "_seen", "_sure"

#: The problem of a required answer that is missing.
NEEDED = Problem("needed")

BLANK_ROWS = 3  # offered below the last filled row of a table; a button adds more
MOST_ROWS = 200  # read from a form; the desk says how many are too many
MOST_PLACES = 8  # in the name of one control: `plan.0.amount.currency` has four

#: Field type → what may be chosen, as (stored key, name); experts come with lines that help to choose.
Choices = Mapping[str, Sequence[tuple]]

Errors = Mapping[str, Sequence[Problem]]


def new_key() -> str:
    """Return a new idempotency key: the same form sent twice is executed once."""
    return secrets.token_urlsafe(18)


def seen(form: MultiDict[str, str]) -> int | None:
    """Return the version of the case that the page showed; None for anything that is no small number."""
    return natural_number(form.get(SEEN, ""))


def natural_number(text: str, digits: int = 9) -> int | None:
    """Return the number that a text from outside is; None for anything else, and for more than so many digits."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else None


def typed(form: MultiDict[str, str]) -> dict[str, Any]:
    """Nest the flat names of a form, to any depth: `budget.amount`, `causes.0.cause`, `plan.0.amount.currency`.

    A number within a name is the row of a table: mappings whose keys are all numbers come back as lists. Of equal
    names the last one counts. Names of the page's own are left out, which begin with an underscore or have a hyphen
    before the first point,
    and so are those that no form of Komek has.
    """
    values: dict[str, Any] = {}
    for name in form:
        path = name.split(".")
        if name.startswith("_") or "-" in path[0] or name == "csrf_token" or not _is_path(path):
            continue
        inner = values
        for place in path[:-1]:
            inner = _inside(inner, place)
        inner[path[-1]] = form.getlist(name)[-1]
    return {name: _with_rows(value) for name, value in values.items()}


def _is_path(path: list[str]) -> bool:
    """Whether the places of a name can be those of a control: every number is a row, and a row is never the last."""
    rows = [place for place in path if place.isdecimal()]
    return len(path) <= MOST_PLACES and all(path) and all(map(_is_row, rows)) and not path[-1].isdecimal()


def _is_row(place: str) -> bool:
    return place.isascii() and place.isdecimal() and len(place) < 5 and int(place) < MOST_ROWS


def _inside(values: dict[str, Any], name: str) -> dict[str, Any]:
    """The mapping under a name; a text that claimed the name before gives way."""
    if not isinstance(values.get(name), dict):
        values[name] = {}
    inner: dict[str, Any] = values[name]
    return inner


def _with_rows(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _with_rows(each) for name, each in value.items()}
    if inner and all(map(_is_row, inner)):
        return [inner[place] for place in sorted(inner, key=int)]
    return inner


def stored_as_typed(definition: Definition, names: Iterable[str], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the stored values of these fields as a form shows them."""
    declared = [definition.fields[name] for name in names if name in definition.fields]
    return {each.key: each.type.typed(each, stored.get(each.key)) for each in declared}


@dataclass(frozen=True, slots=True)
class Form:
    """The content of a form: the raw values, their problems, and what can be chosen."""

    definition: Definition
    values: Mapping[str, Any]
    choices: Choices = field(default_factory=dict)
    errors: Errors = field(default_factory=dict)
    required: Collection[str] = ()
    upload_limit: int | None = None
    theirs: Mapping[str, str] = field(default_factory=dict)  # field that was changed here and there → what is stored
    known: Collection[str] = ()  # fields that were filled in beforehand

    def sections(self, form_fields: Sequence[FormField]) -> list[Section]:
        """Return these fields under the headings of the definition."""
        by_name = {each.name: each for each in form_fields}
        return [
            Section(group.key, said(group.label), said(group.hint), [by_name[name] for name in group.fields])
            for group in self.definition.grouped(by_name)
        ]

    def fields(self, names: Iterable[str]) -> list[FormField]:
        """Return one form field per name, `comment` included, in the order given."""
        return [self._field(COMMENT if name == COMMENT.key else self.definition.fields[name]) for name in names]

    def _field(self, declared: Field) -> FormField:
        name = declared.key
        problems = self.errors.get(name, ())
        value = self.values.get(name)
        return FormField(
            name=name,
            widget=declared.type.widget,
            label=_("Comment") if declared is COMMENT else said(declared.label),
            value=declared.type.shown(declared, value),
            hint=self._hint(declared),
            errors=(*dict.fromkeys(describe_problem(problem, declared) for problem in problems), *lost_file(declared)),
            theirs=self.theirs.get(name, ""),
            example=said(declared.example),
            known=name in self.known and bool(value) and not problems,
            required=name in self.required,
            choices=choices_of(declared, self.choices),
            longest=self.upload_limit if declared.type.is_file else declared.longest,
            rows=self._rows(declared, value),
            suffix=suffix_of(declared),
        )

    def _hint(self, declared: Field) -> str:
        hint = said(declared.hint)
        if declared.type.is_date:
            return " ".join(filter(None, [hint, _("dd.mm.yyyy, for example 31.10.2026")]))
        if declared.type.is_moment:
            return " ".join(
                filter(None, [hint, _("Day and time, for example 31.10.2026 and 17:05. Time of the region.")])
            )
        if declared.type.widget is Widget.PLACE:
            code = _("Code of the classifier (KATO) if you know it: nine digits, for example 431010000.")
            return " ".join(filter(None, [hint, code]))
        if declared.type.is_file and self.upload_limit is not None:
            limit = _(
                "PDF, Word, Excel, PowerPoint, OpenDocument, JPEG, PNG, text or CSV. At most %(limit)s MB.",
                limit=self.upload_limit // (1024 * 1024),
            )
            return " ".join(filter(None, [hint, limit]))
        return hint

    def _rows(self, declared: Field, value: Any) -> list[list[FormField]]:
        """One list of cells for each row of a table that was typed or stored, and for some blank ones."""
        columns = (declared.columns or {}).items()
        if not columns:
            return []
        shown, left = declared.type.shown(declared, value), min(unsent.rows_left(declared.key), MOST_ROWS)
        filled = max((place for place, row in enumerate(shown, 1) if _has_words(declared, row)), default=0)
        most = max(filled + BLANK_ROWS, left, len(shown))
        return [
            [
                FormField(
                    name=f"{declared.key}.{place}.{key}",
                    widget=column.type.widget,
                    label=said(column.label),
                    head_hint=said(column.hint),
                    value=column.type.shown(column, row.get(key)),
                    errors=self._cell_errors(declared, place + 1, key),
                    choices=choices_of(column, self.choices),
                    suffix=suffix_of(column),
                )
                for key, column in columns
            ]
            for place, row in enumerate([*shown, *[{}] * (most - len(shown))])
        ]

    def _cell_errors(self, declared: Field, row: int, column: str) -> tuple[str, ...]:
        """Return the sentences about one cell; `row` from 1."""
        here = {"row": row, "column": column}
        found = (each for each in self.errors.get(declared.key, ()) if here.items() <= dict(each.parameters).items())
        return tuple(dict.fromkeys(describe_problem(problem, declared) for problem in found))


def _has_words(declared: Field, row: Mapping[str, Any]) -> bool:
    columns = declared.columns or {}
    return any(not columns[name].type.is_blank(cell) for name, cell in row.items() if name in columns)


def lost_file(declared: Field) -> list[str]:
    """Return the sentence about a file that came with this request, whose form is shown again; none for no file."""
    came = request.files.get(declared.key) if declared.type.is_file and has_request_context() else None
    if came is None or not came.filename:
        return []
    return [_("The file “%(name)s” was not kept. Choose it again.", name=came.filename)]


@dataclass(frozen=True, slots=True)
class ErrorLink:
    """A line of the error summary: a sentence, and a link to its field when that is on this page."""

    text: str
    href: str = ""


def summary(items: Iterable[ChecklistItem], form_fields: Iterable[FormField] | None = None) -> list[ErrorLink]:
    """Return the error summary above a form; `form_fields` None: every field is on the page."""
    shown = list(form_fields) if form_fields is not None else []
    there = None if form_fields is None else {form_field.name for form_field in shown}
    found = [
        ErrorLink(item.text, f"#f-{item.field}" if item.field and (there is None or item.field in there) else "")
        for item in items
    ]
    return found + lost_files(shown) if found else found


def lost_files(form_fields: Iterable[FormField]) -> list[ErrorLink]:
    """Return a line for each file that has to be chosen again."""
    files = (each for each in form_fields if each.widget == Widget.FILE and request.files.get(each.name))
    return [ErrorLink(f"{each.label}: {each.errors[-1]}", f"#{each.id}") for each in files if each.errors]


def wrong_in(refusal: Refusal | None) -> Errors:
    """Return the problems of the values of a form, by field."""
    if isinstance(refusal, NotReady):
        return {missing.name: (NEEDED,) for missing in refusal.missing if missing.kind == "answer"}
    return dict(refusal.errors) if isinstance(refusal, Invalid) else {}


def kept(form_fields: Iterable[FormField]) -> list[tuple[str, str]]:
    """Return the typed content as labels and texts, for a page on which it cannot be sent any more."""
    found = (
        (form_field.label, "\n".join(filter(None, map(_words, _cells(form_field)))) or _words(form_field))
        for form_field in form_fields
    )
    return [(label, text) for label, text in found if text]


def _cells(form_field: FormField) -> list[FormField]:
    return [cell for row in form_field.rows for cell in row]


def _words(form_field: FormField) -> str:
    """Return the typed content of a field; a currency or a unit alone is none, because a form always sends it."""
    if isinstance(form_field.value, Mapping):
        if form_field.widget == Widget.CHOICES:
            return ", ".join(str(each[1]) for each in form_field.choices if each[0] in form_field.value)
        pieces = [str(each) for each in form_field.value.values()]
        unsaid = form_field.widget in (Widget.MONEY, Widget.DURATION) and not pieces[0]
        return "" if unsaid else " ".join(filter(None, pieces))
    return form_field.value if isinstance(form_field.value, str) else ""


def suffix_of(declared: Field) -> str:
    """Return the unit that stands behind the control of a decimal; empty for everything else."""
    return said(declared.type.unit(declared).label) if isinstance(declared.type, DecimalType) else ""


def choices_of(declared: Field, choices: Choices) -> Sequence[tuple] | Sequence[str]:
    """Return what can be chosen in a field, in the language of the page."""
    own = declared.type.choices(declared)
    if own:
        return [(key, said(label)) for key, label in own.items()]
    if declared.type.widget is Widget.YES_NO:
        return [("yes", _("Yes")), ("no", _("No"))]
    return declared.type.units or choices.get(declared.type.lookup(declared), ())
