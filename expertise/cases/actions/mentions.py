"""Colleagues whom a comment names: chosen in the form, or written as @name in the text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from expertise.base.collation import alphabetically
from expertise.cases.notify.intents import Letter
from expertise.cases.notify.notify import recipients_of
from expertise.cases.queries import CaseRow
from expertise.cases.reach import is_draft
from expertise.cases.services import Unit
from expertise.people.access import Actor, Recipient
from expertise.people.reach import KIND_OF
from expertise.people.scope import EVERYWHERE, STAFF
from workflows.refusals import Invalid, Problem
from workflows.roles import BUILT_IN

#: The private value of an event that holds the keys of the people whom it mentions.
MENTIONS = "_mentions"
#: People of one comment.
MOST = 20

#: An @ that stands before a word, and not within an address.
_AT = re.compile(r"(?<![\w.@/+-])@(?=\w)")
_WORD = re.compile(r"[\w'’-]+")


@dataclass(frozen=True, slots=True)
class Mentioned:
    """The people whom a comment mentions, each once, with the role in which they see the case."""

    people: tuple[Recipient, ...] = ()

    @property
    def keys(self) -> list[str]:
        """Their pseudonyms."""
        return [person.key for person in self.people]

    def letters(self, name: str, by: Actor) -> tuple[Letter, ...]:
        """Return the letter `name` for each of them but the author."""
        others = (person for person in self.people if person.person_id != by.person_id)
        return tuple(Letter(person.role, name, (person.person_id,)) for person in others)


def mentionable(unit: Unit, case: CaseRow, *, internal: bool) -> list[Recipient]:
    """Return everybody who takes part in the case, each once, by name. `internal`: the team alone.

    Nobody of the team, and nobody whom a field names, sees a request that was not sent yet. People who only watch are
    nobody's colleagues.
    """
    roles = set(STAFF if internal else KIND_OF.keys() - EVERYWHERE)
    if is_draft(case):
        roles = (roles - STAFF) & BUILT_IN.keys()
    found = recipients_of(unit.session, unit.services, case, sorted(roles), unit.now)
    people = {person.person_id: person for person in reversed(found)}
    return sorted(people.values(), key=lambda person: (alphabetically(person.name), person.person_id))


def mentioned(unit: Unit, case: CaseRow, text: str, chosen: Collection[str], *, internal: bool) -> Mentioned | Invalid:
    """Return the people of a comment; Invalid names those who cannot see it, or whom nobody can tell apart."""
    if not chosen and not _AT.search(text):
        return Mentioned()
    able = mentionable(unit, case, internal=internal)
    everybody = mentionable(unit, case, internal=False) if internal else able
    found: dict[int, Recipient] = {}
    by_key = {person.key: person for person in everybody}
    problems = [Problem("mention_unseen")] if any(key not in by_key for key in chosen) else []
    asked = [(by_key[key].name, [by_key[key]]) for key in chosen if key in by_key]
    for name, meant in [*asked, *_named(text, everybody)]:
        problem = _problem(name, meant, able)
        if problem is None:
            found[meant[0].person_id] = meant[0]
        else:
            problems.append(problem)
    if len(found) > MOST:
        problems.append(Problem("too_many_mentions", (("max", MOST),)))
    return Invalid((("comment", tuple(problems)),)) if problems else Mentioned(tuple(found.values()))


def _problem(name: str, meant: Sequence[Recipient], able: Sequence[Recipient]) -> Problem | None:
    if len(meant) > 1:
        return Problem("mention_ambiguous", (("name", name),))
    if not meant:
        return Problem("mention_unknown", (("name", name),))
    of_team = any(person.person_id == meant[0].person_id for person in able)
    return None if of_team else Problem("mention_not_team", (("name", name),))


def _named(text: str, people: Sequence[Recipient]) -> Iterator[tuple[str, list[Recipient]]]:
    """Yield each name after an @, as written, and the people of that name: in full, or by one word of it."""
    plain = unicodedata.normalize("NFC", text)
    for at in _AT.finditer(plain):
        rest = plain[at.end() :]
        full = [person for person in people if _begins(rest, person.name)]
        longest = max((len(person.name) for person in full), default=0)
        word = _WORD.match(rest)
        if full:
            yield rest[:longest], [person for person in full if len(person.name) == longest]
        elif word is not None:
            wanted = word[0].casefold()
            yield word[0], [person for person in people if wanted in _words(person.name)]


def _begins(text: str, name: str) -> bool:
    """Return whether the text begins with the name, as whole words."""
    begun = text[: len(name)].casefold() == unicodedata.normalize("NFC", name).casefold()
    return begun and not re.match(r"\w", text[len(name) :])


def _words(name: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(unicodedata.normalize("NFC", name))]
