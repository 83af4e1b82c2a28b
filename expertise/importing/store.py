"""Stores the received file, then reads it as a list of JSON records."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from expertise.files import storage
from expertise.importing.report import ImportRemark

MEGABYTE = 1024 * 1024
MOST_DIGITS = 300  # of a whole number


class DuplicateKeys(dict[str, Any]):
    """An object with a duplicate key, of which JSON would silently keep the last value."""


@dataclass(frozen=True, slots=True)
class NoNumber:
    """The text in the place of a number that is none: NaN, Infinity, 1e999, thousands of digits."""

    text: str


@dataclass(frozen=True, slots=True)
class ReceivedFolder:
    """Storage for received files, apart from uploads, whose leftovers are deleted."""

    data: Path
    upload_bytes: int


def store_and_read(path: Path, limits: storage.UploadLimits) -> tuple[str, list[Any]] | ImportRemark:
    """Store the file under `received/`, then read it; return its hash and records, or a remark on the fault."""
    shelf = ReceivedFolder(limits.data / "received", limits.upload_bytes)
    try:
        with path.open("rb") as file:
            stored = storage.put(file, shelf)
        raw = stored.path.read_bytes()
    except storage.TooLarge:
        return ImportRemark("file_large", most=limits.upload_bytes // MEGABYTE)
    except OSError as fault:
        return ImportRemark("file_away", text=fault.strerror or type(fault).__name__)
    records = _records(raw)
    return records if isinstance(records, ImportRemark) else (stored.sha256, records)


def _records(raw: bytes) -> list[Any] | ImportRemark:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return ImportRemark("not_utf8")
    try:
        records = json.loads(
            text, object_pairs_hook=_object, parse_constant=NoNumber, parse_int=_integer, parse_float=_fraction
        )
    except json.JSONDecodeError as fault:
        return ImportRemark("not_json", text=f"{fault.lineno}:{fault.colno}")
    except (ValueError, RecursionError) as fault:  # 100,000 brackets
        return ImportRemark("not_json", text=type(fault).__name__)
    return records if isinstance(records, list) else ImportRemark("not_list")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    return made if len(made) == len(pairs) else DuplicateKeys(pairs)


def _integer(text: str) -> int | NoNumber:
    return int(text) if len(text) <= MOST_DIGITS else NoNumber(text[:20])


def _fraction(text: str) -> float | NoNumber:
    number = float(text)
    return number if math.isfinite(number) else NoNumber(text[:20])
