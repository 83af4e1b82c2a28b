"""Differences between two versions of a process in words, for the page of publication and for commands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from expertise.text.catalogues import N_
from expertise.text.translator import Translator
from workflows.definition import Budget, DayUnit, Definition, Extension, Rung, Text
from workflows.difference import Difference, compare
from workflows.field import FieldType
from workflows.roles import ROLE_LABELS, GrantScope

_PLACES: Mapping[str, str] = {
    "workflow": N_("Process"),
    "field": N_("Field “%(label)s”"),
    "state": N_("State “%(label)s”"),
    "transition": N_("Step “%(label)s”"),
    "part": N_("Part “%(label)s”"),
    "clock": N_("Deadline “%(label)s”"),
    "group": N_("Group “%(label)s”"),
    "phase": N_("Phase “%(label)s”"),
    "fact": N_("Condition “%(label)s”"),
    "role": N_("Role “%(label)s”"),
}
#: Key of the file → how people call it. A key without a line here stands as it is written.
_WORDS: Mapping[str, str] = {
    "escalate": N_("escalations"),
    "remind": N_("reminders"),
    "then": N_("step when the time is over"),
    "within": N_("time to act"),
    "starts": N_("begins in"),
    "stops": N_("stops in"),
    "pauses_in": N_("stands still in"),
    "asks": N_("asks for"),
    "by": N_("who takes it"),
    "calendar": N_("calendar"),
    "carries": N_("step of the parent that it takes along"),
    "clears": N_("fields that it empties"),
    "clock": N_("time stands still"),
    "columns": N_("columns"),
    "corrected_by": N_("who confirms a correction"),
    "deadline.escalate": N_("escalations"),
    "deadline.extend": N_("more time"),
    "deadline.not_after": N_("latest day"),
    "deadline.on": N_("field with its day"),
    "deadline.remind": N_("reminders"),
    "deadline.then": N_("step when the time is over"),
    "deadline.within": N_("time to act"),
    "edit": N_("who changes which fields"),
    "fields": N_("fields"),
    "final": N_("end"),
    "from": N_("from"),
    "hint": N_("help"),
    "initial": N_("first state"),
    "label": N_("name"),
    "max": N_("most"),
    "min": N_("least"),
    "needs": N_("conditions"),
    "not_by": N_("four eyes: not by"),
    "opened_by": N_("who opens a case"),
    "opens": N_("part that it opens"),
    "options": N_("choices"),
    "personal": N_("personal data"),
    "phase": N_("phase"),
    "public": N_("shown to the public"),
    "quorum": N_("how many persons"),
    "requires": N_("fields that must be filled"),
    "scope": N_("for which regions it is granted"),
    "sealed": N_("hidden from the requester"),
    "takes": N_("fields taken from the parent"),
    "tells": N_("letters"),
    "title": N_("name"),
    "to": N_("leads to"),
    "type": N_("type"),
    "with": N_("who must act"),
}
_SCOPES: Mapping[GrantScope, str] = {
    GrantScope.ANY: N_("a region or the whole country"),
    GrantScope.REGION: N_("a region"),
    GrantScope.COUNTRY: N_("the whole country"),
}
_TIMES: Mapping[str, str] = {"before": N_("%(days)s before"), "on": N_("on the day"), "after": N_("%(days)s after")}


def sentences(before: Definition, after: Definition, translator: Translator) -> list[str]:
    """Return a sentence for each difference; none for two definitions that say the same."""
    names = _names(before) | _names(after)
    return [_sentence(each, names, translator) for each in compare(before, after)]


def _sentence(found: Difference, names: Mapping[str, Text], translator: Translator) -> str:
    place = translator.gettext(_PLACES[found.place], label=translator.text(found.label))
    if found.word == "added":
        return translator.gettext(N_("%(place)s: new"), place=place)
    if found.word == "removed":
        return translator.gettext(N_("%(place)s: taken away"), place=place)
    word = translator.gettext(_WORDS[found.word]) if found.word in _WORDS else found.word
    before, after = (_value(value, names, translator) for value in (found.before, found.after))
    return f"{place}: {word}: {before} → {after}"


def _names(definition: Definition) -> dict[str, Text]:
    """Return key → label of what a value may name. A state wins over a step, and a step over a field of that key."""
    found = {key: each.label for key, each in definition.roles.items()}
    found |= {key: each.label for key, each in definition.fields.items()}
    found |= {key: each.label for key, each in definition.transitions.items()}
    return found | {key: each.label for key, each in definition.states.items()} | dict(definition.phases)


def _value(value: Any, names: Mapping[str, Text], translator: Translator) -> str:
    if value is None or value in ((), {}):
        return "–"
    match value:
        case bool():
            said = translator.gettext(N_("yes") if value else N_("no"))
        case Mapping():
            said = _mapping(value, names, translator)
        case tuple():
            said = ", ".join(_value(each, names, translator) for each in value)
        case Budget():
            said = budget(value, translator)
        case Rung():
            said = _rung(value, translator)
        case Extension():
            length, roles = budget(value.at_most, translator), translator.roles(value.by)
            said = translator.gettext(
                N_("%(times)d × %(days)s, by %(roles)s"), times=value.times, days=length, roles=roles
            )
        case _:
            said = _name(value, names, translator)
    return said


def _name(value: Any, names: Mapping[str, Text], translator: Translator) -> str:
    if isinstance(value, GrantScope):
        return translator.gettext(_SCOPES[value])
    if isinstance(value, str) and value in ROLE_LABELS:
        return translator.role(value)
    if isinstance(value, str) and value in names:
        return _quoted(translator.text(names[value]), translator)
    return str(value.key if isinstance(value, FieldType) else getattr(value, "key", value))


def _quoted(text: str, translator: Translator) -> str:
    return f"“{text}”" if translator.language == "en" else f"«{text}»"


def _mapping(value: Mapping[str, Any], names: Mapping[str, Text], translator: Translator) -> str:
    if value.keys() == {"kk", "ru", "en"}:
        return _quoted(translator.text(value), translator)
    return "; ".join(f"{_name(key, names, translator)}: {_value(one, names, translator)}" for key, one in value.items())


def _rung(rung: Rung, translator: Translator) -> str:
    said = translator.gettext(_TIMES[rung.when], days=budget(rung.offset, translator))
    return f"{said} ({translator.role(rung.to)})" if rung.when == "after" else said


def budget(value: Budget, translator: Translator) -> str:
    """Return an amount of time: `5 working days`."""
    if value.unit is DayUnit.WORKING_DAYS:
        return translator.ngettext("%(num)d working day", "%(num)d working days", value.amount)
    return translator.ngettext("%(num)d calendar day", "%(num)d calendar days", value.amount)
