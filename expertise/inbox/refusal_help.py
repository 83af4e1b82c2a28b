"""Why a word took no step, and what would: said so that one more reply, or one click, is enough."""

from __future__ import annotations

from collections.abc import Mapping

from expertise.cases.queries import CaseRow
from expertise.inbox.model import ReplyOutcome, line_prefix
from expertise.mail.inbound.commands import Command, CommandWord
from expertise.text.receipts import reason_of, say, together
from expertise.text.translator import in_every_language
from workflows.definition import Definition, Text, Transition
from workflows.refusals import FourEyes, NotReady, Refusal, Stale, WrongRole, WrongState

#: The word as it is shown where somebody is told what to write.
SHOWN: Mapping[CommandWord, Text] = {
    CommandWord.DONE: {"kk": "орындалды", "ru": "выполнено", "en": "done"},
    CommandWord.ACCEPT: {"kk": "қабылдаймын", "ru": "принять", "en": "accept"},
    CommandWord.STATUS: {"kk": "мәртебе", "ru": "статус", "en": "status"},
    CommandWord.STOP: {"kk": "тоқтату", "ru": "стоп", "en": "stop"},
    CommandWord.UNDO: {"kk": "күшін жою", "ru": "отменить", "en": "undo"},
    CommandWord.HELP: {"kk": "көмек", "ru": "помощь", "en": "help"},
}


def no_step(definition: Definition, case: CaseRow, roles: frozenset[str], command: Command) -> ReplyOutcome:
    """The word means no step of this person's where the case is."""
    here = definition.steps_from[case.state]
    mine = [step for step in here if not roles.isdisjoint(step.by)]
    others = next((step for step in here if step.mail == command.word.value), None)
    risky = next((step for step in mine if step.weight == "main" and step.risk == "high"), None)
    values = {
        "reference": case.reference,
        "state": definition.states[case.state].label,
        "call": line_prefix(command),
    }
    if risky is not None:
        return ReplyOutcome("receipted", say("risky", **values, step=risky.label), case.id, asks=True)
    if mine:
        steps = together([dict(step.label) for step in mine], ", ")
        return ReplyOutcome("receipted", say("on_the_page", **values, steps=steps), case.id, asks=True)
    if others is not None:
        why = reason_of(WrongRole(others.by), definition)
        refused = say("refused", reference=case.reference, step=others.label, why=why)
        return ReplyOutcome(
            "receipted", together([refused, say("write_to_them", call=line_prefix(command))], " "), case.id
        )
    return ReplyOutcome("receipted", say("nothing_yours", **values), case.id)


def why_not(refusal: Refusal, definition: Definition, step: Transition, case: CaseRow, command: Command) -> Text:
    """The desk has refused the step."""
    values: Mapping[str, object] = {
        "reference": case.reference,
        "step": step.label,
        "state": definition.states[case.state].label,
    }
    if isinstance(refusal, Stale | WrongState):
        return say("moved_on", **values)
    if isinstance(refusal, FourEyes):
        return say("refused", **values, why=reason_of(refusal, definition))
    if isinstance(refusal, NotReady):
        answers = [missing.name for missing in refusal.missing if missing.kind == "answer"]
        if answers:
            field = definition.fields.get(answers[0])
            label = field.label if field else in_every_language(lambda translator: translator.gettext("Comment"))
            code = "write_below" if command.number is None else "write_behind"
            return say(code, **values, field=label, call=line_prefix(command), word=SHOWN[command.word])
        return say("not_ready", **values, missing=reason_of(refusal, definition))
    return say("not_allowed", **values)
