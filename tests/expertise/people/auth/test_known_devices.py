"""Limits slow whoever guesses, and not the owner: counted on both databases, also for many guesses at once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from expertise.base import clock
from expertise.people.auth import known_devices, password_reset, rate_limits, second_factor, sign_in, totp
from expertise.people.auth.rate_limits import Limit, SignInRefused
from expertise.people.manage import accounts
from expertise.people.model import Person

EMAIL, OTHER, PASSWORD, KEY = "coordinator@example.kz", "other@example.kz", "жеті өзен, жеті тау", "k" * 40
HASH = sign_in.hash_password(PASSWORD)


@pytest.fixture
def person(transactions, time):
    facts = {"language": "kk", "now": clock.now(), "password_hash": HASH}
    with transactions.write() as session:
        accounts.add_person(session, name="Other", email=OTHER, **facts)
        return accounts.add_person(session, name="Coordinator", email=EMAIL, **facts)


@pytest.fixture
def attempt(transactions, person, monkeypatch):
    """Without the hash, which is slow and another test's."""
    monkeypatch.setattr(sign_in, "verify", lambda _hash, given: given == PASSWORD)

    def attempt(password="wrong", device="", address="203.0.113.7", email=EMAIL):
        with transactions.write() as session:
            return sign_in.sign_in(session, email, password, address, clock.now(), device)

    return attempt


def cookie_of(*emails, cookie=""):
    for email in emails:
        cookie = known_devices.remember(cookie, email, KEY, clock.now())
    return cookie


def device_of(cookie, email=EMAIL, key=KEY):
    return known_devices.find(cookie, email, key, clock.now())


def test_a_stranger_is_stopped_and_the_owner_signs_in(attempt):
    device = device_of(cookie_of(EMAIL))
    for number in range(sign_in.PER_ACCOUNT):
        assert attempt(address=f"203.0.113.{number}") == SignInRefused("wrong")
    assert attempt().code == "too_many" and attempt(PASSWORD).code == "too_many", "not even with the right one"
    assert isinstance(attempt(PASSWORD, device), sign_in.SignedIn)
    assert attempt(PASSWORD).code == "too_many", "the owner's sign-in gives the stranger nothing"


def test_a_stranger_behind_the_same_proxy_shuts_nobody_out(attempt, monkeypatch):
    monkeypatch.setattr(sign_in, "PER_ADDRESS", 5)
    monkeypatch.setattr(sign_in, "IN_ALL", 7)
    for number in range(5):
        attempt(email=f"person{number}@example.kz")
    assert attempt(PASSWORD).code == "too_many"
    assert isinstance(attempt(PASSWORD, device_of(cookie_of(EMAIL))), sign_in.SignedIn)
    for number in range(2):
        attempt(email=f"person{number}@example.kz", address="198.51.100.1")
    assert attempt(PASSWORD, address="198.51.100.2").code == "too_many", "everywhere"
    assert isinstance(attempt(PASSWORD, device_of(cookie_of(EMAIL))), sign_in.SignedIn)


def test_a_known_device_has_a_budget_of_its_own(attempt, time):
    cookie = cookie_of(EMAIL)
    device, another = device_of(cookie), device_of(cookie_of(EMAIL))
    for _ in range(sign_in.PER_DEVICE):
        assert attempt(device=device).code == "wrong"
    assert attempt(PASSWORD, device) == SignInRefused("too_many", 15)
    assert isinstance(attempt(PASSWORD, another), sign_in.SignedIn)
    time.move(timedelta(minutes=15))
    assert isinstance(attempt(PASSWORD, device), sign_in.SignedIn)


def test_whoever_goes_on_guessing_waits_longer(attempt, time):
    """Without pause for a day: at most 100 guesses, most of them early."""
    made, waits = [], []
    for number in range(24 * 4):
        made.append(0)
        while (answer := attempt(address=f"203.0.113.{number}")).code == "wrong":
            made[-1] += 1
        waits.append(answer.minutes)
        time.move(timedelta(minutes=15))
    assert made[:6] == [10, 10, 10, 10, 10, 0] and sum(made) == 100
    assert waits[0] == 15 and max(waits) > 60


def test_a_crowd_from_one_address_does_not_slip_under_its_limit(transactions, person, monkeypatch):
    """At many accounts at once: nothing but the address is the same."""
    monkeypatch.setattr(sign_in, "PER_ADDRESS", 4)
    answers, together = [], threading.Barrier(12)

    def guess(number):
        together.wait()
        with transactions.write() as session:
            answers.append(sign_in.count_guess(session, f"person{number}@example.kz", "203.0.113.7", clock.now()))

    _at_once(12, guess)
    assert sum(isinstance(answer, sign_in.Attempt) for answer in answers) == 4


def test_owner_and_crowd_at_once(transactions, person):
    """While sixteen strangers guess, the owner's known device is counted for itself."""
    device, answers, together = device_of(cookie_of(EMAIL)), {}, threading.Barrier(17)

    def guess(number):
        together.wait()
        with transactions.write() as session:
            own = device if number == 16 else ""
            answers[number] = sign_in.count_guess(session, EMAIL, f"203.0.113.{number}", clock.now(), own)

    _at_once(17, guess)
    assert isinstance(answers.pop(16), sign_in.Attempt)
    assert sum(isinstance(answer, sign_in.Attempt) for answer in answers.values()) <= sign_in.PER_ACCOUNT


