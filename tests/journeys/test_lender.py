"""A lender with people of its own: sees a referral once it was sent there, is written to, and answers itself."""

from __future__ import annotations

from expertise.base import clock
from expertise.cases.views import case_view
from tests.journeys.test_other_workflows import FILES, REFERRAL
from tests.support.environment import done
from tests.support.people import Member
from workflows.refusals import NotFound, WrongRole

LENDERS = {
    "banker": Member("lender", "en", "lender-ebrd"),
    "other banker": Member("lender", "ru", "lender-adb"),
    "stray banker": Member("lender", "ru", None),
}


def test_a_referral_is_answered_by_the_lender_it_names(env, post):
    env.add(LENDERS)
    case = done(env.open("coordinator", "loan_referral", REFERRAL)).reference
    done(env.edit("coordinator", case, {}, uploads=FILES))
    done(env.fire("coordinator", case, "send_for_endorsement"))
    done(env.fire("requester", case, "endorse"))
    assert env.reach("banker") == set()  # the package is not yet theirs
    assert told_by(env, "approver", case, "send")["lender"] == ("banker",)
    done(env.fire("approver", case, "send"))
    assert (env.reach("banker"), env.reach("other banker"), env.reach("stray banker")) == ({case}, set(), set())
    assert isinstance(env.fire("other banker", case, "acknowledge", {"acknowledged_on": "2026-03-02"}), NotFound)
    done(env.fire("banker", case, "acknowledge", {"acknowledged_on": "2026-03-02", "lender_reference": "46247"}))
    assert isinstance(env.fire("banker", case, "withdraw", {"comment": "?"}), WrongRole)
    done(env.fire("banker", case, "start_due_diligence"))
    done(env.fire("banker", case, "request_information", {"information_asked": "Tariffs of three years."}))
    done(env.fire("requester", case, "supply_information", {"information_given": "Тіркелді."}))
    done(env.fire("banker", case, "decline", {"declined_on": "2026-03-02", "comment": "No sovereign guarantee."}))
    assert env.case(case).final == "refused" and env.reach("banker") == {case}
    assert [row.role for row in env.events(case)][-1] == "lender"
    post()
    subjects = [letter.subject for letter in post.caught() if letter.to == env.email("banker")]
    assert sorted(subjects) == [f"{case}: Information supplied – now with you", f"{case}: a package for financing"]


def told_by(env, name, reference, step):
    with env.transactions.read() as session:
        view = case_view.look(session, env.services, env.actor(name), reference, clock.now())
    offered = next(each for each in view.offered if each.step.key == step)
    return {told.role: told.names for told in offered.preview.told}
