"""Values typed in a form about people, and all their problems at once."""

from __future__ import annotations

from datetime import date

from flask import request
from sqlalchemy.orm import Session

from expertise.people.manage.accounts import one_line
from expertise.people.manage.csv_rows import day, looks_like_a_day
from expertise.people.scope import Scope
from expertise.web.kit.choices import listed
from expertise.web.people.form_fields import Pairs, workflows
from workflows.refusals import Invalid, Problem


class FormReader:
    """Reads a form and collects its problems: `problems` is the refusal that the actions would give, all at once."""

    def __init__(self) -> None:
        self._found: list[tuple[str, tuple[Problem, ...]]] = []

    def text(self, name: str) -> str:
        """A tidy line; what cannot be seen is dropped."""
        return one_line(request.form.get(name, ""))

    def day(self, name: str, *, required: bool = False) -> date | None:
        """A day, or nothing."""
        text = self.text(name)
        found = day(text)
        if found is None and text:
            self.wrong(name, "impossible_date" if looks_like_a_day(text) else "bad_date")
        elif found is None and required:
            self.wrong(name, "required")
        return found

    def chosen(self, name: str, choices: Pairs, *, required: bool = False) -> str | None:
        """One of the keys that were offered, or nothing."""
        key = request.form.get(name, "")
        if not key:
            if required:
                self.wrong(name, "required")
            return None
        if key not in dict(choices):
            self.wrong(name, "unknown_choice")
            return None
        return key

    def days(self, *, required: bool = False) -> tuple[date | None, date | None]:
        """First and last day."""
        since, until = self.day("since", required=required), self.day("until", required=required)
        if since is not None and until is not None and until < since:
            self.wrong("until", "before_since")
        return since, until

    def scope(self, db: Session, roles: Pairs, *, role: bool) -> Scope:
        """Role, region and workflow; empty means all. `role`: it has to be there."""
        return Scope(
            self.chosen("role", roles, required=role),
            self.chosen("region", listed(db).choices("region")),
            self.chosen("workflow", workflows()),
        )

    def wrong(self, name: str, code: str) -> None:
        """Note one problem."""
        self._found.append((name, (Problem(code),)))

    @property
    def problems(self) -> Invalid | None:
        """All that is wrong, if anything is."""
        return Invalid(tuple(self._found)) if self._found else None
