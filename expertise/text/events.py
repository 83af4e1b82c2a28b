"""The events of a case's trail as sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from expertise.audit.act import Subject, act_of
from expertise.text.branches import JudgedFact, describe_choice
from expertise.text.catalogues import N_
from expertise.text.translator import Translator, moment
from expertise.text.values import DisplayedValue, ValueNames, display, display_file
from workflows.decision import is_empty
from workflows.definition import Definition
from workflows.fields.types import COMMENT
from workflows.roles import ROLE_LABELS

#: Source of an act → the way by which the actor came, when not by signing in.
CHANNELS: Mapping[str, str] = {"signed": N_("on the page of a letter"), "mail": N_("by mail")}
_ENTERED = N_("in Komek")
#: Actors that are machines and hold no role → what they are called.
_MACHINES: Mapping[str, str] = {
    "calendar": N_("the calendar"),
    "import": N_("import from another register"),
    "migration": N_("the administrators"),
}
#: Source of an answer to a question → the key in CHANNELS, where it is another one.
_ANSWER_SOURCES = {"form": "signed"}


class RecordedEvent(Protocol):
    """An event with the private values that its reader may see. `act` is `source:subject:action`."""

    @property
    def sequence(self) -> int: ...  # noqa: D102 the docstring of the protocol says it

    @property
    def at(self) -> datetime: ...  # noqa: D102

    @property
    def act(self) -> str: ...  # noqa: D102

    @property
    def actor(self) -> str: ...  # noqa: D102 a name, or the key of a machine

    @property
    def machine(self) -> bool: ...  # noqa: D102

    @property
    def role(self) -> str: ...  # noqa: D102

    @property
    def instead_of(self) -> str: ...  # noqa: D102 the name of the absent person

    @property
    def from_state(self) -> str | None: ...  # noqa: D102

    @property
    def to_state(self) -> str: ...  # noqa: D102

    @property
    def values(self) -> Mapping[str, Any]: ...  # noqa: D102

    @property
    def comment(self) -> str: ...  # noqa: D102

    @property
    def note(self) -> str: ...  # noqa: D102 the text of an internal note, empty for none

    @property
    def mentions(self) -> Iterable[str]: ...  # noqa: D102 keys of people

    @property
    def reason(self) -> str: ...  # noqa: D102

    @property
    def assignee(self) -> str: ...  # noqa: D102 key of a person, empty for nobody

    @property
    def delegate(self) -> str: ...  # noqa: D102

    @property
    def corrects(self) -> int: ...  # noqa: D102 sequence of the event that it corrects, or 0


@dataclass(frozen=True, slots=True)
class EventText:
    """One event of the trail in one language."""

    sequence: int
    at: datetime
    actor: str
    role: str
    channel: str  # of CHANNELS; empty for somebody who has signed in
    action: str
    state: str  # the state it led to; empty when the state stayed
    comment: str  # or the text of an internal note
    quoted: str  # the quotation of a mail
    files: tuple[DisplayedValue, ...]  # that came with it
    internal: bool  # a note of the team
    mentioned: tuple[str, ...]  # names
    reason: str  # of an assignment, for the team
    changes: tuple[DisplayedValue, ...]
    corrects: int  # sequence of the event that this one corrects, or 0


def describe_event(event: RecordedEvent, definition: Definition, names: ValueNames) -> EventText:
    """One event in the language of `names`."""
    translator = names.translator
    moved = event.from_state != event.to_state and event.to_state in definition.states
    channel = CHANNELS.get(act_of(event.act).source)
    return EventText(
        sequence=event.sequence,
        at=event.at,
        actor=_actor(event, translator),
        role="" if event.machine or event.role not in ROLE_LABELS else _role(event, translator),
        channel=translator.gettext(channel) if channel is not None else "",
        action=_assignment(event, names) or describe_act(event.act, definition, translator),
        state=translator.text(definition.states[event.to_state].label) if moved else "",
        comment=event.comment or event.note,
        quoted=str(event.values.get("quoted") or ""),
        files=tuple(display_file(key, names) for key in _attached(event) if key in names.files),
        internal=act_of(event.act).subject == Subject.NOTE,
        mentioned=tuple(names.people[key] for key in event.mentions if key in names.people),
        reason=event.reason,
        changes=tuple(_changes(event, definition, names)),
        corrects=event.corrects,
    )


def _attached(event: RecordedEvent) -> Iterable[str]:
    """Return the keys of the files that came with a comment, a note or a step; one that a field asks for is no such."""
    name = "files" if act_of(event.act).subject in (Subject.COMMENT, Subject.NOTE) else "_files"
    keys: Iterable[str] = event.values.get(name) or ()
    return keys


def answer_channel(source: str, translator: Translator) -> str:
    """How an answer to a question came: by mail, on the page of a letter, or entered by somebody signed in."""
    return translator.gettext(CHANNELS.get(_ANSWER_SOURCES.get(source, source), _ENTERED))


def _actor(event: RecordedEvent, translator: Translator) -> str:
    if event.machine and event.actor in _MACHINES:
        return translator.gettext(_MACHINES[event.actor])
    return translator.role(event.actor) if event.machine and event.actor in ROLE_LABELS else event.actor


def _role(event: RecordedEvent, translator: Translator) -> str:
    role = translator.role(event.role)
    if not event.instead_of:
        return role
    return translator.gettext("%(role)s, in place of %(name)s", role=role, name=event.instead_of)


def _changes(event: RecordedEvent, definition: Definition, names: ValueNames) -> Iterator[DisplayedValue]:
    translator = names.translator
    for name, value in event.values.items():
        declared = definition.fields.get(name)
        if name == COMMENT.key or declared is None:
            continue
        if is_empty(value):
            yield DisplayedValue(translator.text(declared.label), translator.gettext("emptied"))
        else:
            yield display(declared, value, names)
    if why := event.values.get("_why"):
        reasons = describe_choice(JudgedFact.of_event(why), definition, translator)
        yield DisplayedValue(translator.gettext("Why this way"), "\n".join(reasons), "lines")
    if act_of(event.act).subject == Subject.DEADLINE:
        was, due = (moment(datetime.fromisoformat(event.values[name])) for name in ("was", "due"))
        yield DisplayedValue(translator.gettext("Due"), f"{was} → {due}")
        if source := event.values.get("source"):
            yield DisplayedValue(translator.gettext("Decree or order"), source)


#: Action on the assignment of a case → its sentence.
_ASSIGNMENTS: Mapping[str, str] = {
    "claim": N_("Assigned to: %(name)s"),
    "release": N_("Returned to: %(name)s"),
    "delegate": N_("Delegated to: %(name)s"),
    "forward": N_("Handed over to: %(name)s"),
}


def _assignment(event: RecordedEvent, names: ValueNames) -> str:
    """To whom the case was assigned; empty for an event about something else."""
    act = act_of(event.act)
    if act.subject != Subject.DESK or act.action not in _ASSIGNMENTS:
        return ""
    assignee, delegate = names.people.get(event.assignee, ""), names.people.get(event.delegate, "")
    name = delegate or assignee if act.action == "delegate" else assignee
    if act.action == "release":
        name = name or names.translator.gettext("unassigned")
    return names.translator.gettext(_ASSIGNMENTS[act.action], name=name)


#: Subject of an act that is about a step of the workflow → its sentence.
_STEPS: Mapping[str, str] = {
    "undo": N_("Taken back: “%(step)s”"),
    "vote": N_("Vote cast for the step “%(step)s”"),
    "held": N_("The system could not take the step “%(step)s” yet"),
}
#: Those about a step that is not taken: they name its button.
_NOT_TAKEN = frozenset({Subject.VOTE, Subject.HELD})
#: Subject of an act, or subject and action → its sentence.
_ACTS: Mapping[str, str] = {
    "case": N_("Created"),
    "fields": N_("Fields changed"),
    "comment": N_("Comment added"),
    "note": N_("Internal note added"),
    "correction:propose": N_("Correction proposed"),
    "correction:confirm": N_("Correction confirmed"),
    "correction:decline": N_("Correction not confirmed"),
    "deadline:extend": N_("Deadline extended"),
    "deadline": N_("Due date moved by the calendar"),
    "answer": N_("Questions answered"),
    "migration:apply": N_("Moved to a new version of the process"),
    "migration:revert": N_("Moved back to the version of the process before"),
    "remind": N_("Reminder sent"),
    "escalate": N_("Reported as late"),
}


def describe_act(act: str, definition: Definition, translator: Translator) -> str:
    """The sentence for `source:subject:action`; an act without one stands for itself."""
    said = act_of(act)
    step = definition.transitions.get(said.action)
    if step is not None and (said.subject == Subject.STEP or said.subject in _STEPS):
        words = translator.text(step.label if said.subject in _NOT_TAKEN else step.taken)
        return words if said.subject == Subject.STEP else translator.gettext(_STEPS[said.subject], step=words)
    sentence = _ACTS.get(said.about) or _ACTS.get(said.subject)
    return translator.gettext(sentence) if sentence is not None else act
