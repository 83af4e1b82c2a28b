"""Values that a person may choose in looked-up fields of a form: regions, topics, lenders, experts and other cases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.base import clock
from expertise.cases import facts
from expertise.cases.lookups import Chooser, choosable_people, nameable, regions_of
from expertise.cases.queries import CASES
from expertise.cases.reach import NEWEST_FIRST, branches
from expertise.cases.reach import listed as listed_cases
from expertise.experts import roster
from expertise.identity import runtime
from expertise.people.access import Actor
from expertise.web.kit.choices import experts, listed, organisations
from expertise.web.kit.forms import Choices
from expertise.web.kit.i18n import said
from workflows.definition import Definition, Field
from workflows.fields.several import LISTS

#: Cases that a list offers, the newest change first; the number of an older one is typed.
MOST_CASES = 200


def choices_for(db: Session, definition: Definition, names: Iterable[str], chooser: Chooser) -> Choices:
    """Return what `chooser` may choose in the looked-up fields of a form; experts are read only when one is asked for.

    A value that the case has already stays among the choices.
    """
    declared = [definition.fields[name] for name in names if name in definition.fields]
    each_field = [each for field in declared for each in (field, *(field.columns or {}).values())]
    found: dict[str, Sequence[tuple]] = {
        field.type.lookup(field): _cases(db, field, chooser) for field in each_field if field.type.names_case
    }
    found |= _listed(db, definition, each_field, chooser)
    own = regions_of(db, chooser.actor, chooser.roles) if "region" in found else None
    if own is not None:
        found["region"] = [each for each in found["region"] if each[0] in own or chooser.has(each[0])]
    return found


def _listed(
    db: Session, definition: Definition, declared: Iterable[Field], chooser: Chooser
) -> dict[str, Sequence[tuple]]:
    """Return the entries of each list that one of the fields is chosen from, but for other cases and files."""
    found: dict[str, Sequence[tuple]] = {}
    for field in declared:
        name = field.type.lookup(field)
        if not field.type.looks_up(field) or field.type.is_file or field.type.names_case or name in found:
            continue
        if field.type.party == "expert":
            found[name] = _experts(db, definition, field, chooser)
        elif field.type.names_person:
            found[name] = choosable_people(db, chooser, field.role)
        elif field.type.names_organisation:
            found[name] = organisations(db)
        else:
            found[name] = listed(db).choices(LISTS.get(name, name))
    return found


def only_region(db: Session, definition: Definition, chooser: Chooser) -> dict[str, str]:
    """Return the region of a new case, by field, when this person files for a single one."""
    own = regions_of(db, chooser.actor, chooser.roles)
    fields = [name for name, field in definition.fields.items() if field.column == "region"]
    return dict.fromkeys(fields, *own) if own is not None and len(own) == 1 else {}


def _experts(db: Session, definition: Definition, field: Field, chooser: Chooser) -> list[tuple[str, str, list[str]]]:
    """Return the candidates, the most suitable first; last come those whom a fact bars, with its label."""
    calendar, case = runtime().services.calendar, chooser.case
    wish = roster.wish_of(field, case.fields) if case is not None else roster.Wish()
    today = calendar.local_day(clock.now())
    found = roster.candidates(db, case.topic if case is not None else None, today, wish, calendar)
    offered = experts(found, listed(db), wish)
    if case is None:
        return offered
    keys = [each.key for each in found]
    barred = facts.barred(db, definition, case, field.key, keys)
    offered = [(key, name, [*map(said, barred.get(key, ())), *notes]) for key, name, notes in offered]
    return sorted(offered, key=lambda each: each[0] in barred)


def _cases(db: Session, field: Field, chooser: Chooser) -> list[tuple[str, str]]:
    """Return the cases that `field` may name, as reference and title; the one that it names already among them."""
    mine = None if chooser.case is None else chooser.case.id
    may = (*nameable(field.of), CASES.c.final.is_(None), CASES.c.id != (mine or 0))
    shown = [CASES.c.reference, CASES.c.title]
    rows = db.execute(listed_cases(shown, branches(chooser.actor), NEWEST_FIRST, MOST_CASES, *may)).all()
    named = chooser.case.fields.get(field.key) if chooser.case is not None else None
    if named and all(row.reference != named for row in rows):
        rows = [*rows, *db.execute(select(*shown).where(CASES.c.reference == named)).all()]
    return [(row.reference, f"{row.reference} · {row.title}" if row.title else row.reference) for row in rows]


def openable(actor: Actor) -> list[Definition]:
    """The workflows of which this person may begin a case. The desk judges again."""
    return [
        definition
        for definition in runtime().services.definitions.all_current()
        if actor.opens(definition.key, definition.opened_by)
    ]
