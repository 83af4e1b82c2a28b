"""Two oblasts, two organisations in each, and everything that somebody there might wish to know of the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import select, update

from expertise.base import clock
from expertise.mail.inbound import store
from expertise.mail.inbound.store import Envelope
from expertise.people.absences import NewAbsence, record
from expertise.people.access import load_actor
from expertise.people.auth import api_tokens, password_links
from expertise.people.auth.sessions import start_session
from expertise.people.manage import accounts, pending_changes
from expertise.people.manage.pending_changes import Guarded
from expertise.people.model import Organisation, PasswordLink, Person
from expertise.reports import saved_views
from tests.support.environment import Environment
from tests.support.main_line import REQUEST
from tests.support.people import add_person

OBLASTS = {"a": "KZ-43", "b": "KZ-47"}
ORGANISATIONS = {f"{oblast}{number}": OBLASTS[oblast] for oblast in OBLASTS for number in (1, 2)}
EXPERTS = {"1": "expert", "2": "other_expert"}
#: Who looks at everything they may; then each asks for what only others saw.
SEEKERS = ["requester_a1", "requester_a2", "requester_b1", "lead_a1", "lead_b2", "coordinator_a", "coordinator_b"]
SEEKERS += ["expert", "other_expert", "anonymous"]
WATCHERS = ["requester_b2", "approver", "auditor", "administrator"]
#: Whom a coordinator can name as expert or deputy.
COLLEAGUES = ["expert", "other_expert", "coordinator", "deputy", "distant", "coordinator_a", "coordinator_b"]
COLLEAGUES += ["approver", "manager", "twofold"]


@dataclass
class RecastEnvironment(Environment):
    """An environment in which the parts of the usual walk are played by others."""

    cast: dict[str, str] = field(default_factory=dict)

    def actor(self, name):
        return super().actor(self.cast.get(name, name))


def settle(env: Environment) -> tuple[dict[str, str], list[str]]:
    """People, cases and belongings. Answers {name: token of a session}, and links of letters that work no more."""
    with env.transactions.write() as session:
        _people(session)
    for organisation, region in ORGANISATIONS.items():
        oblast, number = organisation
        cast = {"requester": f"requester_{organisation}", "coordinator": f"coordinator_{oblast}"}
        troupe = RecastEnvironment(env.transactions, env.services, {**cast, "expert": EXPERTS[number]})
        request = {**REQUEST, "title": f"Құпия {organisation * 4}", "region": region}
        troupe.begin({**request, "title": f"Жоба {organisation * 4}"})
        for until in ("offer.accept", "deliverable.accept", "")[: 2 if number == "2" else 3]:
            troupe.walk(until, request)
    with env.transactions.write() as session:
        _mail(session)
        _pending_change(session)
        sessions = {name: _belongings(session, name) for name in [*SEEKERS, *WATCHERS] if name != "anonymous"}
        return sessions, [_void(session, name) for name in ("requester_a1", "approver")]


def _people(session) -> None:
    for organisation, region in ORGANISATIONS.items():
        names = {language: f"{organisation} {language}" for language in ("kk", "ru", "en")}
        accounts.add_organisation(session, key=f"department-{organisation}", names=names, region=region)
    for organisation in ORGANISATIONS:
        home = session.scalar(select(Organisation.id).where(Organisation.key == f"department-{organisation}"))
        for name in (f"requester_{organisation}", f"lead_{organisation}"):
            add_person(session, name, "requester")
            person = _person(session, name)
            person.organisation_id, person.lead = home, name.startswith("lead")
    for oblast, like in zip(OBLASTS, ("coordinator", "distant"), strict=True):
        add_person(session, f"coordinator_{oblast}", like)


def _mail(session) -> None:
    """From a stranger, in quarantine."""
    raw = "From: a@stranger.kz\nSubject: Құпия хат\n\nText".encode()
    taken = store.store_mail(session, raw, Envelope("lmtp"), clock.now())
    store.settle(session, taken.id, "quarantined", clock.now(), verdict={"kind": "person"})


def _pending_change(session) -> None:
    """A role for which the administrator has asked, and which a second one must confirm."""
    asked_by, values = _person(session, "administrator").id, {"role": "approver"}
    person = _person(session, "coordinator_a")
    pending_changes.ask(session, person, Guarded.ROLE, values, asked_by_id=asked_by, now=clock.now())


def _person(session, name) -> Person:
    return session.scalars(select(Person).where(Person.name == name)).one()


def _void(session, name) -> str:
    """A link that was used: it opens nothing, and no new one is offered in its place."""
    issued = password_links.issue(session, _person(session, name), password_links.PASSWORD_RESET, clock.now())
    used = update(PasswordLink).where(PasswordLink.person_id == issued.person_id)
    session.execute(used.values(used_at=clock.now(), ends_at=clock.now()))
    return issued.token


def _belongings(session, name) -> str:
    """An absence, a view of the list, a program's token, and two sessions, one of which is in use."""
    person, now = _person(session, name), clock.now()
    saved_views.save(
        session, load_actor(session, person.id, now.date()), f"Көрініс {name}", {"sort": ["due"]}, None, now
    )
    if name.startswith(("coordinator", "approver")):
        wish = NewAbsence(date(2026, 5, 1), date(2026, 5, 9), note=f"Жеке {name}")
        record(session, person, wish, recorded_by_id=person.id, now=now)
    api_tokens.issue(session, person, name=f"Бағдарлама {name}", scope="read", now=now)
    start_session(session, person.id, now - timedelta(minutes=5))
    return start_session(session, person.id, now)
