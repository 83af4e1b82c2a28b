"""A session's id is new whenever what it may do is; the old one, and that of an ended session, opens nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from expertise.base import clock
from expertise.people.auth import second_factor, totp
from expertise.people.auth.sessions import SHORT, digest
from expertise.people.auth.sign_in import hash_password
from expertise.people.manage import accounts
from expertise.people.model import Grant, Person, SignIn
from tests.laws.test_permissions import VARIABLE
from tests.laws.test_sweep import NONCES

WORDS = "a long sentence nobody guesses"
OTHER = "quite another sentence, as long"
KEY = "k" * 40
NAME = "colleague"


@pytest.fixture
def person(app, env, snapshots, monkeypatch):
    """Somebody with a password; afterwards everything is as it was, the time as well."""
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    before = clock.now()
    with env.transactions.write() as session:
        person = session.scalars(select(Person).where(Person.name == NAME)).one()
        accounts.set_password(session, person, hash_password(WORDS))
        key = person.key
    yield key
    clock._traveller.go(before)
    snapshots.back()


@pytest.fixture
def enter(app, person):
    def enter(opened=None):
        opened = opened or app.test_client()
        answer = opened.post("/sign-in", data={"email": f"{NAME}@example.kz", "password": WORDS})
        assert answer.status_code == 303 and answer.location in ("/", "/sign-in/code")
        return opened

    return enter


def token(opened):
    with opened.session_transaction() as kept:
        return kept.get("token")


def with_token(app, value):
    opened = app.test_client()
    with opened.session_transaction() as kept:
        kept["token"] = value
    return opened


def opens(app, value):
    return with_token(app, value).get("/account").status_code == 200


def test_who_signs_in_gets_a_new_id(app, env, enter):
    """Also in a browser into which somebody has put a living id of their own before."""
    planted = token(enter())
    mine = enter(with_token(app, planted))
    assert token(mine) != planted and opens(app, token(mine))
    invented = with_token(app, "invented")
    assert token(enter(invented)) != "invented" and not opens(app, "invented")


def test_the_second_factor_brings_new_ids(app, env, enter):
    mine = enter()
    ids = [token(mine)]
    assert mine.post("/account/second-factor/begin").status_code == 303
    secret = code_of(env)
    assert mine.post("/account/second-factor/confirm", data={"code": totp_now(secret)}).status_code == 200
    ids.append(token(mine))
    later = enter()
    half = token(later)
    assert later.get("/account").location.startswith("/sign-in/code") and not opens(app, half)
    clock._traveller.move(timedelta(minutes=2))
    assert later.post("/sign-in/code", data={"code": totp_now(secret)}).status_code == 303
    assert token(later) != half and opens(app, token(later)) and not opens(app, half)
    clock._traveller.move(timedelta(minutes=2))
    assert mine.post("/account/second-factor/change", data={"code": totp_now(secret)}).status_code == 200
    ids.append(token(mine))
    assert len(set(ids)) == 3 and [opens(app, each) for each in ids] == [False, False, True]


def code_of(env):
    with env.transactions.read() as session:
        person = session.scalars(select(Person).where(Person.name == NAME)).one()
        return second_factor.pending(session, person, KEY).secret


def totp_now(secret):
    return totp.code(secret, int(clock.now().timestamp()) // totp.STEP)


def test_a_proof_and_a_new_password_bring_new_ids(app, enter):
    mine, elsewhere = enter(), enter()
    ids = [token(mine)]
    clock._traveller.move(timedelta(minutes=16))
    begin = "/account/second-factor/begin"
    assert mine.post(begin, data={}).status_code == 422 and token(mine) == ids[0]
    assert mine.post(begin, data={"_proof": WORDS}).status_code == 303
    ids.append(token(mine))
    changed = {"old": WORDS, "password": OTHER, "again": OTHER}
    assert mine.post("/account/password", data=changed).status_code == 303
    ids.append(token(mine))
    assert len(set(ids)) == 3 and [opens(app, each) for each in ids] == [False, False, True]
    assert not opens(app, token(elsewhere))


#: What an administrator does to somebody's rights: (address, form).
CHANGES = {
    "given": ("/people/{}/roles", {"role": "expert"}),
    "taken back": ("/people/{}/roles/take-back", {"grant": "<grant>"}),
    "made lead": ("/people/{}/lead", {"lead": "yes"}),
    "moved": ("/people/{}", {"name": NAME, "email": f"{NAME}@example.kz", "language": "ru", "organisation": ""}),
    "locked out": ("/people/{}/access", {"access": "end"}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_other_rights_end_the_old_id(app, env, person, enter, browser, change):
    mine = token(enter())
    with env.transactions.read() as session:
        grant = session.scalar(select(Grant.id).join(Person, Person.id == Grant.person_id).where(Person.name == NAME))
    url, data = CHANGES[change]
    form = {name: str(grant) if value == "<grant>" else value for name, value in data.items()}
    assert opens(app, mine)
    assert browser("administrator").post(url.format(person), data=form).status_code == 303
    assert not opens(app, mine)


def sign_out(env, mine, elsewhere):
    return mine.post("/sign-out")


def end_all(env, mine, elsewhere):
    return elsewhere.post("/account/end-all")


def end_it(env, mine, elsewhere):
    return elsewhere.post("/account/sessions/end", data={"key": digest(token(mine))[:SHORT]})


def end_others(env, mine, elsewhere):
    return elsewhere.post("/account/sessions/end-others")


def too_long_idle(env, mine, elsewhere):
    clock._traveller.move(timedelta(minutes=30))


def too_old(env, mine, elsewhere):
    """Used all the time, and over nevertheless."""
    for _ in range(26):
        clock._traveller.move(timedelta(minutes=28))
        mine.get("/account")


def gone(env, mine, elsewhere):
    with env.transactions.write() as session:
        session.query(SignIn).delete()


@pytest.mark.parametrize("end", [sign_out, end_all, end_it, end_others, too_long_idle, too_old, gone])
def test_an_ended_session_opens_nothing(app, env, family, enter, end):
    """Every page answers whoever holds its id as it answers anybody."""
    mine, elsewhere = enter(), enter()
    kept = token(mine)
    assert opens(app, kept)
    end(env, mine, elsewhere)
    pages = sorted({rule.rule for rule in app.url_map.iter_rules() if "GET" in rule.methods})
    assert len(pages) > 40
    for rule in pages:
        url = VARIABLE.sub(lambda found: family[found[1]], rule)
        answers = [opened.get(url, buffered=True) for opened in (with_token(app, kept), app.test_client())]
        said, expected = [(each.status_code, each.location, NONCES.sub("…", each.text)) for each in answers]
        assert said == expected, rule
