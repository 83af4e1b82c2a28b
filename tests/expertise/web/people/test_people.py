"""The pages of people: who sees whom, and every verb through its form."""

from __future__ import annotations

import pytest

from expertise.base import clock
from expertise.mail.model import OutgoingLetter
from expertise.people.model import Grant, Organisation, PasswordLink, Person
from workflows.definition import LANGUAGES

NEW = {"name": "Coordinator of Abai", "email": "abai@example.kz", "language": "ru", "organisation": "project-team"}


@pytest.fixture
def url(look):
    """The address of somebody's page."""
    return lambda name: f"/people/{look(Person, Person.email == f'{name}@example.kz')[0].key}"


def hidden(visitor, page):
    """The secret of a page and a key that nobody has used."""
    return {"csrf_token": visitor.hidden(page)["csrf_token"], "_key": f"k{clock.now().timestamp()}"}


def press(visitor, page, tail, **data):
    """Send the form of a button on a page."""
    return visitor.client.post(page + tail, data={**hidden(visitor, page), **data})


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_in_three_languages(app, visit, admin, url, language):
    pages = ["/people", "/people?query=coord&role=coordinator&organisation=project-team", "/people/new"]
    pages += ["/people/import", url("coordinator"), "/organisations", "/organisations/new"]
    pages += ["/organisations/akimat-kz-43", "/absences", "/rights", "/rights/expert_offer"]
    admin.send("/language", {"language": language}, page="/account")
    for page in pages:
        answer = admin.see(page)
        assert answer.status_code == 200, page
        assert f'<html lang="{language}">' in answer.text


def test_the_directory_finds_by_name_address_role_and_access(admin, settle):
    settle("Ұлт", "manager")
    assert "Coordinator" in admin.see("/people?query=COORD").text
    assert ">Ұлт<" in admin.see("/people?query=ұл").text
    found = admin.see("/people?role=approver").text
    assert ">Approver<" in found and ">Coordinator<" not in found
    assert ">Requester<" in admin.see("/people?organisation=akimat-kz-43").text
    assert "Nobody was found." in admin.see("/people?access=inactive").text
    for nonsense in (
        "query=%00",
        "role=%00",
        "organisation=%00",
        "after=x",
        "after=999999",
        "access=%ff",
        "query=" + "x" * 9000,
    ):
        assert admin.see(f"/people?{nonsense}").status_code == 200
    assert admin.see("/people/%00").status_code == 404


def test_the_directory_finds_a_name_written_in_the_other_script(admin, settle):
    for name in ("айгүл сәрсенова", "yerzhan zhumabayev"):
        settle(name, "requester")
    for query, found in (
        ("aigul", "Айгүл"),
        ("Sarsenova", "Айгүл"),
        ("айгуль", "Айгүл"),
        ("Ержан Жұмабаев", "Yerzhan"),
        ("жумабаев", "Yerzhan"),
    ):
        page = admin.see(f"/people?query={query}").text
        assert found in page and ({"Айгүл", "Yerzhan"} - {found}).pop() not in page, query


