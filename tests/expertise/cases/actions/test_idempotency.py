"""The same request twice: the same answer, one effect. Another request under the same key: refused."""

from __future__ import annotations

from datetime import timedelta

from expertise.cases.actions import idempotency
from tests.expertise.cases.scenery import REQUEST, done
from workflows.refusals import KeyReused, Stale


def test_a_case_is_opened_once(house):
    first = done(house.try_open(REQUEST, key="k"))
    again = done(house.try_open(REQUEST, key="k"))
    assert again.repeated and not first.repeated and again.reference == first.reference
    assert house.try_open({**REQUEST, "title": "Another"}, key="k") == KeyReused()
    assert not done(house.try_open(REQUEST, by="neighbour", key="k")).repeated  # keys are one's own
    assert house.counts()[:2] == (2, 2)


def test_a_step_is_taken_once(house, time):
    reference = house.begin()
    first = done(house.attempt("requester", reference, "submit", seen=1, key="k"))
    before = house.counts()
    time.move(timedelta(days=1))
    again = done(house.attempt("requester", reference, "submit", seen=1, key="k"))
    assert again.repeated
    assert (again.version, again.state, again.sequence) == (first.version, first.state, first.sequence)
    assert house.attempt("requester", reference, "withdraw", {"comment": "No"}, seen=1, key="k") == KeyReused()
    assert house.attempt("requester", reference, "submit", seen=1, key="other") == Stale(
        1, 2, house.row(reference).changed_at
    )
    assert house.counts() == before


def test_the_answer_names_the_parts_that_were_opened(house):
    reference = house.walk("offer_assignment")
    asked, seen = {"expert": "expert"}, house.version(reference)
    first = done(house.attempt("coordinator", reference, "offer_assignment", asked, seen, "k"))
    again = done(house.attempt("coordinator", reference, "offer_assignment", asked, seen, "k"))
    assert first.opened == again.opened == (house.part(reference, "offer"),)
    assert house.attempt("coordinator", reference, "offer_assignment", {"expert": "other_expert"}, seen, "k") == (
        KeyReused()
    )


def test_an_edit_is_made_once(house):
    reference = house.begin()
    done(house.try_edit("requester", reference, {"title": "First"}, 1, "k"))
    assert done(house.try_edit("requester", reference, {"title": "First"}, 1, "k")).repeated
    assert house.try_edit("requester", reference, {"title": "Second"}, 1, "k") == KeyReused()
    assert house.try_edit("requester", reference, {"title": "Second"}, 2, "k") == KeyReused()  # judged, then undone
    assert house.row(reference).title == "First" and house.version(reference) == 2


def test_a_comment_is_made_once(house):
    reference = house.begin()
    done(house.try_comment("requester", reference, "Hello", "k"))
    assert done(house.try_comment("requester", reference, "Hello", "k")).repeated
    assert house.try_comment("requester", reference, "Good-bye", "k") == KeyReused()
    assert house.row(reference).sequence == 2


def test_a_refused_request_uses_up_no_key(house):
    reference = house.begin({"title": "Too little"})
    refused = house.attempt("requester", reference, "submit", seen=1, key="k")
    assert refused.code == "not_ready"
    done(house.try_edit("requester", reference, REQUEST))
    assert not done(house.attempt("requester", reference, "submit", seen=2, key="k")).repeated


def test_an_answer_is_kept_for_nobody_who_may_not_see_the_case(house):
    reference = house.begin()
    done(house.attempt("requester", reference, "submit", seen=1, key="k"))
    assert house.attempt("neighbour", reference, "submit", seen=1, key="k").code == "not_found"


def test_a_fingerprint_does_not_depend_on_the_order_of_names():
    assert idempotency.fingerprint("edit", {"a": 1, "b": [2]}) == idempotency.fingerprint("edit", {"b": [2], "a": 1})
    assert idempotency.fingerprint("edit", {"a": 1}) != idempotency.fingerprint("edit", {"a": "1"})
    assert idempotency.fingerprint("edit", {"a": "\ud800"}) != idempotency.fingerprint("edit", {"a": "?"})
