"""Reports count in the database once: no statement for each workflow, and none whose answer a page does not show."""

from __future__ import annotations

import re

import pytest

from tests.expertise.web.cases.test_held_step import FILLED
from tests.support.statements import listening


@pytest.fixture
def counting(app, visit):
    """`counting(address)`: the statements over cases that a page sends, the second time that it is asked for."""
    coordinator = visit("coordinator")

    def counted(address):
        assert coordinator.see(address).status_code == 200
        with listening(app.extensions["komek"].transactions.engine) as sent:
            coordinator.see(address)
        return [each for each in sent if re.search(r"\bFROM cases\b", each)]

    return counted


@pytest.fixture
def filed(visit):
    requester = visit("requester")
    reference = requester.begin(FILLED)
    requester.take(reference, "submit")
    return reference


def test_the_list_of_boards_counts_all_workflows_at_once(counting, visit, filed):
    grouped = [each for each in counting("/board") if "GROUP BY" in each]
    assert len(grouped) == 1
    tile = re.search(r'href="/board/expertise_request".*?</a>', visit("coordinator").see("/board").text, re.DOTALL)
    assert "1" in re.sub(r"<[^>]+>", " ", tile[0])


def test_the_picture_of_the_workflow_counts_its_states_and_no_months(counting, filed):
    picture, page = counting("/reports/diagram.svg"), counting("/reports")
    assert len([each for each in picture if "GROUP BY" in each]) == 1
    assert len(picture) < len(page) / 2
