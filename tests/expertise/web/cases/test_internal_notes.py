"""A note of the team: nobody else finds it, its file or a trace of it, on any page, in any letter or by any search."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from expertise import worker
from expertise.audit.model import Event
from expertise.cases.model import Word
from expertise.cases.search import TextKind
from expertise.files.model import StoredFile
from expertise.mail.model import OutgoingLetter
from tests.expertise.web.cases.test_attachments import comment, file
from tests.expertise.web.cases.test_cases import deliverable

SECRET = "The akim's deputy must hear of it: zebrafish"
NAME = "zebrafish-calculation.txt"
#: Everybody who reaches the case without being of the team there, and who does not reach it at all.
OUTSIDE = ("requester", "neighbour", "expert", "auditor", "admin", "lender")


@pytest.fixture
def reference(visit, settle):
    settle("auditor", "auditor")
    settle("admin", "administrator")
    settle("lender", "lender")
    settle("manager", "manager")
    return deliverable(visit)


@pytest.fixture
def note(visit, reference, look):
    answer = comment(visit("coordinator"), reference, SECRET, file(NAME, b"zebrafish"), internal="yes")
    assert answer.status_code == 303, answer.text
    (stored,) = look(StoredFile)
    assert stored.internal
    return stored


def addresses(visitor, reference):
    """The pages that name the case for this visitor, and all that they link to."""
    first = [f"/cases/{reference}", "/", "/cases", "/cases?q=zebrafish", "/follow-up", "/public", "/notifications"]
    first += [f"/cases/{reference}/{tab}" for tab in ("messages", "files", "history", "terms", "parts", "print")]
    first += [f"/cases/{reference}/corrections/{number}" for number in range(1, 12)]
    first += [f"/search?q=zebrafish&kind={kind}" for kind in ("", "cases", "comments", "files")]
    found = list(first)
    for url in first[:2]:
        found += re.findall(r'href="(/[^"#]*)"', visitor.see(url).text)
    return [url for url in dict.fromkeys(found) if not url.startswith(("/static", "/unsent"))]


def test_the_team_sees_the_note_as_a_note_and_others_see_nothing(visit, reference, note):
    for name in ("coordinator", "approver", "manager"):
        page = visit(name).see(f"/cases/{reference}/messages").text
        assert "zebrafish" in page and "Internal note" in page and NAME in page
        assert visit(name).see(f"/files/{note.key}").status_code == 200
    for name in OUTSIDE:
        visitor = visit(name)
        for url in addresses(visitor, reference):
            answer = visitor.see(url)
            assert "must hear of it" not in answer.text and NAME not in answer.text, (name, url)
            if "zebrafish" not in url:  # the page of the search repeats the question
                assert "zebrafish" not in answer.text, (name, url)
            elif url.startswith("/search"):
                assert f"/cases/{reference}" not in answer.text, (name, url)
            assert "Internal note" not in answer.text, (name, url)
        assert visitor.see(f"/files/{note.key}").status_code == 404, name
    for url in ("/public", f"/public/{reference}"):
        assert "zebrafish" not in visit().see(url).text


def test_no_letter_holds_it_and_the_search_has_it_for_the_team_alone(visit, reference, note, app, look):
    env = app.extensions["komek"]
    worker.notify(env.transactions, env.services)
    assert not any("zebrafish" in str(letter.context) for letter in look(OutgoingLetter))
    assert not any(letter.letter == "comment_added" for letter in look(OutgoingLetter))
    kinds = {word.kind for word in look(Word) if "zebra" in word.word}
    assert kinds == {TextKind.INTERNAL, TextKind.INTERNAL_FILE}  # of which nobody else's search knows
    found = visit("coordinator").see("/search?q=zebrafish").text
    assert f"/cases/{reference}/comments/" in found
    assert "zebrafish-calculation</mark>.txt" in found


def test_only_the_team_is_offered_the_choice_and_only_it_may(visit, reference, look):
    assert 'name="internal"' in visit("coordinator").see(f"/cases/{reference}/messages").text
    for name in ("requester", "expert"):
        visitor = visit(name)
        page = visitor.see(f"/cases/{reference}/messages").text
        if visitor.see(f"/cases/{reference}/messages").status_code == 200:
            assert 'name="internal"' not in page
            answer = comment(visitor, reference, "Sneaky", file(), internal="yes")
            assert answer.status_code == 403, name
            assert "Sneaky" in answer.text
    assert look(StoredFile) == []
    assert not look(Event, Event.act.like("%:note:%"))


def test_the_file_of_a_note_is_no_answer_to_a_field(visit, reference, note, app, look):
    answer = visit("expert").take(reference, "submit", {"report": note.key})
    assert answer.status_code == 422
    assert len(look(StoredFile)) == 1


def test_a_refused_note_is_still_a_note(visit, reference):
    answer = comment(visit("coordinator"), reference, SECRET, file("bad.pdf", b"MZ" * 99), internal="yes")
    assert answer.status_code == 422
    assert re.search(r'name="internal" value="yes" checked', answer.text)


def test_a_note_moves_nothing_and_bars_nothing(visit, reference, note, app):
    with app.extensions["komek"].transactions.read() as db:
        acts = list(db.scalars(select(Event.act).order_by(Event.case_id, Event.sequence)))
    assert acts[-1] == "person:note:add"
    expert = visit("expert")
    assert expert.take(reference, "submit", {"report": file("report.txt", b"Report " * 99)}).status_code == 303
