"""The short way to canonical JSON gives the same bytes as the long one, or takes the long one."""

from __future__ import annotations

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from expertise.audit import chain

texts = st.text(st.characters(codec="utf-8"))
keys = st.one_of(st.text(st.characters(max_codepoint=127)), texts)
numbers = st.one_of(st.integers(-(2**53) + 1, 2**53 - 1), st.floats(allow_nan=False, allow_infinity=False))
plain = st.one_of(st.none(), st.booleans(), numbers, texts)
values = st.recursive(
    plain, lambda inner: st.one_of(st.lists(inner), st.lists(inner).map(tuple), st.dictionaries(keys, inner))
)


@settings(max_examples=500)
@given(values)
def test_both_ways_give_the_same_text(value):
    assert chain.canonical(value).encode() == rfc8785.dumps(value)


@pytest.mark.parametrize("value", [{"b": 1, "a": [True, None, "ә\u0001\u007f\u2028😀"]}, {}, [], '\\"/\b\f\n\r\t', -0])
def test_what_events_hold_goes_the_short_way(value, monkeypatch):
    expected = rfc8785.dumps(value)
    monkeypatch.setattr(chain.rfc8785, "dumps", pytest.fail)
    assert chain.canonical(value).encode() == expected


@pytest.mark.parametrize("value", [1.0, 1e21, {"ә": 1, "😀": 2, "\ue000": 3}, [0.1]])
def test_what_the_short_way_would_write_otherwise_goes_the_long_one(value):
    assert not chain._is_plain(value)
    assert chain.canonical(value).encode() == rfc8785.dumps(value)


@pytest.mark.parametrize("value", [2**53, -(2**53), "\ud800", {"a": "\udfff"}, float("nan"), {1: 2}, {"a": {1}}])
def test_what_canonical_json_cannot_hold_is_refused_as_before(value):
    with pytest.raises(rfc8785.CanonicalizationError):
        chain.canonical(value)
