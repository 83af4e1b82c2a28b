"""Parses a record of another register into fields of a draft, remarks, and values that no field holds.

Nothing is invented: a field without its fact stays empty, and a value that does not fit goes into a comment.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from expertise.importing.report import ImportRemark
from expertise.importing.store import DuplicateKeys, NoNumber
from expertise.people.reference_data import ReferenceEntry, find_region
from workflows.definition import Definition
from workflows.fields.texts import longest

#: Keys of a technical-assistance record → the field they fill.
ASSISTANCE: Mapping[str, str] = {
    "title": "title",
    "requester": "requesting_unit",
    "topic": "topic",
    "summary": "problem",
    "date_start": "desired_start",
    "date_end": "latest_date",
}
ASSISTANCE_ONLY = frozenset(
    """
    id kind country region provider funder dac_code date_issued date_deadline expert_days amount currency
    status_in_source source_url note
    """.split()  # noqa: SIM905
)
#: A register that knows our form may fill it in under our own names.
FORM = frozenset(
    """
    locality requesting_unit contact_person contact_email contact_phone problem why_now priority tried_before
    help_wanted expected_result desired_start latest_date languages own_contribution consent
    """.split()  # noqa: SIM905
)
#: Keys of a learning plan of the UNDP Accelerator Labs → the field they fill.
CHALLENGE: Mapping[str, str] = {"title": "title", "challenge": "problem"}
CHALLENGE_ONLY = frozenset(
    """
    id file type countries year sdgs thematic_areas datasources methods other_tags qa background
    evidence_quantitative evidence_qualitative value_proposition summary partners
    """.split()  # noqa: SIM905
)
LOAN = frozenset({"borrower", "lead_financier", "co_financiers", "loan_amount", "date_signed", "total_cost"})

#: The kinds that say which help was wanted; a "ta_request" may have wanted anything.
HELP = {"training": "training", "workshop": "training", "study_tour": "peer_visit", "survey": "study"}

MOST_TEXT = 100_000  # characters of all texts of a record together
MOST_LEVELS = 12
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


@dataclass(slots=True)
class PreparedRecord:
    """Raw field values of a record, remarks, and key → value of what no field holds completely."""

    source: str
    fields: dict[str, Any] = field(default_factory=dict)
    remarks: list[ImportRemark] = field(default_factory=list)
    rest: dict[str, Any] = field(default_factory=dict)


def number_of(record: object) -> str:
    """Return the record's own number; "" if it has no usable one."""
    found = record.get("id") if isinstance(record, Mapping) else None
    if not isinstance(found, str) or _CONTROL.search(found) or len(found) > 200:
        return ""
    return " ".join(found.split())


def fault_of(record: object) -> ImportRemark | None:
    """Return the reason why a record cannot be imported at all; None if it can."""
    if not isinstance(record, Mapping):
        return ImportRemark("no_object")
    if isinstance(record, DuplicateKeys):
        return ImportRemark("key_twice", text=", ".join(_shown(key) for key in record))
    if not number_of(record):
        return _strange(record) or ImportRemark("no_number")
    if LOAN & record.keys():
        return ImportRemark("loan")
    unknown = [_shown(key) for key in record if key not in _known(record)]
    if unknown:
        return ImportRemark("unknown_keys", text=", ".join(unknown[:10]))
    return _strange(record) or _text_fault(record)


def prepare(record: Mapping[str, Any], definition: Definition, regions: tuple[ReferenceEntry, ...]) -> PreparedRecord:
    """Map the record to the fields of the definition."""
    prepared = PreparedRecord(number_of(record))
    filled = CHALLENGE if _is_challenge(record) else {**ASSISTANCE, **{name: name for name in FORM}}
    values = {key: value for key, value in record.items() if key != "id" and value not in (None, "", [], {})}
    for key, value in values.items():
        if not _fits(prepared, filled.get(key), value, definition):
            prepared.rest[key] = value
    kind = values.get("kind")
    if isinstance(kind, str) and kind in HELP:
        prepared.fields.setdefault("help_wanted", HELP[kind])
    _place(prepared, values, regions)
    prepared.fields["source"] = prepared.source
    return prepared


def _fits(prepared: PreparedRecord, name: str | None, value: object, definition: Definition) -> bool:
    """Set the field and return whether it holds the value completely; a text too long is shortened with a remark."""
    if name is None:
        return False
    declared = definition.fields[name]
    if declared.type.is_date and (not isinstance(value, str) or len(value) < len("2015-01-13")):
        return False  # "2015" and "2021-09" are no days
    if not declared.type.is_prose or not isinstance(value, str):
        prepared.fields[name] = value
        return True
    text = value.strip() if declared.type.is_multiline else " ".join(value.split())
    most = longest(declared)
    prepared.fields[name] = shortened(text, most)
    if len(text) > most:
        prepared.remarks.append(ImportRemark("shortened", (declared.label,)))
    return len(text) <= most


