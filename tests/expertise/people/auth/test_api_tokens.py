"""API tokens: their form, their limits, and what the database knows of them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from expertise.base import clock
from expertise.people.auth import api_tokens as token_form
from expertise.people.auth import api_tokens as tokens
from expertise.people.manage import accounts
from expertise.people.model import ApiToken, Person
from workflows.refusals import Invalid


@pytest.fixture
def person(transactions, time):
    with transactions.write() as session:
        return accounts.add_person(session, name="Robot", email="r@example.kz", language="kk", now=clock.now())


@pytest.fixture
def issue(transactions, person):
    def issue(name="nightly report", scope="read", lasts=tokens.LONGEST):
        with transactions.write() as session:
            return tokens.issue(session, person, name=name, scope=scope, now=clock.now(), lasts=lasts)

    return issue


def bearer(transactions, token):
    with transactions.read() as session:
        return tokens.token_owner(session, token, clock.now())


def test_token_has_the_form_that_scanners_know(issue):
    token = issue().token
    assert len(token) == 4 + 43 + 6 and token.startswith("kmk_")
    assert token_form.well_formed(token)


def test_checksum_is_crc32_in_base62():
    assert token_form.with_checksum("A" * 43) == "kmk_" + "A" * 43 + "0DofJ8"


def test_token_names_its_person_and_scope(transactions, person, issue):
    made = issue(scope="write")
    assert bearer(transactions, made.token) == tokens.TokenOwner(made.row.id, person.id, "write", touch_due=True)


@pytest.mark.parametrize(
    "change",
    [
        lambda token: "",
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: token[:10] + ("A" if token[10] != "A" else "B") + token[11:],
        lambda token: token + "\n",
        lambda token: "abc_" + token[4:],
        lambda token: token[:20] + "ә" + token[21:],
        lambda token: "\udc80" * 53,
    ],
)
def test_mistyped_token_asks_the_database_nothing(transactions, issue, change, sent):
    token = change(issue().token)
    sent.clear()
    assert bearer(transactions, token) is None
    assert sent == []


def test_well_formed_stranger_is_nobody(transactions, person):
    assert bearer(transactions, token_form.with_checksum("A" * 43)) is None


def test_token_ends_by_itself(transactions, issue, time):
    token = issue().token
    time.move(timedelta(days=90) - timedelta(seconds=1))
    assert bearer(transactions, token) is not None
    time.move(timedelta(seconds=1))
    assert bearer(transactions, token) is None


def test_token_is_revoked_by_its_owner_only_and_at_once(transactions, person, issue):
    made, other = issue(), issue()
    with transactions.write() as session:
        assert not tokens.revoke(session, person.id + 1, made.row.id, clock.now())
        assert tokens.revoke(session, person.id, made.row.id, clock.now())
        assert not tokens.revoke(session, person.id, made.row.id, clock.now())
    assert bearer(transactions, made.token) is None
    assert bearer(transactions, other.token) is not None


def test_deactivation_ends_tokens_for_good(transactions, person, issue):
    token = issue().token
    with transactions.write() as session:
        accounts.deactivate_person(session, session.get(Person, person.id))
    assert bearer(transactions, token) is None
    with transactions.write() as session:
        accounts.reactivate_person(session, session.get(Person, person.id))
    assert bearer(transactions, token) is None


def test_use_is_noted_once_a_minute(transactions, issue, time):
    made = issue()

    def touch():
        with transactions.write() as session:
            tokens.touch(session, made.row.id, clock.now())
            return session.get(ApiToken, made.row.id).used_at

    first = touch()
    time.move(timedelta(seconds=59))
    assert not bearer(transactions, made.token).touch_due
    assert touch() == first
    time.move(timedelta(seconds=1))
    assert bearer(transactions, made.token).touch_due
    assert touch() == clock.now()


@pytest.mark.parametrize(
    ("wrong", "where", "code"),
    [
        ({"name": " "}, "name", "required"),
        ({"name": "a\x00b"}, "name", "control_character"),
        ({"name": "x" * 81}, "name", "too_long"),
        ({"scope": "admin"}, "scope", "unknown_choice"),
        ({"lasts": timedelta(days=90, seconds=1)}, "lasts", "too_large"),
        ({"lasts": timedelta(0)}, "lasts", "too_large"),
    ],
)
def test_wrong_wish_is_refused(issue, wrong, where, code):
    answer = issue(**wrong)
    assert isinstance(answer, Invalid)
    assert [(field, [problem.code for problem in problems]) for field, problems in answer.errors] == [(where, [code])]


def test_list_and_database_hold_no_token(transactions, person, issue):
    made, later = issue("first"), issue("second")
    with transactions.read() as session:
        assert [row.name for row in tokens.list_tokens(session, person.id)] == ["second", "first"]
    assert made.token not in repr(made) and made.token not in str(vars(made.row))
    assert len(later.row.digest) == 64
