"""Which lender becomes a party to a case, and when: the one it names, once it is laid on the lender's desk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from expertise.people.reference_data import lender_organisation
from workflows.definition import Definition


def lender_there(session: Session, definition: Definition, state: str, fields: Mapping[str, Any]) -> int | None:
    """The organisation of the lender on whose desk the case lies in `state`.

    None in the states of others, without a lender, and for a lender of whom Komek knows no organisation.
    """
    if definition.states[state].owner != "lender":
        return None
    named = (fields.get(name) for name, field in definition.fields.items() if field.type.party == "lender")
    code = next(filter(None, named), None)
    return None if code is None else lender_organisation(session, code)
