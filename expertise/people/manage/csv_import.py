"""Many people at once from a CSV file: every line is added, found unchanged, or refused with all that is wrong with it.

A second run of the same file changes nothing. The file adds people and roles; it never overwrites what is known.
A line is a person with at most one role; somebody with two roles stands on two lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise.people.guarded_roles import GUARDED
from expertise.people.manage import accounts, csv_rows, pending_changes
from expertise.people.manage.csv_checks import check
from expertise.people.manage.csv_rows import CsvRow, Found
from expertise.people.manage.pending_changes import Guarded
from expertise.people.model import Grant, Organisation, Person, Region
from expertise.people.scope import Scope
from workflows.refusals import Invalid, Problem


@dataclass(slots=True)
class _Stored:
    """The people, organisations and grants of the database, read once."""

    people: dict[str, Person]
    organisations: dict[str, int]
    grants: dict[tuple[int, str, str | None], Grant]
    asked_by_id: int | None = None  # the administrator who brings the file in


def import_people(
    session: Session, content: bytes, now: datetime, asked_by_id: int | None = None
) -> PeopleImportReport:
    """Import the file. Lines that are refused leave no trace; the others are stored.

    `asked_by_id`: the administrator who brings the file in; guarded roles then wait for a second one. 0 where there is
    no administrator: then lines with such a role are refused.
    """
    table = csv_rows.read(content)
    if table.problems:
        return PeopleImportReport(problems=table.problems)
    known = _known(session, table.rows)
    known.asked_by_id = asked_by_id
    regions = set(session.scalars(select(Region.code)))
    checked = check(table.rows, organisations=known.organisations.keys(), regions=regions)
    return PeopleImportReport(tuple(_line(session, row, checked[row.number], known, now) for row in table.rows))


def _known(session: Session, table: Sequence[CsvRow]) -> _Stored:
    emails = {row.email for row in table}
    people = {person.email: person for person in session.scalars(select(Person)) if person.email in emails}
    ids = {person.id for person in people.values()}
    grants = {
        (grant.person_id, grant.role, grant.region): grant
        for grant in session.scalars(select(Grant).where(Grant.workflow.is_(None)))
        if grant.person_id in ids
    }
    organisations = dict(session.execute(select(Organisation.key, Organisation.id)).all())
    return _Stored(people, organisations, grants)


def _line(session: Session, row: CsvRow, problems: Found, known: _Stored, now: datetime) -> ImportedLine:
    person = known.people.get(row.email)
    problems = problems or _against(row, person, known) or _without_asker(row, known)
    if problems:
        return ImportedLine(row.number, row.email, REFUSED, problems)
    new = person is None
    if person is None:
        added = _add(session, row, known, now)
        if isinstance(added, Invalid):
            return ImportedLine(row.number, row.email, REFUSED, _flat(added))
        person = known.people[row.email] = added
    waits = bool(row.role) and known.asked_by_id is not None and row.role in GUARDED
    role_added = (_ask_for_role if waits else _add_role)(session, row, person, known, now)
    outcome = ADDED if new or role_added else UNCHANGED
    return ImportedLine(row.number, row.email, outcome, (), person.id, new, waits and role_added)


def _without_asker(row: CsvRow, known: _Stored) -> Found:
    """Return that nobody can ask for the guarded role of the line, because there is no administrator."""
    return (("role", Problem("needs_administrator")),) if known.asked_by_id == 0 and row.role in GUARDED else ()


def _against(row: CsvRow, person: Person | None, known: _Stored) -> Found:
    """Return where the line differs from the stored person. The language is the person's own choice."""
    if person is None:
        return ()
    found = []
    if not person.active:
        found.append(("email", Problem("not_active")))
    if person.name != row.name:
        found.append(("name", Problem("differs", (("known", person.name),))))
    if person.organisation_id != known.organisations.get(row.organisation):
        found.append(("organisation", Problem("differs")))
    grant = known.grants.get((person.id, row.role, row.region))
    for column, days in (("since", row.since), ("until", row.until)):
        there: date | None = getattr(grant, column, None)
        if grant is not None and there != days:
            found.append((column, Problem("differs", (("known", there.isoformat() if there else ""),))))
    return tuple(found)


def _add(session: Session, row: CsvRow, known: _Stored, now: datetime) -> Person | Invalid:
    return accounts.add_person(
        session,
        name=row.name,
        email=row.email,
        language=row.language,
        organisation_id=known.organisations.get(row.organisation),
        now=now,
    )


def _ask_for_role(session: Session, row: CsvRow, person: Person, known: _Stored, now: datetime) -> bool:
    """Ask for the role of the line; return False if the person has it or it was asked for already."""
    if (person.id, row.role, row.region) in known.grants:
        return False
    scope = Scope(row.role, row.region)
    waiting = pending_changes.waiting(session, now, person.id)
    if any(each.what is Guarded.ROLE and pending_changes.scope_of(each.values) == scope for each in waiting):
        return False
    values = {**asdict(scope), "since": row.since, "until": row.until}
    asked_by_id = known.asked_by_id or 0
    asked = pending_changes.ask(session, person, Guarded.ROLE, values, asked_by_id=asked_by_id, now=now)
    if isinstance(asked, Invalid):
        raise TypeError(f"line {row.number} was checked, and is refused: {asked}")
    return True


def _add_role(session: Session, row: CsvRow, person: Person, known: _Stored, _now: datetime) -> bool:
    """Give the role of the line; return False if the person had it already."""
    if not row.role or (person.id, row.role, row.region) in known.grants:
        return False
    grant = accounts.grant_role(session, person, row.role, row.region, since=row.since, until=row.until)
    if isinstance(grant, Invalid):
        raise TypeError(f"line {row.number} was checked, and is refused: {grant}")
    known.grants[person.id, row.role, row.region] = grant
    return True


def _flat(invalid: Invalid) -> Found:
    return tuple((field, problem) for field, problems in invalid.errors for problem in problems)


ADDED, UNCHANGED, REFUSED = "added", "unchanged", "refused"


@dataclass(frozen=True, slots=True)
class ImportedLine:
    """The result of one line. `number` counts as a spreadsheet does; `problems`: (column, problem)."""

    number: int
    email: str
    outcome: str
    problems: Found = ()
    person_id: int | None = None
    new_person: bool = False
    role_waits: bool = False  # for a second administrator


@dataclass(frozen=True, slots=True)
class PeopleImportReport:
    """The results of all lines. `problems`: the faults of the file as a whole, for which no line was read."""

    lines: tuple[ImportedLine, ...] = ()
    problems: Found = ()

    def count(self, outcome: str) -> int:
        """Return the number of lines with this outcome."""
        return sum(line.outcome == outcome for line in self.lines)

    @property
    def invited(self) -> tuple[int, ...]:
        """The people who are new, to whom invitations may go."""
        return tuple(line.person_id for line in self.lines if line.new_person and line.person_id is not None)
