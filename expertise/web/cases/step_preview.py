"""The effects of a step, as texts, before it is taken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from expertise.cases.views.case_view import CaseView, OfferedStep
from expertise.cases.views.step_preview import PreviewedLetter
from expertise.text.deadlines import describe_rule
from expertise.web.kit.i18n import said, translator
from expertise.web.kit.messages import role_name
from workflows.definition import Definition


@dataclass(frozen=True, slots=True)
class LetterPreview:
    """A letter that the step sends: the role and the people who hold it now."""

    role: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PreviewText:
    """The effects of a step, as texts."""

    state: str
    desk: str
    stays: bool  # in its state, and so with its deadline
    due_at: datetime | None
    rule: str
    opens: str
    letters: tuple[LetterPreview, ...]
    votes: str
    carried: str  # the state of the parent afterwards, when the step of a part moves it along


def ahead(offered: OfferedStep, view: CaseView) -> PreviewText:
    """The effects of an offered step."""
    preview, definition = offered.preview, view.definition
    target = definition.states[preview.target]
    deadline = preview.deadline
    missing = preview.votes_missing
    letters = [*preview.told, *(preview.carried.told if preview.carried else ())]
    return PreviewText(
        state=said(target.label),
        desk=role_name(preview.owner) if preview.owner else "",
        stays=preview.target == view.case.state,
        due_at=deadline.due_at,
        rule=describe_rule(deadline.explanation, translator()) if deadline.explanation else "",
        opens=said(preview.opens.label) if preview.opens else "",
        letters=tuple(LetterPreview(role_name(told.role), _readers(offered, definition, told)) for told in letters),
        votes=_("still needed after yours: %(number)s", number=missing) if missing else "",
        carried=said(preview.carried.state) if preview.carried else "",
    )


def _readers(offered: OfferedStep, definition: Definition, told: PreviewedLetter) -> tuple[str, ...]:
    """The readers of a letter; an expert who is being chosen on this very page has no name yet."""
    chosen = any(
        definition.fields[name].type.party == "expert" for name in offered.step.asks if name in definition.fields
    )
    return (_("whom you choose below"),) if chosen and told.role == "expert" else told.names
