"""A case with all that hangs on it, in one row: what the tests of the desk compare before and after."""

from __future__ import annotations

import json

from sqlalchemy import Text, TypeDecorator, select, type_coerce

from expertise.cases.parties import ACTORS, VOTES_OF, JsonRows
from expertise.cases.queries import READ
from expertise.cases.reach import CASES, PARTIES


class _Acted(TypeDecorator):
    impl = Text
    cache_ok = True

    def process_result_value(self, value, dialect):
        found = {}
        for role, person in sorted(json.loads(value or "[]")):
            found.setdefault(role, []).append(person)
        return found


def _party(role, column):
    mine = (PARTIES.c.case_id == CASES.c.id, PARTIES.c.role == role, PARTIES.c.until.is_(None))
    return select(column).where(*mine).correlate(CASES).scalar_subquery()


_ACTED = select(JsonRows(ACTORS.c.role, ACTORS.c.person)).where(ACTORS.c.case_id == CASES.c.id).correlate(CASES)

#: Also: `acted` (role → pseudonyms, sorted), `votes` (step → votes), `expert_id`, `lender_id`.
ROW = (
    *READ,
    VOTES_OF,
    type_coerce(_ACTED.scalar_subquery(), _Acted()).label("acted"),
    _party("expert", PARTIES.c.person_id).label("expert_id"),
    _party("lender", PARTIES.c.organisation_id).label("lender_id"),
)
