import pytest

from tests.workflows.samples import OFFER, REQUEST, definition_of


@pytest.fixture(scope="session")
def request_definition():
    return definition_of(REQUEST)


@pytest.fixture(scope="session")
def offer_definition():
    return definition_of(OFFER)
