"""Everything that was said, sent and looked at is reached from the page of a case, by links, however much it is."""

from __future__ import annotations

import re
from html import unescape

import pytest
from sqlalchemy import select

from expertise.audit import access_log
from expertise.audit.access_log import ReadAccess
from expertise.base import clock
from expertise.cases import desk
from expertise.cases.actions.comment import Received
from expertise.cases.model import Case
from expertise.mail.model import OutgoingLetter
from expertise.mail.outbound.outbox import NewLetter, queue
from expertise.people.access import load_actor
from expertise.people.model import Person
from tests.expertise.web.cases.test_cases import REQUEST

MANY = 120


@pytest.fixture
def reference(visit):
    requester = visit("requester")
    reference = requester.begin(REQUEST)
    requester.take(reference, "submit")
    return reference


@pytest.fixture
def write(app):
    return app.extensions["komek"].transactions.write


def case_id(session, reference):
    return session.scalars(select(Case.id).where(Case.reference == reference)).one()


def walk(visitor, url, label):
    """The text of each page, from the newest on, by the link to the older ones."""
    while url:
        page = visitor.see(url).text
        yield page
        link = re.search(rf'<a href="([^"]+)">{label}</a>', page)
        url = unescape(link[1]) if link else ""


def test_every_message_is_reached_and_counted(app, visit, reference, write):
    services = app.extensions["komek"].services
    with write() as session:
        actor = load_actor(
            session, session.scalars(select(Person.id).where(Person.name == "Coordinator")).one(), clock.now().date()
        )
        for number in range(MANY):
            said = Received(f"Line {number}.", internal=number % 3 == 0)
            desk.comment(desk.Unit(session, services), desk.Request(actor, reference, key=f"k{number}"), said)
    for name, seen in (("coordinator", range(MANY)), ("requester", [n for n in range(MANY) if n % 3])):
        visitor = visit(name)
        pages = list(walk(visitor, f"/cases/{reference}/messages", "Earlier messages"))
        found = [[int(each) for each in re.findall(r"Line (\d+)\.", page)] for page in pages]
        assert len(pages) == -(-len(seen) // 50) and all(page == sorted(page) for page in found)
        assert [number for page in reversed(found) for number in page] == list(seen)
        assert re.search(rf"Messages[^<]*<[^>]*>{len(seen)}<", pages[0]), pages[0]
        assert "Newest messages" not in pages[0] and "Newest messages" in pages[1]
        printed = visitor.see(f"/cases/{reference}/print").text
        assert {int(each) for each in re.findall(r"Line (\d+)\.", printed)} == set(seen)


def test_the_address_of_a_comment_leads_to_the_page_that_has_it(app, visit, reference, write):
    services = app.extensions["komek"].services
    with write() as session:
        actor = load_actor(
            session, session.scalars(select(Person.id).where(Person.name == "Coordinator")).one(), clock.now().date()
        )
        said = [
            desk.comment(desk.Unit(session, services), desk.Request(actor, reference, key=f"k{n}"), Received(f"L{n}"))
            for n in range(MANY)
        ]
    visitor = visit("requester")
    for each in (said[0], said[MANY - 51], said[MANY - 50], said[-1]):
        target = visitor.client.get(f"/cases/{reference}/comments/{each.sequence}").headers["Location"]
        assert target.endswith(f"#m{each.sequence}")
        assert f'id="m{each.sequence}"' in visitor.see(target.partition("#")[0]).text


def test_every_letter_is_reached_by_the_team(app, visit, reference, write):
    now = clock.now()
    with write() as session:
        reader, number = session.scalars(select(Person.id)).first(), case_id(session, reference)
        queue(
            session,
            [NewLetter(f"x:{n}", "comment_added", reader, number, None, {}, now, now) for n in range(MANY)],
            now,
        )
        there = len(session.scalars(select(OutgoingLetter.id).where(OutgoingLetter.case_id == number)).all())
    visitor = visit("coordinator")
    pages = list(walk(visitor, f"/cases/{reference}/messages", "Earlier letters"))
    lists = [page[page.index('id="letters"') :].partition("</section>")[0].count("<li>") for page in pages]
    assert sum(lists) == there >= MANY and lists[0] == 50
    assert "Newest letters" in pages[-1]
    assert "letters sent" not in visit("requester").see(f"/cases/{reference}/messages?letters=9").text.lower()


def test_every_look_is_reached_by_the_team(visit, reference, write):
    with write() as session:
        person, number = session.scalars(select(Person.key)).first(), case_id(session, reference)
        for each in range(MANY):
            access_log.note(session, ReadAccess(number, person, "auditor", f"file-{each}."), clock.now())
    pages = list(walk(visit("coordinator"), f"/cases/{reference}/history", "Earlier views"))
    found = [int(each) for page in pages for each in re.findall(r"file-(\d+)\.", page)]
    assert found == list(reversed(range(MANY)))
    assert all(f"take no part in it: {MANY}" in page for page in pages)  # unlike the number on this page
    assert "<details" in pages[1] and re.search(r'id="accesses" +open', pages[1])
    assert "file-" not in visit("requester").see(f"/cases/{reference}/history?accesses=99").text
