"""Digests of values: a form says by them what it had shown, so that only what a person changed is written.

A form is filled with stored values and comes back with all of them. Whoever writes what came back also writes what
nobody touched, and so empties or resets what another person has stored meanwhile. The digest of each shown value
travels with the form; a value that comes back with the same digest was not touched.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import marshmallow

from workflows.field import Field
from workflows.fields.choices import LOOKUPS

LENGTH = 10  # hexadecimal digits: of two values, one in 2^40 pairs is taken for the same


class _Anything:
    """Lookups that know every key: whether one may be chosen is judged when the value is written."""

    def knows(self, _type_key: str, _value: str, /) -> bool:
        """Return True."""
        return True


def of_stored(value: Any) -> str:
    """Return the digest of a stored value; None has one, too."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:LENGTH]


def of_typed(declared: Field, raw: Any) -> str:
    """Return the digest of the value that `raw` means, and of `raw` itself when it means none."""
    try:
        return of_stored(parse(declared, raw))
    except marshmallow.ValidationError:
        return of_stored(["typed", raw])


def parse(declared: Field, raw: Any) -> Any:
    """Return the value that `raw` means, whatever may be chosen now. Raises marshmallow.ValidationError for none."""
    token = LOOKUPS.set(_Anything())
    try:
        return declared.type.parse(declared, raw)
    finally:
        LOOKUPS.reset(token)