def _at_once(number, work):
    threads = [threading.Thread(target=work, args=(each,)) for each in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_who_has_the_password_alone_does_not_close_the_second_factor(transactions, person, time):
    now, device = clock.now(), device_of(cookie_of(EMAIL))
    with transactions.write() as session:
        mine = session.get_one(Person, person.id)
        secret = second_factor.begin(session, mine, KEY).secret
        step = int(now.timestamp()) // totp.STEP
        second_factor.confirm(session, mine, totp.code(secret, step), KEY, now)
    time.move(timedelta(minutes=1))

    def check(code, device=""):
        with transactions.write() as session:
            return second_factor.check(session, session.get_one(Person, person.id), code, KEY, clock.now(), device)

    right = totp.code(secret, int(clock.now().timestamp()) // totp.STEP)
    answers = [check("000000") for _ in range(second_factor.PER_PERSON + 1)]
    assert [each.code for each in answers] == ["wrong"] * second_factor.PER_PERSON + ["too_many"]
    assert check(right).code == "too_many" and check(right, device) is None


def test_requests_for_letters_of_others_do_not_stop_a_known_device(transactions, person, monkeypatch):
    monkeypatch.setattr(password_reset, "PER_ADDRESS", 2)

    def ask(email, device=""):
        with transactions.write() as session:
            refused = password_reset.ask_reset(session, email, "203.0.113.7", clock.now(), device)
            return refused or password_reset.answer_reset(session, email, clock.now())

    assert [ask(f"person{number}@example.kz") for number in range(2)] == [None, None]
    assert ask(EMAIL).code == "too_many"
    assert ask(EMAIL, device_of(cookie_of(EMAIL))).person_id == person.id


def test_a_sign_in_link_is_for_who_can_sign_in_and_has_an_end(transactions, person):
    def ask(email):
        with transactions.write() as session:
            refused = password_reset.ask_sign_in_link(session, email, "203.0.113.7", clock.now())
            [*_, asked] = [None, *password_reset.waiting(session, 10)]
            return refused or password_reset.answer_sign_in_link(session, asked.email)

    assert [ask(EMAIL.upper()) for _ in range(4)] == [*[person.id] * 3, SignInRefused("too_many", 15)]
    assert ask("nobody@example.kz") is None


def test_a_device_is_known_for_its_accounts_only_and_not_for_ever(time):
    cookie = cookie_of(EMAIL, OTHER)
    one, other = device_of(cookie), device_of(cookie, OTHER)
    assert one and other and one != other and known_devices.latest(cookie, KEY, clock.now()) in (one, other)
    assert device_of(cookie, "third@example.kz") == "" and device_of(cookie, key="x" * 40) == ""
    assert device_of(cookie_of(EMAIL, cookie=cookie)) == one, "signing in again is no new budget"
    time.move(known_devices.LASTS)
    assert device_of(cookie) == "" and known_devices.latest(cookie, KEY, clock.now()) == ""


@pytest.mark.parametrize("cookie", ["", "x", "\udc80\x00", "a" * 5000, "gAAAAA=="])
def test_a_forged_cookie_knows_nobody(time, cookie):
    assert device_of(cookie) == "" and known_devices.read_link(cookie, KEY, clock.now()) is None
    assert device_of(cookie_of(EMAIL, cookie=cookie)) != ""


def test_a_device_knows_ten_accounts_at_most(time):
    cookie = ""
    for number in range(known_devices.MOST + 2):
        time.move(timedelta(minutes=1))
        cookie = cookie_of(f"person{number}@example.kz", cookie=cookie)
    known = [bool(device_of(cookie, f"person{number}@example.kz")) for number in range(known_devices.MOST + 2)]
    assert known == [False, False, *[True] * known_devices.MOST]
    assert len(cookie) < 2000 and "example" not in cookie


def test_a_link_gives_one_device_however_often_it_is_opened(time):
    token = known_devices.link_token(EMAIL, KEY, clock.now())
    first, second = (known_devices.read_link(token, KEY, clock.now()) for _ in range(2))
    assert first == second and first.email == EMAIL
    assert known_devices.find(token, EMAIL, KEY, clock.now()) == "", "a link is no cookie"
    assert known_devices.read_link(cookie_of(EMAIL), KEY, clock.now()) is None, "and a cookie no link"
    cookie = known_devices.remember("", EMAIL, KEY, clock.now(), first.device)
    assert device_of(cookie) == first.device
    time.move(known_devices.LINK_LASTS)
    assert known_devices.read_link(token, KEY, clock.now()) is None


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix:", ""),
        ("1.2.3.4, 5.6.7.8", ""),
    ],
)
def test_what_counts_as_one_address(address, counted):
    assert rate_limits.network(address) == counted


def test_a_subject_without_limits_is_counted_and_never_full(transactions, time):
    with transactions.write() as session:
        for _ in range(3):
            assert rate_limits.count_guess(session, {"a" * 64: ()}, clock.now()) is None
        assert rate_limits.count_guess(session, {"a" * 64: (Limit(3),)}, clock.now()).code == "too_many"
