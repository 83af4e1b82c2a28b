"""The file as it arrived: kept first, then read as a list of JSON records."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from expertise.files import storage
from expertise.importing.report import Remark

MEGABYTE = 1024 * 1024


class Doubled(dict[str, Any]):
    """An object in which a key stands twice: JSON would silently keep the last value."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where received files are kept: apart from uploads, whose leftovers are tidied away."""

    data: Path
    upload_bytes: int


def take(path: Path, limits: storage.Limits) -> tuple[str, list[Any]] | Remark:
    """Keep the file under `received/`, then read it; its hash and records, or why not."""
    shelf = Shelf(limits.data / "received", limits.upload_bytes)
    try:
        with path.open("rb") as file:
            stored = storage.put(file, shelf)
        raw = stored.path.read_bytes()
    except storage.TooLarge:
        return Remark("file_large", most=limits.upload_bytes // MEGABYTE)
    except OSError as fault:
        return Remark("file_away", text=fault.strerror or type(fault).__name__)
    records = _records(raw)
    return records if isinstance(records, Remark) else (stored.sha256, records)


def _records(raw: bytes) -> list[Any] | Remark:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Remark("not_utf8")
    try:
        records = json.loads(text, object_pairs_hook=_object, parse_constant=_no_number)
    except json.JSONDecodeError as fault:
        return Remark("not_json", text=f"{fault.lineno}:{fault.colno}")
    except (ValueError, RecursionError) as fault:  # NaN, a number of 5,000 digits, 100,000 brackets
        return Remark("not_json", text=type(fault).__name__)
    return records if isinstance(records, list) else Remark("not_list")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    return made if len(made) == len(pairs) else Doubled(pairs)


def _no_number(_name: str) -> NoReturn:
    raise ValueError("JSON knows no NaN and no Infinity")
