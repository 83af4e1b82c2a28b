"""The content of a morning letter: lists of cases, each case once, in the first list that fits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.base.letter_kinds import LetterKind
from expertise.cases.queries import CASES, CaseRow
from expertise.cases.reach import BY_DEADLINE, branches, condition, listed
from expertise.cases.services import Services, UnknownWorkflow
from expertise.mail.letters import overrides
from expertise.mail.letters.templates import LetterTemplate, kind_of, shortened, subject_of
from expertise.mail.model import OutgoingLetter
from expertise.people.access import Actor
from expertise.people.scope import STAFF
from expertise.reports import worklists
from expertise.text.catalogues import N_
from expertise.text.translator import in_every_language
from workflows.calendar import Calendar
from workflows.deadlines import working_days_left
from workflows.definition import LANGUAGES, Definition, Text

#: Lines of one list; the rest is counted.
LONGEST = 15
#: Working days left of what is due soon.
SOON = 2
#: Characters of a comment that are shown.
LONGEST_COMMENT = 200
#: Who sees to it that others keep their deadlines.
CHASING = frozenset({"coordinator", "manager"})
FOLLOW_UP = "recommendation_follow_up"

TITLES: Mapping[str, str] = {
    "escalated": N_("Needs your attention"),
    "late": N_("Late"),
    "today": N_("Due today"),
    "soon": N_("Due soon"),
    "new": N_("New"),
    "confirm": N_("To be confirmed"),
    "others": N_("Late with others"),
    "news": N_("News"),
    "waiting": N_("Waiting for others"),
}


@dataclass(frozen=True, slots=True)
class Content:
    """`lines` and `cases` of a digest, as its letter takes them, with their `versions`; `counts` by list."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    cases: list[str] = field(default_factory=list)
    versions: list[int] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)


def content(
    session: Session,
    services: Services,
    actor: Actor,
    calendar: Calendar,
    gathered: Sequence[OutgoingLetter],
    since: datetime,
    now: datetime,
) -> Content:
    """Everything by the state of this moment, and what letters `gathered` since have to say about it.

    `since`: what came to the person's desk after it is new.
    """
    told: defaultdict[int, list[OutgoingLetter]] = defaultdict(list)
    for letter in gathered:
        told[letter.case_id or 0].append(letter)
    found, notes = Content(), _notes(actor, told, overrides.in_force(session) if told else {})
    seen: set[int] = set()
    for name, rows in _lists(session, services, actor, calendar, told, since, now):
        fresh = [row for row in rows if row.id not in seen]
        seen |= {row.id for row in fresh}
        if fresh:
            _add(services, found, name, fresh, notes, now)
    return found


def summary(counts: Mapping[str, int]) -> dict[str, str]:
    """How much there is, by language: "просрочено (2), новое (1)"."""
    return in_every_language(
        lambda translator: ", ".join(
            f"{translator.gettext(TITLES[name]).lower()} ({count})" for name, count in counts.items()
        )
    )


def _lists(
    session: Session,
    services: Services,
    actor: Actor,
    calendar: Calendar,
    told: Mapping[int, Sequence[OutgoingLetter]],
    since: datetime,
    now: datetime,
) -> Iterable[tuple[str, Sequence[CaseRow]]]:
    """The lists in the order of the letter."""
    mine = worklists.desk(session, actor, limit=1000)
    letters = _about(session, actor, told)
    escalated, tasks = (
        [row for row in letters if kind in {kind_of(letter.letter) for letter in told[row.id]}]
        for kind in (LetterKind.ESCALATION, LetterKind.TASK)
    )
    yield "escalated", escalated
    yield "late", [row for row in mine if row.due_at is not None and row.due_at < now]
    left = {row.id: working_days_left(calendar, row.due_at, now) for row in mine if row.due_at is not None}
    yield "today", [row for row in mine if left.get(row.id) == 0]
    yield "soon", [row for row in mine if 0 < left.get(row.id, 0) <= SOON]
    yield "new", [*tasks, *(row for row in mine if row.entered_at > since and row.due_at is not None)]
    yield "confirm", _to_confirm(session, services, actor)
    if any(actor.has(role) for role in CHASING):
        yield "others", worklists.first(session, worklists.worklist(actor, "late", now), 1000)
    yield "news", letters
    if not any(actor.has(role) for role in STAFF):
        yield "waiting", worklists.first(session, worklists.worklist(actor, "awaited", now))


