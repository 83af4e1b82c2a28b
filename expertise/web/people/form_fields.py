"""Fields of the forms about people, and what was typed in them as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask import request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from expertise.identity import runtime
from expertise.people.manage.accounts import LONGEST_NAME, LONGEST_ORGANISATION
from expertise.people.scope import Scope
from expertise.web.kit.choices import listed
from expertise.web.kit.form_fields import FormField
from expertise.web.kit.forms import ErrorLink
from expertise.web.kit.i18n import NAMES, said
from expertise.web.kit.messages import role_name
from expertise.web.people.messages import FIELDS, sentences
from workflows.definition import LANGUAGES
from workflows.refusals import Refusal

Pairs = Sequence[tuple[str, str]]
LONGEST = {"name": LONGEST_NAME, "email": 254, "note": 300, "source": 300, "key": 60}
LONGEST |= dict.fromkeys(("since", "until", "off", "worked"), 10)
LONGEST |= {f"name_{language}": LONGEST_ORGANISATION for language in LANGUAGES}
MOST_SHOWN = 2000  # characters of a wrong value that come back onto the page


@dataclass(frozen=True, slots=True)
class FormState:
    """A form as it is shown: the typed or stored values, and the refusal."""

    values: Mapping[str, str] = field(default_factory=dict)
    refusal: Refusal | None = None

    def form_field(
        self, name: str, type_: str = "text", *, required: bool = False, hint: str = "", choices: Pairs = ()
    ) -> FormField:
        """One field."""
        return FormField(
            name=name,
            widget=type_,
            label=FIELDS[name](),
            value=self.values.get(name, "")[:MOST_SHOWN],
            hint=hint,
            errors=sentences(self.refusal).get(name, ()),
            required=required,
            choices=choices,
            longest=LONGEST.get(name),
        )

    def day(self, name: str, *, required: bool = False) -> FormField:
        """A field for a day."""
        return self.form_field(name, "date", required=required, hint=_("dd.mm.yyyy, for example 31.10.2026"))

    def links(self) -> list[ErrorLink]:
        """The error summary."""
        return [
            ErrorLink(f"{FIELDS[name]()}: {text}" if name in FIELDS else text, f"#f-{name}" if name in FIELDS else "")
            for name, texts in sentences(self.refusal).items()
            for text in texts
        ]


def sent(refusal: Refusal | None = None) -> FormState:
    """The form that came, with why it was refused."""
    return FormState(request.form.to_dict(), refusal)


def languages() -> list[tuple[str, str]]:
    """The languages by their own names."""
    return list(NAMES.items())


def workflows() -> list[tuple[str, str]]:
    """Every workflow by its title."""
    return [(each.key, said(each.title)) for each in runtime().services.definitions.all_current()]


def roles(keys: Sequence[str]) -> list[tuple[str, str]]:
    """These roles by name."""
    return [(key, role_name(key)) for key in keys]


def scope_fields(db: Session, entry: FormState, names: Pairs, *, role: bool) -> list[FormField]:
    """Role, region and workflow. `role`: one has to be chosen; without, all are meant."""
    return [
        entry.form_field("role", "choice", required=role, choices=names, hint="" if role else _("Empty: all roles")),
        entry.form_field("region", "choice", choices=listed(db).choices("region"), hint=_("Empty: all regions")),
        entry.form_field("workflow", "choice", choices=workflows(), hint=_("Empty: all workflows")),
    ]


def scope_text(db: Session, scope: Scope) -> str:
    """`coordinator · Kyzylorda · all workflows`, the parts that are limited only."""
    titles = dict(workflows())
    parts = [
        role_name(scope.role) if scope.role else "",
        listed(db).region(scope.region),
        titles.get(scope.workflow or "", scope.workflow or ""),
    ]
    return " · ".join(part for part in parts if part)
