"""What a device answers: taken when all of it is right, refused and counted when one thing is wrong."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("webauthn", reason="the extra `passkeys` is not installed")

from webauthn.helpers import bytes_to_base64url

from expertise.audit import history
from expertise.base import clock
from expertise.people.auth import passkeys, webauthn
from expertise.people.auth.rate_limits import Limit, SignInRefused
from expertise.people.auth.webauthn import RelyingParty, relying_party_at
from expertise.people.auth.webauthn_challenges import PROVE, SIGN_IN, ChallengeRequest
from expertise.people.manage import accounts
from tests.support.authenticator import Device

RELYING_PARTY = RelyingParty("localhost", "http://localhost")
WRONG = SignInRefused("wrong")
LIMITS = {"a" * 64: (Limit(3),)}


@pytest.fixture
def people(transactions, time):
    with transactions.write() as session:
        return [
            accounts.add_person(session, name=name, email=f"{name}@example.kz", language="kk", now=clock.now())
            for name in ("a", "b")
        ]


@pytest.fixture
def person(people):
    return people[0]


@pytest.fixture
def do(transactions):
    def do(verb, *given):
        with transactions.write() as session:
            return verb(session, *given)

    return do


@pytest.fixture
def add(do):
    def add(device, person, **lies):
        asked = do(webauthn.ask_to_add, RELYING_PARTY, person, "cookie", clock.now())
        answer = device.make(asked, **lies)
        return do(webauthn.add, RELYING_PARTY, person, "cookie", answer, "Telephone", clock.now())

    return add


@pytest.fixture
def device(add, person):
    device = Device()
    assert add(device, person)
    return device


@pytest.fixture
def check(do):
    def check(answer, asked=None):
        asked = asked or ChallengeRequest(SIGN_IN, "cookie")
        return do(webauthn.check, RELYING_PARTY, asked, answer, LIMITS, clock.now())

    return check


@pytest.fixture
def ask(do):
    return lambda asked=None: do(
        webauthn.ask_to_sign, RELYING_PARTY, asked or ChallengeRequest(SIGN_IN, "cookie"), clock.now()
    )


LIES = {
    "another address": {"origin": "http://localhost.example.kz"},
    "another port": {"origin": "http://localhost:8000"},
    "another name": {"name": "example.kz"},
    "an invented challenge": {"challenge": bytes_to_base64url(b"x" * 43)},
    "another kind of answer": {"type": "payment.get"},
    "nobody verified": {"verified": False},
    "nobody there": {"present": 0},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_key_made_with_a_lie_is_not_kept(add, person, do, lie):
    assert not add(Device(), person, **LIES[lie])
    assert not do(passkeys.has, person.id)


def test_what_the_device_is_told(do, person, device):
    asked = json.loads(do(webauthn.ask_to_add, RELYING_PARTY, person, "cookie", clock.now()))
    assert asked["rp"]["id"] == "localhost" and asked["attestation"] == "none"
    wanted = asked["authenticatorSelection"]
    assert wanted["residentKey"] == "required" and wanted["userVerification"] == "required"
    assert [each["id"] for each in asked["excludeCredentials"]] == [bytes_to_base64url(device.keys[0].name)]
    signing = json.loads(do(webauthn.ask_to_sign, RELYING_PARTY, ChallengeRequest(SIGN_IN, "cookie"), clock.now()))
    assert signing["allowCredentials"] == [] and signing["userVerification"] == "required"


def test_a_key_is_added_once_by_its_answer(do, person, time):
    device = Device()
    asked = do(webauthn.ask_to_add, RELYING_PARTY, person, "cookie", clock.now())
    answer = device.make(asked)
    assert do(webauthn.add, RELYING_PARTY, person, "cookie", answer, "Telephone", clock.now())
    assert not do(webauthn.add, RELYING_PARTY, person, "cookie", answer, "Telephone", clock.now())
    assert len(do(passkeys.list_passkeys, person.id)) == 1


def test_an_answer_for_another_person_or_browser_or_too_late_adds_nothing(do, people, time):
    mine, other = people
    for whose, cookie, later in ((other, "cookie", 0), (mine, "other", 0), (mine, "cookie", 5)):
        asked = do(webauthn.ask_to_add, RELYING_PARTY, mine, "cookie", clock.now())
        answer = Device().make(asked)
        time.move(timedelta(minutes=later))
        assert not do(webauthn.add, RELYING_PARTY, whose, cookie, answer, "Telephone", clock.now())


def test_the_right_signature_says_who_it_is(device, person, ask, check):
    assert check(device.sign(ask())) == person.id
    assert (
        check(
            device.sign(ask(ChallengeRequest(PROVE, "cookie", person.id))), ChallengeRequest(PROVE, "cookie", person.id)
        )
        == person.id
    )


def test_a_device_that_does_not_count_is_taken_again_and_again(add, person, ask, check):
    device = Device(counts=False)
    add(device, person)
    for _ in range(3):
        assert check(device.sign(ask())) == person.id


@pytest.mark.parametrize("lie", [*LIES, "another person", "nobody named", "a signature of another key"])
def test_one_thing_wrong_and_it_is_refused(device, people, ask, check, lie):
    more = {
        "another person": {"handle": people[1].key.encode()},
        "nobody named": {"handle": None},
        "a signature of another key": {},
    }
    answer = device.sign(ask(), **{**LIES, **more}[lie])
    if lie == "a signature of another key":
        ask()
        said = json.loads(answer)
        said["response"]["signature"] = json.loads(Device(keys=[_twin(device)]).sign(ask()))["response"]["signature"]
        answer = json.dumps(said)
    assert check(answer) == WRONG
    assert check(device.sign(ask())) == people[0].id, "the next try is judged anew"


def _twin(device):
    """Another key under the same name."""
    other = Device()
    other.make({"user": {"id": ""}, "challenge": ""}, id=device.keys[0].name)
    return other.keys[0]


def test_an_answer_is_taken_once(device, ask, check):
    answer = device.sign(ask())
    assert check(answer) != WRONG and check(answer) == WRONG
    ask()
    assert check(answer) == WRONG, "a fresh challenge does not bring the old answer back"


def test_an_answer_that_comes_too_late_is_refused(device, ask, check, time):
    answer = device.sign(ask())
    time.move(timedelta(minutes=5))
    assert check(answer) == WRONG


def test_an_answer_in_another_browser_or_for_another_purpose_is_refused(device, person, ask, check):
    for other in (ChallengeRequest(SIGN_IN, "other"), ChallengeRequest(PROVE, "cookie", person.id)):
        assert check(device.sign(ask()), other) == WRONG


def test_another_persons_passkey_proves_nothing(device, people, add, ask, check):
    theirs = Device()
    add(theirs, people[1])
    asked = ChallengeRequest(PROVE, "cookie", people[0].id)
    assert check(theirs.sign(ask(asked), theirs.keys[0]), asked) == WRONG
    assert check(device.sign(ask(asked)), asked) == people[0].id


def test_a_copy_that_counts_backwards_is_refused_and_written_down(device, person, ask, check, do):
    copied = Device(keys=[type(device.keys[0])(**vars(device.keys[0]))])
    for _ in range(2):
        assert check(device.sign(ask())) == person.id
    assert check(copied.sign(ask())) == WRONG
    newest = do(history.read, history.person(person.key))[0]
    assert (newest.act, newest.actor, newest.values) == ("passkey:refuse", history.CLOCK, {"name": "Telephone"})


def test_a_removed_passkey_opens_nothing(device, person, ask, check, do):
    (mine,) = do(passkeys.list_passkeys, person.id)
    answer = device.sign(ask())
    do(passkeys.remove, person, mine.id)
    assert check(answer) == WRONG


def test_who_is_gone_does_not_come_in(device, person, ask, check, transactions):
    with transactions.write() as session:
        accounts.deactivate_person(session, session.merge(person))
    assert check(device.sign(ask())) == WRONG


def test_wrong_answers_are_counted_and_right_ones_are_not(device, person, ask, check, time):
    for _ in range(5):
        assert check(device.sign(ask())) == person.id
    answers = [check("{}") for _ in range(4)]
    assert answers == [WRONG] * 3 + [SignInRefused("too_many", 15)]
    assert check(device.sign(ask())).code == "too_many", "the right one waits, too"
    time.move(timedelta(minutes=15))
    assert check(device.sign(ask())) == person.id


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=5,
)
PARTS = ("clientDataJSON", "authenticatorData", "attestationObject", "signature", "userHandle")
BYTES = st.binary(max_size=80).map(bytes_to_base64url)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_nonsense_is_refused_and_breaks_nothing(do, people, device):
    """The answer comes from anybody: whatever it is, it is judged, not stumbled over."""
    name = bytes_to_base64url(device.keys[0].name)
    whole = {"id": st.just(name) | JSON, "rawId": st.just(name) | JSON, "type": st.just("public-key") | JSON}
    whole["response"] = st.fixed_dictionaries({}, optional=dict.fromkeys(PARTS, BYTES | JSON)) | JSON

    @settings(max_examples=60)
    @given(st.text(max_size=50) | st.fixed_dictionaries(whole).map(json.dumps) | JSON.map(json.dumps))
    def refused(answer):
        do(webauthn.ask_to_sign, RELYING_PARTY, ChallengeRequest(SIGN_IN, "cookie"), clock.now())
        assert (
            do(webauthn.check, RELYING_PARTY, ChallengeRequest(SIGN_IN, "cookie"), answer, {"b" * 64: ()}, clock.now())
            == WRONG
        )
        do(webauthn.ask_to_add, RELYING_PARTY, people[1], "cookie", clock.now())
        assert not do(webauthn.add, RELYING_PARTY, people[1], "cookie", answer, "x", clock.now())

    refused()


def test_a_long_answer_is_not_even_read(device, ask, check):
    answer = json.loads(device.sign(ask()))
    assert check(json.dumps({**answer, "padding": "x" * webauthn.LONGEST_ANSWER})) == WRONG


@pytest.mark.parametrize(
    ("url", "relying_party"),
    [
        ("https://Komek.example.kz", RelyingParty("komek.example.kz", "https://komek.example.kz")),
        ("https://komek.example.kz:443/below", RelyingParty("komek.example.kz", "https://komek.example.kz")),
        ("https://komek.example.kz:8443", RelyingParty("komek.example.kz", "https://komek.example.kz:8443")),
        ("http://localhost:8000", RelyingParty("localhost", "http://localhost:8000")),
        ("https://көмек.қаз", RelyingParty("xn--e1ajbg87f.xn--80ao21a", "https://xn--e1ajbg87f.xn--80ao21a")),
        ("http://komek.example.kz", None),
        ("http://127.0.0.1:8000", None),
        ("https://192.0.2.1", None),
        ("https://[2001:db8::1]", None),
        ("https://intranet", None),
    ],
)
def test_where_browsers_make_passkeys(url, relying_party):
    assert relying_party_at(url) == relying_party
