"""A lender with people of its own: sees a referral once it was sent there, is written to, and answers itself."""

from __future__ import annotations

from expertise.base import clock
from expertise.cases.views import case_view
from tests.journeys.test_other_workflows import REFERRAL
from tests.support.house import Member, done
from workflows.refusals import NotFound, WrongRole

LENDERS = {
    "banker": Member("lender", "en", "lender-ebrd"),
    "other banker": Member("lender", "ru", "lender-adb"),
    "stray banker": Member("lender", "ru", None),
}


def test_a_referral_is_answered_by_the_lender_it_names(house, post):
    house.add(LENDERS)
    case = done(house.open("coordinator", "loan_referral", REFERRAL)).reference
    done(house.fire("coordinator", case, "send_for_endorsement"))
    done(house.fire("requester", case, "endorse"))
    assert house.sees("banker") == set()  # the package is not yet theirs
    assert told_by(house, "approver", case, "send")["lender"] == ("Banker",)
    done(house.fire("approver", case, "send"))
    assert (house.sees("banker"), house.sees("other banker"), house.sees("stray banker")) == ({case}, set(), set())
    assert isinstance(house.fire("other banker", case, "acknowledge", {"acknowledged_on": "2026-03-02"}), NotFound)
    done(house.fire("banker", case, "acknowledge", {"acknowledged_on": "2026-03-02", "lender_reference": "46247"}))
    assert isinstance(house.fire("banker", case, "withdraw", {"comment": "?"}), WrongRole)
    done(house.fire("banker", case, "start_due_diligence"))
    done(house.fire("banker", case, "request_information", {"information_asked": "Tariffs of three years."}))
    done(house.fire("requester", case, "supply_information", {"information_given": "Тіркелді."}))
    done(house.fire("banker", case, "decline", {"declined_on": "2026-03-02", "comment": "No sovereign guarantee."}))
    assert house.case(case).final == "refused" and house.sees("banker") == {case}
    assert [row.role for row in house.events(case)][-1] == "lender"
    post()
    subjects = [letter.subject for letter in post.caught() if letter.to == house.email("banker")]
    assert sorted(subjects) == [f"{case}: a package for financing", f"{case}: now on your desk"], subjects


def told_by(house, name, reference, step):
    with house.transactions.read() as session:
        view = case_view.look(session, house.shop, house.actor(name), reference, clock.now())
    offered = next(each for each in view.offered if each.step.key == step)
    return {told.role: told.names for told in offered.preview.told}
