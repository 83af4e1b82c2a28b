"""A shipped workflow with a field of every measuring and naming type added to its first form, and a table of them."""

from __future__ import annotations

NAME = "{kk: Атауы, ru: Название, en: Name}"


def labelled(word: str) -> str:
    return f"{{kk: {word} (kk), ru: {word} (ru), en: {word}}}"


TYPED = {
    "road": "type: decimal, unit: km",
    "index": "type: decimal, digits: 4, unit: {kk: бірл., ru: ед. изм., en: unit}",
    "ready": "type: percent",
    "effort": "type: duration",
    "tools": f"type: choices, options: {{study: {labelled('Study')}, visit: {labelled('Visit')}}}",
    "oblasts": "type: choices, list: regions",
    "held": "type: datetime",
    "chair": "type: person",
    "leader": "type: person, role: requester",
    "body": "type: organisation",
    "spot": "type: place",
}
#: Types that a table can have a column of; a list of experts and the like would be long.
COLUMNS = {name: TYPED[name] for name in ("road", "ready", "effort", "tools", "held", "chair", "body", "spot")}
FIELDS = "".join(f"  {name}: {{{said}, label: {labelled(name.title())}}}\n" for name, said in TYPED.items())
TABLE = f"  measured:\n    type: table\n    label: {labelled('Measured')}\n    columns:\n" + "".join(
    f"      {name}: {{{said}, label: {labelled('C ' + name)}}}\n" for name, said in COLUMNS.items()
)
NAMES = [*TYPED, "measured"]
_EDITED = "requester: [title, region, locality, topic, source_request, problem, objectives, beneficiaries]"

#: The fact by which a concept note goes on at once.
LARGE = (
    "  large:\n    label:\n      kk: Құны кемінде 5 млн еуро\n      ru: Стоимость не менее 5 млн евро\n"
    "      en: The cost is at least 5m euros\n"
    "    field: total_cost\n    at_least: {amount: 5000000, currency: EUR}\n"
)

#: For `tests.support.changed_definitions`.
EXCHANGES = {
    "project_proposal": [
        ("\nfields:\n", f"\nfields:\n{FIELDS}{TABLE}"),
        ("  plan_adds_up:", f"{LARGE}  plan_adds_up:"),
        (
            "from: concept\n    to: appraised",
            "from: concept\n    to: [{if: large, state: in_preparation}, {else: appraised}]",
        ),
        (_EDITED, _EDITED.replace("]", f", {', '.join(NAMES)}]")),
    ]
}
