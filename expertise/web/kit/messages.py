"""Refusals and problems as sentences: every code has one, in every language of the house."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask_babel import gettext as _

from expertise.cases.actions.assign import NotInYourHands, Taken
from expertise.cases.actions.correct import AnotherProposed, NothingToCorrect
from expertise.cases.actions.undo import NotUndoable
from expertise.web.kit.i18n import day, moment, said
from workflows.definition import Definition, Field
from workflows.fields.types import COMMENT
from workflows.refusals import (
    AlreadyVoted,
    FourEyes,
    Invalid,
    KeyReused,
    Missing,
    NotExtendable,
    NotFound,
    NotReady,
    Problem,
    Refusal,
    Stale,
    UnknownStep,
    WrongRole,
    WrongState,
)
from workflows.roles import ROLE_LABELS


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a checklist or error summary. `field` is what would mend it, when that is on the page."""

    text: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Dressed:
    """A refusal as a page says it, with the HTTP status that goes with it."""

    status: int
    items: tuple[Item, ...]


#: Code → its sentence. Parameters fill the placeholders; `label` is the name of the field.
PROBLEMS: Mapping[str, Callable[..., str]] = {
    "bad_date": lambda **_p: _("Write the date as dd.mm.yyyy."),
    "bad_email": lambda **_p: _("This is not an e-mail address."),
    "bad_phone": lambda **_p: _("Write the telephone number with digits, for example +7 7242 00 00 00."),
    "beyond_latest": lambda **_p: _("The latest useful day of the case does not allow it."),
    "broken_character": lambda **_p: _("There is a broken character in the text. Type it anew."),
    "control_character": lambda **_p: _("There is an invisible control character in the text. Type it anew."),
    "date_too_late": lambda **p: _("The latest possible date is %(day)s.", day=day(p["latest"])),
    "direction_character": lambda **_p: _("There is an invisible character that turns the writing direction."),
    "file_bomb": lambda **_p: _("The file unpacks to far more than its size. Save it anew and try again."),
    "file_content": lambda **_p: _("What is in the file is not what the ending of its name says."),
    "file_damaged": lambda **_p: _("The file is damaged or incomplete. Save it anew and try again."),
    "file_empty": lambda **_p: _("The file is empty."),
    "file_hidden": lambda **_p: _("Another file is hidden in this one. Send it without attachments inside."),
    "file_locked": lambda **_p: _("The file is protected by a password. Send it without one."),
    "file_macros": lambda **_p: _("The file holds macros or programs. Save it without them, as docx or xlsx."),
    "file_too_large": lambda **p: _("A file may have at most %(limit)s MB.", limit=p["max"]),
    "file_type": lambda **_p: _("Files of this kind are not taken. The hint above names those that are."),
    "impossible_date": lambda **_p: _("There is no such day in the calendar."),
    "needed": lambda **_p: _("Fill this in."),
    "negative": lambda **_p: _("The amount cannot be below zero."),
    "not_a_number": lambda **_p: _("Write a number with digits."),
    "not_an_amount": lambda **_p: _("Write the amount with digits, for example 26 600 000,00."),
    "not_later": lambda **_p: _("The new date must be later than the present one."),
    "not_whole": lambda **_p: _("Write a whole number."),
    "not_yes_or_no": lambda **_p: _("Answer yes or no."),
    "one_line": lambda **_p: _("Write this in one line."),
    "one_of_two": lambda **_p: _("Give either the days or the date, not both."),
    "piled_marks": lambda **_p: _("Too many marks stand on one letter. Type it anew."),
    "still_past": lambda **_p: _("The new date would already be over. Grant more days."),
    "too_large": lambda **p: _("The largest possible value is %(max)s.", max=p["max"]),
    "too_long": lambda **p: _("The text is too long: at most %(max)s characters.", max=p["max"]),
    "too_many_decimals": lambda **p: _("At most %(max)s digits after the comma.", max=p["max"]),
    "too_many_rows": lambda **p: _("Too many lines: at most %(max)s.", max=p["max"]),
    "too_short": lambda **p: _("The text is too short: at least %(min)s characters.", min=p["min"]),
    "too_small": lambda **p: _("The smallest possible value is %(min)s.", min=p["min"]),
    "unknown_choice": lambda **_p: _("Choose one of the answers in the list."),
    "unknown_column": lambda **_p: _("The table has no such column."),
    "unknown_currency": lambda **_p: _("Choose a currency from the list."),
    "unknown_expert": lambda **_p: _("This expert cannot be chosen. Choose one from the list."),
    "unknown_field": lambda **_p: _("This cannot be changed here."),
    "unknown_file": lambda **_p: _("The file did not arrive. Choose it once more."),
    "unknown_lender": lambda **_p: _("Choose a lender from the list."),
    "unknown_region": lambda **_p: _("Choose a region from the list."),
    "unknown_topic": lambda **_p: _("Choose a topic from the list."),
    "wrong_type": lambda **_p: _("This answer has the wrong form."),
    "year_out_of_range": lambda **p: _("Give a year from %(min)s to %(max)s.", min=p["min"], max=p["max"]),
}

#: Predicate of a fact about parts → what is missing; `part` is the name of the part's panel.
PREDICATES: Mapping[str, Callable[[str], str]] = {
    "some": lambda part: _("“%(part)s”: there is none yet", part=part),
    "one_succeeded": lambda part: _("“%(part)s”: none has been completed yet", part=part),
    "all_succeeded": lambda part: _("“%(part)s”: not all have been completed", part=part),
    "all_ended": lambda part: _("“%(part)s”: not all have come to an end", part=part),
    "none_open": lambda part: _("“%(part)s”: one is still open", part=part),
}


