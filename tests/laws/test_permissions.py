"""Who gets what at which address: every route of the application stands in this table, or the law is broken."""

from __future__ import annotations

import re

import pytest

from tests.expertise.cases.scenery import PEOPLE

pytestmark = pytest.mark.xdist_group("permissions")  # one house for all of them

STRANGERS = {"neighbour", "distant", "other_expert", "nobody"}  # to the case of `family`
INSIDE = PEOPLE.keys() - STRANGERS
TEAM = {"coordinator", "deputy", "approver", "manager", "twofold"}
WATCH = {"auditor", "administrator"}
OWNERS = {"requester", "colleague", "twofold"}
OPENERS = OWNERS | {"neighbour", "coordinator", "deputy", "distant"}
EVERYBODY = set(PEOPLE)

#: (address, other values than those of `family`, who gets 200, who gets 403 because they see it, is a sign-in needed).
#: All others get 404; who is not signed in is sent to the sign-in page where one is needed.
GET = [
    ("/", {}, EVERYBODY, set(), True),
    ("/cases", {}, EVERYBODY, set(), True),
    ("/cases/new", {}, EVERYBODY, set(), True),
    ("/cases/new/<workflow>", {}, OPENERS, EVERYBODY - OPENERS, True),
    ("/cases/new/<workflow>", {"workflow": "no-such"}, set(), set(), False),
    ("/cases/<reference>", {}, INSIDE, set(), True),
    ("/cases/<reference>", {"reference": "offer"}, TEAM | WATCH | {"expert"}, set(), True),
    ("/cases/<reference>", {"reference": "deliverable"}, INSIDE, set(), True),
    ("/cases/<reference>", {"reference": "draft"}, OWNERS | WATCH, set(), True),
    ("/cases/<reference>", {"reference": "ER-1999-0001"}, set(), set(), True),
    ("/cases/<reference>/diagram.svg", {}, INSIDE, set(), True),
    ("/cases/<reference>/diagram.svg", {"reference": "offer"}, TEAM | WATCH | {"expert"}, set(), True),
    ("/cases/<reference>/edit", {}, set(), INSIDE, True),
    ("/cases/<reference>/edit", {"reference": "draft"}, OWNERS, WATCH, True),
    ("/cases/<reference>/steps/<step>", {}, {"coordinator", "deputy"}, INSIDE - {"coordinator", "deputy"}, True),
    ("/cases/<reference>/steps/<step>", {"reference": "draft", "step": "submit"}, OWNERS, WATCH, True),
    ("/files/<key>", {}, INSIDE, set(), True),
    ("/files/<key>", {"key": "f" * 25}, set(), set(), True),
    ("/account", {}, EVERYBODY, set(), True),
    ("/account/letters", {}, EVERYBODY, set(), True),
    ("/account/password", {}, EVERYBODY, set(), True),
    ("/account/second-factor", {}, EVERYBODY, set(), True),
    ("/account/tokens", {}, EVERYBODY, set(), True),
    ("/passes/<token>", {"token": "no-such"}, set(), set(), False),
    ("/people", {}, {"administrator"}, set(), True),
    ("/people/new", {}, {"administrator"}, set(), True),
    ("/people/import", {}, {"administrator"}, set(), True),
    ("/people/<person>", {}, {"administrator"}, set(), True),
    ("/people/<person>", {"person": "p" + "0" * 20}, set(), set(), True),
    ("/organisations", {}, {"administrator"}, set(), True),
    ("/organisations/new", {}, {"administrator"}, set(), True),
    ("/organisations/<organisation>", {}, {"administrator"}, set(), True),
    ("/organisations/<organisation>", {"organisation": "no-such"}, set(), set(), True),
    ("/absences", {}, TEAM | {"distant", "administrator"}, set(), True),
    ("/rights", {}, EVERYBODY, set(), True),
    ("/rights/<workflow>", {}, EVERYBODY, set(), True),
    ("/rights/<workflow>", {"workflow": "no-such"}, set(), set(), True),
    ("/sign-in", {}, EVERYBODY, set(), False),
    ("/sign-in/forgotten", {}, EVERYBODY, set(), False),
    ("/register", {}, EVERYBODY, set(), False),
    ("/register/<reference>", {}, set(), set(), False),
    ("/register/<reference>", {"reference": "published"}, EVERYBODY, set(), False),
    ("/demo/letters", {}, EVERYBODY, set(), False),
    ("/demo/letters/<name>", {}, set(), set(), False),
    ("/demo/letters/<name>/html", {}, set(), set(), False),
    ("/static/<path:filename>", {}, EVERYBODY, set(), False),
]
#: Where only somebody stands who has given the password and not yet the code; all others are led on.
LED_ON = {"/sign-in/code"}
#: What changes something. The first four are about a case, and a stranger to it finds nothing.
POST = {
    "/cases/<reference>/edit": {"_seen": "1", "_key": "k"},
    "/cases/<reference>/steps/<step>": {"_seen": "1", "_key": "k", "_sure": "yes"},
    "/cases/<reference>/comments": {"comment": "x"},
    "/cases/new/<workflow>": {},
    "/people/new": {"name": "New", "email": "new@example.kz", "language": "kk"},
    "/people/import": {},
    "/people/<person>": {"name": "Other", "email": "other@example.kz", "language": "kk"},
    "/people/<person>/roles": {"role": "requester"},
    "/people/<person>/roles/take-back": {"grant": "1"},
    "/people/<person>/access": {"access": "end"},
    "/people/<person>/lead": {"lead": "yes"},
    "/people/<person>/invitation": {},
    "/organisations/new": {"key": "new-one", "name_kk": "А", "name_ru": "Б", "name_en": "C"},
    "/organisations/<organisation>": {"name_kk": "А", "name_ru": "Б", "name_en": "C"},
    "/absences": {"since": "01.03.2026", "until": "02.03.2026", "cause": "leave"},
    "/absences/<int:absence>/end": {},
    "/sign-in": {},
    "/sign-out": {},
    "/sign-in/code": {},
    "/sign-in/forgotten": {},
    "/passes/<token>": {},
    "/account/end-all": {},
    "/account/letters": {},
    "/account/password": {},
    "/account/second-factor/begin": {},
    "/account/second-factor/change": {},
    "/account/second-factor/confirm": {},
    "/account/sessions/end": {},
    "/account/sessions/end-others": {},
    "/account/tokens": {},
    "/account/tokens/revoke": {},
    "/language": {},
}
OF_PEOPLE = [rule for rule in POST if rule.startswith(("/people", "/organisations"))]
OF_A_CASE = [rule for rule in POST if "<reference>" in rule]


