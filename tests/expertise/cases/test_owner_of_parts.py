"""Whose a part is: its parent's owner, and the akimat's of another region when it is for that one."""

from __future__ import annotations

from sqlalchemy import select

from expertise.people.model import Organisation
from expertise.people.reference_data import lender_organisation
from tests.support.changed_definitions import under

ASKS = "asks: {recommendation_text: required, recommendation_addressee: required}"
TEXT = {"recommendation_text": "Sort it", "recommendation_addressee": "Akimat"}


def _owner(env, reference):
    owned = select(Organisation.key).where(Organisation.id == env.case(reference).organisation_id)
    with env.transactions.read() as session:
        return session.scalar(owned)


def _recommended(env, by="coordinator", **more):
    reference = env.walk("record_recommendation")
    env.take(by, reference, "record_recommendation", {**TEXT, **more})
    return env.part(reference, "recommendation")


def test_a_part_is_its_parent_s_owner_s(env):
    assert _owner(env, _recommended(env)) == "akimat-kz-43"


def test_a_part_for_another_region_is_that_akimat_s(env, tmp_path):
    asking = ASKS.replace("}", ", region: required}")
    env = under(
        env, tmp_path, {"expertise_request": [(f"by: [coordinator, expert]\n    {ASKS}", f"by: manager\n    {asking}")]}
    )
    part = _recommended(env, "manager", region="KZ-47")
    row = env.case(part)
    assert (row.region, _owner(env, part)) == ("KZ-47", "akimat-kz-47")
    env.take("neighbour", part, "accept_recommendation")
    same = _recommended(env, "manager", region="KZ-43")
    assert _owner(env, same) == "akimat-kz-43"


def test_a_case_that_begins_on_a_lender_s_desk_has_the_lender(env, tmp_path):
    """A part whose first state is the lender's names the lender from its beginning."""
    exchanges = {
        "expertise_request": [
            ("fields:\n", "fields:\n  lender: {type: lender, label: {kk: К, ru: К, en: Lender}}\n"),
            ("takes: [title, region, topic, recommendation", "takes: [lender, title, region, topic, recommendation"),
            (ASKS, ASKS.replace("}", ", lender: required}")),
        ],
        "recommendation_follow_up": [
            ("fields:\n", "fields:\n  lender: {type: lender, label: {kk: К, ru: К, en: Lender}}\n"),
            ("with: requester\n", "with: lender\n"),
            (
                "by: requester\n    weight: main\n    mail: accept",
                "by: [requester, lender]\n    weight: main\n    mail: accept",
            ),
        ],
    }
    env = under(env, tmp_path, exchanges)
    part = _recommended(env, lender="ADB")
    with env.transactions.read() as session:
        bank = lender_organisation(session, "ADB")
    assert [(each.role, each.organisation_id) for each in env.case(part).parties if each.role == "lender"] == [
        ("lender", bank)
    ]
