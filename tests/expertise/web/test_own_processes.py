"""Pages, worker and digest with processes of the installation: published, refused, and left out while cases run."""

from __future__ import annotations

from datetime import timedelta
from shutil import rmtree

import pytest

from expertise import config, drafts, registry, worker
from expertise.app import create_app
from expertise.base import clock
from expertise.cases import migrate_cases
from expertise.cases.migrate_cases import MigrationPlan
from expertise.mail.letters import templates
from tests.expertise.web.conftest import Visitor
from tests.support.processes import KEY, VISIT, copy

PAGES = ("/", "/cases", f"/board/{KEY}", "/rights", "/follow-up", "/cases/new", "/register", "/search?q=a")


@pytest.fixture
def start(app, tmp_path):
    """Start Komek anew over the same database with the folder of processes."""
    root = tmp_path / "processes"
    root.mkdir()
    started = []

    def restart():
        given = {"KOMEK_DATA": str(tmp_path), "KOMEK_SECRET_KEY": "k" * 40, "KOMEK_SECOND_FACTOR": "offered"}
        started.append(create_app(config.read({**given, "KOMEK_PROCESSES": str(root)})))
        return started[-1]

    yield restart
    templates.use({})
    for each in started:
        each.extensions["komek"].transactions.engine.dispose()


def _publish(app):
    runtime = app.extensions["komek"]
    with runtime.transactions.write() as session:
        found = drafts.drafts(session, runtime.settings.processes, runtime.services.definitions)
        drafts.publish(session, [each for each in found if not each.errors], clock.now())
    runtime.services.definitions.refresh()


def _begun(app):
    requester = Visitor(app, "requester")
    answer = requester.send(f"/cases/new/{KEY}", VISIT)
    assert answer.status_code == 303, answer.text
    reference = answer.location.rpartition("/")[2]
    assert requester.take(reference, "submit").status_code == 303
    return reference


def test_a_published_process_is_walked_on_the_pages(start, tmp_path, settle):
    copy(tmp_path / "processes")
    app = start()
    assert "/cases/new/study_visit" not in Visitor(app, "requester").see("/cases/new").text
    _publish(app)
    reference = _begun(app)
    team = Visitor(app, "coordinator")
    page = team.see(f"/cases/{reference}").text
    assert "Under review" in page and "See a technology" in page
    assert team.take(reference, "approve").status_code == 303
    assert Visitor(app, "requester").take(reference, "report", {"lessons": "Sort it."}).status_code == 303
    assert "Reported" in team.see(f"/cases/{reference}").text
    for url in PAGES:
        assert team.see(url).status_code == 200, url


def test_a_bad_folder_does_not_stop_the_service(start, tmp_path):
    copy(tmp_path / "processes", ("initial: draft", "initial: ["))
    app = start()
    for url in PAGES:
        wanted = 404 if KEY in url else 200
        assert Visitor(app, "coordinator").see(url).status_code == wanted, url


def test_the_page_of_a_migrated_case_tells_its_whole_way(start, tmp_path):
    root = tmp_path / "processes"
    copy(root)
    app = start()
    _publish(app)
    reference = _begun(app)
    renamed = (("  review:\n", "  checking:\n"), ("to: review", "to: checking"), ("from: review", "from: checking"))
    moved = (("[draft, review,", "[draft, checking,"), ("  submit:\n", "  hand_in:\n"), ("version: 1", "version: 2"))
    copy(root, *renamed, *moved)
    runtime = app.extensions["komek"]
    with runtime.transactions.write() as session:
        (draft,) = drafts.drafts(session, (root,), runtime.services.definitions)
        registry.put_into_force(session, draft.definition, draft.folder.text, clock.now())
    runtime.services.definitions.refresh()
    wanted = MigrationPlan(draft.definition, {"review": "checking"})
    runtime.transactions.run(lambda session: migrate_cases.move(session, runtime.services, wanted, 0, clock.now()))
    team = Visitor(app, "coordinator")
    for url in (f"/cases/{reference}", f"/cases/{reference}/history", "/cases", f"/board/{KEY}", "/"):
        assert team.see(url).status_code == 200, url
    page = team.see(f"/cases/{reference}/history").text
    assert "Moved to a new version of the process" in page and "the administrators" in page
    assert "person:step:submit" not in page
    assert team.take(reference, "approve").status_code == 303


def test_a_process_that_was_left_out_stops_no_page_no_worker_and_no_digest(start, tmp_path, settle, time):
    copy(tmp_path / "processes")
    app = start()
    _publish(app)
    reference = _begun(app)
    rmtree(tmp_path / "processes" / KEY)
    app = start()
    runtime = app.extensions["komek"]
    for name in ("requester", "coordinator"):
        visitor = Visitor(app, name)
        for url in (*PAGES, f"/cases/{reference}", f"/cases?workflow={KEY}", f"/board/{KEY}"):
            assert visitor.see(url).status_code in (200, 404), (name, url)
        assert visitor.see(f"/cases/{reference}").status_code == 200
        assert reference in visitor.see("/cases").text
    assert Visitor(app, "requester").see(f"/cases/new/{KEY}").status_code == 404
    for _ in range(8):
        time.move(timedelta(days=1))
        assert worker.sweep(runtime.transactions, runtime.services)["fault"] == 0
        worker.digests(runtime.transactions, runtime.services)
        worker.question(runtime.transactions, runtime.services)
    assert Visitor(app, "coordinator").take(reference, "approve").status_code == 303