def _about(session: Session, actor: Actor, told: Mapping[int, object]) -> Sequence[CaseRow]:
    """The cases of letters, as far as this person may still see them."""
    if not told:
        return []
    wanted = select(*worklists.SHOWN).where(condition(actor), CASES.c.id.in_(list(told)))
    return session.execute(wanted.order_by(CASES.c.id)).all()


def _to_confirm(session: Session, services: Services, actor: Actor) -> Sequence[CaseRow]:
    """Recommendations about which somebody was asked, and for whom a manager may answer."""
    if not actor.has("manager"):
        return []
    try:
        asked = _asked_in(services.definitions.current(FOLLOW_UP))
    except UnknownWorkflow:  # an organisation that follows nothing up, or a file out of service
        return []
    asked_about = (CASES.c.workflow == FOLLOW_UP, CASES.c.state.in_(asked))
    return session.execute(listed(worklists.SHOWN, branches(actor), BY_DEADLINE, LONGEST * 2, *asked_about)).all()


def _asked_in(definition: Definition) -> list[str]:
    """The states with a reminder in which a manager may say what became of it."""
    may = {state for step in definition.transitions.values() if "manager" in step.by for state in step.sources}
    return [
        key
        for key, state in definition.states.items()
        if key in may and state.deadline is not None and state.deadline.remind
    ]


def _add(
    services: Services,
    found: Content,
    name: str,
    rows: Sequence[CaseRow],
    notes: Callable[[CaseRow], list[Text]],
    now: datetime,
) -> None:
    entries = []
    for row in rows[:LONGEST]:
        found.cases.append(row.reference)
        found.versions.append(row.version)
        entries.append(
            {
                "number": len(found.cases),
                "reference": row.reference,
                "title": row.title or "",
                "state": dict(services.definitions.pinned(row.digest).states[row.state].label),
                "due": row.due_at.isoformat() if row.due_at is not None else "",
                "late": row.due_at is not None and row.due_at < now and row.final is None,
                "notes": notes(row),
                "link": f"{services.url}/cases/{row.reference}",
            }
        )
    found.counts[name] = len(rows)
    found.lines.append({"title": _title(name), "entries": entries, "more": len(rows) - len(entries)})


def _notes(
    actor: Actor, told: Mapping[int, Sequence[OutgoingLetter]], words: Mapping[str, LetterTemplate]
) -> Callable[[CaseRow], list[Text]]:
    """The notes below a case: for whom it lies here, if for somebody absent, and the sentences of letters."""

    def notes(row: CaseRow) -> list[Text]:
        absent = actor.standing_in(region=row.region, workflow=row.workflow).get(row.owner_role or "")
        instead = [_away(absent.name)] if absent else []
        return [*instead, *(_note(letter, words) for letter in told.get(row.id, ()) if _says_more(letter))]

    return notes


def _title(name: str) -> dict[str, str]:
    return in_every_language(lambda translator: translator.gettext(TITLES[name]))


def _away(name: str) -> dict[str, str]:
    """For whom a deputy sees the case."""
    return in_every_language(lambda translator: translator.gettext("Away: %(name)s", name=name))


def _says_more(letter: OutgoingLetter) -> bool:
    """A reminder says what the list says anyway."""
    return kind_of(letter.letter) in {LetterKind.STEP, LetterKind.TASK, LetterKind.MENTION}


def _note(letter: OutgoingLetter, words: Mapping[str, LetterTemplate]) -> dict[str, str]:
    """The subject of the letter, and the comment that came with it."""
    prefix = f"{letter.context.get('case_reference')}: "
    comment = shortened(str(letter.context.get("comment") or ""), LONGEST_COMMENT)
    said = f": «{comment}»" if comment else ""
    return {
        language: subject_of(letter.letter, language, letter.context, words.get(letter.letter)).removeprefix(prefix)
        + said
        for language in LANGUAGES
    }
