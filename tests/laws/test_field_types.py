"""A field of each measuring and naming type, alone and in a table: filled in as in a browser, stored, read, found."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from expertise.base import clock
from expertise.cases.model import Case
from expertise.cases.queries import CASES
from expertise.people.auth.sessions import start_session
from expertise.people.model import Person
from tests.laws.filling import Filler
from tests.laws.test_forms import form_at, send
from tests.support import databases
from tests.support.all_types import EXCHANGES, NAMES
from tests.support.changed_definitions import under
from tests.support.environment import done
from tests.support.people import CAST

PROBLEMS = {
    "road": ("5 м", {"kk": "басқа", "ru": "не та единица", "en": "another unit"}),
    "ready": ("120", {"kk": "100", "ru": "100", "en": "100"}),
    "effort.amount": ("1,5", {"kk": "бүтін", "ru": "целое", "en": "whole number"}),
    "held.time": ("25:00", {"kk": "17:05", "ru": "17:05", "en": "17:05"}),
    "spot.code": ("43", {"kk": "тоғыз", "ru": "девяти", "en": "nine digits"}),
}


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def place(request, tmp_path_factory):
    if request.param == "sqlite":
        yield {}
        return
    with databases.database("postgres", tmp_path_factory.mktemp("none"), CAST) as engine:
        yield {"KOMEK_DATABASE_URL": databases.address(engine)}


@pytest.fixture(scope="module")
def definition(app, env, tmp_path_factory):
    """The changed workflow, under which the application begins new cases."""
    changed = under(env, tmp_path_factory.mktemp("definitions"), EXCHANGES)
    app.extensions["komek"] = replace(app.extensions["komek"], services=changed.services)
    return changed.services.definitions.current("project_proposal")


@pytest.fixture
def sign_in(app, env):
    def signed(role, language="en"):
        with env.transactions.write() as session:
            session.execute(update(Person).where(Person.id == env.actor(role).person_id).values(language=language))
            token = start_session(session, env.actor(role).person_id, clock.now())
        client = app.test_client()
        with client.session_transaction() as kept:
            kept["token"] = token
        return client

    return signed


def stored(env, reference):
    with env.transactions.read() as session:
        return session.scalar(select(CASES.c.fields).where(Case.reference == reference))


def test_every_type_is_typed_stored_shown_changed_and_found(env, definition, sign_in):
    client, names = sign_in("requester"), definition.states["idea"].edit["requester"]
    form = form_at(client, "/cases/new/project_proposal")
    filled = Filler(form, env.actor("expert").key, 0).fill(definition, names)
    answer = send(client, "/cases/new/project_proposal", form)
    assert answer.status_code == 303, answer.text
    reference = answer.location.rpartition("/")[2]
    assert stored(env, reference) == filled.expected
    again = send(client, f"/cases/{reference}/edit", form_at(client, f"/cases/{reference}/edit"))
    assert again.status_code == 303 and stored(env, reference) == filled.expected

    form = form_at(client, f"/cases/{reference}/edit")
    changed = Filler(form, env.actor("expert").key, 300).fill(definition, names).expected
    assert send(client, f"/cases/{reference}/edit", form).status_code == 303
    assert stored(env, reference) == changed
    page = client.get(f"/cases/{reference}").text
    for said in ("km", "%", "UTC+5", "working day", "(431010000)", "Visit", "hour"):
        assert said in page, said
    for address in (f"/cases/{reference}/history", f"/cases/{reference}/print"):
        shown = client.get(address)
        assert shown.status_code == 200 and "(431010000)" in shown.text, address
    assert reference in client.get(f"/search?q={changed['spot']['text'].split()[-1]}").text
    form = form_at(client, f"/cases/{reference}/edit")
    for control in form.controls:
        if control.visible and control.name.partition(".")[0] in NAMES:
            empty = control.options[0] if control.options else ""
            control.checked, control.value = False, empty
    assert send(client, f"/cases/{reference}/edit", form).status_code == 303
    assert not {name for name, value in stored(env, reference).items() if value is not None} & set(NAMES)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("kk", ("Солай: Құны кемінде 5 млн еуро", "Неліктен солай")),
        ("ru", ("Это так: Стоимость не менее 5 млн евро", "Почему так")),
        ("en", ("It is so: The cost is at least 5m euros", "Why this way")),
    ],
)
def test_a_chosen_target_is_foretold_and_told_with_its_reason(app, env, definition, sign_in, language, words):
    env = replace(env, services=app.extensions["komek"].services)
    idea = {"title": "Su", "region": "KZ-43", "topic": "waste", "problem": "Old", "objectives": "New"}
    reference = done(env.file(idea, "requester", workflow="project_proposal")).reference
    env.take("requester", reference, "put_forward")
    env.take("coordinator", reference, "pass_screening")
    cost = {"amount": "6000000", "currency": "EUR"}
    note = {"options": "One", "expected_outputs": "Two", "borrower": "City", "total_cost": cost}
    done(env.edit("requester", reference, note))
    client = sign_in("requester", language)
    page = client.get(f"/cases/{reference}/steps/submit_concept").text
    assert words[0] in page and definition.states["in_preparation"].label[language] in page
    env.take("requester", reference, "submit_concept")
    assert words[1] in client.get(f"/cases/{reference}/history").text


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_what_is_wrong_says_how_to_write_it(env, definition, sign_in, language):
    client = sign_in("requester", language)
    for name, (typed, words) in PROBLEMS.items():
        form = form_at(client, "/cases/new/project_proposal")
        if name == "held.time":
            form.fill("held.day", "12.05.2026")
        form.fill(name, typed)
        answer = send(client, "/cases/new/project_proposal", form)
        assert answer.status_code == 422, name
        assert words[language] in answer.text.lower(), (name, language)
        assert f'value="{typed}"' in answer.text