def address(rule, family, others=()):
    for name, value in {**family, **{name: family.get(value, value) for name, value in dict(others).items()}}.items():
        rule = rule.replace(f"<{name}>", value).replace(f"<path:{name}>", value)
        rule = rule.replace(f"<int:{name}>", value)
    return rule


def routes(app, method):
    return {rule.rule for rule in app.url_map.iter_rules() if method in rule.methods}


def test_no_route_is_missing_here(app):
    assert routes(app, "GET") == {rule for rule, *_ in GET} | LED_ON
    assert routes(app, "POST") == set(POST)
    known = {"GET", "POST", "HEAD", "OPTIONS"}
    assert all(rule.methods <= known for rule in app.url_map.iter_rules())


@pytest.mark.parametrize(("rule", "others", "allowed", "refused", "guarded"), GET)
def test_who_is_shown_what(family, browser, rule, others, allowed, refused, guarded):
    url = address(rule, family, others)
    answers = {name: browser(name).get(url, buffered=True).status_code for name in PEOPLE}
    expected = {name: 200 if name in allowed else 403 if name in refused else 404 for name in PEOPLE}
    assert answers == expected
    stranger = browser(None).get(url, buffered=True)
    if guarded:
        assert stranger.status_code == 303 and stranger.location.startswith("/sign-in")
    else:
        assert stranger.status_code == (200 if allowed else 404)


@pytest.mark.parametrize("rule", LED_ON)
def test_who_is_signed_in_is_led_on(browser, rule):
    assert {browser(name).get(rule).location for name in PEOPLE} == {"/"}
    assert browser(None).get(rule).location.startswith("/sign-in?")


def test_what_may_not_be_seen_looks_like_what_is_not_there(family, browser):
    hidden = browser("neighbour").get(f"/cases/{family['reference']}")
    absent = browser("neighbour").get("/cases/ER-1999-0001")
    assert hidden.status_code == absent.status_code == 404
    pages = hidden.text.replace(family["reference"], ""), absent.text.replace("ER-1999-0001", "")
    one, other = (re.sub(r'(name="csrf_token" value=)"[^"]*"', r"\1", page) for page in pages)  # new every second
    assert one == other


@pytest.mark.parametrize("rule", POST)
def test_nothing_is_changed_from_a_strange_page(family, browser, house, rule):
    """Without the token of a form of ours: refused for everybody, before anything is looked at."""
    before = house.counts()
    for name in (None, "requester", "coordinator", "administrator"):
        assert browser(name).post(address(rule, family), data=POST[rule]).status_code == 403
    assert house.counts() == before


@pytest.fixture
def without_tokens(app, monkeypatch):
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)


@pytest.mark.parametrize("rule", OF_A_CASE)
def test_strangers_change_nothing(family, browser, house, without_tokens, rule):
    before = house.counts()
    for reference in ("reference", "offer", "deliverable", "draft"):
        url = address(rule, family, {"reference": reference, "step": "submit"})
        for name in STRANGERS:
            assert browser(name).post(url, data=POST[rule]).status_code == 404, (url, name)
        assert browser(None).post(url, data=POST[rule]).location == "/sign-in"
    assert house.counts() == before


@pytest.mark.parametrize("rule", OF_PEOPLE)
def test_people_are_changed_by_the_administrator_alone(family, browser, house, without_tokens, rule):
    before = house.counts()
    for name in EVERYBODY - {"administrator"}:
        assert browser(name).post(address(rule, family), data=POST[rule]).status_code == 404, name
    assert browser(None).post(address(rule, family), data=POST[rule]).location == "/sign-in"
    assert house.counts() == before


def test_who_is_not_of_the_team_has_no_absences_and_nobody_ends_those_of_others(family, browser, without_tokens):
    for name in EVERYBODY - TEAM - {"distant", "administrator"}:
        assert browser(name).post("/absences", data=POST["/absences"]).status_code == 404, name
    for name in EVERYBODY - {"approver", "administrator"}:
        assert browser(name).post(f"/absences/{family['absence']}/end").status_code == 404, name


def test_who_sees_a_case_may_still_not_do_everything(family, browser, house, without_tokens):
    before, seen = house.counts(), str(house.version(family["reference"]))
    for name in INSIDE:
        edited = browser(name).post(address(OF_A_CASE[0], family), data={"_seen": seen, "title": "Mine"})
        stepped = browser(name).post(address(OF_A_CASE[1], family), data={"_seen": seen, "_sure": "yes"})
        # The team could take the step, were the deliverable not still open.
        assert (edited.status_code, stepped.status_code) == (403, 422 if name in {"coordinator", "deputy"} else 403), (
            name
        )
    for name in EVERYBODY - OPENERS:
        assert browser(name).post(address("/cases/new/<workflow>", family), data={"title": "Mine"}).status_code == 403
    assert house.counts() == before
