"""A comment names colleagues: they get a letter with the way to it; nobody else can be named, and that is said."""

from __future__ import annotations

import re

import pytest

from expertise import worker
from expertise.audit.model import Event
from expertise.base import clock
from expertise.base.letter_kinds import LetterKind
from expertise.mail.letters.templates import render
from expertise.mail.model import OutgoingLetter
from expertise.people.manage import notification_preferences
from expertise.people.model import Person
from tests.expertise.web.cases.test_attachments import comment
from tests.expertise.web.cases.test_cases import deliverable
from workflows.definition import LANGUAGES


@pytest.fixture
def reference(visit, settle):
    settle("auditor", "auditor")
    settle("manager", "manager")
    return deliverable(visit)


def word(visitor, reference, name):
    """The value that stands for a person in the form of a case."""
    page = visitor.see(f"/cases/{reference}/messages").text
    return re.search(rf'name="mention" value="(\w+)"[^>]*>\s*<label[^>]*>{name}\b', page)[1]


@pytest.fixture
def letters(app, look):
    """Names of the letters that mention somebody, each with the name of its reader."""

    def written():
        env = app.extensions["komek"]
        worker.notify(env.transactions, env.services)
        names = {person.id: person.name for person in look(Person)}
        mentions = look(OutgoingLetter, OutgoingLetter.letter.like("mentioned%"))
        return [(letter.letter, names[letter.recipient_id]) for letter in mentions]

    return written


def test_a_chosen_colleague_gets_a_letter_that_leads_to_the_comment(visit, reference, keys, letters, look, app):
    expert = visit("expert")
    page = expert.see(f"/cases/{reference}/messages").text
    offered = re.findall(r'name="mention" value="\w+"[^>]*>\s*<label[^>]*>(\w+)', page)
    assert {"Coordinator", "Approver", "Manager", "Requester"} <= set(offered)
    assert not {"Expert", "Neighbour", "Auditor"} & set(offered)
    assert not any(key in page for key in keys.values())
    assert comment(expert, reference, "Please look", mention=word(expert, reference, "Approver")).status_code == 303
    assert letters() == [("mentioned", "Approver")]
    (letter,) = look(OutgoingLetter, OutgoingLetter.letter == "mentioned")
    last = look(Event, Event.act == "person:comment:add")[-1]
    url = f"/cases/{reference}/comments/{last.sequence}"
    assert letter.context["link"].endswith(url)
    for language in LANGUAGES:
        text = render("mentioned", language, letter.context).text
        assert "Please look" in text and url in text and "Expert" in text
    answer = visit("approver").see(url)
    assert answer.location == f"/cases/{reference}/messages#m{last.sequence}"
    page = visit("approver").see(f"/cases/{reference}/messages").text
    assert f'id="m{last.sequence}"' in page and "Notified: Approver" in page
    assert visit("neighbour").see(url).status_code == 404


def test_a_name_in_the_text_is_found(visit, reference, letters):
    assert comment(visit("expert"), reference, "Look, @coordinator, and write to a@manager.kz").status_code == 303
    assert letters() == [("mentioned", "Coordinator")]


def test_who_is_named_by_two_ways_gets_one_letter_and_who_must_act_no_second_one(visit, reference, keys, letters, look):
    requester = visit("requester")
    chosen = word(requester, reference, "Coordinator")
    assert comment(requester, reference, "@Coordinator @coordinator", mention=chosen).status_code == 303
    assert letters() == [("mentioned", "Coordinator")]


@pytest.mark.parametrize("name", ["neighbour", "auditor", "nobody"])
def test_somebody_who_takes_no_part_is_said_and_nothing_is_sent(visit, reference, letters, name):
    expert = visit("expert")
    for language in LANGUAGES:
        expert.send("/language", {"language": language}, page="/account")
        answer = comment(expert, reference, f"Look, @{name}")
        assert answer.status_code == 422
        assert re.search(rf"[“«]@{name}[”»]", answer.text)
        assert f"Look, @{name}</textarea>" in answer.text
    assert letters() == []


def test_somebody_chosen_who_takes_no_part_is_refused(visit, reference, keys, letters):
    for key in (keys["neighbour"], keys["approver"], "p123", "\0"):
        answer = comment(visit("expert"), reference, "Look", mention=key)
        assert answer.status_code == 422, key
    assert letters() == []


def test_in_a_note_only_the_team_is_mentioned_and_its_letter_quotes_nothing(visit, reference, keys, letters, look):
    coordinator = visit("coordinator")
    for given in ({"mention": word(coordinator, reference, "Expert")}, {}):
        text = "Zebrafish" if given else "Zebrafish @Expert"
        answer = comment(coordinator, reference, text, internal="yes", **given)
        assert answer.status_code == 422 and "@Expert” is not of the team" in answer.text
    assert comment(coordinator, reference, "Zebrafish, @manager", internal="yes").status_code == 303
    assert letters() == [("mentioned_in_note", "Manager")]
    (letter,) = look(OutgoingLetter, OutgoingLetter.letter == "mentioned_in_note")
    assert "Zebrafish" not in str(letter.context)


def test_who_does_not_want_such_letters_gets_none(app, visit, reference, keys, look):
    env = app.extensions["komek"]
    (person,) = look(Person, Person.key == keys["approver"])
    with env.transactions.write() as db:
        assert notification_preferences.choose(db, person.id, {LetterKind.MENTION: "off"}, clock.now()) is None
    assert comment(visit("expert"), reference, "Look, @approver").status_code == 303
    worker.notify(env.transactions, env.services)
    (letter,) = look(OutgoingLetter, OutgoingLetter.letter == "mentioned")
    assert (letter.state, letter.answer) == ("cancelled", "not wanted")