def test_an_invitation_adds_a_person_and_queues_a_letter_once(admin, look, second):
    sent = {**admin.hidden("/people/new"), **NEW, "role": "coordinator", "region": "KZ-10"}
    for _ in range(2):
        answer = admin.client.post("/people/new", data=sent)
        assert answer.status_code == 303
    [person] = look(Person, Person.email == "abai@example.kz")
    assert answer.location == f"/people/{person.key}"
    [letter] = look(OutgoingLetter)
    assert letter.letter == "invitation" and letter.recipient_id == person.id
    assert "/passes/" in letter.context["link"]
    assert look(Grant, Grant.person_id == person.id) == [], "the role waits for a second administrator"
    second.confirm_all()
    [grant] = look(Grant, Grant.person_id == person.id)
    assert (grant.role, grant.region) == ("coordinator", "KZ-10")
    page = admin.see(answer.location).text
    assert "invited" in page and "coordinator · Abai" in page
    changed = admin.client.post("/people/new", data={**sent, "name": "Another"})
    assert changed.status_code == 422 and "sent before with other content" in changed.text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"email": "coordinator@example.kz"}, "E-mail address: This is taken already."),
        ({"email": "no address"}, "This is not an e-mail address."),
        ({"name": ""}, "Name: Fill this in."),
        ({"name": "\x00"}, "Name: Fill this in."),
        ({"name": "n" * 1_000_000}, "The text is too long: at most 160 characters."),
        ({"language": "de"}, "Choose one of the answers in the list."),
        ({"organisation": "nowhere"}, "Choose one of the answers in the list."),
        ({"role": "king"}, "Choose one of the answers in the list."),
        ({"role": "coordinator", "region": "KZ-99"}, "Choose one of the answers in the list."),
        ({"role": "coordinator", "region": "\x00"}, "Choose one of the answers in the list."),
        ({"role": "coordinator", "workflow": "none"}, "Choose one of the answers in the list."),
        ({"region": "KZ-43"}, "Role: Fill this in."),
    ],
    ids=str,
)
def test_a_wrong_invitation_comes_back_with_what_was_typed(admin, look, wrong, words):
    answer = admin.send("/people/new", {**NEW, **wrong})
    assert answer.status_code == 422 and words in answer.text and "<title>Error:" in answer.text
    assert f'value="{wrong.get("email", NEW["email"])}"' in answer.text
    assert look(Person, Person.email == "abai@example.kz") == look(OutgoingLetter) == []


def test_a_role_is_given_its_days_are_set_and_it_is_taken_back(admin, visit, url, look):
    page, approver = url("approver"), visit("approver")
    given = {"role": "lender", "region": "KZ-43", "since": "01.03.2026", "until": "31.03.2026"}
    assert press(admin, page, "/roles", **given).status_code == 303
    assert "lender · Kyzylorda" in admin.see(page).text and "(01.03.2026 – 31.03.2026)" in admin.see(page).text
    assert approver.see("/").status_code == 303, "rights grew: the old session is over"
    assert press(admin, page, "/roles", **{**given, "until": "30.04.2026"}).status_code == 303
    [grant] = look(Grant, Grant.role == "lender")
    assert f"{grant.until:%d.%m.%Y}" == "30.04.2026"
    for _ in range(2):  # the second window is too late, and nothing breaks
        assert press(admin, page, "/roles/take-back", grant=str(grant.id)).status_code == 303
    assert look(Grant, Grant.role == "lender") == []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"role": ""}, "Role: Fill this in."),
        ({"since": "30.02.2026"}, "There is no such day in the calendar."),
        ({"since": "tomorrow"}, "Write the date as dd.mm.yyyy."),
        ({"since": "02.03.2026", "until": "01.03.2026"}, "The last day is before the first one."),
        ({"region": "KZ-00"}, "Choose one of the answers in the list."),
    ],
    ids=str,
)
def test_a_wrong_role_is_not_given(admin, url, look, wrong, words):
    answer = press(admin, url("expert"), "/roles", **{"role": "manager", **wrong})
    assert answer.status_code == 422 and words in answer.text
    assert all(f'value="{text}"' in answer.text for name, text in wrong.items() if name in ("since", "until"))
    assert look(Grant, Grant.role == "manager") == []


def test_facts_are_corrected(admin, url, look):
    page = url("expert")
    facts = {"name": "Expert of waste", "email": "waste@example.kz", "language": "kk", "organisation": "akimat-kz-47"}
    assert press(admin, page, "", **facts).status_code == 303
    assert "Expert of waste" in admin.see(page).text
    taken = press(admin, page, "", **{**facts, "email": "approver@example.kz"})
    assert taken.status_code == 422 and "This is taken already." in taken.text
    assert look(Person, Person.email == "waste@example.kz")[0].language == "kk"


