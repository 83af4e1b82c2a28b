"""What a first visit costs on a slow line: the bytes that really travel, packed as the browser asks for them."""

from __future__ import annotations

import pytest

from tests.support import stages

FIRST_VIEW = 45 * 1024
LATER_PAGE = 8 * 1024
PAGES = {
    "sign-in": (None, "/sign-in"),
    "desk": ("requester", "/"),
    "case": ("coordinator", "/cases/{case}"),
    "new request": ("requester", "/cases/new/expertise_request"),
}


@pytest.fixture(scope="module")
def case(town):
    return stages.delivering(town.house)[0]


@pytest.mark.parametrize("name", PAGES)
def test_a_first_view_is_light_and_a_later_one_lighter(town, visit, case, name):
    person, address = PAGES[name]
    signed_in = visit(person)
    first = visit(None, storage_state=signed_in.context.storage_state())  # signed in, and nothing in its cache
    whole = travelled(first, address.format(case=case))
    kinds = {kind for kind, _octets in whole}
    assert {"document", "stylesheet", "script", "font"} <= kinds
    assert sum(octets for _kind, octets in whole) <= FIRST_VIEW
    again = travelled(first, address.format(case=case))
    assert sum(octets for _kind, octets in again) <= LATER_PAGE


def travelled(visitor, address):
    """Kind and bytes of everything that came over the line for one page."""
    came = []
    page = visitor.tab()
    page.on("requestfinished", lambda request: came.append(request))  # noqa: PLW0108 Playwright takes no built-in
    page.goto(address, wait_until="networkidle")
    return [(request.resource_type, sizes(request)) for request in came]


def sizes(request):
    told = request.sizes()
    return told["responseBodySize"] + told["responseHeadersSize"]
