"""Refusals and problems as sentences: every code has one, in every language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from expertise.text.branches import with_sides
from expertise.text.catalogues import N_
from expertise.text.translator import Translator, day, moment
from workflows.definition import Definition, Field, Text
from workflows.fields.types import COMMENT
from workflows.refusals import (
    AlreadyVoted,
    FourEyes,
    Invalid,
    Missing,
    NotExtendable,
    NotReady,
    Problem,
    Refusal,
    Stale,
    WrongRole,
    WrongState,
)


@dataclass(frozen=True, slots=True)
class ChecklistItem:
    """One line of a checklist or error summary. `field` is the key of the field that mends it, if there is one."""

    text: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class RefusalText:
    """A refusal in one language. `status` is the HTTP status of the answer, the same in every interface."""

    status: int
    items: tuple[ChecklistItem, ...]


#: Code of a problem → its sentence. The parameters of the problem fill the placeholders.
PROBLEMS: Mapping[str, str] = {
    "bad_date": N_("Write the date as dd.mm.yyyy."),
    "bad_email": N_("This is not an e-mail address."),
    "bad_moment": N_("Write day and time like 31.10.2026 and 17:05."),
    "bad_place": N_(
        "The code of a place (KATO) has nine digits, for example 431010000. Leave it out if you do not know it."
    ),
    "bad_phone": N_(
        "Write one telephone number with digits, for example +7 7242 00 00 00 or +7 7242 00 00 00 доб. 12."
    ),
    "beyond_latest": N_("The latest useful day of the case does not allow it."),
    "broken_character": N_("There is a broken character in the text. Type it anew."),
    "control_character": N_("There is an invisible control character in the text. Type it anew."),
    "date_too_early": N_("The earliest possible date is %(earliest)s."),
    "date_too_late": N_("The latest possible date is %(latest)s."),
    "direction_character": N_("There is an invisible character that turns the writing direction."),
    "ended_case": N_("This case has come to an end. Choose one that goes on."),
    "file_bomb": N_("The file unpacks to far more than its size. Save it anew and try again."),
    "file_content": N_("What is in the file is not what the ending of its name says."),
    "file_damaged": N_("The file is damaged or incomplete. Save it anew and try again."),
    "file_empty": N_("The file is empty."),
    "file_hidden": N_("Another file is hidden in this one. Send it without attachments inside."),
    "file_locked": N_("The file is protected by a password. Send it without one."),
    "file_macros": N_(
        "The file holds macros or programs. Save it without them: as docx, as xlsx or as a newly printed PDF."
    ),
    "file_quota": N_(
        "One person may send at most %(max)s MB of files a day, and today you have. Send this one tomorrow."
    ),
    "file_too_large": N_("A file may have at most %(max)s MB."),
    "file_type": N_(
        "Files of this kind are not taken, only PDF, Word, Excel, PowerPoint, OpenDocument, JPEG, PNG, text and CSV."
    ),
    "foreign_region": N_("You do not file cases for this region. Choose your own one from the list."),
    "file_unchecked": N_("The file could not be checked for viruses just now. It was not taken; send it again later."),
    "file_virus": N_("A virus was found in the file. It was not taken; have the computer it comes from checked."),
    "half_a_moment": N_("Give both, the day and the time, for example 31.10.2026 and 17:05."),
    "impossible_date": N_("There is no such day in the calendar."),
    "in_the_future": N_("This day is still to come. Give the day on which it happened."),
    "in_the_past": N_("This day is over. Give today or a later day."),
    "mention_ambiguous": N_("“@%(name)s” may be several people. Write the full name, or choose one in the list."),
    "mention_not_team": N_("“@%(name)s” is not of the team and would not see this note. Leave the name out."),
    "mention_unknown": N_(
        "“@%(name)s”: nobody with this name takes part here. Choose a colleague in the list, or write without “@”."
    ),
    "mention_unseen": N_("Somebody whom you chose does not see this. Choose again in the list."),
    "needed": N_("Fill this in."),
    "negative": N_("The amount cannot be below zero."),
    "not_a_decimal": N_("Write a number with digits, for example 1 234,5."),
    "not_a_number": N_("Write a number with digits."),
    "not_an_amount": N_("Write the amount with digits, for example 26 600 000,00."),
    "not_later": N_("The new date must be later than the present one."),
    "not_positive": N_("Give an amount above zero."),
    "not_whole": N_("Write a whole number."),
    "not_yes_or_no": N_("Answer yes or no."),
    "one_line": N_("Write this in one line."),
    "one_of_two": N_("Give either the days or the date, not both."),
    "own_case": N_("This is the case itself. Choose another one."),
    "other_currency": N_("“%(sign)s” is another currency than the chosen one. Choose the right one in the list."),
    "other_unit": N_(
        "“%(sign)s” is another unit than the one wanted here. Convert the number, and write it without a unit."
    ),
    "piled_marks": N_("Too many marks stand on one letter. Type it anew."),
    "still_past": N_("The new date would already be over. Grant more days."),
    "too_few_choices": N_("Too few are ticked: at least %(min)s."),
    "too_few_rows": N_("Too few lines: at least %(min)s."),
    "too_large": N_("The largest possible value is %(max)s."),
    "too_long": N_("The text is too long: at most %(max)s characters."),
    "too_many_choices": N_("Too many are ticked: at most %(max)s."),
    "too_many_decimals": N_(
        "At most %(max)s digits after the comma. Part thousands by spaces, for example 1 234 567,89."
    ),
    "too_many_files": N_("One comment takes at most %(max)s files. Send this one with another comment."),
    "too_many_mentions": N_("One comment can mention at most %(max)s people."),
    "too_many_rows": N_("Too many lines: at most %(max)s."),
    "too_short": N_("The text is too short: at least %(min)s characters."),
    "too_small": N_("The smallest possible value is %(min)s."),
    "unknown_case": N_("There is no such case here. Choose one from the list."),
    "unknown_choice": N_("Choose one of the answers in the list."),
    "unknown_column": N_("The table has no such column."),
    "unknown_currency": N_("Choose a currency from the list."),
    "unknown_expert": N_("This expert cannot be chosen. Choose one from the list."),
    "unknown_field": N_("This cannot be changed here."),
    "unknown_file": N_("The file did not arrive. Choose it once more."),
    "unknown_lender": N_("Choose a lender from the list."),
    "unknown_organisation": N_("Choose an organisation from the list."),
    "unknown_person": N_("This person cannot be chosen. Choose one from the list."),
    "unknown_place": N_(
        "There is no region with the first two digits of this code. Compare it with the classifier (KATO)."
    ),
    "unknown_region": N_("Choose a region from the list."),
    "unknown_time_unit": N_("Choose the unit: working days or hours."),
    "unknown_topic": N_("Choose a topic from the list."),
    "wrong_type": N_("This answer has the wrong form."),
    "year_out_of_range": N_("Give a year from %(min)s to %(max)s."),
}

#: How far a text is beyond its limit, behind the sentence that says so.
TOO_MANY = N_("Characters too many: %(over)s.")

#: Predicate of a fact about parts → the sentence for a case where it does not hold; `part` is the name of the panel.
PREDICATES: Mapping[str, str] = {
    "some": N_("“%(part)s”: there is none yet"),
    "one_succeeded": N_("“%(part)s”: none has been completed yet"),
    "all_succeeded": N_("“%(part)s”: not all have been completed"),
    "all_ended": N_("“%(part)s”: not all have come to an end"),
    "none_open": N_("“%(part)s”: one is still open"),
}

#: Reason for which a step cannot be taken back → its sentence.
NOT_UNDOABLE: Mapping[str, str] = {
    "nothing": N_("There is nothing to take back: the case has gone on since your last step, or there was none."),
    "another": N_("Another person took the last step; only they can take it back."),
    "late": N_("The time to take this step back is over."),
    "whole": N_("The request itself has gone on after this step."),
}


def describe_problem(problem: Problem, translator: Translator, declared: Field | None = None) -> str:
    """The sentence for a problem with a value; inside a table it begins with line and column."""
    parameters = dict(problem.parameters)
    sentence = sentence_of(PROBLEMS[problem.code], parameters, translator)
    if "over" in parameters:
        sentence = f"{sentence} {sentence_of(TOO_MANY, parameters, translator)}"
    if "row" not in parameters:
        return sentence
    where = translator.gettext("Line %(number)s", number=parameters["row"])
    column = (declared.columns or {}).get(str(parameters.get("column"))) if declared is not None else None
    return f"{where}, {translator.text(column.label)}: {sentence}" if column is not None else f"{where}: {sentence}"


def sentence_of(message: str, parameters: Mapping[str, Any], translator: Translator) -> str:
    """A sentence of a table of problems, filled in; the parameters `earliest` and `latest` are stored dates."""
    values = {name: day(value) if name in ("earliest", "latest") else value for name, value in parameters.items()}
    large = {name: translator.number(value) for name, value in values.items() if type(value) is int and value > 9_999}
    return translator.gettext(message, **values | large)


def field_name(definition: Definition, name: str, translator: Translator) -> str:
    """The label of a field; a name that is not declared stands for itself."""
    if name == COMMENT.key:
        return translator.gettext("Comment")
    declared = definition.fields.get(name)
    return translator.text(declared.label) if declared is not None else name


def describe(refusal: Refusal, definition: Definition, translator: Translator) -> RefusalText:
    """Status and checklist of a refusal. Raises KeyError for a code without words."""
    status, write = _REFUSALS[refusal.code]
    return RefusalText(status, tuple(write(refusal, definition, translator)))


def _missing(definition: Definition, missing: Missing, translator: Translator) -> ChecklistItem:
    if missing.kind in ("field", "answer"):
        sentence = N_("Fill in “%(field)s”") if missing.kind == "field" else N_("“%(field)s” is needed here")
        label = field_name(definition, missing.name, translator)
        return ChecklistItem(translator.gettext(sentence, field=label), missing.name)
    fact = definition.facts.get(missing.name)
    if fact is not None:
        return ChecklistItem(_fact(fact.label, missing, translator), next(iter(sorted(fact.named)), None))
    if missing.label is not None:
        return ChecklistItem(_fact(missing.label, missing, translator))
    words = missing.name.split(".")
    part = definition.parts.get(words[1]) if len(words) == 3 else None
    if part is None or words[2] not in PREDICATES:
        return ChecklistItem(translator.gettext("A condition is not met: %(name)s", name=missing.name))
    detail = f" ({', '.join(missing.detail)})" if missing.detail else ""
    return ChecklistItem(translator.gettext(PREDICATES[words[2]], part=translator.text(part.label)) + detail)


def _fact(fact: Text, missing: Missing, translator: Translator) -> str:
    """The condition that must hold, in the words of the definition, and both sides of a comparison as they are."""
    return with_sides(translator.text(fact), missing.values, translator)


def _not_ready(refusal: NotReady, definition: Definition, translator: Translator) -> list[ChecklistItem]:
    return [_missing(definition, missing, translator) for missing in refusal.missing]


def _invalid(refusal: Invalid, definition: Definition, translator: Translator) -> list[ChecklistItem]:
    return [
        ChecklistItem(
            f"{field_name(definition, name, translator)}: "
            f"{describe_problem(problem, translator, definition.fields.get(name))}",
            name,
        )
        for name, problems in refusal.errors
        for problem in problems
    ]


def _stale(refusal: Stale, definition: Definition, translator: Translator) -> list[ChecklistItem]:
    sentence = N_("Somebody else has changed this case since you opened the page.")
    if refusal.own:
        sentence = N_("You have changed this case yourself since you opened this page, in another window.")
    elif refusal.moved_at is not None:
        sentence = N_("Somebody else has changed this case since you opened the page. Time of the change: %(at)s")
    twice = N_("“%(field)s” was changed in two places. Compare the two, correct yours and save again.")
    return [
        ChecklistItem(translator.gettext(sentence, at=moment(refusal.moved_at))),
        *(
            ChecklistItem(translator.gettext(twice, field=field_name(definition, name, translator)), name)
            for name in refusal.fields
        ),
    ]


def _four_eyes(refusal: FourEyes, _definition: Definition, translator: Translator) -> list[ChecklistItem]:
    role = translator.role(refusal.role)
    return [
        ChecklistItem(
            translator.gettext(
                "Four eyes: another person must take this step, as you have already acted in this case as %(role)s.",
                role=role,
            )
        )
    ]


def _wrong_role(refusal: WrongRole, _definition: Definition, translator: Translator) -> list[ChecklistItem]:
    sentence = N_("This step is taken by somebody else. Role: %(roles)s.")
    return [ChecklistItem(translator.gettext(sentence, roles=translator.roles(refusal.roles)))]


def _wrong_state(refusal: WrongState, definition: Definition, translator: Translator) -> list[ChecklistItem]:
    state = definition.states.get(refusal.state)
    name = translator.text(state.label) if state is not None else refusal.state
    return [
        ChecklistItem(translator.gettext("This step is not possible now. State of the case: %(state)s", state=name))
    ]


def _not_extendable(refusal: NotExtendable, _definition: Definition, translator: Translator) -> list[ChecklistItem]:
    if not refusal.times:
        return [ChecklistItem(translator.gettext("This deadline cannot be extended."))]
    sentence = N_("This deadline has been extended as often as is allowed: %(times)s.")
    return [ChecklistItem(translator.gettext(sentence, times=refusal.times))]


def _voted(refusal: AlreadyVoted, _definition: Definition, translator: Translator) -> list[ChecklistItem]:
    votes = translator.gettext("Votes cast so far: %(given)s of %(quorum)s", given=refusal.given, quorum=refusal.quorum)
    return [ChecklistItem(translator.gettext("You have voted already.")), ChecklistItem(votes)]


def _taken(refusal: Any, _definition: Definition, translator: Translator) -> list[ChecklistItem]:
    name = refusal.by or translator.gettext("unassigned")
    sentence = N_("The case is assigned to somebody else already: %(name)s")
    return [ChecklistItem(translator.gettext(sentence, name=name))]


def _just_said(refusal: Any, _definition: Definition, translator: Translator) -> list[ChecklistItem]:
    sentence = N_("You have just sent this: %(at)s. Send it again only if it is meant to stand here twice.")
    return [ChecklistItem(translator.gettext(sentence, at=moment(refusal.at)), COMMENT.key)]


def _just_opened(refusal: Any, _definition: Definition, translator: Translator) -> list[ChecklistItem]:
    sentence = N_("You have just done this: %(reference)s, %(at)s. Confirm it only if it is meant to stand here twice.")
    return [ChecklistItem(translator.gettext(sentence, reference=refusal.reference, at=moment(refusal.at)))]


def _not_undoable(refusal: Any, _definition: Definition, translator: Translator) -> list[ChecklistItem]:
    return [ChecklistItem(translator.gettext(NOT_UNDOABLE[refusal.why]))]


Writer = Callable[[Any, Definition, Translator], Iterable[ChecklistItem]]


def _always(sentence: str) -> Writer:
    """For a refusal that has no parameters."""
    return lambda _refusal, _definition, translator: [ChecklistItem(translator.gettext(sentence))]


#: Code of a refusal → its HTTP status and the function that writes its checklist. By code and not by class,
#: because some refusals are declared above this package, beside the action that gives them.
_REFUSALS: Mapping[str, tuple[int, Writer]] = {
    "not_ready": (422, _not_ready),
    "invalid": (422, _invalid),
    "stale": (409, _stale),
    "wrong_state": (409, _wrong_state),
    "already_voted": (409, _voted),
    "four_eyes": (403, _four_eyes),
    "not_extendable": (409, _not_extendable),
    "wrong_role": (403, _wrong_role),
    "unknown_step": (404, _always(N_("There is no such step."))),
    "not_found": (404, _always(N_("There is no such case."))),
    "taken": (409, _taken),
    "nothing_to_correct": (409, _always(N_("There is nothing to correct any more: the case has moved on."))),
    "another_proposed": (409, _always(N_("Another correction of this case waits for a second person."))),
    "just_said": (409, _just_said),
    "just_opened": (409, _just_opened),
    "not_undoable": (409, _not_undoable),
    "not_in_your_hands": (403, _always(N_("Only the person to whom the case is assigned can do that."))),
    "out_of_service": (
        503,
        _always(
            N_(
                "This kind of case is out of service for now: its description has a fault. Nothing can be decided here "
                "until an administrator has mended it."
            )
        ),
    ),
    "key_reused": (422, _always(N_("This form was sent before with other content. Check it and send it again."))),
}
