"""Pages when the file of one workflow is bad."""

from shutil import copytree

import pytest

from expertise import config, registry
from expertise.app import create_app
from tests.expertise.web.cases.test_held_step import FILLED
from tests.expertise.web.conftest import Visitor

SENTENCE = "This kind of case is out of service for now"


@pytest.fixture
def spoil(app, tmp_path, monkeypatch):
    """Start Komek anew over the same database, the file of a workflow spoilt."""
    started = []

    def restart(workflow):
        folder = tmp_path / "definitions"
        copytree(registry.DEFINITIONS, folder)
        (folder / f"{workflow}.yaml").write_text("workflow: [", encoding="utf-8")
        monkeypatch.setattr(registry, "DEFINITIONS", folder)
        given = {"KOMEK_DATA": str(tmp_path), "KOMEK_SECRET_KEY": "k" * 40, "KOMEK_SECOND_FACTOR": "offered"}
        started.append(create_app(config.read(given)))
        return started[-1]

    yield restart
    for each in started:
        each.extensions["komek"].transactions.engine.dispose()


def test_cases_are_shown_and_nothing_is_decided(visit, settle, spoil, caplog):
    settle("admin", "administrator")
    requester = visit("requester")
    reference = requester.begin(FILLED)
    requester.take(reference, "submit")
    spoilt = spoil("expertise_request")
    assert "workflow out of service: expertise_request.yaml:2:1: " in caplog.text
    team = Visitor(spoilt, "coordinator")
    page = team.see(f"/cases/{reference}")
    assert page.status_code == 200 and SENTENCE in page.text
    assert f"/cases/{reference}/steps/" not in page.text
    for url in ("/", "/cases", "/rights", "/follow-up", "/cases/new", "/register"):
        assert team.see(url).status_code == 200, url
    answer = team.client.post(f"/cases/{reference}/steps/register", data=team.hidden("/cases/new/loan_referral"))
    assert answer.status_code in (409, 422, 503), answer.text
    assert team.see("/cases/new/expertise_request").status_code == 404
    desk = Visitor(spoilt, "admin").see("/").text
    assert "Workflows out of service" in desk and "expertise_request.yaml:2:1: " in desk
    assert "Workflows out of service" not in team.see("/").text
