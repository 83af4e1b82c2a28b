"""Signing in with an account of another organisation, against a provider that runs, and that can be made to lie."""

from __future__ import annotations

import logging
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from joserfc.jwk import OctKey, RSAKey
from sqlalchemy import select

from expertise import config
from expertise.audit import history
from expertise.config import Provider
from expertise.people.manage import accounts
from expertise.people.model import ExternalAccount, Person, SignIn
from expertise.web.auth import oidc as outside
from tests.support.provider import CLIENT_ID, CLIENT_SECRET, running

pytest.importorskip("authlib", reason="the extra `oidc` is not installed")

BACK = "http://localhost/sign-in/outside/back"


@pytest.fixture
def provider(app, monkeypatch):
    """It runs, and Komek knows it."""
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")  # both houses stand on the loopback
    with running(BACK) as provider:
        env = app.extensions["komek"]
        settings = Provider(provider.issuer, CLIENT_ID, CLIENT_SECRET, "the state's account", frozenset({"mfa", "otp"}))
        app.extensions["komek"] = replace(env, settings=replace(env.settings, oidc=settings))
        app._got_first_request = False
        outside.attach(app)
        yield provider


def there(visitor, **query):
    """As far as the address by which the provider sends people back."""
    away = visitor.client.get("/sign-in/outside", query_string=query)
    assert away.status_code == 302, away.text
    answer = requests.get(away.location, allow_redirects=False, timeout=5)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"].removeprefix("http://localhost")


def back(visitor, **query):
    return visitor.client.get(there(visitor, **query))


def person(app, name="coordinator"):
    with app.extensions["komek"].transactions.read() as session:
        found = session.scalars(select(Person).where(Person.email == f"{name}@example.kz")).one()
        session.expunge_all()
    return found


def count(app, table):
    with app.extensions["komek"].transactions.read() as session:
        return len(session.scalars(select(table)).all())


def refused(app, answer, words="did not succeed"):
    assert answer.status_code in (422, 502) and words in answer.text
    assert count(app, SignIn) == count(app, ExternalAccount) == 0


def test_the_button_is_there_only_with_a_provider(visit):
    assert "/sign-in/outside" not in visit().see("/sign-in").text
    assert visit().see("/sign-in/outside").status_code == 404


def test_whom_the_provider_vouches_for_is_signed_in_and_linked(app, provider, visit):
    visitor = visit()
    assert "Sign in with the state&#39;s account" in visitor.see("/sign-in").text
    answer = back(visitor, next="/cases")
    assert answer.status_code == 303 and answer.location == "/cases"
    assert visitor.see("/cases").status_code == 200
    assert provider.requests.count("/token") == 1
    with app.extensions["komek"].transactions.read() as session:
        [link] = session.execute(
            select(ExternalAccount.issuer, ExternalAccount.subject, ExternalAccount.person_id)
        ).all()
        acts = [each.act for each in history.read(session, history.person(person(app).key))]
    assert link == (provider.issuer, "7", person(app).id)
    assert acts == ["session:begin", "outside:link"]


def test_what_is_asked_for(provider, visit):
    away = visit().client.get("/sign-in/outside")
    asked = {name: value for name, [value] in parse_qs(urlsplit(away.location).query).items()}
    assert asked["response_type"] == "code" and asked["redirect_uri"] == BACK and asked["scope"] == "openid email"
    assert asked["code_challenge_method"] == "S256" and len(asked["code_challenge"]) == 43
    assert len(asked["state"]) >= 20 and len(asked["nonce"]) >= 20


def test_the_link_lasts_when_addresses_change_hands(app, provider, visit):
    back(visit())
    provider.said["email"] = "new@example.kz"
    visitor = visit()
    assert back(visitor).status_code == 303 and "Coordinator" in visitor.see("/account").text
    provider.said |= {"sub": "8", "email": "coordinator@example.kz"}  # somebody else has that address over there now
    assert "Nobody here is known" in back(visit()).text
    assert count(app, ExternalAccount) == 1


@pytest.mark.parametrize(
    "said",
    [
        {"email": "nobody@example.kz"},
        {"email_verified": False},
        {"email_verified": None},
        {"email_verified": "true"},
        {"email": None},
        {"email": ""},
    ],
    ids=str,
)
def test_who_is_unknown_or_not_verified_stays_outside(app, provider, visit, said):
    before = count(app, Person)
    provider.said |= said
    refused(app, back(visit()), "Nobody here is known")
    assert count(app, Person) == before, "nobody is ever made"


def test_who_has_no_access_any_more_stays_outside(app, provider, visit):
    back(visit())
    with app.extensions["komek"].transactions.write() as session:
        accounts.deactivate_person(session, session.get_one(Person, person(app).id))
    assert "Nobody here is known" in back(visit()).text and count(app, SignIn) == 0


@pytest.mark.parametrize(
    "lies",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"iss": "https://other.example"},
        {"iss": None},
        {"aud": "another client"},
        {"aud": ["another client", "a third"]},
        {"exp": 1},
        {"exp": None},
        {"sub": None},
    ],
    ids=str,
)
def test_a_token_that_says_something_else_is_refused(app, provider, visit, lies):
    provider.lies = lies
    refused(app, back(visit()))


