"""The numbers of a referral agree, its files are there, its lender can answer, its proposal is real."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from expertise.cases import desk
from expertise.cases.actions.correct import CorrectionRequest
from expertise.cases.desk import Done, Upload
from expertise.people.model import Person
from tests.support.environment import done, together
from tests.support.main_line import REQUEST
from workflows.refusals import Invalid, NotReady, Problem


def eur(amount):
    return {"amount": amount, "currency": "EUR"}


def share(percent):
    return {"ten_thousandths": percent * 10_000, "unit": "percent"}


PACKAGE = {
    "title": "Water",
    "region": "KZ-43",
    "topic": "waste",
    "lender": "EBRD",
    "borrower": "City",
    "need": "Old",
    "scope": "New",
    "total_cost": eur("24"),
    "price_date": "2026-01-01",
    "loan_amount": eur("20"),
    "financing_plan": [{"source": "EBRD", "amount": eur("20")}, {"source": "Own", "amount": eur("4")}],
    "environmental_category": "low",
    "contact_person": "Somebody",
    "contact_email": "a@example.kz",
    "readiness": 80,
}
FILES = {"package": Upload("1" * 64, 10, "package.pdf", "application/pdf")}
FILES["accounts"] = Upload("2" * 64, 10, "accounts.pdf", "application/pdf")


def missing(answer):
    assert isinstance(answer, NotReady), answer
    return {each.name: [tuple(side) for side in each.values] for each in answer.missing}


@pytest.fixture
def banker(env):
    env.hire("banker", "lender", "lender-ebrd")
    return env.actor("banker").person_id


@pytest.fixture
def refer(env):
    """A referral with these values instead of the usual ones, and with files unless said otherwise."""

    def begin(files=FILES, **changed):
        done = env.file({**PACKAGE, **changed}, "coordinator", workflow="loan_referral")
        assert isinstance(done, Done), done
        if files:
            assert isinstance(env.edit("coordinator", done.reference, {}, uploads=files), Done)
        return done.reference

    return begin


def endorse(env, reference):
    return env.fire("coordinator", reference, "send_for_endorsement")


def test_numbers_that_agree_go_on(env, refer, banker):
    reference = refer()
    assert isinstance(endorse(env, reference), Done)
    env.take("requester", reference, "endorse")
    env.take("approver", reference, "send")


KZT = {"amount": "24", "currency": "KZT"}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"loan_amount": eur("24.01")}, {"loan_within_cost": [(eur("24.01"),), (eur("24.00"),)]}),
        (
            {"financing_plan": [{"source": "EBRD", "amount": eur("1")}]},
            {"plan_adds_up": [(eur("1.00"),), (eur("24.00"),)]},
        ),
        (
            {"financing_plan": [{"source": "EBRD", "amount": eur("25")}]},
            {"plan_adds_up": [(eur("25.00"),), (eur("24.00"),)]},
        ),
        ({"financing_plan": [{"source": "EBRD"}]}, {"plan_adds_up": [(0,), (eur("24.00"),)]}),
        (
            {"financing_plan": [{"source": "a", "amount": eur("20")}, {"source": "b", "amount": KZT}]},
            {"plan_adds_up": [(eur("20.00"), {"amount": "24.00", "currency": "KZT"}), (eur("24.00"),)]},
        ),
        ({"loan_amount": KZT}, {"loan_within_cost": [({"amount": "24.00", "currency": "KZT"},), (eur("24.00"),)]}),
        ({"readiness": 79}, {"ready_enough": [(share(79),), (share(80),)]}),
        ({"readiness": 5}, {"ready_enough": [(share(5),), (share(80),)]}),
    ],
)
def test_numbers_that_do_not_agree_are_refused_with_both(env, refer, banker, changed, expected):
    assert missing(endorse(env, refer(**changed))) == expected


def test_cents_are_added_up_exactly(env, refer, banker):
    plan = [{"source": str(number), "amount": eur("0.1")} for number in range(3)]
    assert isinstance(endorse(env, refer(total_cost=eur("0.3"), loan_amount=eur("0.3"), financing_plan=plan)), Done)


def test_no_package_leaves_without_its_files(env, refer, banker):
    assert set(missing(endorse(env, refer(files={})))) == {"package", "accounts"}
    assert set(missing(endorse(env, refer(files={"package": FILES["package"]})))) == {"accounts"}


def test_a_lender_without_anybody_is_not_asked(env, refer, banker):
    assert set(missing(endorse(env, refer(lender="ADB")))) == {"lender_can_answer"}
    reference = refer()
    assert isinstance(endorse(env, reference), Done)
    env.take("requester", reference, "endorse")
    with env.transactions.write() as session:
        session.execute(update(Person).where(Person.id == banker).values(active=False))
    assert set(missing(env.fire("approver", reference, "send"))) == {"lender_can_answer"}


@pytest.mark.parametrize("code", ["IFCA", "PPP-C"])
def test_an_instrument_is_no_lender(env, code):
    refused = env.file({**PACKAGE, "lender": code}, "coordinator", workflow="loan_referral")
    assert isinstance(refused, Invalid) and refused.errors == (("lender", (Problem("unknown_lender"),)),)
    named = env.file({**PACKAGE, "instrument": "ifca"}, "coordinator", workflow="loan_referral")
    assert isinstance(named, Done)


def test_the_lender_approves_no_more_than_the_cost(env, refer, banker):
    reference = refer()
    assert isinstance(endorse(env, reference), Done)
    env.take("requester", reference, "endorse")
    env.take("approver", reference, "send")
    env.take("coordinator", reference, "acknowledge", {"acknowledged_on": "2026-03-02"})
    env.take("coordinator", reference, "start_due_diligence")
    offered = {each.step.key: each.verdict for each in env.look("coordinator", reference).offered}
    assert offered["approve"].allowed
    answer = {"approved_on": "2026-03-02", "loan_amount": eur("25")}
    assert missing(env.fire("coordinator", reference, "approve", answer)) == {
        "loan_within_cost": [(eur("25.00"),), (eur("24.00"),)]
    }
    env.take("coordinator", reference, "approve", {**answer, "loan_amount": eur("18")})


# --- other cases ------------------------------------------------------------------------------------


def problem(answer):
    assert isinstance(answer, Invalid), answer
    ((name, (found,)),) = answer.errors
    return name, found.code


def propose(env):
    fields = {name: REQUEST[name] for name in ("title", "region", "topic", "problem")}
    reference = env.file({**fields, "objectives": "Less"}, "requester", workflow="project_proposal").reference
    env.take("requester", reference, "put_forward")
    return reference


def test_a_referral_names_a_proposal_that_goes_on(env, refer, banker):
    proposal = propose(env)
    opened = lambda value: env.file({**PACKAGE, "proposal": value}, "coordinator", workflow="loan_referral")  # noqa: E731
    for invented in ("PP-2026-9999", "invented", env.walk("register"), "\u0000"):
        assert isinstance(opened(invented), Invalid)
    assert isinstance(opened(proposal.lower()), Done)
    reference = refer(proposal=proposal)
    env.take("coordinator", proposal, "drop", {"comment": "No", "stage_reached": "idea"})
    assert problem(opened(proposal)) == ("proposal", "ended_case")
    assert set(missing(endorse(env, reference))) == {"proposal_goes_on"}
    assert isinstance(env.edit("coordinator", reference, {"proposal": proposal, "need": "Older"}), Done)
    assert isinstance(env.edit("coordinator", reference, {"proposal": ""}), Done)
    assert isinstance(endorse(env, reference), Done)


def test_a_proposal_of_another_oblast_does_not_exist_here(env):
    env.grant("nobody", "coordinator", "KZ-47")
    refused = env.file({"region": "KZ-47", "proposal": propose(env)}, "nobody", workflow="loan_referral")
    assert problem(refused) == ("proposal", "unknown_case")


def test_a_request_is_merged_into_a_live_one_and_never_into_itself(env):
    one, two = env.walk("confirm_complete"), env.walk("confirm_complete")
    merge = lambda case, into: env.fire("coordinator", case, "merge", {"merged_into": into, "comment": "Twice"})  # noqa: E731
    assert problem(merge(one, one)) == ("merged_into", "own_case")
    assert problem(merge(one, one.lower())) == ("merged_into", "own_case")
    for invented in ("ER-2026-9999", "see the other one", propose(env)):
        assert problem(merge(one, invented)) == ("merged_into", "unknown_case")
    draft = env.begin()  # of the oblast alone
    assert problem(merge(one, draft)) == ("merged_into", "unknown_case")
    own = env.begin(by="coordinator")  # the coordinator's own, which is not sent either
    assert problem(merge(one, own)) == ("merged_into", "unknown_case")
    assert isinstance(merge(one, f" {two.lower()} "), Done)
    assert env.case(one).fields["merged_into"] == two
    assert problem(merge(two, one)) == ("merged_into", "ended_case")
    deliverable = env.part(env.walk("deliverable.submit"), "deliverable")
    assert problem(merge(two, deliverable)) == ("merged_into", "unknown_case")


def test_two_requests_are_not_merged_into_each_other(env):
    """Both at once: whoever comes second finds that the other one has ended."""
    one, two = env.walk("confirm_complete"), env.walk("confirm_complete")
    pairs = [(one, two), (two, one)]

    def merge(place):
        case, into = pairs[place]
        return env.fire("coordinator", case, "merge", {"merged_into": into, "comment": "Twice"}, seen=env.version(case))

    answers = together(2, merge)
    assert sorted(isinstance(answer, Done) for answer in answers) == [False, True], answers
    assert sorted(env.case(each).final or "" for each in (one, two)) == ["", "withdrawn"]


def test_a_sum_of_nothing_is_no_sum(env):
    nothing = eur("0")
    for name, value in (
        ("total_cost", nothing),
        ("loan_amount", nothing),
        ("financing_plan", [{"source": "EBRD", "amount": nothing}]),
    ):
        answer = env.file({**PACKAGE, name: value}, "coordinator", workflow="loan_referral")
        assert isinstance(answer, Invalid) and [each[0] for each in answer.errors] == [name], (name, answer)


@pytest.fixture
def correct(env):
    def propose(reference, wrong, **values):
        wish, seen = CorrectionRequest(wrong, "Typing error", values), env.version(reference)
        asked = desk.Request(env.actor("coordinator"), reference, seen)
        return env.transactions.run(lambda s: desk.propose(desk.Unit(s, env.services), asked, wish))

    return propose


def test_two_amounts_that_must_agree_and_were_said_at_different_times_are_corrected_together(
    env, refer, banker, correct
):
    reference = refer(total_cost=None, financing_plan=None)
    done(env.edit("coordinator", reference, {"total_cost": eur("24")}))
    wrong = env.case(reference).sequence
    plan = PACKAGE["financing_plan"]
    done(env.edit("coordinator", reference, {"financing_plan": plan}))
    done(endorse(env, reference))
    right = [plan[0], {"source": "Own", "amount": eur("10")}]
    assert isinstance(correct(reference, wrong, total_cost=eur("30")), NotReady)
    done(correct(reference, wrong, total_cost=eur("30"), financing_plan=right))
    asked = desk.Request(env.actor("deputy"), reference, env.version(reference))
    done(env.transactions.run(lambda s: desk.confirm(desk.Unit(s, env.services), asked)))
    fields = env.case(reference).fields
    assert fields["total_cost"]["amount"] == "30.00" and fields["financing_plan"][1]["amount"]["amount"] == "10.00"


def test_a_broken_fact_is_not_made_worse_by_a_correction(env, refer, correct):
    reference = refer(loan_amount=eur("30"))  # more than the cost, in a package that nobody has sent yet
    wrong = 1
    assert missing(correct(reference, wrong, loan_amount=eur("40"))).keys() == {"loan_within_cost"}
    done(correct(reference, wrong, loan_amount=eur("25")))  # still too much, and nearer
