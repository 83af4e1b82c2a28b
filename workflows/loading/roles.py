"""The roles that a definition declares: their shape, and the role that is built from it.

roles:
  commission: {label: {kk: …, ru: …, en: …}, grant: country}
  servant: {label: {kk: …, ru: …, en: …}, members_of: responsible_body}
  chair: {label: {kk: …, ru: …, en: …}, person: led_by}
"""

from __future__ import annotations

from typing import Any

from workflows.field import Text
from workflows.loading import schema
from workflows.loading.schema import Shape, flaw
from workflows.roles import LONGEST_NAME, GrantScope, Kind, Role

#: The keys of which a role has one → its kind.
_WAYS = {"grant": Kind.GRANT, "members_of": Kind.ORGANISATION, "person": Kind.PERSON}


class RoleShape(Shape):
    """One role."""

    label = schema.TextsValue(required=True)
    grant = schema.OneOfValue({True: GrantScope.ANY, "region": GrantScope.REGION, "country": GrantScope.COUNTRY})
    members_of = schema.NameValue()
    person = schema.NameValue()

    def json_rules(self) -> list[dict[str, Any]]:
        """Return that one of the ways stands there."""
        return [{"oneOf": [{"required": [way]} for way in _WAYS]}]


def build_role(key: str, *, label: Text, **ways: Any) -> Role:
    """Return the role that a shape has read; its one way gives the kind."""
    if len(key) > LONGEST_NAME:
        flaw("long_name", f"the name of a role has at most {LONGEST_NAME} characters", "Shorten it")
    if len(ways) != 1:
        flaw("role_kind", "somebody has a role in one way", f"Write one of: {', '.join(_WAYS)}")
    (way, value), *_none = ways.items()
    if way == "grant":
        return Role(key, label, Kind.GRANT, scope=value)
    return Role(key, label, _WAYS[way], value)
