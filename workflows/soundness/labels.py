"""Checks of the words of a definition: each shows something, and no two things that stand together are called alike."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from workflows.definition import LANGUAGES, Definition, Field, Group, Text, Transition
from workflows.soundness.context import Universe, fault
from workflows.soundness.faults import Fault

#: Letters by their category that no font draws: fillers of Hangul, and the blank pattern of Braille.
_BLANKS = frozenset("\u115f\u1160\u3164\uffa0\u2800")

#: Steps by what history calls them.
_DONE = "in the history the steps"


def visible(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """Each text shows something in every language. An empty one is reported by `names.translations`."""
    for where, text in texts(definition):
        for language in LANGUAGES:
            written = text.get(language) or ""
            if written and not _seen(written):
                message = "the text shows nothing: it holds only spaces and invisible characters"
                yield fault(
                    definition, "invisible_text", f"{where}.{language}", message, "Write words that can be read"
                )


def past_tense(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """History says something else of a step than its button: `done` is past tense, `label` an imperative."""
    for key, step in definition.transitions.items():
        for language in LANGUAGES if step.done is not None else ():
            written = _key((step.done or {}).get(language))
            if written and written == _key(step.label.get(language)):
                message = f"history says of '{key}' what its button says, in {language}"
                remedy = "Let the label be a verb and 'done' what has happened: 'Submit', 'Request submitted'"
                yield fault(definition, "done_is_label", f"transitions.{key}.done.{language}", message, remedy)


def without_done(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """A definition in which some steps say `done` has it in every step: the others read differently in one history."""
    steps = definition.transitions
    if any(step.done is not None for step in steps.values()):
        for key in (key for key, step in steps.items() if step.done is None):
            message = f"history has no words for '{key}' and says “{steps[key].taken['en']}”"
            remedy = "Write 'done: {kk: …, ru: …, en: …}' in the past tense"
            yield fault(definition, "done_missing", f"transitions.{key}", message, remedy)


def distinct(definition: Definition, _universe: Universe) -> Iterator[Fault]:
    """Things that a person chooses between, or reads side by side, are told apart by its label in every language."""
    for kind, named in _together(definition):
        said: dict[tuple[str, str], str] = {}
        for where, text in named:
            same = [language for language in LANGUAGES if (language, _key(text.get(language))) in said]
            if same:
                other = said[same[0], _key(text.get(same[0]))]
                message = f"{kind} '{_name(other)}' and '{_name(where)}' are called the same in {', '.join(same)}"
                place = f"{where}.done" if kind is _DONE else f"{where}.label"
                yield fault(definition, "same_label", place, message, "Give one of them another label")
            said |= {(language, _key(text.get(language))): where for language in LANGUAGES if _key(text.get(language))}


def texts(definition: Definition) -> Iterator[tuple[str, Text]]:
    """Return every text of a definition with its place in the file."""
    yield "title", definition.title
    yield from ((f"facts.{key}.label", fact.label) for key, fact in definition.facts.items())
    yield from ((f"parts.{key}.label", part.label) for key, part in definition.parts.items())
    yield from ((f"states.{key}.label", state.label) for key, state in definition.states.items())
    yield from ((f"phases.{key}", label) for key, label in definition.phases.items())
    yield from ((f"roles.{key}.label", role.label) for key, role in definition.roles.items())
    for place, group in enumerate(definition.groups):
        yield from _labelled(f"groups.{place}", group)
    for key, step in definition.transitions.items():
        yield from _labelled(f"transitions.{key}", step)
    for key, declared in definition.fields.items():
        yield from _labelled(f"fields.{key}", declared)
        for name, option in (declared.options or {}).items():
            yield f"fields.{key}.options.{name}", option
        for name, column in (declared.columns or {}).items():
            yield from _labelled(f"fields.{key}.columns.{name}", column)
            for word, option in (column.options or {}).items():
                yield f"fields.{key}.columns.{name}.options.{word}", option


def _labelled(where: str, named: Field | Transition | Group) -> Iterator[tuple[str, Text]]:
    yield f"{where}.label", named.label
    if named.hint is not None:
        yield f"{where}.hint", named.hint
    if isinstance(named, Transition) and named.done is not None:
        yield f"{where}.done", named.done
    if isinstance(named, Field) and named.example is not None:
        yield f"{where}.example", named.example


def _together(definition: Definition) -> Iterator[tuple[str, list[tuple[str, Text]]]]:
    """The labels that stand together, with the word for what they name."""
    yield "the states", [(f"states.{key}", state.label) for key, state in definition.states.items()]
    yield "the phases", [(f"phases.{key}", label) for key, label in definition.phases.items()]
    yield "the groups", [(f"groups.{place}", group.label) for place, group in enumerate(definition.groups)]
    yield "the roles", [(f"roles.{key}", role.label) for key, role in definition.roles.items()]
    yield "the parts", [(f"parts.{key}", part.label) for key, part in definition.parts.items()]
    for state in definition.states:
        steps = [step for step in definition.transitions.values() if state in step.sources]
        yield "the steps", [(f"transitions.{step.key}", step.label) for step in steps]
        yield _DONE, [(f"transitions.{step.key}", step.done) for step in steps if step.done is not None]
    for form in _forms(definition):
        declared = [definition.fields[name] for name in form if name in definition.fields]
        yield "the fields", [(f"fields.{field.key}", field.label) for field in declared]
    for key, field in definition.fields.items():
        yield from _chosen(f"fields.{key}", field)
        columns = field.columns or {}
        yield "the columns", [(f"fields.{key}.columns.{name}", column.label) for name, column in columns.items()]
        for name, column in columns.items():
            yield from _chosen(f"fields.{key}.columns.{name}", column)


def _chosen(where: str, field: Field) -> Iterator[tuple[str, list[tuple[str, Text]]]]:
    options: Mapping[str, Text] = field.options or {}
    yield "the options", [(f"{where}.options.{name}", text) for name, text in options.items()]


def _forms(definition: Definition) -> Iterator[Iterable[str]]:
    """The fields of each form: of a state for a role, and of a step."""
    for state in definition.states.values():
        yield from state.edit.values()
    yield from (step.asks for step in definition.transitions.values())


def _seen(text: str) -> bool:
    return any(character not in _BLANKS and unicodedata.category(character)[0] in "LNPS" for character in text)


def _key(text: str | None) -> str:
    """The text as an eye compares it: without case, invisible characters and different spaces."""
    plain = unicodedata.normalize("NFKC", text or "")
    shown = "".join(character for character in plain if unicodedata.category(character) not in ("Cf", "Cc"))
    return " ".join(shown.split()).casefold()


def _name(where: str) -> str:
    return where.rsplit(".", 1)[-1]


RULES = (visible, past_tense, distinct)
WARNINGS = (without_done,)
