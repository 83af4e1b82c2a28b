"""Unsent forms are kept for one person and page, for some days and within limits; on both databases."""

from __future__ import annotations

from datetime import timedelta

from expertise.people import unsent_forms
from expertise.people.unsent_forms import KeptForm
from tests.support.days import MONDAY

PATH = "/cases/ER-2026-0001"


def form(key="a", path=PATH, fields=(("comment", "Сөз\0 \ud800"),)):
    return KeptForm(key, path, 0, list(fields))


def test_a_form_is_kept_for_its_person_and_page_and_forgotten(env):
    me, other = env.actor("requester"), env.actor("colleague")
    with env.transactions.write() as session:
        assert unsent_forms.keep(session, me.key, form(), MONDAY)
        assert unsent_forms.keep(session, me.key, form(fields=[("comment", "Екінші")]), MONDAY)
        assert not unsent_forms.keep(session, "p-nobody", form(), MONDAY)
        assert not unsent_forms.keep(session, me.key, form("b", fields=[("x", "y" * unsent_forms.LARGEST)]), MONDAY)
    with env.transactions.read() as session:
        [kept] = unsent_forms.of_page(session, me.person_id, PATH, MONDAY)
        assert kept.fields == [("comment", "Екінші")]
        assert unsent_forms.of_page(session, me.person_id, "/", MONDAY) == []
        assert unsent_forms.of_page(session, other.person_id, PATH, MONDAY) == []
        assert unsent_forms.of_page(session, me.person_id, PATH, MONDAY + timedelta(days=7)) == []
        assert unsent_forms.is_kept(session, me.key, "a") and not unsent_forms.is_kept(session, other.key, "a")
    with env.transactions.write() as session:
        unsent_forms.drop(session, other.key, ["a"])
        assert unsent_forms.is_kept(session, me.key, "a")
        unsent_forms.drop(session, me.key, ["a"])
        assert not unsent_forms.is_kept(session, me.key, "a")


def test_what_no_database_can_store_is_left_out_and_the_oldest_gives_way(env):
    me = env.actor("requester")
    with env.transactions.write() as session:
        for number in range(unsent_forms.MOST + 3):
            unsent_forms.keep(session, me.key, form(str(number)), MONDAY + timedelta(minutes=number))
        kept = unsent_forms.of_page(session, me.person_id, PATH, MONDAY)
        assert len(kept) == unsent_forms.MOST and kept[0].key == str(unsent_forms.MOST + 2)
        assert kept[0].fields == [("comment", "Сөз ?")]
        unsent_forms.forget(session, MONDAY + timedelta(days=8))
        assert unsent_forms.of_page(session, me.person_id, PATH, MONDAY) == []


def test_a_text_of_more_than_a_million_characters_is_kept_and_many_of_them_do_not_heap_up(env):
    me, text = env.actor("requester"), "ж" * 2_000_000
    for number in range(6):
        with env.transactions.write() as session:
            assert unsent_forms.keep(
                session, me.key, form(f"k{number}", fields=[("x", text)]), MONDAY + timedelta(number)
            )
    with env.transactions.read() as session:
        found = unsent_forms.of_page(session, me.person_id, PATH, MONDAY + timedelta(5))
        assert found[0].fields == [("x", text)] and len(found) < 6