def test_access_is_ended_and_given_back_but_not_ones_own(admin, visit, url, look):
    page, expert = url("expert"), visit("expert")
    assert "End the access" in admin.see(page).text and "End the access" not in admin.see(url("admin")).text
    assert press(admin, page, "/access", access="end").status_code == 303
    assert expert.see("/").status_code == 303 and "no access" in admin.see(page).text
    assert "Expert" in admin.see("/people?access=inactive").text
    assert press(admin, page, "/access", access="back").status_code == 303
    assert look(Person, Person.email == "expert@example.kz")[0].active
    assert press(admin, page, "/access", access="sideways").status_code == 422
    own = press(admin, url("admin"), "/access", access="end")
    assert own.status_code == 422 and "Ask another administrator" in own.text
    [grant] = look(Grant, Grant.role == "administrator")
    assert press(admin, url("admin"), "/roles/take-back", grant=str(grant.id)).status_code == 422
    assert look(Grant, Grant.role == "administrator")


def test_a_new_invitation_ends_the_old_one(admin, look, url):
    admin.send("/people/new", NEW)
    page = url("abai")
    assert press(admin, page, "/invitation").status_code == 303
    assert len(look(OutgoingLetter)) == len(look(PasswordLink)) == 2
    assert len(look(PasswordLink, PasswordLink.ends_at > clock.now())) == 1
    settled = press(admin, url("expert"), "/invitation")
    assert settled.status_code == 422 and "has set a password already" in settled.text


def test_a_lead_looks_after_the_own_organisation_and_nobody_else(admin, visit, url, look, settle):
    settle("boss", "requester", "akimat-kz-43")
    assert press(admin, url("boss"), "/lead", lead="yes").status_code == 303
    lead = visit("boss")
    listed = lead.see("/people").text
    assert ">Requester<" in listed and ">Neighbour<" not in listed and ">Coordinator<" not in listed
    assert lead.see("/people?organisation=akimat-kz-47").text.count("Neighbour") == 0
    for name in ("neighbour", "coordinator"):
        page = url(name)
        assert lead.see(page).status_code == 404
        for tail in ("", "/roles", "/access", "/invitation", "/roles/take-back", "/lead"):
            answer = lead.client.post(page + tail, data={**hidden(lead, "/people/new"), **NEW, "access": "end"})
            assert answer.status_code == 404, (name, tail)
    for page in ("/people/import", "/organisations", "/organisations/new"):
        assert lead.see(page).status_code == 404
    own = url("requester")
    assert press(lead, own, "/roles", role="requester").status_code == 303
    assert [press(lead, own, "/roles", role=role).status_code for role in ("expert", "approver")] == [422, 422]
    assert press(lead, own, "/lead", lead="yes").status_code == 404
    invited = lead.send(
        "/people/new", {"name": "Clerk", "email": "clerk@example.kz", "language": "kk", "organisation": "akimat-kz-47"}
    )
    assert invited.status_code == 303
    own_id = look(Organisation, Organisation.key == "akimat-kz-43")[0].id
    assert look(Person, Person.email == "clerk@example.kz")[0].organisation_id == own_id
    assert press(admin, url("boss"), "/lead", lead="no").status_code == 303
    assert visit("boss").see("/people").status_code == 404


def test_a_lead_does_not_change_members_who_belong_to_the_team(admin, visit, url, settle):
    settle("boss", "requester", lead=True)
    lead = visit("boss")
    page = url("approver")
    answer = lead.see(page)
    assert answer.status_code == 200 and "Revoke" not in answer.text and "End the access" not in answer.text
    sent = {**hidden(lead, "/people/new"), **NEW, "access": "end"}
    for tail in ("", "/roles", "/access", "/invitation"):
        assert lead.client.post(page + tail, data={**sent, "role": "expert"}).status_code == 404, tail


def test_without_the_secret_of_a_form_nothing_happens(admin, url, look):
    for tail in ("", "/roles", "/access", "/lead", "/invitation", "/roles/take-back"):
        assert admin.client.post(url("expert") + tail, data={**NEW, "access": "end"}).status_code == 403
    assert look(Person, Person.email == "expert@example.kz")[0].active
