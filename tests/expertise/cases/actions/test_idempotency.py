"""The same request twice: the same answer, one effect. Another request under the same key: refused."""

from __future__ import annotations

from datetime import timedelta

from expertise.cases.actions import idempotency
from tests.support.environment import done
from tests.support.main_line import REQUEST
from workflows.refusals import KeyReused, Stale


def test_a_case_is_opened_once(env):
    first = done(env.file(REQUEST, key="k"))
    again = done(env.file(REQUEST, key="k"))
    assert again.repeated and not first.repeated and again.reference == first.reference
    assert env.file({**REQUEST, "title": "Another"}, key="k") == KeyReused()
    assert not done(env.file({**REQUEST, "region": "KZ-47"}, by="neighbour", key="k")).repeated  # keys are one's own
    assert env.counts()[:2] == (2, 2)


def test_a_step_is_taken_once(env, time):
    reference = env.begin()
    first = done(env.fire("requester", reference, "submit", seen=1, key="k"))
    before = env.counts()
    time.move(timedelta(days=1))
    again = done(env.fire("requester", reference, "submit", seen=1, key="k"))
    assert again.repeated
    assert (again.version, again.state, again.sequence) == (first.version, first.state, first.sequence)
    assert env.fire("requester", reference, "withdraw", {"comment": "No"}, seen=1, key="k") == KeyReused()
    assert env.fire("requester", reference, "submit", seen=1, key="other") == Stale(
        1, 2, env.case(reference).changed_at, own=True
    )
    assert env.counts() == before


def test_the_answer_names_the_parts_that_were_opened(env):
    reference = env.walk("offer_assignment")
    asked, seen = {"expert": "expert"}, env.version(reference)
    first = done(env.fire("coordinator", reference, "offer_assignment", asked, seen, "k"))
    again = done(env.fire("coordinator", reference, "offer_assignment", asked, seen, "k"))
    assert first.opened == again.opened == (env.part(reference, "offer"),)
    assert env.fire("coordinator", reference, "offer_assignment", {"expert": "other_expert"}, seen, "k") == (
        KeyReused()
    )


def test_an_edit_is_made_once(env):
    reference = env.begin()
    done(env.edit("requester", reference, {"title": "First"}, 1, "k"))
    assert done(env.edit("requester", reference, {"title": "First"}, 1, "k")).repeated
    assert env.edit("requester", reference, {"title": "Second"}, 1, "k") == KeyReused()
    assert env.edit("requester", reference, {"title": "Second"}, 2, "k") == KeyReused()  # judged, then undone
    assert env.case(reference).title == "First" and env.version(reference) == 2


def test_a_comment_is_made_once(env):
    reference = env.begin()
    done(env.comment("requester", reference, "Hello", "k"))
    assert done(env.comment("requester", reference, "Hello", "k")).repeated
    assert env.comment("requester", reference, "Good-bye", "k") == KeyReused()
    assert env.case(reference).sequence == 2


def test_a_refused_request_uses_up_no_key(env):
    reference = env.begin({"title": "Too little"})
    refused = env.fire("requester", reference, "submit", seen=1, key="k")
    assert refused.code == "not_ready"
    done(env.edit("requester", reference, REQUEST))
    assert not done(env.fire("requester", reference, "submit", seen=2, key="k")).repeated


def test_an_answer_is_kept_for_nobody_who_may_not_see_the_case(env):
    reference = env.begin()
    done(env.fire("requester", reference, "submit", seen=1, key="k"))
    assert env.fire("neighbour", reference, "submit", seen=1, key="k").code == "not_found"


def test_a_fingerprint_does_not_depend_on_the_order_of_names():
    assert idempotency.fingerprint("edit", {"a": 1, "b": [2]}) == idempotency.fingerprint("edit", {"b": [2], "a": 1})
    assert idempotency.fingerprint("edit", {"a": 1}) != idempotency.fingerprint("edit", {"a": "1"})
    assert idempotency.fingerprint("edit", {"a": "\ud800"}) != idempotency.fingerprint("edit", {"a": "?"})
