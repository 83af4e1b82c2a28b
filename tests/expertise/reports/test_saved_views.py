"""Saved views: kept and shared, changed by their owner alone, and never a way to see more."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from expertise.base import clock
from expertise.people.model import Grant, Person
from expertise.reports import saved_views
from expertise.reports.saved_views import LARGEST, LONGEST, MOST, TEAM

SETTINGS = {"show": ["late"], "column": ["title", "due"], "sort": ["-due"]}


@pytest.fixture
def views(env):
    """Functions of the module, each in a transaction, by the name of a person."""

    class Views:
        def __getattr__(self, function):
            def call(by, *more):
                actor = env.actor(by)
                stamps = (clock.now(),) if function in ("save", "rename") else ()
                with env.transactions.write() as session:
                    return getattr(saved_views, function)(session, actor, *more, *stamps)

            return call

        def names(self, by):
            return [view.name for view in self.views_of(by)]

    return Views()


def test_a_view_is_kept_with_all_its_settings_and_is_its_owners_alone(views):
    number = views.save("requester", "Мерзімі өткен", SETTINGS, None)
    (found,) = views.views_of("requester")
    assert (found.id, found.name, found.settings, found.shared) == (number, "Мерзімі өткен", SETTINGS, None)
    assert found.own and not found.default
    for other in ("colleague", "coordinator", "auditor"):
        assert views.names(other) == []


def test_a_shared_view_is_seen_by_the_team_or_by_one_role(views):
    views.save("coordinator", "For all", SETTINGS, TEAM)
    views.save("coordinator", "For managers", SETTINGS, "manager")
    assert views.names("coordinator") == ["For all", "For managers"]
    for reader in ("deputy", "distant", "approver", "auditor", "administrator"):
        assert views.names(reader) == ["For all"]
    assert views.names("manager") == ["For all", "For managers"]
    assert {view.owner for view in views.views_of("manager")} == {"coordinator"}
    for outside in ("requester", "neighbour", "expert", "nobody"):
        assert views.names(outside) == []
    assert views.names("twofold") == ["For all"]


def test_only_the_team_shares_and_only_within_itself(views):
    assert views.save("requester", "Mine", SETTINGS, TEAM) is None
    assert views.save("coordinator", "Mine", SETTINGS, "requester") is None
    assert views.save("coordinator", "Mine", SETTINGS, "nonsense") is None
    mine = views.save("requester", "Mine", SETTINGS, None)
    assert views.rename("requester", mine, "Mine", TEAM) is False


def test_a_view_is_renamed_replaced_and_deleted_by_its_owner_alone(views):
    number = views.save("coordinator", "Old", SETTINGS, TEAM)
    assert views.save("coordinator", "Old", {"sort": ["due"]}, TEAM) == number
    assert views.views_of("coordinator")[0].settings == {"sort": ["due"]}
    assert views.rename("deputy", number, "Stolen", TEAM) is False and views.remove("deputy", number) is False
    assert views.rename("coordinator", number, "New", None) is True
    assert views.names("coordinator") == ["New"] and views.names("deputy") == []
    assert views.remove("coordinator", number) is True and views.remove("coordinator", number) is False
    assert views.names("coordinator") == []


def test_the_list_opens_with_a_view_of_ones_own_or_of_a_colleague(views):
    first, second = (views.save("coordinator", name, SETTINGS, TEAM) for name in ("First", "Second"))

    def usual(by):
        return [view.id for view in views.views_of(by) if view.default]

    assert views.open_with("deputy", first) and views.open_with("deputy", second)
    assert usual("deputy") == [second] and usual("coordinator") == []
    assert views.open_with("neighbour", first) is False and usual("neighbour") == []
    views.rename("coordinator", second, "Second", None)  # no longer shared
    assert usual("deputy") == []
    assert views.open_with("deputy", first) and usual("deputy") == [first]
    assert views.remove("coordinator", first) and usual("deputy") == []
    assert views.open_with("coordinator", second) and views.open_with("coordinator", None)
    assert usual("coordinator") == []


def test_names_and_sizes_have_limits(views):
    for name in ("", "x" * (LONGEST + 1), "line\nbreak", "nul\0"):
        assert views.save("coordinator", name, {}, None) is None, name
    assert views.save("coordinator", "Large", {"query": ["x" * LARGEST]}, None) is None
    for number in range(MOST):
        assert views.save("coordinator", f"View {number}", {}, None) is not None
    assert views.save("coordinator", "One more", {}, None) is None
    assert views.save("coordinator", "View 3", {"sort": ["due"]}, None) is not None  # replaced, not added


def test_somebody_who_left_the_team_sees_no_shared_view(env, views):
    views.save("coordinator", "For all", SETTINGS, TEAM)
    assert views.names("manager") == ["For all"]
    with env.transactions.write() as session:
        person = session.scalar(select(Person.id).where(Person.name == "manager"))
        session.execute(update(Grant).where(Grant.person_id == person).values(role="requester"))
    assert views.names("manager") == []
