"""Two administrators: who gets a role that decides, and the ways into the accounts of those who hold one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from expertise.audit import history
from expertise.base import clock
from expertise.mail.model import OutgoingLetter
from expertise.people.auth import second_factor, sign_in, totp
from expertise.people.change_model import PendingChange
from expertise.people.manage import accounts
from expertise.people.model import Absence, Grant, Organisation, Person, SignIn
from tests.expertise.web.conftest import PASSWORD
from tests.expertise.web.people.test_people import NEW, press, url  # noqa: F401
from workflows.definition import LANGUAGES

DECIDING = ("approver", "coordinator", "administrator")
APPROVER = Person.email == "approver@example.kz"


@pytest.fixture
def transactions(app):
    return app.extensions["komek"].transactions


@pytest.fixture
def facts(look):
    """What the form of facts says of somebody."""

    def of(whose, **changed):
        [person] = look(Person, Person.email == f"{whose}@example.kz")
        [organisation] = look(Organisation, Organisation.id == person.organisation_id)
        kept = {"name": person.name, "email": person.email, "language": person.language}
        return {**kept, "organisation": organisation.key, **changed}

    return of


def telephone(transactions, person_id):
    with transactions.write() as db:
        person = db.get(Person, person_id)
        begun = second_factor.begin(db, person, "k" * 40)
        code = totp.code(begun.secret, int(clock.now().timestamp()) // 30)
        assert not isinstance(second_factor.confirm(db, person, code, "k" * 40, clock.now()), sign_in.SignInRefused)


def acts(transactions, key):
    with transactions.read() as db:
        return [(each.act, each.actor) for each in history.read(db, history.person(key))]


@pytest.mark.parametrize("role", DECIDING)
@pytest.mark.parametrize("whose", ["admin", "expert", "requester"])
def test_a_deciding_role_is_given_by_two(admin, url, look, second, keys, transactions, whose, role):  # noqa: F811
    [person] = look(Person, Person.email == f"{whose}@example.kz")
    before = len(look(Grant, Grant.person_id == person.id))
    if (whose, role) == ("admin", "administrator"):
        before -= 1  # held already: given again, its days would be set anew
    answer = press(admin, url(whose), "/roles", role=role, region="KZ-43", since="01.03.2026")
    assert answer.status_code == 303 and "waits for a second administrator" in admin.see(answer.location).text
    assert look(Grant, Grant.person_id == person.id, Grant.role == role, Grant.region == "KZ-43") == []
    [asked] = look(PendingChange)
    own = press(admin, "/changes", f"/{asked.id}", do="confirm")
    assert own.status_code == 422 and "You asked for this change yourself" in own.text
    page = second.visitor.see("/changes").text
    assert f"{role} · Kyzylorda Region (01.03.2026 – …)" in page and person.email in page
    assert second.decide().status_code == 303
    [grant] = look(Grant, Grant.person_id == person.id, Grant.role == role, Grant.region == "KZ-43")
    assert f"{grant.since:%d.%m.%Y}" == "01.03.2026"
    told = acts(transactions, person.key)
    assert [act for act, _ in told[:3]] == ["role:give", "change:confirm", "change:ask"]
    assert [actor for _, actor in told[1:3]] != [told[1][1]] * 2, "two people"
    again = second.send(f"/changes/{asked.id}", "confirm")
    assert again.status_code == 422 and "has been decided already" in again.text


@pytest.mark.parametrize("role", ["requester", "expert", "lender"])
def test_a_role_that_decides_nothing_needs_one_administrator(admin, url, look, role):  # noqa: F811
    press(admin, url("neighbour"), "/roles", role=role)
    assert look(PendingChange) == [] and look(Grant, Grant.role == role)


@pytest.mark.parametrize("role", DECIDING)
def test_nobody_is_invited_or_brought_in_with_a_deciding_role_by_one(admin, look, role):
    assert admin.send("/people/new", {**NEW, "role": role}).status_code == 303
    [person] = look(Person, Person.email == NEW["email"])
    assert look(Grant, Grant.person_id == person.id) == [] and len(look(PendingChange)) == 1
    header = "name,email,language,organisation,role,region,since,until\n"
    content = f"{header}Clerk,clerk@example.kz,kk,project-team,{role},,,\n".encode()
    page = {"csrf_token": admin.hidden("/people/import")["csrf_token"]}
    for added in ("added", "unchanged"):
        body = b"".join(
            [
                *(
                    f'--b\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode()
                    for k, v in page.items()
                ),
                b'--b\r\nContent-Disposition: form-data; name="file"; filename="p.csv"\r\n\r\n'
                + content
                + b"\r\n--b--\r\n",
            ]
        )
        answer = admin.client.post("/people/import", data=body, content_type="multipart/form-data; boundary=b")
        assert f">{added}<" in answer.text
        assert ("The role waits for a second administrator." in answer.text) == (added == "added")
    [clerk] = look(Person, Person.email == "clerk@example.kz")
    assert look(Grant, Grant.person_id == clerk.id) == [] and len(look(PendingChange)) == 2


def test_address_reset_and_telephone_make_nobody_an_approver(admin, url, look, facts, transactions, second):  # noqa: F811
    [approver] = look(Person, APPROVER)
    telephone(transactions, approver.id)
    page = url("approver")
    changed = press(admin, page, "", **facts("approver", email="mine@example.kz", name="Renamed"))
    assert changed.status_code == 303 and "waits for a second administrator" in admin.see(changed.location).text
    assert [(each.email, each.name) for each in look(Person, Person.id == approver.id)] == [
        ("approver@example.kz", "Renamed")
    ], "what opens nothing is changed at once"
    assert press(admin, page, "/telephone").status_code == 303
    with transactions.read() as db:
        assert second_factor.has(db, approver.id)
    assert press(admin, page, "/access", access="end").status_code == 303
    assert press(admin, page, "/access", access="back").status_code == 303
    assert not look(Person, APPROVER)[0].active
    assert sorted(each.what for each in look(PendingChange)) == ["access", "email", "telephone"]
    second.confirm_all()
    [after] = look(Person, Person.id == approver.id)
    assert (after.email, after.active) == ("mine@example.kz", True)
    with transactions.read() as db:
        assert not second_factor.has(db, approver.id)


def test_a_role_that_is_about_to_be_given_guards_the_address_too(admin, url, look, facts):  # noqa: F811
    press(admin, url("requester"), "/roles", role="approver")
    press(admin, url("requester"), "", **facts("requester", email="mine@example.kz"))
    assert look(Person, Person.email == "mine@example.kz") == []
    assert sorted(each.what for each in look(PendingChange)) == ["email", "role"]


def test_a_role_of_other_days_guards_too(admin, url, look, facts, transactions):  # noqa: F811
    with transactions.write() as db:
        grant = db.query(Grant).filter(Grant.role == "approver").one()
        grant.since = (clock.now() + timedelta(days=30)).date()
    press(admin, url("approver"), "", **facts("approver", email="mine@example.kz"))
    assert look(Person, APPROVER)


def test_an_administrator_names_no_deputy_of_others_but_another(admin, look, keys, transactions):
    with transactions.write() as db:
        accounts.grant_role(db, db.query(Person).filter(Person.email == "admin@example.kz").one(), "manager")
    admin.send("/sign-in", {"email": "admin@example.kz", "password": PASSWORD})
    days = {"since": "01.03.2030", "until": "02.03.2030", "cause": "leave"}
    answer = admin.send("/absences", {**days, "person": keys["approver"], "deputy": keys["admin"]})
    assert answer.status_code == 422 and "cannot be the deputy" in answer.text
    assert (
        admin.send("/absences", {**days, "person": keys["approver"], "deputy": keys["coordinator"]}).status_code == 303
    )


def test_who_stands_in_for_somebody_who_decides_was_let_decide_by_two(admin, look, keys, transactions):
    """Or an administrator alone invites a manager, and makes that account the deputy of an approver."""
    admin.send("/people/new", {**NEW, "role": "manager"})
    [puppet] = look(Person, Person.email == NEW["email"])
    days = {"since": "01.03.2030", "until": "02.03.2030", "cause": "leave"}
    answer = admin.send("/absences", {**days, "person": keys["approver"], "deputy": puppet.key})
    assert answer.status_code == 422 and "<title>Error: Absences" in answer.text
    assert look(Absence) == []


@pytest.mark.parametrize(("wish", "by", "outcome"), [("refuse", "second", "refused"), ("refuse", "admin", "withdrawn")])
def test_refused_or_withdrawn_nothing_changes(admin, url, look, second, wish, by, outcome):  # noqa: F811
    press(admin, url("expert"), "/roles", role="approver")
    [asked] = look(PendingChange)
    answer = second.decide("refuse") if by == "second" else press(admin, "/changes", f"/{asked.id}", do=wish)
    assert answer.status_code == 303 and look(PendingChange)[0].outcome == outcome
    assert len(look(Grant, Grant.role == "approver")) == 1
    late = second.send(f"/changes/{asked.id}", "confirm")
    assert late.status_code == 422 and len(look(Grant, Grant.role == "approver")) == 1


def test_what_waits_runs_out_and_a_new_wish_replaces_the_old(admin, url, look, second, time):  # noqa: F811
    for until in ("31.03.2027", "30.04.2027"):
        press(admin, url("expert"), "/roles", role="approver", until=until)
        time.move(timedelta(minutes=1))
    assert [each.outcome for each in look(PendingChange)] == ["replaced", None]
    [_, asked] = look(PendingChange)
    time.move(timedelta(days=15))
    second.visitor.send("/sign-in", {"email": "second@example.kz", "password": PASSWORD})
    assert "No changes to confirm." in second.visitor.see("/changes").text
    assert second.send(f"/changes/{asked.id}", "confirm").status_code == 422


def test_who_asked_must_still_be_an_administrator(admin, url, look, second):  # noqa: F811
    press(admin, url("expert"), "/roles", role="approver")
    [grant] = look(Grant, Grant.person_id == look(Person, Person.email == "admin@example.kz")[0].id)
    assert press(second.visitor, url("admin"), "/roles/take-back", grant=str(grant.id)).status_code == 303
    assert second.decide().status_code == 422
    assert len(look(Grant, Grant.role == "approver")) == 1


def test_nobody_else_sees_or_decides(admin, url, look, visit, settle):  # noqa: F811
    press(admin, url("expert"), "/roles", role="approver")
    [asked] = look(PendingChange)
    settle("lead", "requester", "akimat-kz-43", lead=True)
    settle("watch", "auditor")
    for name in ("coordinator", "approver", "expert", "lead", "watch"):
        visitor = visit(name)
        assert visitor.see("/changes").status_code == 404, name
        form = {"csrf_token": visitor.hidden("/account")["csrf_token"], "_key": name, "do": "confirm"}
        assert visitor.client.post(f"/changes/{asked.id}", data=form).status_code == 404, name
    assert look(PendingChange)[0].outcome is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_in_three_languages(admin, url, second, language):  # noqa: F811
    press(admin, url("expert"), "/roles", role="approver", region="KZ-43")
    press(admin, url("approver"), "/access", access="end")
    press(admin, url("approver"), "/access", access="back")
    second.visitor.send("/language", {"language": language}, page="/account")
    page = second.visitor.see("/changes")
    assert page.status_code == 200 and page.text.count('value="confirm"') == 2
    assert f'<html lang="{language}">' in page.text


# --- letters ------------------------------------------------------------------------------------------


def sent(look):
    people = {person.id: person.name for person in look(Person)}
    rows = sorted(look(OutgoingLetter), key=lambda row: row.id)
    return [
        (each.letter, people[each.recipient_id], each.address, each.context.get("summary", {}).get("en", ""))
        for each in rows
    ]


def test_the_administrators_and_the_person_hear_of_what_is_asked_and_decided(admin, url, look, second, report):  # noqa: F811
    press(admin, url("expert"), "/roles", role="approver")
    report()
    asked = "An administrator asks for a change that another administrator must confirm: the role “approver”."
    assert sent(look) == [("account_changed", "Expert", None, asked), ("account_reported", "Second", None, asked)]
    second.confirm_all()
    report()
    confirmed = "Another administrator has confirmed a change: the role “approver”."
    assert sent(look)[2:] == [
        ("account_reported", "Admin", None, confirmed),
        ("account_changed", "Expert", None, "A role was given, or its days were set: approver."),
    ]


def test_the_old_address_hears_of_the_new_one(admin, url, look, facts, report, second):  # noqa: F811
    press(admin, url("requester"), "", **facts("requester", email="new@example.kz"))
    report()
    words = "The e-mail address was changed. The new one: new@example.kz."
    assert sent(look) == [
        ("account_changed", "Requester", None, words),
        ("account_changed", "Requester", "requester@example.kz", words),
    ]
    press(admin, url("approver"), "", **facts("approver", email="elsewhere@example.kz"))
    second.confirm_all()
    report()
    assert ("account_changed", "Approver", "approver@example.kz") in [row[:3] for row in sent(look)]


def test_every_change_of_ones_own_account_is_reported(visit, look, report, transactions):
    visitor = visit("requester")
    new = "another sentence for the door"
    visitor.send("/account/password", {"old": PASSWORD, "password": new, "again": new})
    visitor.send("/account/second-factor/begin", {}, page="/account/second-factor")
    with transactions.read() as db:
        secret = second_factor.pending(db, db.query(Person).filter(Person.name == "Requester").one(), "k" * 40).secret
    code = totp.code(secret, int(clock.now().timestamp()) // 30)
    assert (
        visitor.send("/account/second-factor/confirm", {"code": code}, page="/account/second-factor").status_code == 200
    )
    with transactions.write() as db:
        person = db.query(Person).filter(Person.name == "Requester").one()
        codes = second_factor.renew_codes(db, person)
    for wish in ("codes", "telephone"):
        form = {"code": codes[0] if wish == "codes" else "", "do": wish}
        if wish == "telephone":
            with transactions.write() as db:
                form["code"] = second_factor.renew_codes(db, db.query(Person).filter(Person.name == "Requester").one())[
                    0
                ]
        visitor.send("/account/second-factor/change", form, page="/account/second-factor")
    report()
    told = [row[3] for row in sent(look)]
    for words in (
        "A new password was set.",
        "Signing in with a code of a telephone was set up.",
        "New recovery codes were made; the old ones no longer work.",
        "A recovery code was used.",
        "The telephone for the codes was removed: its codes no longer work.",
    ):
        assert words in told, words
    assert {row[0] for row in sent(look)} == {"account_changed"}
    assert look(OutgoingLetter)[0].context["actor_role"]["en"] == "this account itself"


def test_an_account_that_is_just_opened_gets_its_invitation_only(admin, look, report):
    admin.send("/people/new", {**NEW, "role": "requester"})
    report()
    assert [row[0] for row in sent(look)] == ["invitation"]


def test_two_workers_report_each_change_once(admin, url, look, report):  # noqa: F811
    press(admin, url("requester"), "/roles", role="expert")
    assert [report(), report()] == [1, 0]
    assert len(sent(look)) == 1 and look(SignIn) is not None


@pytest.mark.parametrize("role", ["coordinator", "approver", "manager", "auditor", "administrator"])
def test_each_role_that_decides_or_sees_everything_waits_for_a_second_administrator(admin, url, look, role):  # noqa: F811
    before = len(look(Grant, Grant.role == role))
    press(admin, url("expert"), "/roles", role=role)
    [asked] = look(PendingChange)
    assert (asked.values["role"], len(look(Grant, Grant.role == role))) == (role, before)
    answer = press(admin, "/changes", f"/{asked.id}", do="confirm")
    assert answer.status_code == 422 and len(look(Grant, Grant.role == role)) == before
