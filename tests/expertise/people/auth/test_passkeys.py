"""Passkeys as rows: named, removed, counted, and every change in the history of their person."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest

from expertise.audit import history
from expertise.base import clock
from expertise.people.auth import passkeys
from expertise.people.manage import accounts

KEY = b"a public key"


@pytest.fixture
def people(transactions, time):
    with transactions.write() as session:
        return [
            accounts.add_person(session, name=name, email=f"{name}@example.kz", language="kk", now=clock.now())
            for name in ("a", "b")
        ]


@pytest.fixture
def do(transactions):
    def do(verb, *given, **named):
        with transactions.write() as session:
            return verb(session, *given, **named)

    return do


def add(do, person, credential="one", count=0, name="Work computer"):
    return do(passkeys.add, person, credential, KEY, sign_count=count, name=name, now=clock.now())


def acts(do, person):
    return [(each.act, each.values.get("name")) for each in do(history.read, history.person(person.key))][:-1]


def test_added_listed_renamed_removed(people, do):
    mine, _ = people
    assert add(do, mine) and do(passkeys.has, mine.id)
    (listed,) = do(passkeys.list_passkeys, mine.id)
    assert (listed.name, listed.created_at, listed.used_at) == ("Work computer", clock.now(), None)
    assert do(passkeys.rename, mine, listed.id, "Telephone")
    assert do(passkeys.remove, mine, listed.id) == "Telephone"
    assert do(passkeys.list_passkeys, mine.id) == [] and not do(passkeys.has, mine.id)
    assert acts(do, mine) == [
        ("passkey:remove", "Telephone"),
        ("passkey:rename", "Telephone"),
        ("passkey:add", "Work computer"),
    ]


def test_others_change_nothing(people, do):
    mine, other = people
    add(do, mine)
    (listed,) = do(passkeys.list_passkeys, mine.id)
    assert not do(passkeys.rename, other, listed.id, "x") and do(passkeys.remove, other, listed.id) is None
    assert do(passkeys.list_passkeys, mine.id) == [listed] and do(passkeys.list_passkeys, other.id) == []
    assert acts(do, other) == []


def test_a_lost_device_is_forgotten_whole(people, do):
    mine, other = people
    for name in ("a", "b"):
        add(do, mine, name, name=name)
    add(do, other, "c")
    assert do(passkeys.remove_all, mine) == ["a", "b"] and not do(passkeys.has, mine.id)
    assert do(passkeys.has, other.id) and acts(do, mine)[0] == ("passkey:remove", "b")


def test_one_key_is_one_persons(people, do):
    mine, other = people
    assert add(do, mine) and not add(do, other) and not add(do, mine)


def test_there_is_a_limit(people, do):
    mine, _ = people
    assert all(add(do, mine, str(number)) for number in range(passkeys.MOST))
    assert not add(do, mine, "one more")


@pytest.mark.parametrize(("stored", "said", "good"), [(0, 0, True), (0, 1, True), (5, 6, True), (5, 5, False)])
def test_a_device_counts_forward(people, do, stored, said, good):
    mine, _ = people
    add(do, mine, count=stored)
    known = do(passkeys.find, "one")
    assert do(passkeys.used, known, said, clock.now()) is good
    assert (do(passkeys.list_passkeys, mine.id)[0].used_at is not None) is good
    assert (acts(do, mine)[0] == ("passkey:refuse", "Work computer")) is not good


def test_who_counted_and_says_nothing_any_more_is_refused(people, do):
    add(do, people[0], count=7)
    assert not do(passkeys.used, do(passkeys.find, "one"), 0, clock.now())


def test_of_two_that_count_alike_one_is_taken(people, do):
    mine, _ = people
    add(do, mine, count=1)
    known, found, together = do(passkeys.find, "one"), [], Barrier(4)

    def run():
        together.wait()
        found.append(do(passkeys.used, known, 2, clock.now()))

    threads = [Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [False] * 3 + [True]
    assert [act for act, _ in acts(do, mine)] == ["passkey:refuse"] * 3 + ["passkey:add"]


def test_who_is_gone_is_not_found(people, do, transactions):
    mine, _ = people
    add(do, mine)
    assert do(passkeys.find, "one").person == mine.key
    with transactions.write() as session:
        accounts.deactivate_person(session, session.merge(mine))
    assert do(passkeys.find, "one") is None
    assert do(passkeys.find, "two") is None


@pytest.mark.parametrize(("name", "code"), [("", "required"), ("x" * 81, "too_long"), ("x" * 80, None)])
def test_names(name, code):
    problem = passkeys.name_problem(name)
    assert (problem.code if problem else None) == code
