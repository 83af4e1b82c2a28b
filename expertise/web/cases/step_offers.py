"""The steps that the page of a case offers: buttons, short forms on the page itself, and checklists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from expertise.cases.views.case_view import CaseView, OfferedStep
from expertise.cases.views.step_preview import PreviewedLetter
from expertise.text.branches import JudgedFact, describe_choice, describe_ways
from expertise.text.deadlines import describe_rule
from expertise.web.cases import attached_files
from expertise.web.cases.step_form import Sent, errors_of, form_of, hindrances, shown_by
from expertise.web.kit.form_fields import FormField
from expertise.web.kit.forms import ErrorLink
from expertise.web.kit.i18n import said, translator
from expertise.web.kit.messages import role_name
from workflows.deadlines import Plan
from workflows.definition import Definition, Transition
from workflows.field import Widget
from workflows.fields.types import COMMENT
from workflows.graph import leads_on

#: The hidden control of a short form: a refusal is shown on the page of the case.
HERE = "_here"

#: Fields of which a short form may hold one, beside the comment: a yes or no, or some sentences.
SHORT = frozenset({Widget.YES_NO, Widget.CONFIRM, Widget.LONG_TEXT})


@dataclass(frozen=True, slots=True)
class Posted:
    """A step that was sent from the page of the case and refused."""

    step: str
    sent: Sent


@dataclass(frozen=True, slots=True)
class StepOffer:
    """A step that this person may take: a short form or the address of its page, or the checklist of what is missing.

    `fields` is empty for a step with a page of its own; such a step has a `preview` when it is a main one.
    """

    step: Transition
    url: str
    hindrances: Sequence[tuple[str, str]]  # sentence, address of what mends it (or nothing)
    main: bool  # its button is filled
    is_short: bool
    fields: Sequence[FormField]
    preview: PreviewText | None
    errors: Sequence[ErrorLink]
    takes_files: bool  # files may come with the comment, on the page of the step
    shown: str  # the note by which a short form says which values it shows

    @property
    def is_grave(self) -> bool:
        """Whether the step stands under "More actions"."""
        return self.step.weight == "grave"


def is_short(definition: Definition, step: Transition) -> bool:
    """Whether a step asks so little that it is taken on the page of the case: one field beside a comment at most."""
    asked = [name for name in step.asks if name != COMMENT.key]
    short = all(name in definition.fields and definition.fields[name].type.widget in SHORT for name in asked)
    return step.weight != "grave" and step.risk != "high" and len(asked) <= 1 and short


def offers_of(session: Session, view: CaseView, posted: Posted | None = None) -> list[StepOffer]:
    """Every step of this person here: main ones first, also with an open checklist; grave ones last."""
    found = [_offer(session, view, offered, posted) for offered in view.offered]
    return sorted(found, key=lambda each: (not each.main, bool(each.hindrances), each.is_grave))


def _offer(session: Session, view: CaseView, offered: OfferedStep, posted: Posted | None) -> StepOffer:
    step = offered.step
    sent = posted.sent if posted is not None and posted.step == step.key else None
    missing = hindrances(view, offered) if sent is None else []
    short = is_short(view.definition, step) and not missing
    main = leads_on(view.definition, step, view.case.state)
    return StepOffer(
        step=step,
        url=url_for("steps.take", reference=view.case.reference, step=step.key),
        hindrances=missing,
        main=main,
        is_short=short,
        fields=form_of(session, view, step, sent or Sent()).fields(step.asks) if short else (),
        preview=ahead(offered, view) if short or (main and not missing) else None,
        errors=_linked(step, errors_of(view, step, sent.refusal, sent)) if sent is not None else (),
        takes_files=short and attached_files.takes_files(view.definition, step),
        shown=shown_by(view, step.asks) if short else "",
    )


def _linked(step: Transition, errors: Sequence[ErrorLink]) -> list[ErrorLink]:
    """The errors of a short form, with links to its own fields: several on one page may ask for a comment."""
    own = {f"#f-{name}": f"#f-{step.key}-{name}" for name in step.asks}
    return [ErrorLink(each.text, own.get(each.href, each.href)) for each in errors]


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
    why: tuple[str, ...] = ()  # the facts that choose the state
    ways: tuple[tuple[str, str], ...] = ()  # condition and state, while the answers that choose are still to come


def ahead(offered: OfferedStep, view: CaseView) -> PreviewText:
    """The effects of an offered step."""
    preview, definition = offered.preview, view.definition
    target = definition.states[preview.target]
    deadline = preview.deadline
    missing = preview.votes_missing
    letters = [*preview.told, *(preview.carried.told if preview.carried else ())]
    choice = preview.choice
    ways = describe_ways(definition, offered.step, translator()) if choice is not None and choice.open else ()
    found = choice.found.items() if choice is not None and not ways else ()
    judged = [JudgedFact(key, each.holds, each.values) for key, each in found]
    return PreviewText(
        why=tuple(describe_choice(judged, definition, translator())),
        ways=tuple(ways),
        state=said(target.label),
        desk=role_name(preview.owner) if preview.owner else "",
        stays=preview.target == view.case.state,
        due_at=deadline.due_at,
        rule=_rule(definition, deadline),
        opens=said(preview.opens.label) if preview.opens else "",
        letters=tuple(LetterPreview(role_name(told.role), _readers(offered, definition, told)) for told in letters),
        votes=_("still needed after yours: %(number)s", number=missing) if missing else "",
        carried=said(preview.carried.state) if preview.carried else "",
    )


def _rule(definition: Definition, deadline: Plan) -> str:
    """The rule behind the due date; a clock over several states is called by its name."""
    why = deadline.governing
    if why is None:
        return said(definition.fields[deadline.on].label) if deadline.on else ""
    text = describe_rule(why, translator())
    return f"{said(definition.clocks[deadline.due_of].label)}: {text}" if deadline.due_of else text


def _readers(offered: OfferedStep, definition: Definition, told: PreviewedLetter) -> tuple[str, ...]:
    """The readers of a letter; an expert who is being chosen on this very page has no name yet."""
    chosen = any(
        definition.fields[name].type.party == "expert" for name in offered.step.asks if name in definition.fields
    )
    return (_("whom you choose below"),) if chosen and told.role == "expert" else told.names
