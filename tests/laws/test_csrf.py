"""What changes something takes forms of the own session alone: any other is refused, and nothing at all is written."""

from __future__ import annotations

import re

from tests.laws.table import FILE, table
from tests.laws.test_permissions import SAFE, VARIABLE

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
SENDERS = ("anonymous", "halfway", "requester", "coordinator", "administrator")
EXEMPT = table()["exempt"]


def unsafe(app):
    return sorted((rule.rule, method) for rule in app.url_map.iter_rules() for method in rule.methods - SAFE)


def token_in(browser):
    return TOKEN.search(browser.get("/sign-in").text)[1]


def sample(row):
    return {name: value for name, value in row.get("send", {}).items() if "<" not in value}


def test_a_form_of_ours_is_taken(browser):
    """An application that refuses every form would pass the other tests of this module."""
    for name in SENDERS:
        own = browser(name)
        form = {"language": "kk", "csrf_token": token_in(own)}
        assert own.post("/language", data=form).status_code == 303
        header = {"X-CSRFToken": form["csrf_token"]}
        assert own.post("/language", data={"language": "kk"}, headers=header).status_code == 303


def test_forms_of_others_change_nothing(app, family, browser, snapshots):
    """Each route, without a token, with invented ones, and with one of another living session."""
    snapshots.back()
    before, tries = snapshots.dump(), 0
    stolen = {name: token_in(browser(other)) for name, other in zip(SENDERS, (*SENDERS[1:], SENDERS[0]), strict=True)}
    snapshots.wrote()
    for rule, method in unsafe(app):
        url = VARIABLE.sub(lambda found: family[found[1]], rule)
        written = table()["routes"][rule][method][0]
        for name in SENDERS:
            for token in (None, "", "x", stolen[name][:-1], stolen[name]):
                own = browser(name)
                token_in(own)
                data = sample(written) | ({} if token is None else {"csrf_token": token})
                header = {} if token is None else {"X-CSRFToken": token}
                answer = own.open(url, method=method, data=data, headers=header)
                refused = answer.status_code == 403 and not snapshots.wrote()
                assert refused != (rule in EXEMPT), (method, rule, name, token, answer.status_code)
                tries += 1
        if rule in EXEMPT:
            snapshots.back()
    assert snapshots.dump() == before
    assert tries >= 700


def test_what_is_exempt_says_why(app):
    assert EXEMPT.keys() <= {rule for rule, _method in unsafe(app)}
    assert all(len(reason) > 20 for reason in EXEMPT.values()), f"{FILE.name}: a sentence, please"
