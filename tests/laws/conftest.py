"""The application with one case in delivery and its parts, and a client for every person."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from expertise import config
from expertise.app import create_app
from expertise.base import clock
from expertise.cases import desk
from expertise.cases.actions.correct import CorrectionRequest
from expertise.cases.queries import CASES
from expertise.files.model import StoredFile
from expertise.mail import tokens as mailed
from expertise.mail.claimed_letter import ClaimedLetter
from expertise.mail.inbound import store
from expertise.mail.inbound.store import Envelope
from expertise.mail.model import OutgoingLetter
from expertise.mail.outbound.claims import claim
from expertise.mail.outbound.outbox import NewLetter, queue
from expertise.people.absences import NewAbsence, record
from expertise.people.auth import known_devices, passkeys, password_links
from expertise.people.auth.sessions import start_session
from expertise.people.manage import pending_changes
from expertise.people.manage.pending_changes import Guarded
from expertise.people.model import Grant, Person
from expertise.reports import saved_views
from expertise.web.letter_links import access, decision, undo
from tests.laws.table import table
from tests.support import databases
from tests.support.days import MONDAY
from tests.support.environment import Environment, Prompt
from tests.support.main_line import REPORT
from tests.support.people import CAST, PEOPLE, add_person
from tests.support.snapshots import Snapshots

#: Who is only here: name → whom they are like.
MORE = {"halfway": "coordinator", "lead": "requester", "lead_elsewhere": "neighbour"}


@pytest.fixture(scope="module")
def place():
    """Settings that say where the database is; none: a file of SQLite."""
    return {}


@pytest.fixture(scope="module")
def app(tmp_path_factory, place):
    data = tmp_path_factory.mktemp("komek")
    if not place:
        databases.copy_file(CAST, data / "komek.sqlite")
    given = {"KOMEK_DATA": str(data), "KOMEK_SECRET_KEY": "k" * 40, "KOMEK_URL": "http://localhost", **place}
    app = create_app(replace(config.read(given), demo=True))
    transactions = app.extensions["komek"].transactions
    keep_report(data)
    with clock.travelling(MONDAY):
        yield app
    transactions.engine.dispose()


def keep_report(data):
    """Put down the file that the expert of the cast hands in."""
    stored = data / "files" / REPORT.sha256[:2] / REPORT.sha256[2:]
    stored.parent.mkdir(parents=True)
    stored.write_bytes(b"%PDF-1.7")


@pytest.fixture(scope="module")
def env(app):
    komek = app.extensions["komek"]
    env = Environment(Prompt(komek.transactions.engine, lambda: komek.services), komek.services)
    with env.transactions.write() as session:
        for name, like in MORE.items():
            add_person(session, name, like)
        for name in ("lead", "lead_elsewhere"):
            session.scalar(select(Person).where(Person.name == name)).lead = True
    return env


@pytest.fixture(scope="module")
def family(env):
    """What stands for the variables of an address: a case under way, and what belongs to it. New ones: here."""
    reference = env.walk("deliverable.accept")
    with env.transactions.read() as session:
        key = session.scalar(select(StoredFile.key))
        person = session.scalar(select(Person.key).where(Person.name == "colleague"))
    recommendation = env.part(env.walk("recommendation.reject_recommendation"), "recommendation")
    env.take("requester", recommendation, "accept_recommendation")
    return {
        **table()["values"],
        "reference": reference,
        "deliverable": env.part(reference, "deliverable"),
        "offer": env.part(reference, "offer"),
        "draft": env.begin(),
        "published": env.walk(),
        "corrected": _corrected(env),
        "key": key,
        "person": person,
        "approver": env.actor("approver").key,
        "absence": str(_absence(env)),
        "token": _pass(env),
        "device_link": _device_link(env),
        "decision": "accept",
        "recommendation": recommendation,
        **dict(
            zip(("page_token", "stamp"), _signed_page(env, env.part(reference, "deliverable"), "accept"), strict=True)
        ),
        **dict(zip(("follow_up_token", "follow_up_stamp"), _signed_page(env, recommendation, "answers"), strict=True)),
        **dict(zip(("receipt", "receipt_stamp"), _receipt(env), strict=True)),
        "grant": str(_grant(env)),
        "passkey": str(_passkey(env)),
        **_reminder(env),
        "mail": str(_mail(env)),
        "change": str(_pending_change(env)),
        "objection_token": _objection(env),
        "view": str(_view(env)),
    }


def _view(env):
    """A view of the coordinator's, shared with the team."""
    actor = env.actor("coordinator")
    with env.transactions.write() as session:
        return saved_views.save(session, actor, "Late ones", {"show": ["late"]}, saved_views.TEAM, clock.now())


def _corrected(env):
    """A request of which the coordinator says that its title, as it was begun, is wrong."""
    reference, actor = env.walk("register"), env.actor("coordinator")
    wish = CorrectionRequest(1, "Another town", {"title": "Other"})
    env.transactions.run(
        lambda s: desk.propose(desk.Unit(s, env.services), desk.Request(actor, reference, env.version(reference)), wish)
    )
    return reference


def _mail(env):
    """One in quarantine, from a stranger."""
    with env.transactions.write() as session:
        taken = store.store_mail(session, b"From: a@b.kz\n\nText", Envelope("lmtp"), clock.now())
        store.settle(session, taken.id, "quarantined", clock.now(), verdict={"kind": "person"})
    return taken.id


def _absence(env):
    """One of the approver's, long over."""
    with env.transactions.write() as session:
        approver = session.get_one(Person, env.actor("approver").person_id)
        wish = NewAbsence(date(2025, 1, 1), date(2025, 1, 2))
        return record(session, approver, wish, recorded_by_id=approver.id, now=clock.now()).id