def dress_problem(problem: Problem, declared: Field | None = None) -> str:
    """What is wrong with a value; inside a table the sentence begins with line and column."""
    parameters = dict(problem.parameters)
    sentence = PROBLEMS[problem.code](**parameters)
    if "row" not in parameters:
        return sentence
    where = _("Line %(number)s", number=parameters["row"])
    column = (declared.columns or {}).get(str(parameters.get("column"))) if declared is not None else None
    return f"{where}, {said(column.label)}: {sentence}" if column is not None else f"{where}: {sentence}"


def role_name(role: str) -> str:
    """What a role is called."""
    return said(ROLE_LABELS[role])


def field_name(definition: Definition, name: str) -> str:
    """What a field is called; a name that nobody declared stands for itself."""
    if name == COMMENT.key:
        return _("Comment")
    declared = definition.fields.get(name)
    return said(declared.label) if declared is not None else name


def dress(refusal: Refusal, definition: Definition) -> Dressed:
    """Why not, for a person: status and checklist."""
    status, say = _REFUSALS[type(refusal)]
    return Dressed(status, tuple(say(refusal, definition)))


def _missing(definition: Definition, missing: Missing) -> Item:
    if missing.kind == "field":
        return Item(_("Fill in “%(field)s”", field=field_name(definition, missing.name)), missing.name)
    if missing.kind == "answer":
        return Item(_("“%(field)s” is needed here", field=field_name(definition, missing.name)), missing.name)
    words = missing.name.split(".")
    part = definition.parts.get(words[1]) if len(words) == 3 else None
    if part is None or words[2] not in PREDICATES:
        return Item(_("A condition is not met: %(name)s", name=missing.name))
    detail = f" ({', '.join(missing.detail)})" if missing.detail else ""
    return Item(PREDICATES[words[2]](said(part.label)) + detail)


def _not_ready(refusal: NotReady, definition: Definition) -> list[Item]:
    return [_missing(definition, missing) for missing in refusal.missing]


def _invalid(refusal: Invalid, definition: Definition) -> list[Item]:
    return [
        Item(f"{field_name(definition, name)}: {dress_problem(problem, definition.fields.get(name))}", name)
        for name, problems in refusal.errors
        for problem in problems
    ]


def _stale(refusal: Stale, _definition: Definition) -> list[Item]:
    if refusal.moved_at is None:
        return [Item(_("Somebody else has changed this case since you opened the page."))]
    at = moment(refusal.moved_at)
    return [Item(_("Somebody else has changed this case since you opened the page. Time of the change: %(at)s", at=at))]


def _four_eyes(refusal: FourEyes, _definition: Definition) -> list[Item]:
    role = role_name(refusal.role)
    return [Item(_("Four eyes: you have already acted in this case as: %(role)s", role=role))]


def _wrong_role(refusal: WrongRole, _definition: Definition) -> list[Item]:
    roles = ", ".join(role_name(role) for role in refusal.roles)
    return [Item(_("This step is taken by somebody else. Role: %(roles)s", roles=roles))]


def _wrong_state(refusal: WrongState, definition: Definition) -> list[Item]:
    state = definition.states.get(refusal.state)
    name = said(state.label) if state is not None else refusal.state
    return [Item(_("This step is not possible now. State of the case: %(state)s", state=name))]


def _not_extendable(refusal: NotExtendable, _definition: Definition) -> list[Item]:
    if not refusal.times:
        return [Item(_("This deadline cannot be extended."))]
    return [Item(_("This deadline has been extended as often as is allowed: %(times)s.", times=refusal.times))]


def _voted(refusal: AlreadyVoted, _definition: Definition) -> list[Item]:
    return [
        Item(_("You have given your voice already.")),
        Item(_("Voices given so far: %(given)s of %(quorum)s", given=refusal.given, quorum=refusal.quorum)),
    ]


#: Why a step cannot be taken back.
_UNDONE: Mapping[str, Callable[[], str]] = {
    "nothing": lambda: _("There is nothing to take back any more: the case has gone on."),
    "another": lambda: _("Another person took the last step; only they can take it back."),
    "late": lambda: _("The time to take this step back is over."),
    "whole": lambda: _("The request itself has gone on after this step."),
}

#: Kind of refusal → its HTTP status and what it says.
_REFUSALS: Mapping[type[Refusal], tuple[int, Callable[..., list[Item]]]] = {
    NotReady: (422, _not_ready),
    Invalid: (422, _invalid),
    Stale: (409, _stale),
    WrongState: (409, _wrong_state),
    AlreadyVoted: (409, _voted),
    FourEyes: (403, _four_eyes),
    NotExtendable: (409, _not_extendable),
    WrongRole: (403, _wrong_role),
    UnknownStep: (404, lambda _r, _d: [Item(_("There is no such step."))]),
    NotFound: (404, lambda _r, _d: [Item(_("There is no such case."))]),
    Taken: (409, lambda r, _d: [Item(_("The case is in other hands already: %(name)s", name=r.by or _("nobody yet")))]),
    NothingToCorrect: (409, lambda _r, _d: [Item(_("There is nothing to put right any more: the case has gone on."))]),
    AnotherProposed: (409, lambda _r, _d: [Item(_("Another correction of this case waits for a second person."))]),
    NotUndoable: (409, lambda r, _d: [Item(_UNDONE[r.why]())]),
    NotInYourHands: (403, lambda _r, _d: [Item(_("Only who has the case in hand can do that."))]),
    KeyReused: (
        422,
        lambda _r, _d: [Item(_("This form was sent before with other content. Check it and send it again."))],
    ),
}
