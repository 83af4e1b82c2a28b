"""The bytes of an event: canonical, hashed as RFC 6962 leaves are, and silent about persons."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from expertise.audit import chain

ENTRY = chain.Entry(
    case="ER-2026-0001",
    sequence=1,
    previous=chain.START,
    at=datetime(2026, 3, 2, 6, tzinfo=UTC),
    act="person:case:open",
    actor="p0123456789abcdef0123",
    role="requester",
    instead_of=None,
    from_state=None,
    to_state="draft",
    rule="expertise_request@1/open",
    digest="d" * 64,
    version=1,
    values={},
)
BODY = (
    '{"act":"person:case:open","actor":"p0123456789abcdef0123","at":"2026-03-02T06:00:00.000000Z",'
    '"case":"ER-2026-0001","commitments":{},"definition":"' + "d" * 64 + '","for":null,"from":null,'
    '"previous":"' + "0" * 64 + '","role":"requester","rule":"expertise_request@1/open",'
    '"sequence":1,"to":"draft","version":1}'
)


def test_a_body_is_written_in_one_way_only():
    link = chain.forge(ENTRY)
    assert link.event["body"].decode() == BODY
    assert link.leaf == link.event["leaf"] == hashlib.sha256(b"\0" + BODY.encode()).digest()


def test_known_vectors():
    """Computed with openssl and sha256sum, so that nobody can change the recipe unseen."""
    assert chain.leaf_of(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert chain.leaf_of(BODY.encode()).hex() == "56174f5e7fa0bffb7f8cdcf748ae68a6e7e3e09d541cae349a86856721b1fc75"
    assert (
        chain.commitment(bytes(range(32)), "title", '"Қала"')
        == "64777c3ca38e4fbffca68d22e894828bd3d27917bcac5a14a7aa6620b4af5e0d"
    )


def test_a_commitment_is_an_hmac_over_name_and_value():
    nonce = b"n" * 32
    expected = hmac.new(nonce, b'title\0"x"', hashlib.sha256).hexdigest()
    assert chain.commitment(nonce, "title", '"x"') == expected
    assert chain.commitment(nonce, "titl", 'e"x"') != chain.commitment(nonce, "title", '"x"')


def test_private_values_stand_as_commitments_only():
    values = {"contact_person": "Head of the unit", "contact_email": "unit@example.kz", "comment": "Құпия", "days": 12}
    link = chain.forge(replace(ENTRY, values=values))
    body = link.event["body"].decode()
    for value in ("Head", "unit@example.kz", "Құпия"):
        assert value not in body and value.encode() not in link.event["body"]
    said = json.loads(body)["commitments"]
    assert set(said) == set(values)
    for row in link.private:
        assert said[row["name"]] == chain.commitment(row["nonce"], row["name"], row["value"])
        assert json.loads(row["value"]) == values[row["name"]]


def test_the_same_value_twice_looks_different():
    """A nonce of its own: nobody learns from the trail that two cases have the same contact."""
    one, other = (chain.forge(replace(ENTRY, values={"answer": True})) for _ in range(2))
    assert one.private[0]["nonce"] != other.private[0]["nonce"]
    assert json.loads(one.event["body"])["commitments"] != json.loads(other.event["body"])["commitments"]


@pytest.mark.parametrize(
    "change",
    [
        {"case": "ER-2026-0002"},
        {"sequence": 2},
        {"previous": b"x" * 32},
        {"at": ENTRY.at + timedelta(microseconds=1)},
        {"act": "person:case:close"},
        {"actor": "clock"},
        {"role": "clock"},
        {"from_state": "draft"},
        {"to_state": "closed"},
        {"rule": "expertise_request@2/open"},
        {"digest": "e" * 64},
        {"version": 2},
    ],
)
def test_every_word_of_an_event_is_in_its_leaf(change):
    assert chain.forge(replace(ENTRY, **change)).leaf != chain.forge(ENTRY).leaf


def test_a_moment_has_six_digits_whether_it_needs_them_or_not():
    assert chain.moment(datetime(2026, 3, 2, 6, tzinfo=UTC)) == "2026-03-02T06:00:00.000000Z"
    assert chain.moment(datetime(2026, 3, 2, 6, 0, 0, 1, tzinfo=UTC)) == "2026-03-02T06:00:00.000001Z"
    almaty = datetime(2026, 3, 2, 11, tzinfo=timezone(timedelta(hours=5)))
    assert chain.moment(almaty) == "2026-03-02T06:00:00.000000Z"
