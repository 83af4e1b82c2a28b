"""The pages of processes: what waits is shown with differences, faults and cases; two administrators publish."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from expertise import config
from expertise.app import create_app
from expertise.mail.letters import templates
from expertise.people.model import Grant, Person
from tests.expertise.web.conftest import Visitor
from tests.support.processes import KEY, VISIT, copy

SECOND = (("version: 1", "version: 2"), ("within: 5 working days", "within: 9 working days"))


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "processes"
    root.mkdir()
    return root


@pytest.fixture
def komek(app, root, tmp_path, settle):
    """The application with the folder of processes, and two administrators."""
    settle("admin", "administrator")
    settle("second", "administrator")
    given = {"KOMEK_DATA": str(tmp_path), "KOMEK_SECRET_KEY": "k" * 40, "KOMEK_SECOND_FACTOR": "offered"}
    started = create_app(config.read({**given, "KOMEK_PROCESSES": str(root)}))
    yield started
    templates.use({})
    started.extensions["komek"].transactions.engine.dispose()


def _ask(app, name="admin"):
    return Visitor(app, name).send(f"/processes/{KEY}/publish", {}, page=f"/processes/{KEY}")


def _decide(app, name, wish):
    visitor = Visitor(app, name)
    address = re.findall(r'action="(/processes/publications/\d+)"', visitor.see("/processes").text)[0]
    return visitor.send(address, {"do": wish}, page="/processes")


def _publish(app):
    assert _ask(app).status_code == 303
    assert _decide(app, "second", "confirm").status_code == 303


def test_one_administrator_asks_and_another_confirms(komek, root):
    copy(root)
    page = Visitor(komek, "admin").see("/processes").text
    assert "Study visit" in page and "new" in page
    assert _ask(komek).status_code == 303
    own = _decide(komek, "admin", "confirm")
    assert own.status_code == 422 and "another administrator confirms it" in own.text
    assert Visitor(komek, "requester").see(f"/cases/new/{KEY}").status_code == 404
    assert _decide(komek, "second", "confirm").status_code == 303
    assert Visitor(komek, "requester").see(f"/cases/new/{KEY}").status_code == 200
    page = Visitor(komek, "admin").see("/processes").text
    assert "in force" in page and "/processes/publications/" not in page


def test_the_page_shows_differences_and_what_becomes_of_open_cases(komek, root):
    copy(root)
    _publish(komek)
    requester = Visitor(komek, "requester")
    reference = requester.send(f"/cases/new/{KEY}", VISIT).location.rpartition("/")[2]
    requester.take(reference, "submit")
    copy(root, *SECOND)
    page = Visitor(komek, "admin").see(f"/processes/{KEY}").text
    assert "State “Under review”: time to act: 5 working days → 9 working days" in page
    assert reference in page and "1 go on" in page and "0 need a decision" in page
    assert "waits for publication" in page and "Ask for publication" in page
    _publish(komek)
    assert komek.extensions["komek"].services.definitions.current(KEY).version == 2


def test_a_file_with_faults_is_shown_with_all_of_them_and_not_published(komek, root):
    copy(root)
    _publish(komek)
    copy(
        root, ("version: 1", "version: 2"), ("initial: draft", "initial: begun"), ("with: coordinator", "with: nobody")
    )
    page = Visitor(komek, "admin").see(f"/processes/{KEY}").text
    assert "study_visit/definition.yaml:8: initial" in page and "[unknown_role]" in page
    assert "Ask for publication" not in page
    answer = Visitor(komek, "admin").send(f"/processes/{KEY}/publish", {}, page="/processes/study_visit")
    assert answer.status_code in (400, 422)
    assert komek.extensions["komek"].services.definitions.current(KEY).version == 1


def test_what_was_looked_at_is_what_comes_into_force(komek, root):
    copy(root)
    _ask(komek)
    copy(root, ("within: 5 working days", "within: 9 working days"))
    answer = _decide(komek, "second", "confirm")
    assert answer.status_code == 422 and "have changed since" in answer.text
    _ask(komek, "second")
    assert _decide(komek, "admin", "confirm").status_code == 303


def test_a_publication_is_withdrawn_refused_and_runs_out(komek, root, time):
    copy(root)
    for name in ("admin", "second"):
        _ask(komek)
        assert _decide(komek, name, "refuse").status_code == 303
        assert "/processes/publications/" not in Visitor(komek, "admin").see("/processes").text
    _ask(komek)
    time.move(timedelta(days=15))
    assert "/processes/publications/" not in Visitor(komek, "second").see("/processes").text


def test_whoever_is_no_administrator_any_more_has_asked_for_nothing(komek, root, app):
    copy(root)
    _ask(komek)
    runtime = komek.extensions["komek"]
    with runtime.transactions.write() as session:
        admin = session.scalar(select(Person.id).where(Person.email == "admin@example.kz"))
        session.execute(delete(Grant).where(Grant.person_id == admin))
    answer = _decide(komek, "second", "confirm")
    assert answer.status_code == 422 and "decided already" in answer.text


@pytest.mark.parametrize("name", ["coordinator", "approver", "requester"])
def test_nobody_else_sees_the_pages(komek, root, name):
    copy(root)
    for url in ("/processes", f"/processes/{KEY}"):
        assert Visitor(komek, name).see(url).status_code == 404


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_the_pages_are_in_every_language(komek, root, language):
    copy(root)
    admin = Visitor(komek, "admin")
    admin.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
    admin.see(f"/?lang={language}")
    assert admin.see("/processes").status_code == admin.see(f"/processes/{KEY}").status_code == 200
