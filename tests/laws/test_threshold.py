"""Nobody comes in unknown: on every page that is not open to strangers, signing in is judged before anything else."""

from __future__ import annotations

import pytest

from expertise.web.auth.login_required import AWAITING_SECOND_FACTOR, OPEN
from tests.laws.table import OUTSIDE
from tests.laws.test_permissions import VARIABLE, registered

#: Forms that a door would refuse by themselves.
FORMS = ({}, {"_seen": "no number", "do": "nonsense", "language": "xx", "action": "\0", "token": "x", "access": "x"})


@pytest.fixture
def closed(app):
    """[(rule, method, endpoint)] of what is not open to strangers."""
    found = [
        (rule.rule, method, rule.endpoint)
        for rule in app.url_map.iter_rules()
        for method in registered(app)[rule.rule] & rule.methods
        if not among(OPEN, rule.endpoint)
    ]
    return sorted(set(found))


def among(rooms, endpoint):
    return endpoint in rooms or endpoint.rpartition(".")[0] in rooms


def invented(found):
    return "999999" if found[0].startswith("<int:") else "no-such"


def test_strangers_are_shown_in_before_anything_else(app, family, browser, snapshots, closed, monkeypatch):
    """With addresses of something and of nothing, with forms and with none; a program gets the number for it."""
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    snapshots.wrote()
    assert len(closed) > 70
    for rule, method, endpoint in closed:
        for url in {VARIABLE.sub(lambda found: family[found[1]], rule), VARIABLE.sub(invented, rule)}:
            for name in OUTSIDE:
                if name == "halfway" and among(AWAITING_SECOND_FACTOR, endpoint):
                    continue
                for form in FORMS if method == "POST" else FORMS[:1]:
                    answer = browser(name).open(url, method=method, data=form)
                    assert answer.status_code == 303, (method, url, name)
                    start = "/demo" if (url, name) == ("/", "anonymous") and method in ("GET", "HEAD") else "/sign-in"
                    assert answer.location.startswith(start), (method, url, name)
            program = browser(None).open(url, method=method, headers={"Accept": "application/json"})
            assert program.status_code == 401, (method, url)
    assert not snapshots.wrote()


def test_what_is_open_is_there_and_says_why(app):
    """`outside` is a door of houses that name a provider, which this one does not."""
    known = {rule.endpoint for rule in app.url_map.iter_rules()}
    known |= {endpoint.rpartition(".")[0] for endpoint in known} | {"outside"}
    assert {*OPEN, *AWAITING_SECOND_FACTOR} <= known
    assert all(len(reason) > 20 for reason in {**OPEN, **AWAITING_SECOND_FACTOR}.values()), "a sentence, please"