def shortened(text: str, most: int) -> str:
    """Return the text, or its beginning up to a word's end with "…", `most` characters in all."""
    if len(text) <= most:
        return text
    start = text[: most - 1]
    if not text[most - 1].isspace():
        start = start.rpartition(" ")[0] or start
    return start.rstrip(" \n.,;:–-") + "…"


def _place(prepared: PreparedRecord, values: Mapping[str, Any], regions: tuple[ReferenceEntry, ...]) -> None:
    country = values.get("country", values.get("countries", "KZ"))
    named = ", ".join(map(str, country)) if isinstance(country, list) else str(country)
    if named not in ("KZ", "Kazakhstan"):
        prepared.remarks.append(ImportRemark("abroad", text=named[:80]))
        return
    text = values.get("region")
    if not isinstance(text, str):
        return
    pieces = [find_region(piece) for piece in text.split(";")]
    codes = list(dict.fromkeys(code for piece in pieces for code in piece))
    if len(codes) > 1:
        names = tuple(found.names for code in codes for found in regions if found.key == code)
        prepared.remarks.append(ImportRemark("regions_several", names))
    elif not codes or not all(pieces):  # "Astana; pilot oblasts" is more than Astana
        prepared.remarks.append(ImportRemark("region_unknown", text=text[:80]))
    else:
        prepared.fields["region"] = codes[0]


def keys_for(name: str, record: Mapping[str, Any]) -> list[str]:
    """Return the keys of the record that fill a field."""
    filled = CHALLENGE if _is_challenge(record) else ASSISTANCE
    return [key for key in record if filled.get(key, key) == name]


def _is_challenge(record: Mapping[str, Any]) -> bool:
    return "countries" in record or "qa" in record


def _known(record: Mapping[str, Any]) -> frozenset[str]:
    if _is_challenge(record):
        return CHALLENGE_ONLY | CHALLENGE.keys()
    return ASSISTANCE_ONLY | ASSISTANCE.keys() | FORM


def _text_fault(record: Mapping[str, Any]) -> ImportRemark | None:
    """Return a remark on control characters or sizes, checked before further parsing; None if all is well."""
    total = 0
    for key, text, level in _texts(record):
        if level > MOST_LEVELS:
            return ImportRemark("too_deep")
        if _CONTROL.search(text.replace("\r\n", "\n").replace("\r", "\n")):
            return ImportRemark("control", text=key)
        total += len(text)
        if total > MOST_TEXT:
            return ImportRemark("too_long", text=key, most=MOST_TEXT)
    return None


def _strange(record: Mapping[str, Any]) -> ImportRemark | None:
    """Return a remark on a value within the record that JSON does not know, or that hides another one."""
    waiting: list[tuple[str, Any]] = list(record.items())
    while waiting:
        key, value = waiting.pop()
        if isinstance(value, NoNumber):
            return ImportRemark("no_finite_number", text=f"{_shown(key)}: {value.text}")
        if isinstance(value, DuplicateKeys):
            return ImportRemark("key_twice", text=f"{_shown(key)}: {', '.join(_shown(inner) for inner in value)}")
        if isinstance(value, Mapping):
            waiting += [(key, inner) for inner in value.values()]
        elif isinstance(value, list):
            waiting += [(key, inner) for inner in value]
    return None


def _texts(record: Mapping[str, Any]) -> Iterator[tuple[str, str, int]]:
    """Yield every text in the record: (the record's own key, text, level). No recursion, because depth is untrusted."""
    waiting: list[tuple[str, Any, int]] = [(key, value, 1) for key, value in reversed(list(record.items()))]
    while waiting:
        key, value, level = waiting.pop()
        if isinstance(value, Mapping):
            waiting += [(key, inner, level + 1) for pair in value.items() for inner in pair]
        elif isinstance(value, list):
            waiting += [(key, inner, level + 1) for inner in value]
        yield key, value if isinstance(value, str) else "", level


def _shown(key: str) -> str:
    return (key if key.isprintable() else ascii(key))[:60]


# --- what no field holds ----------------------------------------------------------------------


def comments(rest: Mapping[str, Any], most: int) -> list[str]:
    """Return the rest as comments of at most `most` characters, nothing left out."""
    made: list[str] = []
    for paragraph in (piece for key, value in rest.items() for piece in _pieces(f"{key}: {_plain(value)}", most)):
        if made and len(made[-1]) + len(paragraph) < most:
            made[-1] += "\n" + paragraph
        else:
            made.append(paragraph)
    return made


def _pieces(text: str, most: int) -> Iterator[str]:
    while len(text) > most:
        cut = max(text.rfind(" ", 0, most), text.rfind("\n", 0, most))
        cut = cut if cut > 0 else most
        yield text[:cut].strip()
        text = text[cut:].strip()
    yield text


def _plain(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list):
        return "\n".join(("" if isinstance(one, Mapping) else "– ") + _plain(one) for one in value)
    if isinstance(value, Mapping):
        return " · ".join(_plain(one) for one in value.values())
    return json.dumps(value, ensure_ascii=False)