def _pending_change(env):
    """A role for the neighbour, for which the administrator has asked."""
    with env.transactions.write() as session:
        person = session.get_one(Person, env.actor("neighbour").person_id)
        asked_by, values = env.actor("administrator").person_id, {"role": "approver"}
        return pending_changes.ask(session, person, Guarded.ROLE, values, asked_by_id=asked_by, now=clock.now()).id


def _objection(env):
    """The page on which the neighbour can object to a change of the own account."""
    now, person = clock.now(), env.actor("neighbour").person_id
    with env.transactions.write() as session:
        said = {"objection": True, "summary": {"kk": "…", "ru": "…", "en": "…"}}
        queue(
            session,
            [NewLetter("law:object", "account_changed", person, None, None, said, now, now + timedelta(1))],
            now,
        )
        row = session.scalars(select(OutgoingLetter).where(OutgoingLetter.letter == "account_changed")).one()
        given = _given(session, row)
        row.state = "failed"
    return given.act


def _given(session, row):
    """The tokens of a letter, as if it had just left."""
    given = mailed.letter_tokens("k" * 40, row.message_id)
    about = (row.id, row.message_id, row.letter, row.context, row.case_id, row.recipient_id)
    mailed.store(session, ClaimedLetter(*about, "", "", clock.now()), given, clock.now())
    return given


def _pass(env):
    """The link of an invitation that nobody has used yet."""
    with env.transactions.write() as session:
        person = session.get_one(Person, env.actor("colleague").person_id)
        return password_links.issue(session, person, password_links.INVITATION, clock.now()).token


def _device_link(env):
    """The link of a letter that makes a device known."""
    with env.transactions.read() as session:
        email = session.get_one(Person, env.actor("colleague").person_id).email
    return known_devices.link_token(email, "k" * 40, clock.now())


def _receipt(env):
    """The signed page of the receipt of a step that the requester took by mail, and its stamp."""
    reference, actor = env.walk("endorse"), replace(env.actor("requester"), way="mail")
    seen, person, now = env.version(reference), actor.person_id, clock.now()
    env.transactions.run(
        lambda s: desk.fire(desk.Unit(s, env.services), desk.Request(actor, reference, seen), "endorse", {})
    )
    with env.transactions.write() as session:
        about = {"case_version": seen + 1, "undo": True}
        wanted = NewLetter(
            "law:undo", "mail_receipt", person, env.case(reference).id, None, about, now, now + timedelta(1)
        )
        queue(session, [wanted], now)
    return _signed_page(env, reference, undo.PURPOSE, "mail_receipt")


def _signed_page(env, reference, step, letter=None):
    """The signed page of the first letter that asks the requester about a case, and the stamp of that form."""
    with env.transactions.write() as session:
        about = select(CASES.c.id).where(CASES.c.reference == reference).scalar_subquery()
        found = session.scalars(select(OutgoingLetter).where(OutgoingLetter.case_id == about)).all()
        mine = [each for each in found if each.recipient_id == env.actor("requester").person_id]
        row = next(each for each in mine if letter in (None, each.letter))
        given = _given(session, row)
    with env.transactions.read() as session:
        page = access.look(session, env.services, given.act, clock.now())
    return given.act, decision.stamp_of("k" * 40, page.found, step)


def _grant(env):
    """The number of the role of the colleague."""
    with env.transactions.read() as session:
        return session.scalar(select(Grant.id).where(Grant.person_id == env.actor("colleague").person_id))


def _passkey(env):
    """The number of one of the requester's."""
    with env.transactions.write() as session:
        person = session.get_one(Person, env.actor("requester").person_id)
        passkeys.add(session, person, "law", b"", sign_count=0, name="Telephone", now=clock.now())
        return passkeys.list_passkeys(session, person.id)[0].id


def _reminder(env):
    """One that the requester was sent: its number, and what stands in it to stop such letters."""
    now, person = clock.now(), env.actor("requester").person_id
    with env.transactions.write() as session:
        wanted = NewLetter("law:stop", "deadline_reminder", person, None, None, {}, now, now + timedelta(days=1))
        queue(session, [wanted], now)
        letter = next(one for one in claim(session, now, 1000) if one.letter == "deadline_reminder")
        carried = mailed.letter_tokens("k" * 40, letter.message_id)
        mailed.store(session, letter, carried, now, stoppable=True)
        session.get_one(OutgoingLetter, letter.id).state = "failed"
    return {"stop": carried.stop, "number": str(letter.id)}


@pytest.fixture(scope="module")
def cookies(app, env):
    """What the browser of everybody keeps: {name: cookie}; None for who is not signed in."""
    found = {}
    for name in [*PEOPLE, *MORE]:
        with env.transactions.write() as session:
            token = start_session(session, env.actor(name).person_id, clock.now(), complete=name != "halfway")
        browser = app.test_client()
        with browser.session_transaction() as kept:
            kept["token"] = token
        found[name] = browser.get_cookie("komek").value
    return found


@pytest.fixture(scope="module")
def browser(app, cookies):
    """A fresh browser in which somebody is signed in; None, or "anonymous": nobody is."""

    def of(name):
        opened = app.test_client()
        if name in cookies:
            opened.set_cookie("komek", cookies[name])
        return opened

    return of


@pytest.fixture(scope="module")
def snapshots(app, family, cookies):
    """The database as it is once everybody and everything is there."""
    kept = Snapshots(app.extensions["komek"].settings.database_url.removeprefix("sqlite:///"))
    yield kept
    kept.close()