def test_a_wrong_signature_is_refused(app, provider, visit):
    provider.signs_with = RSAKey.generate_key(2048, {"alg": "RS256"})
    refused(app, back(visit()))


def test_a_token_signed_with_the_shared_secret_is_refused(app, provider, visit):
    """The provider itself says that it may do so; whoever learns the secret could sign as anybody."""
    provider.signs_with = OctKey.import_key(CLIENT_SECRET)
    refused(app, back(visit()))


def test_a_code_is_good_once(app, provider, visit):
    visitor, other = visit(), visit()
    address = there(visitor)
    with visitor.client.session_transaction() as kept:
        state = dict(kept)
    assert visitor.client.get(address).status_code == 303
    with other.client.session_transaction() as session:
        session.update(state)
    before = count(app, SignIn)
    answer = other.client.get(address)
    assert answer.status_code == 422 and count(app, SignIn) == before


@pytest.mark.parametrize("change", ["state=", "state=another", "code=another", ""])
def test_an_answer_that_was_not_asked_for_is_refused(app, provider, visit, change):
    visitor = visit()
    parts = parse_qs(urlsplit(there(visitor)).query)
    given = {name: value for name, [value] in parts.items()} if change else {}
    name, _, value = change.partition("=")
    refused(app, visitor.client.get("/sign-in/outside/back", query_string={**given, **({name: value} if name else {})}))


def test_an_answer_for_another_browser_is_refused(app, provider, visit):
    """Somebody sends a link with the own code: the victim would be signed in as the sender."""
    refused(app, visit().client.get(there(visit())))


def test_a_refusal_of_the_provider_is_told(app, provider, visit):
    refused(app, visit().client.get("/sign-in/outside/back?error=access_denied&error_description=%3Cb%3E"))


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://other.example"},
        {"authorization_endpoint": "https://other.example/authorize"},
    ],
    ids=str,
)
def test_a_discovery_of_somebody_else_is_not_believed(app, provider, visit, metadata):
    provider.metadata = metadata
    refused(app, visit().client.get("/sign-in/outside"), "does not answer")


@pytest.mark.parametrize(
    "metadata",
    [
        {"token_endpoint": "http://127.0.0.1:1/token"},
        {"token_endpoint": "http://169.254.169.254/latest"},
        {"jwks_uri": "https://other.example/keys"},
        {"jwks_uri": "{issuer}/elsewhere"},
    ],
    ids=str,
)
def test_no_other_provider_is_ever_asked(app, provider, visit, metadata):
    provider.metadata = {name: value.format(issuer=provider.issuer) for name, value in metadata.items()}
    refused(app, back(visit()))


def test_a_provider_that_is_away_is_told(app, provider, visit):
    provider.metadata = {"issuer": None}
    refused(app, visit().client.get("/sign-in/outside"), "does not answer")
    provider.metadata = {}
    assert visit().client.get("/sign-in/outside").status_code == 302, "asked anew, once it is back"


@pytest.mark.parametrize(
    ("said", "led"),
    [
        ({}, True),
        ({"amr": ["pwd"]}, True),
        ({"acr": "low"}, True),
        ({"amr": ["pwd", "otp"]}, False),
        ({"acr": "mfa"}, False),
    ],
    ids=str,
)
def test_the_second_factor_is_asked_for_unless_the_provider_did(app, provider, visit, said, led):
    env = app.extensions["komek"]
    app.extensions["komek"] = replace(env, settings=replace(env.settings, second_factor="required"))
    provider.said |= said
    visitor = visit()
    answer = back(visitor)
    assert answer.status_code == 303 and answer.location == ("/sign-in/code" if led else "/")
    assert (visitor.see("/cases").status_code == 200) is not led


def test_without_the_library_there_is_no_button(app, provider, monkeypatch, caplog):
    monkeypatch.setattr(outside, "outside_provider", None)
    app.extensions.pop("komek-outside-name")
    with caplog.at_level(logging.WARNING):
        outside.attach(app)
    assert "not installed" in caplog.text and "komek-outside-name" not in app.extensions


GOOD = {"KOMEK_OIDC_ISSUER": "https://id.example.kz/realm", "KOMEK_OIDC_CLIENT_ID": "k"}
GOOD |= {"KOMEK_OIDC_CLIENT_SECRET": "s", "KOMEK_OIDC_STRONG": "mfa, otp"}


def test_settings_of_a_provider():
    assert config.read({}).oidc is None
    oidc = config.read(GOOD).oidc
    assert oidc == Provider(GOOD["KOMEK_OIDC_ISSUER"], "k", "s", "id.example.kz", frozenset({"mfa", "otp"}))
    assert "client_secret" not in repr(oidc)


@pytest.mark.parametrize(
    "wrong",
    [
        {"KOMEK_OIDC_ISSUER": "http://id.example.kz"},
        {"KOMEK_OIDC_ISSUER": "id.example.kz"},
        {"KOMEK_OIDC_CLIENT_SECRET": ""},
        {"KOMEK_OIDC_CLIENT_ID": ""},
    ],
    ids=str,
)
def test_wrong_settings_stop_the_start(wrong):
    with pytest.raises(config.WrongSetting, match="KOMEK_OIDC_"):
        config.read({**GOOD, **wrong})
