"""One case, with people whose rights and absences are known to the desk and, apart from it, to us."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from expertise.audit.model import Event
from expertise.base.database import table_of
from expertise.cases import desk
from expertise.cases.actions.idempotency import Done
from expertise.cases.queries import CASES
from expertise.cases.services import Services
from expertise.people.access import load_actor
from expertise.people.model import Absence, Grant, Organisation, Person
from tests.properties.case_sides import DAYS, TEAM, TODAY, Away, Place, Right, own, side, stood_in_for, votes
from tests.properties.route_finder import answers
from tests.support.days import MONDAY
from tests.support.people import PEOPLE
from tests.support.rows import ROW
from workflows.definition import Definition, Transition
from workflows.extension import decisions
from workflows.refusals import AlreadyVoted, FourEyes

EVENTS = table_of(Event)


class Definitions:
    """The workflows as they are, but `quorum` people must agree where several can."""

    def __init__(self, real, quorum):
        self.real, self.quorum = real, quorum

    def current(self, workflow):
        return self._changed(self.real.current(workflow))

    def pinned(self, digest):
        return self._changed(self.real.pinned(digest))

    def _changed(self, definition):
        steps = definition.transitions.items()
        changed = {key: replace(step, quorum=self.quorum) if _several(step) else step for key, step in steps}
        return replace(definition, transitions=changed)


def _several(step: Transition) -> bool:
    """A guarded step of a role that several people can have in a case."""
    return bool(step.not_by) and step.carries is None and {"requester", *TEAM}.issuperset(step.by)


@dataclass
class Scene:
    """What is done here is thrown away by whoever opened the session."""

    session: Session
    services: Services
    reference: str
    rights: list[Right] = field(default_factory=list)
    aways: list[Away] = field(default_factory=list)
    watched: Counter = field(default_factory=Counter)

    def __post_init__(self):
        self.keys = dict(self.session.execute(select(Person.name, Person.key)).all())
        self.ids = dict(self.session.execute(select(Person.name, Person.id)).all())
        self.names = {key: name for name, key in self.keys.items()}

    # --- who is there -------------------------------------------------------------------------

    def give(self, right: Right) -> None:
        """As a row, past every check: the desk must hold on its own. The database bars the same grant twice."""
        since, until = DAYS.get(right.days, (None, None))
        scope = {"person_id": self.ids[right.person], "role": right.role, "region": right.region}
        scope["workflow"] = right.workflow
        if self.session.scalar(select(Grant.id).filter_by(**scope)) is not None:
            return
        self.session.add(Grant(since=since, until=until, **scope))
        self.session.flush()
        self.rights.append(right)

    def send_away(self, away: Away) -> None:
        """The same."""
        since, until = DAYS[away.days]
        scope = {"role": away.role, "region": away.region, "workflow": away.workflow}
        noted = {"cause": "leave", "note": "", "recorded_by_id": 1, "created_at": MONDAY}
        noted |= {"since": since, "until": until, "ended_at": MONDAY if away.ended else None}
        self.session.add(Absence(person_id=self.ids[away.person], deputy_id=self.ids[away.deputy], **scope, **noted))
        self.session.flush()
        self.aways.append(away)

    def move(self, name: str, organisation: str = "akimat-kz-43") -> None:
        """To another organisation."""
        found = select(Organisation.id).where(Organisation.key == organisation)
        self.session.get_one(Person, self.ids[name]).organisation_id = self.session.scalar(found)
        self.session.flush()

    # --- what they do -------------------------------------------------------------------------

    def case(self):
        return self.session.execute(select(*ROW).where(CASES.c.reference == self.reference)).one()

    def events(self, *, around: bool):
        """Of this case; `around`: of its whole and all the parts of that as well."""
        case, table = self.case(), CASES.c
        whole = case.parent_id or case.id
        ids = select(table.id).where(
            or_(table.id == whole, table.parent_id == whole) if around else table.id == case.id
        )
        return self.session.execute(select(EVENTS).where(EVENTS.c.case_id.in_(ids)).order_by(EVENTS.c.sequence)).all()

    def side(self, role: str) -> set[str]:
        """The names of the natural persons on that side of the case."""
        return {self.names[key] for key in side(self.events(around=True), role)}

    def offered(self) -> list[Transition]:
        """What people may decide in this state, what is guarded first; and nothing that ends the case at once."""
        definition = self.definition()
        steps = [step for step in decisions(definition, self.case().state) if not {"clock", "part"} & set(step.by)]
        going_on = (step for step in steps if step.target is None or definition.states[step.target].final is None)
        guarded = [step for step in steps if step.not_by]
        return guarded + [step for step in going_on if not step.not_by]

    def definition(self) -> Definition:
        return self.services.definitions.pinned(self.case().digest)

    def try_step(self, name: str, step: Transition):
        """Let somebody try; the answer is judged, and given back."""
        case, around, here = self.case(), self.events(around=True), self.events(around=False)
        actor = load_actor(self.session, self.ids[name], TODAY)
        raw, files = answers(self.definition(), step, self.keys["other_expert"])
        given = desk.Unit(self.session, self.services), desk.Request(actor, self.reference, case.version)
        if step.key == "extend":
            answer = desk.extend(*given, raw)
        else:
            answer = desk.fire(*given, step.key, raw, uploads=files or None)
        if isinstance(answer, Done):
            self._judge_done(case, step, self.keys[name], around, here)
        elif isinstance(answer, FourEyes):
            self.watched["four eyes"] += 1
            behind = {name}.union(*(self._stood_in_for(case, self.keys[name], role) for role in step.by))
            assert behind & {self.names[key] for key in side(around, answer.role)}, "refused for nothing"
        elif isinstance(answer, AlreadyVoted):
            self.watched["voted"] += 1
        return answer

    def _judge_done(self, case, step, key, around, here):
        event = self.events(around=False)[-1]
        assert event.actor == key and event.role in step.by
        if own(self._rights(), self._homes(), key, event.role, self._place(case)):
            assert event.instead_of is None
        else:
            assert self.names[event.instead_of] in self._stood_in_for(case, key, event.role)
            self.watched["deputy"] += 1
        persons = {event.actor, event.instead_of} - {None}
        for other in step.not_by:
            assert persons.isdisjoint(side(around, other)), (step.key, other)
            self.watched["free"] += 1
        voted = votes(here, step.key)
        assert step.quorum == 1 or all(persons.isdisjoint(each) for each in voted)
        if self.case().state != case.state:
            assert len(voted) + 1 >= step.quorum
            self.watched["quorum"] += step.quorum > 1

    # --- told apart from the desk -------------------------------------------------------------

    def _rights(self) -> list[Right]:
        usual = [Right(name, role, each.region) for name, each in PEOPLE.items() for role in each.roles.split()]
        return [replace(right, person=self.keys[right.person]) for right in [*usual, *self.rights]]

    def _homes(self) -> dict[str, int]:
        return dict(self.session.execute(select(Person.key, Person.organisation_id)).all())

    def _place(self, case) -> Place:
        assignee = self.session.scalar(select(Person.key).where(Person.id == case.expert_id))
        return Place(case.workflow, case.region, case.organisation_id, assignee)

    def _stood_in_for(self, case, key: str, role: str) -> Iterable[str]:
        aways = [replace(away, person=self.keys[away.person], deputy=self.keys[away.deputy]) for away in self.aways]
        found = stood_in_for(self._rights(), aways, key, role, self._place(case))
        return {self.names[each] for each in found}
